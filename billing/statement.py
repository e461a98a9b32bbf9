"""Statements: all that a contract's month came to, what it rests on, and what was known when.

Pure. The same contract, evidence and period give the same bytes, wherever they are computed.
Source: docs/statement.md.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tzdata import IANA_VERSION

from billing.corrections import Correcting
from billing.month import RatedLine, rate_month
from billing.rating import RatedPart
from contracts.content import decimal_text, fraction_content, judge_content, measure_content, period_content
from contracts.engine import ENGINE
from contracts.evaluate import Evaluator
from contracts.facts.book import Fact, FactBook
from contracts.views import view_differences
from vouch.canonical import canonical_json, digest_of, plain
from vouch.exact import exact
from vouch.money import minor_digits, round_half_up
from vouch.period import Period, iso

FORMAT: Final = 1


def statement(at: Correcting, month: date) -> dict[str, Any]:
    """The statement of `month`, as known to the source that `at` opens. Raises NothingInPeriod.

    `digest` is the SHA-256 of all the rest as canonical JSON.
    """
    found = rate_month(at, month)
    with exact():
        content = _content(found.evaluator, found.parts, found.lines)
    return content | {"digest": digest_of(canonical_json(content))}


def _content(evaluator: Evaluator, own: Sequence[RatedPart], lines: Sequence[RatedLine]) -> dict[str, Any]:
    first, last = evaluator.parts[own[0].index], evaluator.parts[own[-1].index]
    contract = last.contract
    return {
        "statement": FORMAT,
        "engine": ENGINE,
        "zone_database": IANA_VERSION,
        "contract": contract.id,
        "versions": [_version(evaluator, one) for one in own],
        "issuer": contract.issuer,
        "customer": contract.customer,
        "currency": contract.currency,
        "time_zone": contract.zone.key,
        "month": f"{last.first:%Y-%m}",
        "period": period_content(Period(first.period.start, last.period.end)),
        "known_at": iso(evaluator.known_at),
        "parts": [_part_content(evaluator, one) for one in own],
        "facts": [_fact_content(fact) for fact in _facts_of(evaluator.facts, last.period.end)],
        "lines": [_line_content(n, line) for n, line in enumerate(lines, start=1)],
        **_totals(lines, contract.currency),
    }


def _version(evaluator: Evaluator, one: RatedPart) -> dict[str, Any]:
    part = evaluator.parts[one.index]
    return {
        "version": part.contract.version,
        "digest": part.contract.digest,
        **period_content(part.period),
    }


def _part_content(evaluator: Evaluator, one: RatedPart) -> dict[str, Any]:
    """All measures and judges of one version's part of the month, whether a price asked for them or not."""
    part = evaluator.parts[one.index]
    contract = part.contract
    subjects = {p.id: evaluator.subjects(one.index, p.id) for p in (*contract.measures, *contract.judges)}
    return {
        "version": contract.version,
        **period_content(part.period),
        "measures": [
            measure_content(evaluator, one.index, m.id, subject)
            for m in contract.measures
            for subject in subjects[m.id]
        ],
        "judges": [
            judge_content(evaluator, one.index, j.id, subject) for j in contract.judges for subject in subjects[j.id]
        ],
        "views": view_differences(evaluator, one.index),
        "findings": one.findings,
    }


def _line_content(position: int, line: RatedLine) -> dict[str, Any]:
    charge = line.charge
    content: dict[str, Any] = {
        "position": position,
        "price": charge.term,
        "subject": charge.subject,
        "text": charge.description,
        "service": period_content(charge.service),
        "quantity": decimal_text(charge.quantity),
        "quantity_exact": fraction_content(charge.quantity),
        "unit": charge.unit,
        "unit_price": None if charge.unit_price is None else decimal_text(charge.unit_price),
        "amount_exact": fraction_content(charge.money.amount),
        "amount": format(line.amount, "f"),
        "vat_percent": plain(charge.vat_percent),
    }
    if line.correction_of is not None:
        content["corrects"] = f"{line.correction_of:%Y-%m}"
    return content


def _totals(lines: Sequence[RatedLine], currency: str) -> dict[str, Any]:
    """Net is the sum of the rounded lines, VAT is per rate on its sum."""
    digits = minor_digits(currency)
    zero = Decimal(0).scaleb(-digits)
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        percent = line.charge.vat_percent
        bases[percent] = bases.get(percent, zero) + line.amount
    vat = {p: round_half_up(Fraction(base) * Fraction(p) / 100, digits) for p, base in sorted(bases.items())}
    net, tax = sum(bases.values(), zero), sum(vat.values(), zero)
    return {
        "vat": [
            {"vat_percent": plain(p), "base": format(bases[p], "f"), "amount": format(amount, "f")}
            for p, amount in vat.items()
        ],
        "net": format(net, "f"),
        "vat_total": format(tax, "f"),
        "gross": format(net + tax, "f"),
    }


def _facts_of(book: FactBook, until: datetime) -> list[Fact]:
    """What the sides had said by then about the time up to the month's end."""
    return [fact for fact in book.all() if (fact.start or fact.at or until) <= until]


def _fact_content(fact: Fact) -> Mapping[str, Any]:
    return {
        "fact": fact.id,
        "kind": fact.kind.value,
        "asset": fact.asset,
        "proposed_by": fact.proposed_by.value,
        "proposed_at": iso(fact.proposed_at),
        "answers": [[answer.says.value, answer.by.value, iso(answer.recorded_at)] for answer in fact.answers],
    }

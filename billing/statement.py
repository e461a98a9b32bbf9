"""Statements: all that a contract's month came to, what it rests on, and what was known when.

Pure. The same contract, evidence and period give the same bytes, wherever they are computed.
Source: docs/statement.md.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict
from tzdata import IANA_VERSION

from billing.corrections import Knowledge
from billing.documents.totals import TotalsContent, totals_content, totals_of
from billing.month import RatedLine, rate_month
from billing.rating import RatedPart
from contracts.content import (
    JudgeSaid,
    MeasureSaid,
    decimal_text,
    fraction_content,
    judge_content,
    measure_content,
    period_content,
)
from contracts.engine import ENGINE
from contracts.evaluate import Evaluator
from contracts.facts.book import Fact, FactBook
from contracts.views import ViewSaid, view_differences
from vouch.canonical import canonical_json, digest_of, plain
from vouch.exact import exact
from vouch.json_types import (
    CLOSED,
    AnswerRow,
    Currency,
    DecimalText,
    Digest,
    Exact,
    Finding,
    Instant,
    Month,
    Position,
    Span,
    Subject,
    VersionNumber,
)
from vouch.period import Period, iso

FORMAT: Final = 1


class Version(Span):
    """A version of the contract, its digest, and the part of the month that it governs."""

    version: VersionNumber
    digest: Digest


class PartSaid(Span):
    """All that one version's part of the month was measured and judged as, whether a price asked for it or not."""

    version: VersionNumber
    measures: list[MeasureSaid]
    judges: list[JudgeSaid]
    views: list[ViewSaid]
    findings: list[Finding]


class FactSaid(TypedDict):
    """A record of the parties on time up to the month's end; each answer as [what, by whom, when]."""

    fact: str
    kind: str
    asset: str | None
    proposed_by: Literal["supplier", "customer"]
    proposed_at: Instant
    answers: list[AnswerRow]


class LineSaid(TypedDict):
    """A charge. `amount` is `amount_exact` rounded once; `corrects` names the earlier month that it corrects."""

    position: Position
    price: str
    subject: Subject
    text: str
    service: Span
    quantity: DecimalText
    quantity_exact: Exact
    unit: str
    unit_price: DecimalText | None
    amount_exact: Exact
    amount: DecimalText
    vat_percent: DecimalText
    corrects: NotRequired[Month]


class StatementContent(TotalsContent):
    """A contract's month: what was measured, judged and charged, as known at an instant; all of it but the digest."""

    statement: Annotated[Literal[1], Field(description="the version of this form")]
    engine: Annotated[str, Field(description="changes whenever the same input could give another result")]
    zone_database: Annotated[str, Field(description="the release of the IANA time zones")]
    contract: str
    versions: Annotated[list[Version], Field(min_length=1)]
    issuer: str
    customer: str
    currency: Currency
    time_zone: str
    month: Month
    period: Span
    known_at: Annotated[Instant, Field(description="nothing that became known at or after this was heeded")]
    parts: Annotated[list[PartSaid], Field(min_length=1)]
    facts: list[FactSaid]
    lines: list[LineSaid]


@with_config(CLOSED)
class StatementDocument(StatementContent):
    """A contract's month: what was measured, judged and charged, as known at an instant."""

    digest: Annotated[Digest, Field(description="of all the rest, as canonical JSON")]


def statement(at: Knowledge, month: date) -> StatementDocument:
    """The statement of `month`, as known to the source that `at` opens. Raises NothingInPeriod.

    `digest` is the SHA-256 of all the rest as canonical JSON.
    """
    found = rate_month(at, month)
    with exact():
        content = _content(found.evaluator, found.parts, found.lines)
    return {**content, "digest": digest_of(canonical_json(content))}


def _content(evaluator: Evaluator, own: Sequence[RatedPart], lines: Sequence[RatedLine]) -> StatementContent:
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
        **totals_content(totals_of(((one.charge.vat_percent, one.amount) for one in lines), contract.currency)),
    }


def _version(evaluator: Evaluator, one: RatedPart) -> Version:
    part = evaluator.parts[one.index]
    return {
        "version": part.contract.version,
        "digest": part.contract.digest,
        **period_content(part.period),
    }


def _part_content(evaluator: Evaluator, one: RatedPart) -> PartSaid:
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


def _line_content(position: int, line: RatedLine) -> LineSaid:
    charge = line.charge
    content: LineSaid = {
        "position": position,
        "price": charge.price,
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


def _facts_of(book: FactBook, until: datetime) -> list[Fact]:
    """What the sides had said by then about the time up to the month's end."""
    return [fact for fact in book.all() if (fact.start or fact.at or until) <= until]


def _fact_content(fact: Fact) -> FactSaid:
    return {
        "fact": fact.id,
        "kind": fact.kind.value,
        "asset": fact.asset,
        "proposed_by": fact.proposed_by.value,
        "proposed_at": iso(fact.proposed_at),
        "answers": [[answer.says.value, answer.by.value, iso(answer.recorded_at)] for answer in fact.answers],
    }

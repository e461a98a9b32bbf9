"""Corrections: what a month came to as it was billed, against what it comes to by what is known now.

Pure. Each month is billed with what was known at its cutoff; every later statement corrects the months in its look-back
by the difference to what was billed for them until then. Source: docs/terms.md#correction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from billing.rating import RatedPart, rate
from billing.scene import Charge
from contracts.contract import Contract, add_months, months_between
from contracts.evaluate import ALL_ASSETS, Evaluator
from contracts.terms import Correction
from contracts.terms.base import PricePart
from vouch.errors import NotFound
from vouch.money import Money
from vouch.period import Period, local_instant


class Knowledge(Protocol):
    """What is known of a contract: evaluators of its months, as of now or of an earlier instant."""

    def evaluator(self, month: date, known_at: datetime | None = None) -> Evaluator:
        """The contract's months up to `month`; as known at an earlier instant where one is given."""


# What was billed for one month, by price and subject, in whole minor units.
Amounts = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class _Month:
    """A month as rated: its amounts, its span, and the version that governs its end."""

    amounts: Amounts
    period: Period
    contract: Contract


def cutoff(contract: Contract, month: date, rule: Correction) -> datetime:
    """The instant with whose knowledge a month is billed."""
    day = add_months(month, 1) + timedelta(days=rule.cutoff_days)
    return local_instant(day, time(), contract.zone)


def corrections(
    at: Knowledge, month: date, rated: Sequence[RatedPart], evaluator: Evaluator
) -> Iterator[tuple[date, Charge]]:
    """The lines by which the statement of `month` corrects earlier ones, oldest month first."""
    contract = evaluator.parts[-1].contract
    rule = contract.correction
    if rule is None:
        return
    first = max(contract.first_month, add_months(month, -rule.look_back_months))
    billed = _billed(at, rule, contract, months_between(first, add_months(month, -1)), evaluator.known_at)
    now = _by_month(rated, evaluator)
    for of, amounts in billed.items():
        if of in now and _differ(amounts, now[of].amounts, rule):
            yield from _lines(of, amounts, now[of])


def _billed(
    at: Knowledge, rule: Correction, contract: Contract, months: Sequence[date], known_at: datetime
) -> dict[date, Amounts]:
    """What the statements of these months billed for them, each with the knowledge of its own cutoff."""
    billed: dict[date, Amounts] = {}
    for closing in months:
        closed_at = cutoff(contract, closing, rule)
        if closed_at >= known_at:
            break
        try:
            evaluator = at.evaluator(closing, closed_at)
        except NotFound:
            # The contract was not agreed by then: nothing was billed.
            continue
        then = _by_month(rate(evaluator), evaluator)
        for of in months_between(months[0], closing):
            amounts = then[of].amounts if of in then else {}
            if of == closing or (of in billed and _differ(billed[of], amounts, rule)):
                billed[of] = amounts
    return billed


def _by_month(rated: Sequence[RatedPart], evaluator: Evaluator) -> dict[date, _Month]:
    found: dict[date, _Month] = {}
    for one in rated:
        part = evaluator.parts[one.index]
        standing = found.get(part.first)
        amounts = dict(standing.amounts) if standing else {}
        for charge in one.charges:
            key = charge.price, charge.subject
            amounts[key] = amounts.get(key, Decimal(0)) + charge.money.rounded()
        start = standing.period.start if standing else part.period.start
        found[part.first] = _Month(amounts, Period(start, part.period.end), part.contract)
    return found


def _differ(before: Amounts, now: Amounts, rule: Correction) -> bool:
    if all(before.get(key, 0) == now.get(key, 0) for key in before.keys() | now.keys()):
        return False
    zero = Decimal(0)
    return abs(sum(now.values(), zero) - sum(before.values(), zero)) >= rule.minimum_amount


def _lines(of: date, before: Amounts, now: _Month) -> Iterator[tuple[date, Charge]]:
    contract = now.contract
    for price, subject in dict.fromkeys((*before, *now.amounts)):
        difference = now.amounts.get((price, subject), Decimal(0)) - before.get((price, subject), Decimal(0))
        if not difference:
            continue
        term = contract.find_part(price)
        text = term.text if isinstance(term, PricePart) else price
        whose = "" if subject == ALL_ASSETS else f", {subject}"
        yield (
            of,
            Charge(
                price=price,
                subject=subject,
                description=f"Correction of {of:%Y-%m}: {text}{whose}",
                quantity=Fraction(1 if difference > 0 else -1),
                unit="C62",
                unit_price=None,
                money=Money(Fraction(difference), contract.currency),
                vat_percent=contract.vat_of(term) if isinstance(term, PricePart) else contract.vat_percent,
                service=now.period,
            ),
        )

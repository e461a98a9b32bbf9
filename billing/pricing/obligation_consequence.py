"""Consequences of obligations: surcharges for spans of breach, and remedies or bonuses that are not paid then.

Pure. Spans come from a judge, cut to the part of the month; the asset's last one is handed on, so that a span that goes
on is neither begun twice nor has a day started twice. Source: docs/terms.md#obligation-consequence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Final, assert_never

from billing.scene import Charge, PriceScene
from contracts.terms.prices.obligation_consequence import ObligationConsequence, Surcharge, Suspend
from vouch.period import Period, subtract, to_micros, total_micros, union

_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
_UNITS: Final = {"span": "C62", "started_day": "DAY", "hour": "HUR"}


@dataclass(frozen=True, slots=True)
class LastSpan:
    """When an asset's last span began, in whatever part that was, and where it ended or was cut."""

    began_at: datetime
    until: datetime


def began_at(span: Period, before: LastSpan | None) -> datetime:
    """When a span began: earlier than it says where the one before it reached up to it."""
    return before.began_at if before is not None and before.until == span.start else span.start


def apart(spans: Iterable[Period]) -> list[Period]:
    """The spans in order, each without the time that those before it have; one with nothing left is gone."""
    found: list[Period] = []
    for span in sorted(spans):
        start = max(span.start, found[-1].end) if found else span.start
        if start < span.end:
            found.append(Period(start, span.end))
    return found


def spans_begun(spans: Sequence[Period], before: LastSpan | None) -> int:
    """How many of the spans, in order, are not the rest of one that was cut at the part's start."""
    return len(spans) - sum(began_at(span, before) < span.start for span in spans[:1])


def started_days(span: Period, began: datetime) -> int:
    """How many days of 24 hours, counted from when the span began, start within the piece of it that is given."""
    until, since = (to_micros(at) - to_micros(began) for at in (span.end, span.start))
    return ceil(Fraction(until, _DAY)) - ceil(Fraction(since, _DAY))


def surcharge_units(form: Surcharge, spans: Sequence[Period], before: LastSpan | None) -> Fraction:
    """How many spans, started days or hours (exact) are paid for; spans in order, no two of them overlapping."""
    match form.per:
        case "span":
            return Fraction(spans_begun(spans, before))
        case "started_day":
            days = (started_days(span, began_at(span, before if i == 0 else None)) for i, span in enumerate(spans))
            return Fraction(sum(days))
        case "hour":
            return Fraction(total_micros(spans), _HOUR)
        case _:
            assert_never(form.per)


def is_suspended(form: Suspend, spans: Sequence[Period], served: Sequence[Period]) -> bool:
    """Whether the spans suspend an asset that was in service for `served`: by any of them, or all of it."""
    if form.where == "any_overlap":
        return bool(spans)
    return bool(served) and not subtract(served, spans)


def suspended_prices(scene: PriceScene, asset: str) -> dict[str, str]:
    """Remedies and bonuses not paid to the asset in this part, each with the first price of the list that says so."""
    found: dict[str, str] = {}
    for price in scene.contract.prices:
        if isinstance(price, ObligationConsequence) and isinstance(price.consequence, Suspend):
            spans, served = _granted(scene, price.judge, asset), _served(scene, asset)
            if is_suspended(price.consequence, spans, served):
                found |= {name: price.id for name in price.consequence.prices if name not in found}
    return found


def rate_obligation_consequence(term: ObligationConsequence, scene: PriceScene) -> Iterable[Charge]:
    """A line for each asset that something follows for, none for the others."""
    form = term.consequence
    for asset in dict.fromkeys(asset for asset, _ in scene.served()):
        if isinstance(form, Surcharge):
            yield from _surcharge(term, form, scene, asset)
        else:
            yield from _suspend(term, form, scene, asset)


def _surcharge(term: ObligationConsequence, form: Surcharge, scene: PriceScene, asset: str) -> Iterator[Charge]:
    spans = _granted(scene, term.judge, asset)
    if not spans:
        return
    before = scene.carried(asset)
    first = spans[-1].start if len(spans) > 1 else began_at(spans[-1], before)
    scene.carry(asset, LastSpan(first, spans[-1].end))
    units, price = surcharge_units(form, spans, before), Fraction(form.amount)
    if units:
        yield scene.charge(term, asset, f": {term.judge}", units, _UNITS[form.per], price, units * price)


def _suspend(term: ObligationConsequence, form: Suspend, scene: PriceScene, asset: str) -> Iterator[Charge]:
    by_whom = suspended_prices(scene, asset)
    amounts = {name: scene.charged([name], asset, None) for name in form.prices if by_whom.get(name) == term.id}
    amount = -sum(amounts.values(), Fraction(0))
    if amount:
        names = ", ".join(name for name, came_to in amounts.items() if came_to)
        text = f": {names} not paid because of {term.judge}"
        yield scene.charge(term, asset, text, Fraction(1 if amount > 0 else -1), "C62", None, amount)


def _granted(scene: PriceScene, judge: str, asset: str) -> list[Period]:
    return apart(span.period for span in scene.spans(judge, asset) if span.granted)


def _served(scene: PriceScene, asset: str) -> list[Period]:
    return union(period for name, period in scene.served() if name == asset)

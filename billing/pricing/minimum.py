"""Minimums: what is missing of an agreed amount or quantity at a window's end.

Pure. The promise is made up part by part, so that each version bears its share of a window that it is there for, at the
price that holds then; what was charged or used since the promise was made counts towards it.
Source: docs/terms.md#minimum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from billing.pricing.service import window_months
from billing.pricing.words import amount, number
from billing.scene import Charge, PriceScene
from contracts.evaluate import ALL_ASSETS
from contracts.terms.judges.planned_window import Split
from contracts.terms.prices.minimum import CarryOver, Minimum, MinimumAmount, MinimumQuantity
from contracts.terms.window import Months, Partial
from vouch.period import Period, intersect, total_micros, union

_NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Excess:
    """What went beyond the minimum of an earlier window and counts for so many more windows."""

    windows: int
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Settled:
    """What is `missing` at a window's end after what earlier windows gave, and what later ones may use."""

    missing: Fraction
    from_earlier: Fraction
    left: tuple[Excess, ...]


def settle(minimum: Fraction, reached: Fraction, earlier: Sequence[Excess], windows: int) -> Settled:
    """One window: excess of earlier windows makes up for what is missing, oldest first; this window's own excess
    counts for the next `windows` windows."""
    missing, left = max(minimum - reached, _NOTHING), []
    needed = missing
    for excess in earlier:
        taken = min(needed, excess.amount)
        needed -= taken
        if excess.amount > taken and excess.windows > 1:
            left.append(Excess(excess.windows - 1, excess.amount - taken))
    if reached > minimum and windows:
        left.append(Excess(windows, reached - minimum))
    return Settled(needed, missing - needed, tuple(left))


def reduced(minimum: Fraction, waived_micros: int, service_micros: int) -> Fraction:
    """The minimum without the share of the service time that is waived."""
    return minimum * (1 - Fraction(waived_micros, service_micros)) if service_micros else minimum


@dataclass(frozen=True, slots=True)
class MinimumSoFar:
    """A window so far, since `since`: what was promised, reached and waived; with what earlier windows left."""

    since: datetime | None = None
    promised: Fraction = _NOTHING
    reached: Fraction = _NOTHING
    unit: str = ""
    waived_micros: int = 0
    service_micros: int = 0
    earlier: tuple[Excess, ...] = ()


def rate_minimum(term: Minimum, scene: PriceScene) -> Iterable[Charge]:
    """One charge when the window is due: what is missing, or nothing. None for a window that is not settled."""
    so_far = _with_part(term, scene, scene.carried(ALL_ASSETS) or MinimumSoFar())
    if not scene.due(term.window):
        scene.carry(ALL_ASSETS, so_far)
        return
    windows = term.carry_over.windows if isinstance(term.carry_over, CarryOver) else 0
    if (
        isinstance(term.window, Months)
        and term.window.partial is Partial.WAIT
        and scene.share_of(term.window, ALL_ASSETS) < 1
    ):
        scene.find(
            "minimum_not_settled", ALL_ASSETS, "the contract did not run all through the window: no minimum is due"
        )
        scene.carry(ALL_ASSETS, MinimumSoFar(earlier=so_far.earlier))
        return
    minimum = _minimum(term, scene, so_far)
    settled = settle(minimum, so_far.reached, so_far.earlier, windows)
    scene.carry(ALL_ASSETS, MinimumSoFar(earlier=settled.left))
    yield _charge(term, scene, so_far, minimum, settled)


def _with_part(term: Minimum, scene: PriceScene, so_far: MinimumSoFar) -> MinimumSoFar:
    """What it is with this part in it."""
    months = window_months(term.window)
    promise = term.commitment
    agreed = _agreed(term, scene)
    share = scene.share_of("month", ALL_ASSETS) / months if months else _NOTHING
    reached, unit = _reached(promise, scene)
    waived, service = _waived(term, scene)
    return replace(
        so_far,
        since=so_far.since or scene.part.start,
        promised=so_far.promised + agreed * share,
        reached=so_far.reached + reached,
        unit=unit or so_far.unit,
        waived_micros=so_far.waived_micros + waived,
        service_micros=so_far.service_micros + service,
    )


def _agreed(term: Minimum, scene: PriceScene) -> Fraction:
    """What a whole window is to reach, an amount as it is indexed by now."""
    promise = term.commitment
    if isinstance(promise, MinimumQuantity):
        return Fraction(promise.quantity)
    return scene.indexed(term, promise.amount)


def _reached(promise: MinimumAmount | MinimumQuantity, scene: PriceScene) -> tuple[Fraction, str]:
    if isinstance(promise, MinimumAmount):
        return scene.charged(promise.of, ALL_ASSETS, None), scene.contract.currency
    total, unit = _NOTHING, ""
    for subject in scene.subjects(promise.measure):
        value = scene.month_value(promise.measure, subject)
        unit = value.unit
        if value.number is None:
            text = f"nothing counts towards the minimum: {promise.measure} has no value"
            scene.find("use_unknown", subject, text, measure=promise.measure, state=value.state.value)
        else:
            total += value.number
    return total, unit


def _waived(term: Minimum, scene: PriceScene) -> tuple[int, int]:
    """(time of the part that the judges' granted spans take, service time), of all assets, in microseconds."""
    waived = service = 0
    for asset, served in scene.served():
        spans = (span.period for judge in term.reduced_by for span in scene.spans(judge, asset) if span.granted)
        waived += total_micros(intersect(union(spans), [served]))
        service += served.micros
    return waived, service


def _minimum(term: Minimum, scene: PriceScene, so_far: MinimumSoFar) -> Fraction:
    """What is to be reached in the window that ends now."""
    minimum = _agreed(term, scene)
    if term.partial_period is Split.PRORATE and window_months(term.window):
        minimum = so_far.promised
    if so_far.waived_micros:
        whole, minimum = minimum, reduced(minimum, so_far.waived_micros, so_far.service_micros)
        text = f"the minimum of {number(whole)} is reduced to {number(minimum)} for time that does not count"
        scene.find(
            "minimum_reduced", ALL_ASSETS, text, waived_micros=so_far.waived_micros, of_micros=so_far.service_micros
        )
    return minimum


def _charge(term: Minimum, scene: PriceScene, so_far: MinimumSoFar, minimum: Fraction, settled: Settled) -> Charge:
    by_amount = isinstance(term.commitment, MinimumAmount)
    least = f"{number(minimum)} {so_far.unit}" if by_amount else amount(minimum, so_far.unit)
    text = f", {number(so_far.reached)} of at least {least}"
    if settled.from_earlier:
        text += f", {number(settled.from_earlier)} from earlier windows"
    service = Period(so_far.since or scene.part.start, scene.part.end)
    if isinstance(term.commitment, MinimumAmount):
        quantity = Fraction(1 if settled.missing else 0)
        return scene.charge(term, ALL_ASSETS, text, quantity, "C62", None, settled.missing, service)
    price = scene.indexed(term, term.commitment.price)
    unit = so_far.unit or "C62"
    return scene.charge(term, ALL_ASSETS, text, settled.missing, unit, price, settled.missing * price, service)

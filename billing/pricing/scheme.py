"""Schemes: what a quantity costs, and the lines that say so, tier by tier.

Pure. Quantities may go on where earlier ones ended: a line is always the difference between two running totals, so that
the parts of a window cost what the whole of it costs. Source: docs/terms.md#usage-price.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from billing.pricing.words import amount, number
from contracts.terms.prices.usage_price import Flat, Package, Scheme, Tiered

NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Step:
    """Units above `above`, up to and including `up_to`, or without end, at `price` each."""

    above: Fraction
    up_to: Fraction | None
    price: Fraction


@dataclass(frozen=True, slots=True)
class Priced:
    """A scheme with the prices that hold now. `whole` says that one step prices all units (volume); with `size`, the
    price of the only step is that of a started package of so many units."""

    steps: tuple[Step, ...]
    whole: bool
    size: Fraction | None


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of `unit` at `unit_price` each; a negative quantity is paid back."""

    text: str
    quantity: Fraction
    unit: str
    unit_price: Fraction

    @property
    def amount(self) -> Fraction:
        """Exact."""
        return self.quantity * self.unit_price


def priced(scheme: Scheme, price: Callable[[Decimal], Fraction], share: Fraction) -> Priced:
    """The scheme with each agreed price turned into the one that holds, and each tier's bound times `share`.

    Packages keep their size: half a month has fewer packages, not smaller ones.
    """
    match scheme:
        case Flat():
            return Priced((Step(NOTHING, None, price(scheme.price)),), False, None)
        case Package():
            return Priced((Step(NOTHING, None, price(scheme.price)),), False, Fraction(scheme.size))
        case Tiered():
            tops = [None if tier.up_to is None else Fraction(tier.up_to) * share for tier in scheme.tiers]
            starts = [NOTHING, *(top for top in tops if top is not None)]
            prices = [price(tier.price) for tier in scheme.tiers]
            steps = tuple(map(Step, starts, tops, prices))
            return Priced(steps, scheme.model == "volume", None)


def total_price(scheme: Priced, quantity: Fraction) -> Fraction:
    """What `quantity` units cost in all. A negative quantity is worth the first step's price, in whole packages."""
    if scheme.size is not None:
        return packages(quantity, scheme.size) * scheme.steps[0].price
    if scheme.whole:
        return quantity * step_of(scheme, quantity).price
    below = [step for step in scheme.steps[1:] if step.above < quantity]
    tops = [*(step.above for step in below), quantity]
    reached = [scheme.steps[0], *below]
    return sum(((top - step.above) * step.price for step, top in zip(reached, tops, strict=True)), NOTHING)


def packages(quantity: Fraction, size: Fraction) -> int:
    """Started packages; of a negative quantity, those that are whole."""
    return -(-quantity // size)


def step_of(scheme: Priced, quantity: Fraction) -> Step:
    """The step that the quantity reaches; what is exactly at a bound belongs to the lower one."""
    return next(step for step in scheme.steps if step.up_to is None or quantity <= step.up_to)


def lines(scheme: Priced, before: Fraction, after: Fraction, unit: str) -> list[Line]:
    """What it costs that the running total goes from `before` to `after`: at least one line, in the order of the steps.

    The lines add up to total_price(after) - total_price(before).
    """
    if scheme.size is not None:
        return [_package_line(scheme.size, scheme.steps[0].price, before, after, unit)]
    if scheme.whole:
        return _volume_lines(scheme, before, after, unit)
    if before == after:
        step = step_of(scheme, after)
        return [Line(step_words(scheme, step, unit), NOTHING, unit, step.price)]
    low, high, sign = min(before, after), max(before, after), 1 if before < after else -1
    parts = [(step, _within(scheme, step, low, high)) for step in scheme.steps]
    return [Line(step_words(scheme, step, unit), sign * part, unit, step.price) for step, part in parts if part]


def _within(scheme: Priced, step: Step, low: Fraction, high: Fraction) -> Fraction:
    """How much of low to high lies in the step; the first one also holds what is below zero."""
    start = low if step is scheme.steps[0] else max(low, step.above)
    end = high if step.up_to is None else min(high, step.up_to)
    return max(end - start, NOTHING)


def _package_line(size: Fraction, price: Fraction, before: Fraction, after: Fraction, unit: str) -> Line:
    count = Fraction(packages(after, size) - packages(before, size))
    return Line(f", {amount(after - before, unit)} in packages of {number(size)}", count, "C62", price)


def _volume_lines(scheme: Priced, before: Fraction, after: Fraction, unit: str) -> list[Line]:
    """This part's units at the step now reached; the units before it change price where another step is reached."""
    old, new = step_of(scheme, before), step_of(scheme, after)
    made = [Line(step_words(scheme, new, unit), after - before, unit, new.price)]
    if before and old.price != new.price:
        text = f", the {amount(before, unit)} before at {number(new.price)} in place of {number(old.price)}"
        sign = 1 if new.price > old.price else -1
        made.append(Line(text, sign * before, unit, abs(new.price - old.price)))
    return made


def step_words(scheme: Priced, step: Step, unit: str) -> str:
    """Which step of several it is, such as `, above 1000 to 5000 km`; nothing where there is one."""
    if len(scheme.steps) == 1:
        return ""
    if step.up_to is None:
        return f", above {amount(step.above, unit)}"
    top = amount(step.up_to, unit)
    return f", above {number(step.above)} to {top}" if step.above else f", up to {top}"

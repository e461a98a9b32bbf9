"""Usage prices: what was used, less what is included, at the prices of a scheme.

Pure. Included units come first; tiers count the units beyond them. Where tiers go on over a window, included units are
for the window as well, and a part costs what it adds to the window's running total. Source: docs/terms.md#usage-price.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache, partial
from typing import Final

from billing.pricing.rollover import Balance, Rolled, Use, roll
from billing.pricing.scheme import Line, Priced, lines, priced
from billing.pricing.service import Service
from billing.pricing.words import amount, number
from billing.scene import Charge, PriceScene
from contracts.evaluate import ALL_ASSETS
from contracts.terms.prices.rollover import Refund, Rollover
from contracts.terms.prices.usage_price import FactorTier, Multiplier, NegativeUse, Package, PartialPeriod, UsagePrice
from vouch.units import factor

_NOTHING: Final = Fraction(0)
_ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class UseSoFar:
    """What one subject's use hands on: the window's running total (with rollover: of the month's billable units),
    negative use still to be set off, the included units given in `month`, and the balance of carried ones."""

    subject: str
    month: date
    total: Fraction
    negative: Fraction
    given: Fraction
    balance: Balance | None


def billable(quantity: Fraction, included: Fraction) -> Fraction:
    """The units beyond those included; a negative quantity as it is, since it used up nothing of them."""
    return quantity if quantity < 0 else max(quantity - included, _NOTHING)


def multiplied_by(table: Sequence[FactorTier], value: Fraction) -> Fraction:
    """The factor for a measured value; one exactly at a bound belongs to the lower step. A share is a share of one."""
    return next(Fraction(step.factor) for step in table if step.up_to is None or value <= Fraction(step.up_to))


def counted(quantity: Fraction, rule: NegativeUse) -> tuple[Fraction, Fraction]:
    """(the quantity that is charged now, the negative one that is set off against the next month's)."""
    if quantity >= 0 or rule is NegativeUse.CREDIT:
        return quantity, _NOTHING
    return _NOTHING, quantity if rule is NegativeUse.CARRY else _NOTHING


def rate_usage_price(term: UsagePrice, scene: PriceScene) -> Iterable[Charge]:
    """For each subject at least one charge, one a tier; and what carried units are paid back when a subject leaves.

    A measure without a value counts as nothing, with a finding.
    """
    before = {one.subject: one for one in scene.carried(ALL_ASSETS) or ()}
    sight, after = _Sight(term, scene), dict[str, UseSoFar]()
    for subject in scene.subjects(term.of[0].measure):
        opened = UseSoFar(subject, scene.first_of_month, _NOTHING, _NOTHING, _NOTHING, None)
        part = _Part(sight, subject, before.pop(subject, opened))
        yield from part.charges()
        after[subject] = part.after
    for subject, so_far in before.items():
        if sight.service.is_over(subject):
            yield from _closed(term, scene, so_far)
        after[subject] = so_far
    again = scene.due(term.tiers_over)
    left = (replace(one, total=_NOTHING) if again else one for one in after.values())
    scene.carry(ALL_ASSETS, tuple(one for one in left if not sight.service.is_over(one.subject)))


class _Sight:
    """What is looked up once for all subjects of a part."""

    def __init__(self, term: UsagePrice, scene: PriceScene) -> None:
        self.term, self.scene, self.service = term, scene, Service(scene)
        self.price = cache(partial(scene.indexed, term))
        times = term.multiplier
        self.multiplied = frozenset(scene.subjects(times.measure) if isinstance(times, Multiplier) else ())


class _Part:
    """One subject's use in one part of a month; `after` is what it hands on."""

    def __init__(self, sight: _Sight, subject: str, before: UseSoFar) -> None:
        self.sight, self.term, self.scene, self.subject = sight, sight.term, sight.scene, subject
        self.before = self.after = before

    def charges(self) -> Iterator[Charge]:
        """The charges of the part."""
        use, negative = self._use()
        times, times_text = _factor(self.sight, self.subject)
        share = _ONE
        if self.term.partial_period is PartialPeriod.PRORATE:
            share = self.sight.service.whole_share(self.term.tiers_over, self.subject)
        scheme = priced(self.term.scheme, lambda price: self.sight.price(price) * times, share)
        included = Fraction(self.term.included) * share
        self.after = replace(
            self.before, month=self.scene.first_of_month, negative=negative, given=_NOTHING, balance=None
        )
        if isinstance(self.term.rollover, Rollover):
            yield from self._rolled(self.term.rollover, scheme, use, included, times_text)
        else:
            start = self._start()
            made = lines(scheme, billable(start, included), billable(start + use, included), self.term.unit)
            taken = use - (billable(start + use, included) - billable(start, included))
            text = f", {number(taken)} of {amount(use, self.term.unit)} included" if self.term.included else ""
            yield from self._charged(made, text, times_text)
            self.after = replace(self.after, total=start + use)
        if negative and self.sight.service.is_over(self.subject):
            _find_lost(self.scene, self.after)

    def _rolled(
        self, rule: Rollover, scheme: Priced, use: Fraction, included: Fraction, times: str
    ) -> Iterator[Charge]:
        given = self.before.given if self._goes_on() else _NOTHING
        granted = max(included - given, _NOTHING)
        block = Fraction(self.term.scheme.size) if isinstance(self.term.scheme, Package) else None
        over = self.sight.service.is_over(self.subject)
        month, agreed = self.scene.first_of_month, Fraction(self.term.included)
        step = Use(month, max(use, _NOTHING), granted, agreed, block, over)
        rolled = roll(self.before.balance, rule, step)
        # Blocks were bought one part at a time, with their own rests.
        start = _NOTHING if block is not None else self._start()
        end = start + rolled.billable + min(use, _NOTHING)
        yield from self._charged(
            lines(scheme, start, end, self.term.unit), _rolled_words(rolled, self.term.unit), times
        )
        yield from _refunded(self.term, self.scene, self.subject, rolled)
        self.after = replace(self.after, total=end, given=given + granted, balance=rolled.balance)

    def _charged(self, made: Sequence[Line], first: str, every: str) -> Iterator[Charge]:
        for i, line in enumerate(made):
            text = line.text + ("" if i else first) + every
            yield self.scene.charge(
                self.term, self.subject, text, line.quantity, line.unit, line.unit_price, line.amount
            )

    def _goes_on(self) -> bool:
        """Whether this part goes on with what another version's part of the same month used."""
        within = self.before.month == self.scene.first_of_month
        return within and self.term.partial_period is PartialPeriod.CONTINUE

    def _start(self) -> Fraction:
        return self.before.total if self.term.tiers_over != "month" or self._goes_on() else _NOTHING

    def _use(self) -> tuple[Fraction, Fraction]:
        """What is charged now, and negative use for later."""
        total = self.before.negative + _quantity(self.term, self.scene, self.subject)
        use, negative = counted(total, self.term.negative)
        if use != total:
            shown = amount(total, self.term.unit)
            what = "is set off against later use" if negative else "is not charged"
            self.scene.find("negative_use", self.subject, f"a use of {shown} {what}", quantity=str(total))
        return use, negative


def _quantity(term: UsagePrice, scene: PriceScene, subject: str) -> Fraction:
    """The measures' sum in the price's unit."""
    total = _NOTHING
    for one in term.of:
        value = scene.month_value(one.measure, subject)
        if value.number is None:
            text = f"no use is charged: {one.measure} has no value"
            scene.find("use_unknown", subject, text, measure=one.measure, state=value.state.value)
        else:
            total += Fraction(one.weight) * value.number * factor(value.unit, term.unit)
    return total


def _factor(sight: _Sight, subject: str) -> tuple[Fraction, str]:
    """What all prices are multiplied by, and how the line says so."""
    term, scene = sight.term, sight.scene
    if not isinstance(term.multiplier, Multiplier):
        return _ONE, ""
    measure = term.multiplier.measure
    value = scene.value(measure, subject if subject in sight.multiplied else ALL_ASSETS)
    if value.number is None:
        times = Fraction(term.multiplier.undefined)
        text = f"{measure} has no value: prices are times {number(times)}"
        scene.find("multiplier_unknown", subject, text, measure=measure, state=value.state.value)
        return times, f", times {number(times)}"
    times = multiplied_by(term.multiplier.table, value.number)
    return times, f", times {number(times)} for {amount(value.number, value.unit)}"


def _rolled_words(rolled: Rolled, unit: str) -> str:
    text = f", {amount(rolled.from_included, unit)} included"
    if rolled.carried_in or rolled.from_carried:
        text += f", {amount(rolled.from_carried, unit)} of those carried over"
    return text + (f", {amount(rolled.carried_out, unit)} carried on" if rolled.carried_out else "")


def _refunded(term: UsagePrice, scene: PriceScene, subject: str, rolled: Rolled) -> Iterator[Charge]:
    """The findings of a step, and the line that pays back what is left at the end."""
    for finding in rolled.findings:
        facts = {key: value for key, value in finding.items() if key not in ("kind", "text")}
        scene.find(finding["kind"], subject, finding["text"], **facts)
    if rolled.refunded and isinstance(term.rollover, Rollover) and isinstance(term.rollover.on_end, Refund):
        each = Fraction(term.rollover.on_end.refund_price)
        text = ", carried over and not used, paid back"
        yield scene.charge(term, subject, text, -rolled.refunded, term.unit, each, -rolled.refunded * each)


def _closed(term: UsagePrice, scene: PriceScene, so_far: UseSoFar) -> Iterator[Charge]:
    """What is left of a subject that left while it was out of service."""
    _find_lost(scene, so_far)
    if so_far.balance is not None and isinstance(term.rollover, Rollover):
        step = Use(scene.first_of_month, _NOTHING, _NOTHING, so_far.balance.agreed, None, True)
        yield from _refunded(term, scene, so_far.subject, roll(so_far.balance, term.rollover, step))


def _find_lost(scene: PriceScene, so_far: UseSoFar) -> None:
    if so_far.negative:
        text = "negative use was left at the end, and nothing to set it off against"
        scene.find("negative_use_lost", so_far.subject, text, quantity=str(so_far.negative))

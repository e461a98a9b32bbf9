"""Rollover: included units that were not used, carried to later months in lots, oldest first.

Pure. One step a month's part; no unit gets lost: those included, carried in and bought are those used, carried on,
expired, forfeited and paid back. Source: docs/terms.md#rollover.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final

from billing.pricing.service import months_from
from billing.pricing.words import number
from contracts.terms.prices.rollover import OnChange, OnDowngrade, Order, Refund, Rollover

_NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Lot:
    """Units carried over from a month."""

    month: date
    units: Fraction


@dataclass(frozen=True, slots=True)
class Balance:
    """The lots carried, oldest first, since `month`, in which `agreed` units a month were included."""

    lots: tuple[Lot, ...]
    month: date
    agreed: Fraction


@dataclass(frozen=True, slots=True)
class Use:
    """A month's part: units `used`, units `included` in it, of `agreed` ones for a whole month.

    `block` is the size of the packages that further units are bought in, if any; `ends` says that the part is the last.
    """

    month: date
    used: Fraction
    included: Fraction
    agreed: Fraction
    block: Fraction | None
    ends: bool


@dataclass(slots=True)
class Rolled:
    """What became of the units. `billable` ones were used beyond those included and carried; whole blocks of them were
    `bought`. `carried_in` is what came over from before."""

    balance: Balance
    carried_in: Fraction
    billable: Fraction = _NOTHING
    from_included: Fraction = _NOTHING
    from_carried: Fraction = _NOTHING
    bought: Fraction = _NOTHING
    expired: Fraction = _NOTHING
    forfeited: Fraction = _NOTHING
    refunded: Fraction = _NOTHING
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def carried_out(self) -> Fraction:
        """What goes on to the next month."""
        return units_of(self.balance.lots)


def units_of(lots: Iterable[Lot]) -> Fraction:
    """All their units."""
    return sum((lot.units for lot in lots), _NOTHING)


def roll(before: Balance | None, rule: Rollover, use: Use) -> Rolled:
    """One part of a month: lots expire or are forfeited, units are used, and what is left is carried on.

    A lot can be used in the month it comes from and so many months after it. What goes beyond the cap is forfeited,
    newest first: older lots keep their place. Blocks are bought for what is missing; their rest is carried only where
    agreed, and under the same cap.
    """
    lots = before.lots if before else ()
    rolled = Rolled(Balance(lots, use.month, use.agreed), units_of(lots))
    lots = _after_changes(before, rule, use, lots, rolled)
    lots = _used(lots, rule, use, rolled)
    lots = _capped(lots, rule, rolled)
    if use.ends:
        lots = _ended(lots, rule, rolled)
    rolled.balance = Balance(lots, use.month, use.agreed)
    return rolled


def _after_changes(
    before: Balance | None, rule: Rollover, use: Use, lots: tuple[Lot, ...], rolled: Rolled
) -> tuple[Lot, ...]:
    """The lots that neither expired nor fell to a suspension or an amendment."""
    if isinstance(rule.expires_after_months, int):
        kept = tuple(lot for lot in lots if months_from(lot.month, use.month) <= int(rule.expires_after_months))
        rolled.expired = units_of(lots) - units_of(kept)
        _find(rolled, "carried_units_expired", rolled.expired, "expired")
        lots = kept
    if before and months_from(before.month, use.month) > 1 and rule.on_suspension is OnChange.FORFEIT:
        lots = _forfeit(lots, rolled, "forfeited, as there was no service for a whole month")
    if before and use.agreed < before.agreed and rule.on_downgrade is OnDowngrade.FORFEIT:
        lots = _forfeit(lots, rolled, "forfeited, as fewer units are included from now on")
    if before and use.agreed < before.agreed and rule.on_downgrade is OnDowngrade.FORFEIT_EXCESS:
        lots = _capped(lots, rule, rolled)
    return lots


def _used(lots: tuple[Lot, ...], rule: Rollover, use: Use, rolled: Rolled) -> tuple[Lot, ...]:
    """What is left of the lots, with those of this month."""
    carried = units_of(lots)
    if rule.order is Order.PLAN_FIRST:
        rolled.from_included = min(use.used, use.included)
        rolled.from_carried = min(use.used - rolled.from_included, carried)
    else:
        rolled.from_carried = min(use.used, carried)
        rolled.from_included = min(use.used - rolled.from_carried, use.included)
    rolled.billable = use.used - rolled.from_included - rolled.from_carried
    rolled.bought = rolled.billable if use.block is None else -(-rolled.billable // use.block) * use.block
    left = use.included - rolled.from_included
    rest = rolled.bought - rolled.billable
    if rule.package_rest_rolls:
        left += rest
    else:
        rolled.forfeited += rest
    return (*_without_oldest(lots, rolled.from_carried), *((Lot(use.month, left),) if left else ()))


def _without_oldest(lots: tuple[Lot, ...], units: Fraction) -> tuple[Lot, ...]:
    kept = []
    for lot in lots:
        taken = min(units, lot.units)
        units -= taken
        if lot.units > taken:
            kept.append(Lot(lot.month, lot.units - taken))
    return tuple(kept)


def _capped(lots: tuple[Lot, ...], rule: Rollover, rolled: Rolled) -> tuple[Lot, ...]:
    room, kept = Fraction(rule.cap), []
    for lot in lots:
        fitting = min(room, lot.units)
        room -= fitting
        if fitting:
            kept.append(Lot(lot.month, fitting))
    lost = units_of(lots) - units_of(kept)
    rolled.forfeited += lost
    _find(
        rolled, "carried_units_forfeited", lost, f"forfeited, as at most {number(Fraction(rule.cap))} are carried over"
    )
    return tuple(kept)


def _ended(lots: tuple[Lot, ...], rule: Rollover, rolled: Rolled) -> tuple[Lot, ...]:
    if not isinstance(rule.on_end, Refund):
        return _forfeit(lots, rolled, "forfeited at the end")
    rolled.refunded = units_of(lots)
    return ()


def _forfeit(lots: tuple[Lot, ...], rolled: Rolled, why: str) -> tuple[Lot, ...]:
    lost = units_of(lots)
    rolled.forfeited += lost
    _find(rolled, "carried_units_forfeited", lost, why)
    return ()


def _find(rolled: Rolled, kind: str, units: Fraction, what: str) -> None:
    if units:
        rolled.findings.append(
            {"kind": kind, "text": f"{number(units)} units carried over {what}", "units": str(units)}
        )

"""Pricing: usage times price, and credits in percent, exact to the last digit.

Pure. Prices are agreed data of `contracts.terms`; nothing is rounded here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from contracts.terms.uptime_guarantee import Credit, CreditLadder, CreditPerStartedPoint
from contracts.terms.usage_price import PriceTier


@dataclass(frozen=True, slots=True)
class TierUse:
    """The part of a quantity that one tier prices: units above `above`, up to and including `up_to`."""

    quantity: Decimal
    price: Decimal
    above: Decimal
    up_to: Decimal | None


def graduated(quantity: Decimal, tiers: Sequence[PriceTier]) -> list[TierUse]:
    """`quantity` split over rising tiers; at least one part, the first tier's, even where nothing was used."""
    parts: list[TierUse] = []
    above = Decimal(0)
    for tier in tiers:
        if parts and quantity <= above:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        parts.append(TierUse(top - above, tier.price, above, tier.up_to))
        if tier.up_to is not None:
            above = tier.up_to
    return parts


def credit_percent(availability: Fraction | None, target_percent: Decimal, credit: Credit) -> Decimal:
    """Percent of the fee that is owed back for this availability, cap included; 0 where the promise was kept."""
    if availability is None:
        return Decimal(0)
    reached = availability * 100
    match credit.scheme:
        case CreditLadder(tiers):
            owed = max((tier.percent for tier in tiers if reached < tier.below), default=Decimal(0))
        case CreditPerStartedPoint(points, percent):
            shortfall = Fraction(target_percent) - reached
            started = -(-shortfall // Fraction(points)) if shortfall > 0 else 0
            owed = percent * started
    return min(owed, credit.cap_percent)

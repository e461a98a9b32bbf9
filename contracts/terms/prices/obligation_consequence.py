"""P9 obligation consequence: what follows in money from an obligation not met or a limit exceeded.

Pure. That down time in a breach is void is said by an availability's exclusions.
Source: docs/terms.md#obligation-consequence.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.base import Model, Price, PricePart, Ref, Wanted
from contracts.terms.prices.minimum import Prices


class Surcharge(Model):
    """`amount` for each span that began in the month, for each day of 24 hours, counted from a span's beginning, that
    started in it, or for the hours of spans within it, exactly. Of spans that overlap the earlier one has the time."""

    effect: Literal["surcharge"]
    amount: Price
    per: Literal["span", "started_day", "hour"]


class Suspend(Model):
    """What these remedies or bonuses came to for the asset in a month is not paid: where a span touches the month, or
    only where spans hold all of the asset's service in it. They neither count in a combination nor use up its caps."""

    effect: Literal["suspend"]
    prices: Prices
    where: Literal["any_overlap", "whole_month"]


class ObligationConsequence(PricePart):
    """`kind: obligation_consequence`, per asset."""

    kind: Literal["obligation_consequence"]
    judge: str
    consequence: Annotated[Surcharge | Suspend, Field(discriminator="effect")]

    @property
    def chained(self) -> bool:
        """Where a span, or a day of it, begins only once, the months before say whether it began there."""
        return isinstance(self.consequence, Surcharge) and self.consequence.per != "hour"

    def refs(self) -> list[Ref]:
        """The judge, and what is suspended."""
        found = [Ref(("judge",), self.judge, Wanted.SPANS)]
        if isinstance(self.consequence, Suspend):
            suspended = enumerate(self.consequence.prices)
            found += [Ref(("consequence", "prices", i), price, Wanted.REMEDY) for i, price in suspended]
        return found

"""P9 obligation consequence: what follows in money from an obligation not met or a limit exceeded.

Pure. That down time in a breach is void is said by an availability's exclusions.
Source: docs/terms.md#obligation-consequence.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.base import Model, Price, PricePart, Ref, Wanted
from contracts.terms.prices.minimum import Prices


class Surcharge(Model):
    """`amount` for each span that began in the month, or for each started day or hour of spans within it."""

    effect: Literal["surcharge"]
    amount: Price
    per: Literal["span", "started_day", "hour"]


class Suspend(Model):
    """What these remedies or bonuses came to in a month is not paid: where a span touches the month, or only where
    spans hold the month from beginning to end."""

    effect: Literal["suspend"]
    prices: Prices
    where: Literal["any_overlap", "whole_month"]


class ObligationConsequence(PricePart):
    """`kind: obligation_consequence`, per asset."""

    kind: Literal["obligation_consequence"]
    judge: str
    consequence: Annotated[Surcharge | Suspend, Field(discriminator="effect")]

    def refs(self) -> list[Ref]:
        """The judge, and what is suspended."""
        found = [Ref(("judge",), self.judge, Wanted.SPANS)]
        if isinstance(self.consequence, Suspend):
            suspended = enumerate(self.consequence.prices)
            found += [Ref(("consequence", "prices", i), price, Wanted.REMEDY) for i, price in suspended]
        return found

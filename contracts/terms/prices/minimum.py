"""P4 minimum: at least so much is paid over a window.

Pure. Billed as a true-up in the window's last month. Source: docs/terms.md#minimum.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.base import (
    EITHER,
    GIVEN,
    WORD,
    Count,
    Model,
    Positive,
    Price,
    PricePart,
    Ref,
    Scope,
    Wanted,
    by_key,
    key,
)
from contracts.terms.judges.planned_window import Split
from contracts.terms.window import SettledWindow

Prices = Annotated[list[str], Field(min_length=1, max_length=50)]


class MinimumAmount(Model):
    """The charges of these prices come to at least `amount`."""

    of: Prices
    amount: Price


class MinimumQuantity(Model):
    """At least `quantity` of a measure, in its unit, is paid for: each missing unit costs `price`."""

    measure: str
    quantity: Positive
    price: Price


class CarryOver(Model):
    """What was paid or used beyond the minimum counts for the next windows, at most so many."""

    windows: Count


class Minimum(PricePart):
    """`kind: minimum`. `reduced_by` judges lower it by the share of the window that their spans take."""

    kind: Literal["minimum"]
    commitment: Annotated[
        Annotated[MinimumAmount, key("amount")] | Annotated[MinimumQuantity, key("quantity")],
        by_key("amount", "quantity"),
    ]
    window: SettledWindow
    carry_over: Annotated[Annotated[Literal["none"], WORD] | Annotated[CarryOver, GIVEN], EITHER]
    partial_period: Split
    reduced_by: Annotated[list[str], Field(max_length=10)]

    @property
    def own_scope(self) -> Scope:
        """What is paid in all."""
        return Scope.POOLED

    @property
    def chained(self) -> bool:
        """Windows of several months and what is carried over depend on the months before."""
        return self.window != "month" or self.carry_over != "none"

    def refs(self) -> list[Ref]:
        """The prices or the measure, and the judges."""
        if isinstance(self.commitment, MinimumAmount):
            found = [Ref(("commitment", "of", i), p, Wanted.PRICE) for i, p in enumerate(self.commitment.of)]
        else:
            found = [Ref(("commitment", "measure"), self.commitment.measure, Wanted.QUANTITY)]
        return found + [Ref(("reduced_by", i), judge, Wanted.SPANS) for i, judge in enumerate(self.reduced_by)]

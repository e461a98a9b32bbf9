"""P5 maximum: at most so much is paid over a window.

Pure. What goes beyond comes off in the month in which it does; prices listed later are not counted.
Source: docs/terms.md#maximum.
"""

from typing import Literal

from contracts.terms.base import Price, PricePart, Ref, Scope, Wanted
from contracts.terms.judges.planned_window import Split
from contracts.terms.prices.minimum import Prices
from contracts.terms.window import SettledWindow


class Maximum(PricePart):
    """`kind: maximum`: the charges of these prices, credits among them, come to at most `amount`."""

    kind: Literal["maximum"]
    of: Prices
    amount: Price
    window: SettledWindow
    partial_period: Split

    @property
    def own_scope(self) -> Scope:
        """What is paid in all."""
        return Scope.POOLED

    @property
    def chained(self) -> bool:
        """A window of several months depends on the months before."""
        return self.window != "month"

    def refs(self) -> list[Ref]:
        """The prices."""
        return [Ref(("of", i), price, Wanted.PRICE) for i, price in enumerate(self.of)]

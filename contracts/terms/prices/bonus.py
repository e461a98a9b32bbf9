"""P7 bonus: what the customer owes for more than was promised. The mirror of a remedy.

Pure. An undefined measure earns none. Source: docs/terms.md#bonus.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.terms.base import Model, Percent, Positive, Price, PricePart, Ref, Wanted
from contracts.terms.prices.remedy import Base, Cap, base_refs


class BonusPerPoint(Model):
    """`percent` of the base for each `points` beyond promise and dead band: each full one, or in proportion."""

    form: Literal["per_full_point", "linear"]
    points: Annotated[Positive, Field(le=100)]
    percent: Percent
    base: Base
    cap_percent: Cap


class BonusFlat(Model):
    """`amount` for each window in which the promise was exceeded by more than the dead band."""

    form: Literal["flat"]
    amount: Price


class Bonus(PricePart):
    """`kind: bonus`. `dead_band_points` beyond the promise earn nothing. Points are as in a remedy: percentage points,
    or the measure's own unit."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.PRICE, Wanted.REMEDY})

    kind: Literal["bonus"]
    of: str
    dead_band_points: Percent
    earned: Annotated[BonusPerPoint | BonusFlat, Field(discriminator="form")]

    def refs(self) -> list[Ref]:
        """The promise, and the prices of the base."""
        found = [Ref(("of",), self.of, Wanted.PROMISE)]
        if isinstance(self.earned, BonusPerPoint):
            found += base_refs(("earned", "base"), self.earned.base)
        return found

"""P6 remedy: what the supplier owes for a promise that was missed, or for a stop that took too long.

Pure. Credits in percent are of what `base` names, exact, for the same subject and window.
Source: docs/terms.md#remedy.
"""

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from contracts.terms.base import (
    EITHER,
    GIVEN,
    WORD,
    Model,
    Path,
    Percent,
    Positive,
    Price,
    PricePart,
    Quantity,
    Ref,
    Wanted,
)

Cap = Annotated[Annotated[Literal["none"], WORD] | Annotated[Percent, GIVEN], EITHER]


class Worth(Model):
    """What a measure came to over the promise's window, each unit at `price`: output at a tariff."""

    measure: str
    price: Price


def _either(value: Any) -> str:
    return "·worth" if isinstance(value, dict | Worth) else "·prices"


# What a percentage is of: the charges of prices listed above, or the worth of a measure.
Base = Annotated[
    Annotated[list[str], Field(min_length=1, max_length=50), Tag("·prices")] | Annotated[Worth, Tag("·worth")],
    Discriminator(_either),
]


def base_refs(path: Path, base: list[str] | Worth) -> list[Ref]:
    """The parts that a base at `path` names."""
    if isinstance(base, Worth):
        return [Ref((*path, "measure"), base.measure, Wanted.QUANTITY)]
    return [Ref((*path, i), price, Wanted.PRICE) for i, price in enumerate(base)]


class CreditTier(Model):
    """`percent` of the base where the share is below `below` percent."""

    below: Percent
    percent: Percent


class Ladder(Model):
    """The lowest tier that the share falls below decides; `below` falls and `percent` rises from tier to tier. For a
    promise of at least or more than so many percent."""

    form: Literal["ladder"]
    tiers: Annotated[list[CreditTier], Field(min_length=1, max_length=50)]
    base: Base
    cap_percent: Cap

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for above, below in pairwise(self.tiers):
            if above.below <= below.below or above.percent >= below.percent:
                raise ValueError("a ladder's 'below' falls and its 'percent' rises from tier to tier")
        return self


class PerPoint(Model):
    """`percent` of the base for each `points` of shortfall: each started one, or in proportion. Percentage points where
    the promise is in percent, else the measure's own unit; of a promise of at most so much the shortfall is the excess.
    """

    form: Literal["per_started_point", "linear"]
    points: Annotated[Positive, Field(le=100)]
    percent: Percent
    base: Base
    cap_percent: Cap


class Proportion(Model):
    """The base times (promised / measured - 1), or (measured / promised - 1) for a promise of at most so much; the cap
    where that would divide by zero or less."""

    form: Literal["ratio"]
    base: Base
    cap_percent: Percent


class FlatAmount(Model):
    """`amount` for each window in which the promise was missed."""

    form: Literal["flat"]
    amount: Price


class PerTime(Model):
    """`amount` for each hour, or started day of 24 hours, of an incident beyond `free_hours`; at most `cap_amount` for
    one incident. Settled in the month in which the incident ends."""

    form: Literal["per_hour", "per_started_day"]
    free_hours: Quantity
    amount: Price
    cap_amount: Annotated[Annotated[Literal["none"], WORD] | Annotated[Price, GIVEN], EITHER]


class PerIncident(Model):
    """`amount` for each incident whose response, or whole duration, took longer than `over_hours`. The response to an
    incident that ended without one took as long as the incident."""

    form: Literal["per_incident"]
    limit_of: Literal["response", "duration"]
    over_hours: Quantity
    amount: Price


Form = Annotated[
    Ladder | PerPoint | Proportion | FlatAmount | PerTime | PerIncident,
    Field(discriminator="form"),
]


class Remedy(PricePart):
    """`kind: remedy`. `of` names a promise, or for forms about incidents an incident list."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.PRICE, Wanted.REMEDY})

    kind: Literal["remedy"]
    of: str
    credit: Form

    def refs(self) -> list[Ref]:
        """The promise or the incident list, and the prices of the base."""
        incidents = isinstance(self.credit, PerTime | PerIncident)
        found = [Ref(("of",), self.of, Wanted.INCIDENTS if incidents else Wanted.PROMISE)]
        if isinstance(self.credit, Ladder | PerPoint | Proportion):
            found += base_refs(("credit", "base"), self.credit.base)
        return found

"""P1 fixed fee: an amount for every interval of months.

Pure. Source: docs/terms.md#fixed-fee.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from contracts.terms.base import Model, Price, PricePart, Scope
from contracts.terms.service_hours import LocalDate


class FeePer(StrEnum):
    """What the amount is for: each covered asset, or the contract as a whole."""

    ASSET = "asset"
    CONTRACT = "contract"


class Billed(StrEnum):
    """Whether an interval is on the statement of its last month (earlier where contract or asset leaves), or on that of
    the month before it begins (the first interval on the contract's first statement)."""

    IN_ARREARS = "in_arrears"
    IN_ADVANCE = "in_advance"


class Proration(StrEnum):
    """What a month that is in service for a part owes: all of it, its share of local days, or of seconds. A local day
    counts if service touches it."""

    NONE = "none"
    DAYS = "days"
    SECONDS = "seconds"


class FreeSpan(Model):
    """Local days, the last one left out, for which no fee is due; without proration their share of the month's days."""

    from_: Annotated[LocalDate, Field(alias="from")]
    until: LocalDate

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.from_:
            raise ValueError("'until' must be later than 'from'")
        return self


def _whole(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number of months: 1, 2, 3, 4, 6 or 12")
    return value


class FixedFee(PricePart):
    """`kind: fixed_fee`. `amount` is for `interval_months` calendar months, each of which bears the same share.

    Intervals are counted from the month in which version 1 takes effect.
    """

    kind: Literal["fixed_fee"]
    amount: Price
    per: FeePer
    interval_months: Annotated[Literal[1, 2, 3, 4, 6, 12], BeforeValidator(_whole)]
    billed: Billed
    proration: Proration
    free_of_charge: Annotated[list[FreeSpan], Field(max_length=100)]

    @property
    def own_scope(self) -> Scope:
        """As the amount."""
        return Scope.ASSET if self.per is FeePer.ASSET else Scope.POOLED

    @property
    def chained(self) -> bool:
        """An interval sums its months."""
        return self.interval_months > 1 or self.billed is Billed.IN_ADVANCE

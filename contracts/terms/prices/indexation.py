"""P11 indexation: prices that follow published indices, or grow by an agreed percentage.

Pure. Factor = (fixed share + sum of share x index / base index) x (1 + growth)^adjustments. Index values are facts of
kind `index_value`. Source: docs/terms.md#indexation.
"""

import re
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import EITHER, GIVEN, WORD, Model, Part, Percent, Ref, Slug, Wanted
from contracts.terms.prices.minimum import Prices
from vouch.document import PlainDecimal

_MONTH: Final = re.compile(r"2[01][0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)


def _check_month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise ValueError("a month such as 2026-10")
    return text


MonthText = Annotated[str, AfterValidator(_check_month)]
Bound = Annotated[
    Annotated[Literal["none"], WORD] | Annotated[PlainDecimal, Field(gt=0, le=1000, max_digits=12), GIVEN],
    EITHER,
]


class IndexWeight(Model):
    """`percent` of the price follows the index, relative to its value for `base_month`."""

    index: Slug
    percent: Percent
    base_month: MonthText


class Adjusted(Model):
    """In `first_month` and then every so many months, with the index values for so many months earlier."""

    first_month: MonthText
    every_months: Annotated[int, Field(ge=1, le=60, strict=True)]
    lag_months: Annotated[int, Field(ge=0, le=24, strict=True)]


class OnRevision(StrEnum):
    """A value published anew corrects the months it touches, or the first published one stays."""

    CORRECT = "correct"
    KEEP_FIRST = "keep_first"


class Unpublished(StrEnum):
    """A value that is not known yet: the last known one of that index provisionally, or no adjustment for now."""

    LAST_KNOWN = "last_known"
    NO_ADJUSTMENT = "no_adjustment"


class Indexation(Part):
    """`kind: indexation`, for fixed fees, usage prices and minimums: a minimum's amount, or what a missing unit costs.

    Shares add up to 100 percent; `price_decimals` rounds the adjusted price half up; `min_factor_percent` and
    `max_factor_percent` bound it against the agreed price. `acceptance` says when an index value that one side has put
    on record holds.
    """

    kind: Literal["indexation"]
    of: Prices
    fixed_percent: Percent
    indices: Annotated[list[IndexWeight], Field(max_length=20)]
    growth_percent: Annotated[PlainDecimal, Field(ge=-50, le=100, max_digits=12)]
    adjusted: Adjusted
    price_decimals: Annotated[int, Field(ge=0, le=12, strict=True)]
    min_factor_percent: Bound
    max_factor_percent: Bound
    unpublished: Unpublished
    on_revision: OnRevision
    acceptance: AcceptanceRule

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.fixed_percent + sum(index.percent for index in self.indices) != 100:
            raise ValueError("'fixed_percent' and the indices' 'percent' add up to 100")
        low, high = self.min_factor_percent, self.max_factor_percent
        if not isinstance(low, str) and not isinstance(high, str) and low > high:
            raise ValueError("'max_factor_percent' is at least 'min_factor_percent'")
        return self

    def refs(self) -> list[Ref]:
        """The prices."""
        return [Ref(("of", i), price, Wanted.INDEXED) for i, price in enumerate(self.of)]

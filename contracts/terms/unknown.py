"""The unknown-data rule: how long a state or value holds in silence, and at whose cost silence beyond that goes.

Pure. Required wherever time is measured; there is no default. Source: docs/terms.md#unknown-data.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import model_validator

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import EITHER, GIVEN, WORD, Model, Percent, Seconds


class UnknownAs(StrEnum):
    """Counted up (in the band), counted down (out of it), left out of both sides, or as an accepted record says."""

    UP = "up"
    DOWN = "down"
    EXCLUDE = "exclude"
    ATTRIBUTE = "attribute"


class UnknownRule(Model):
    """`otherwise` and `acceptance` belong to `then: attribute`: facts of kind `gap_cause` decide, else `otherwise`.

    Below `coverage_min_percent` of known time the measure has insufficient data and nothing is judged. That is of all
    time that states or values decide, what a record attributes being known: excluded and `out` time is neither.
    """

    carry_seconds: Seconds
    then: UnknownAs
    otherwise: UnknownAs | None = None
    acceptance: AcceptanceRule | None = None
    coverage_min_percent: Annotated[Annotated[Literal["none"], WORD] | Annotated[Percent, GIVEN], EITHER]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        attribute = self.then is UnknownAs.ATTRIBUTE
        if attribute != (self.otherwise is not None) or attribute != (self.acceptance is not None):
            raise ValueError("'otherwise' and 'acceptance' belong to 'then: attribute', and are needed there")
        if self.otherwise is UnknownAs.ATTRIBUTE:
            raise ValueError("'otherwise' is up, down or exclude")
        return self

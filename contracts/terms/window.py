"""Measurement windows: over how many months a measure is taken, and when it is due.

Pure. A month, or several: aligned to the calendar, to the contract's first month, or the last so many of every month.
Source: docs/terms.md#windows.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from contracts.terms.base import EITHER, GIVEN, WORD, Model


class WindowKind(StrEnum):
    """Where a window of several months begins; `life` is the whole contract."""

    CALENDAR = "calendar"
    CONTRACT = "contract"
    ROLLING = "rolling"
    LIFE = "life"


class Partial(StrEnum):
    """What becomes of a window in which the contract did not run from its beginning to its end: what there is of it is
    judged, or it has no value; a rolling window is then not due."""

    JUDGE = "judge"
    WAIT = "wait"


class Months(Model):
    """`months` months; without a number for the contract's whole life."""

    kind: WindowKind
    months: Annotated[int, Field(ge=2, le=120, strict=True)] | None = None
    partial: Partial

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind is WindowKind.LIFE) != (self.months is None):
            raise ValueError("'months' is needed, except with kind 'life', which has none")
        if self.kind is WindowKind.CALENDAR and self.months is not None and 12 % self.months and self.months % 12:
            raise ValueError("'months' of a calendar window divides a year: 2, 3, 4, 6, 12, or whole years")
        return self


Window = Annotated[Annotated[Literal["month"], WORD] | Annotated[Months, GIVEN], EITHER]


def _settled(window: Literal["month"] | Months) -> Literal["month"] | Months:
    if isinstance(window, Months) and window.kind is WindowKind.ROLLING:
        raise ValueError("a window that is settled once: 'kind' is calendar, contract or life")
    return window


# For what is counted up and settled once a window: tiers, minimums, caps.
SettledWindow = Annotated[Window, AfterValidator(_settled)]

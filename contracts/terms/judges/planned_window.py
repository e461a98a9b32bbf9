"""J4 planned window: announced work, up to an allowance.

Pure. Weekly windows are agreed by the contract itself; further ones are facts of kind `planned_work`, announced in
time. Windows use up the allowance in time order; what goes beyond it is refused. Source: docs/terms.md#planned-window.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import EITHER, GIVEN, WORD, Model, Scope
from contracts.terms.judges.base import Judge
from contracts.terms.judges.excusable_event import Causes, Sides
from contracts.terms.service_hours import ServiceHours, WeeklyWindow
from vouch.document import PlainDecimal


class AllowancePer(StrEnum):
    """Over what an allowance lasts: a month or a year of the calendar, in the contract's zone."""

    MONTH = "month"
    YEAR = "year"


class Split(StrEnum):
    """What a part of a period gets: its share by seconds, or the whole."""

    PRORATE = "prorate"
    WHOLE = "whole"


class Allowance(Model):
    """`hours` for each month or year; `partial_period` says what a version or asset that is there for a part gets.

    Its share of a month is for the part by itself; of a year it is the share from the asset's beginning to the year's
    end. Else what was used before in the month or year counts, as the version in force reads it.
    """

    hours: Annotated[PlainDecimal, Field(ge=0, le=8_784, max_digits=10, decimal_places=2)]
    per: AllowancePer
    partial_period: Split


class Announced(Model):
    """Facts of kind `planned_work` with an agreed cause, known at least `notice_hours` before they begin."""

    causes: Causes
    declared_by: Sides
    notice_hours: Annotated[int, Field(ge=0, le=8_784, strict=True)]
    acceptance: AcceptanceRule


class PlannedWindow(Judge):
    """`kind: planned_window`. Only the part within `service_hours` uses allowance."""

    kind: Literal["planned_window"]
    weekly: Annotated[list[WeeklyWindow], Field(max_length=100)]
    announced: Annotated[Annotated[Literal["none"], WORD] | Annotated[Announced, GIVEN], EITHER]
    service_hours: ServiceHours
    allowance: Annotated[Annotated[Literal["none"], WORD] | Annotated[Allowance, GIVEN], EITHER]

    @property
    def own_scope(self) -> Scope:
        """Each asset has an allowance of its own."""
        return Scope.ASSET

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.weekly and self.announced == "none":
            raise ValueError("there are no windows: 'weekly' has some, or 'announced' says how work is announced")
        return self

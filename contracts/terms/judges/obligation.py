"""J2 obligation: what one side owes by a due date, and the spans in which it was owed and not done.

Pure. Facts `maintenance_done` and `obligation_met` that name this judge meet it; `obligation_breached` is a breach by
itself. Source: docs/terms.md#obligation.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import Count, Days, Model, Positive, Ref, Wanted, by_key, key
from contracts.terms.judges.base import Judge
from contracts.terms.service_hours import LocalDate
from contracts.terms.side import Side


class EveryDays(Model):
    """So many local days after it was last met, at first after `first_from`, or after the day on which the asset is
    covered if that is later; due at the end of the last day."""

    every_days: Count
    first_from: LocalDate


class EveryQuantity(Model):
    """Each time the counter of `measure` has gone so much further, in its unit, since it was last met or, before that,
    since the asset is covered; due at the reading that shows it."""

    measure: str
    every: Positive


class OnDates(Model):
    """On each of these local dates, by the end of the day; met by the first fact after the date before that meets no
    earlier date. A date before the asset is covered is not owed."""

    on: Annotated[list[LocalDate], Field(min_length=1, max_length=1000)]


class Cure(StrEnum):
    """A late fulfilment ends the breach, or makes it as if there had been none."""

    ENDS = "ends"
    ERASES = "erases"


Due = Annotated[
    Annotated[EveryDays, key("every_days")] | Annotated[EveryQuantity, key("every")] | Annotated[OnDates, key("on")],
    by_key("every_days", "every", "on"),
]


class Obligation(Judge):
    """`kind: obligation`. A breach begins `grace_days` of 24 hours after the due instant. What was done before the
    asset was covered meets nothing."""

    kind: Literal["obligation"]
    owed_by: Side
    due: Due
    grace_days: Days
    cure: Cure
    acceptance: AcceptanceRule

    @property
    def chained(self) -> bool:
        """A due counter reading depends on the months before."""
        return isinstance(self.due, EveryQuantity)

    def refs(self) -> list[Ref]:
        """The counter, where what is due depends on one."""
        if isinstance(self.due, EveryQuantity):
            return [Ref(("due", "measure"), self.due.measure, Wanted.QUANTITY)]
        return []

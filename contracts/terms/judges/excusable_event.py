"""J3 excusable event: spans for which a side is excused, if the event was declared as agreed.

Pure. Facts of kind `excusable_event` with an agreed cause. Source: docs/terms.md#excusable-event.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import Slug
from contracts.terms.judges.base import Judge
from contracts.terms.side import Side

Causes = Annotated[list[Slug], Field(min_length=1, max_length=50)]
Sides = Annotated[list[Side], Field(min_length=1, max_length=2)]


class ExcusableEvent(Judge):
    """`kind: excusable_event`. It has to be declared within `notice_within_hours` after it began."""

    kind: Literal["excusable_event"]
    causes: Causes
    declared_by: Sides
    notice_within_hours: Annotated[int, Field(ge=0, le=87_840, strict=True)]
    evidence_required: bool
    acceptance: AcceptanceRule

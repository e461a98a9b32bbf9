"""M6 incident list: stops with their durations, opened by a state or by the parties' own records.

Pure. An incident is measured by time in each month it touches, and listed in the month in which it ends; one that is
open at the end is listed as open. Source: docs/terms.md#incident-list.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import Model, Path, Ref, Scope, Seconds, Slug, Wanted, by_key, key, state_faults
from contracts.terms.measures.base import Measure
from contracts.terms.service_hours import ServiceHours
from ingest.catalogue import Metric


class Gives(StrEnum):
    """What the list's value is: a number of incidents, or hours of service time. A response runs from the opening to
    the response, a duration from the opening to the end."""

    COUNT = "count"
    TOTAL_HOURS = "total_hours"
    LONGEST_HOURS = "longest_hours"
    LONGEST_RESPONSE_HOURS = "longest_response_hours"


class FromStates(Model):
    """Opened by one of the `open` states, closed by one of `closed`; a state in neither changes nothing, nor does
    silence. Of what was said before the asset was covered the last state counts. Stops less than `merge_seconds` apart
    are one, so that one has ended once so much time has passed after it; those shorter than `minimum_seconds` none."""

    metric: str
    open: Annotated[list[str], Field(min_length=1)]
    closed: Annotated[list[str], Field(min_length=1)]
    unchanged: list[str]
    merge_seconds: Seconds
    minimum_seconds: Seconds

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        states = [*self.open, *self.closed, *self.unchanged]
        if len(set(states)) != len(states):
            raise ValueError("each state is in one of 'open', 'closed' and 'unchanged' only")
        return self


class FromFacts(Model):
    """Facts of kind `incident` with one of these causes."""

    causes: Annotated[list[Slug], Field(min_length=1, max_length=50)]
    acceptance: AcceptanceRule


class IncidentList(Measure):
    """`kind: incident_list`. Durations count within `service_hours`, spans of `excused_by` judges left out."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.MEASURE, Wanted.QUANTITY, Wanted.INCIDENTS})

    kind: Literal["incident_list"]
    scope: Scope
    source: Annotated[
        Annotated[FromStates, key("metric")] | Annotated[FromFacts, key("causes")],
        by_key("metric", "causes"),
    ]
    service_hours: ServiceHours
    excused_by: Annotated[list[Slug], Field(max_length=20)]
    value: Gives

    @property
    def value_unit(self) -> str:
        """A number, or hours."""
        return "C62" if self.value is Gives.COUNT else "HUR"

    @property
    def own_scope(self) -> Scope:
        """As agreed."""
        return self.scope

    @property
    def chained(self) -> bool:
        """An incident may have been opened in an earlier month."""
        return True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.value is Gives.LONGEST_RESPONSE_HOURS and isinstance(self.source, FromStates):
            raise ValueError("a response is known from facts only: 'source' has 'causes', or another 'value'")
        return self

    def refs(self) -> list[Ref]:
        """The judges of excused spans."""
        return [Ref(("excused_by", i), judge, Wanted.SPANS) for i, judge in enumerate(self.excused_by)]

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """A state is needed where the list comes from one, each of its states in one place."""
        if not isinstance(self.source, FromStates):
            return []
        source = self.source
        placed = {"open": source.open, "closed": source.closed, "unchanged": source.unchanged}
        return [(("source", *path), text) for path, text in state_faults(source.metric, placed, metrics)]

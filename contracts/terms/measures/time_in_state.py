"""M3 time in state: time that an asset spent in given states, within service hours.

Pure. Source: docs/terms.md#time-in-state.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.base import Path, Scope, Unit, Wanted, Weight, state_faults, unit_fault
from contracts.terms.measures.base import QUANTITY, Measure
from contracts.terms.service_hours import ServiceHours
from contracts.terms.unknown import UnknownAs, UnknownRule
from ingest.catalogue import Metric


class TimeInState(Measure):
    """`kind: time_in_state`. A second in a state counts by its weight; unknown time counts fully where it is `up`."""

    gives: ClassVar[frozenset[Wanted]] = QUANTITY

    kind: Literal["time_in_state"]
    metric: str
    unit: Unit
    scope: Scope
    states: Annotated[dict[str, Weight], Field(min_length=1)]
    unknown: list[str]
    service_hours: ServiceHours
    unknown_rule: UnknownRule

    @property
    def value_unit(self) -> str:
        """As agreed."""
        return self.unit

    @property
    def own_scope(self) -> Scope:
        """As agreed."""
        return self.scope

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if set(self.states) & set(self.unknown):
            raise ValueError("each state is in one of 'states' and 'unknown' only")
        if UnknownAs.EXCLUDE in (self.unknown_rule.then, self.unknown_rule.otherwise):
            raise ValueError("time in state has no other side to leave unknown time out of: 'then' is up or down")
        return self

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """A state is needed, each of its states in one place; and a unit of time."""
        found = state_faults(self.metric, {"states": self.states, "unknown": self.unknown}, metrics)
        return found + unit_fault("SEC", self.unit)

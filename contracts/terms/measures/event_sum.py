"""M2 event sum: the sum of amounts, each used in one interval or by one event.

Pure. An event belongs to the window that holds its instant, half-open. Source: docs/terms.md#event-sum.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import (
    EITHER,
    GIVEN,
    WORD,
    Decimal20,
    Model,
    Path,
    Scope,
    Unit,
    Wanted,
    by_key,
    key,
    metric_fault,
    unit_fault,
)
from contracts.terms.measures.base import QUANTITY, Measure
from ingest.catalogue import Metric, MetricKind
from vouch.units import unit_of


class Negative(StrEnum):
    """What a negative event does: reduces the sum; counts as zero; counts as zero and is reported as refused; reduces
    the sum, what then is below zero going to the next month."""

    NET = "net"
    IGNORE = "ignore"
    REFUSE = "refuse"
    CARRY = "carry"


class Constant(Model):
    """Each event counts as so much, in the measure's unit, whatever its value."""

    constant: Decimal20


class Held(Model):
    """Each value is a mean over so many seconds: kilowatts held for 600 s are a sixth of as many kilowatt-hours."""

    mean_over_seconds: Annotated[int, Field(ge=1, le=86_400, strict=True)]


_Amount = Annotated[
    Annotated[Constant, key("constant")] | Annotated[Held, key("mean_over_seconds")],
    by_key("constant", "mean_over_seconds"),
]


class EventSum(Measure):
    """`kind: event_sum`. `of` says what an event adds: its `value`, a constant, or a mean held for some seconds.

    A window in which no event was reported has no value. `acceptance` is what a fact of kind `event_cancelled` needs.
    """

    gives: ClassVar[frozenset[Wanted]] = QUANTITY

    kind: Literal["event_sum"]
    metric: str
    unit: Unit
    scope: Scope
    of: Annotated[Annotated[Literal["value"], WORD] | Annotated[_Amount, GIVEN], EITHER]
    negative: Negative
    acceptance: AcceptanceRule

    @property
    def value_unit(self) -> str:
        """As agreed."""
        return self.unit

    @property
    def own_scope(self) -> Scope:
        """As agreed."""
        return self.scope

    @property
    def chained(self) -> bool:
        """What is below zero goes on to the next month."""
        return self.window != "month" or self.negative is Negative.CARRY

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """An amount is needed, or a gauge; in a unit that can be expressed in the measure's."""
        found = metric_fault(self.metric, [MetricKind.AMOUNT, MetricKind.GAUGE], metrics)
        if found or isinstance(self.of, Constant):
            return found
        have = metrics[self.metric].unit
        if isinstance(self.of, Held):
            if have in ("WTT", "KWT") and unit_of(self.unit).dimension == "energy":
                return []
            return [(("unit",), f"a mean of {have} over seconds cannot be expressed in {self.unit}; expected power")]
        return unit_fault(have, self.unit)

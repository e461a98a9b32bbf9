"""M1 counter: the quantity that a counter shows was used between two instants.

Pure. Everything a counter may do besides rising is agreed here, and each case found is a finding on the statement.
Source: docs/terms.md#counter.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.base import (
    EITHER,
    GIVEN,
    WORD,
    Model,
    Path,
    Positive,
    Quantity,
    Scope,
    Unit,
    Wanted,
    metric_fault,
    unit_fault,
)
from contracts.terms.measures.base import QUANTITY, Measure
from ingest.catalogue import Metric, MetricKind


class OnFall(StrEnum):
    """What a fall means: started again from zero; went past `modulus`; disregarded until the old height is reached;
    no side may guess, so that nothing is counted across it; or what was used is given back, as by a meter that runs
    backwards."""

    RESET = "reset"
    ROLLOVER = "rollover"
    HIGH_WATER = "high_water"
    REFUSE = "refuse"
    SIGNED = "signed"


class Attribution(StrEnum):
    """Use between two readings on either side of a boundary: at the later reading, or by a straight line in time."""

    AT_READING = "at_reading"
    INTERPOLATE = "interpolate"


class RoundingMode(StrEnum):
    """Towards zero, away from zero, or to the nearest, a half away from zero."""

    DOWN = "down"
    UP = "up"
    HALF_UP = "half_up"


class Rounding(Model):
    """To a whole multiple of `step`, in the measure's unit, once over the whole window."""

    step: Positive
    mode: RoundingMode


class Estimate(Model):
    """Where a month has no reading: the mean of the months before it, at most so many, replaced once readings come."""

    mean_of_months: Annotated[int, Field(ge=1, le=36, strict=True)]


class Counter(Measure):
    """`kind: counter`. `jitter`, `step_max` and `modulus` are in the metric's own unit, `unit` is what is given.

    A month in which no reading shows anything has no value. What a device showed when the asset's service under the
    contract began is taken as it was; of earlier readings only a high-water mark matters, unless it is higher by more
    than `step_max`: that is taken for a spike, with a finding.
    A fall of at most `jitter` is disregarded until the old height is reached. A rise of more than `step_max`, that from
    zero after a fall included, counts once the next reading stays at the new height, less jitter; else that one reading
    is disregarded. So it is where the next one, by another such rise, is back at the height before the fall. Of a
    counter that is `signed` a fall is use below zero and no finding, and a step of more than `step_max` either way
    counts once the next reading is within such a step of it.

    `acceptance` is what a fact of kind `counter_correction` or `device_swap` needs to count.
    """

    gives: ClassVar[frozenset[Wanted]] = QUANTITY

    kind: Literal["counter"]
    metric: str
    unit: Unit
    scope: Scope
    on_fall: OnFall
    modulus: Positive | None = None
    jitter: Quantity
    step_max: Annotated[Annotated[Literal["none"], WORD] | Annotated[Positive, GIVEN], EITHER]
    attribution: Attribution
    rounding: Annotated[Annotated[Literal["none"], WORD] | Annotated[Rounding, GIVEN], EITHER]
    missing: Annotated[Annotated[Literal["none"], WORD] | Annotated[Estimate, GIVEN], EITHER]
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
        """An estimate rests on the months before, and so do a height not reached again and a rise not confirmed."""
        remembers = self.jitter > 0 or self.step_max != "none"
        return self.window != "month" or self.missing != "none" or remembers

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.on_fall is OnFall.ROLLOVER) != (self.modulus is not None):
            raise ValueError("'modulus' belongs to 'on_fall: rollover', and is needed there")
        if self.modulus is not None and self.jitter >= self.modulus:
            raise ValueError("'jitter' must be smaller than 'modulus'")
        if not isinstance(self.step_max, str) and self.step_max <= self.jitter:
            raise ValueError("'step_max' must be greater than 'jitter'")
        return self

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """A counter is needed, in a unit that can be expressed in the measure's."""
        found = metric_fault(self.metric, [MetricKind.COUNTER], metrics)
        return found or unit_fault(metrics[self.metric].unit, self.unit)

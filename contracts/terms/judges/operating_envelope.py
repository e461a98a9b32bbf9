"""J6 operating envelope: the times at which a product was used beyond its limits.

Pure. A value holds until the next, at most for the carry; an excursion counts once it has lasted for the dwell, and
those beyond the free count of a month are spans of this judge. Source: docs/terms.md#operating-envelope.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.base import Decimal20, Path, Seconds, Unit, metric_fault, unit_fault
from contracts.terms.judges.base import Judge
from ingest.catalogue import Metric, MetricKind


class OperatingEnvelope(Judge):
    """`kind: operating_envelope`. Values below `low` or above `high` are outside; at least one is given."""

    kind: Literal["operating_envelope"]
    metric: str
    unit: Unit
    low: Decimal20 | None = None
    high: Decimal20 | None = None
    dwell_seconds: Seconds
    carry_seconds: Seconds
    free_count: Annotated[int, Field(ge=0, le=100_000, strict=True)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("'low' or 'high' is needed, or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("'high' must be above 'low'")
        return self

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """A gauge is needed, in a unit that can be expressed in the limit's."""
        found = metric_fault(self.metric, [MetricKind.GAUGE], metrics)
        return found or unit_fault(metrics[self.metric].unit, self.unit)

"""M5 share in band: the share of time in which a gauge stayed between two limits.

Pure. Weighted by time and not by count: a value holds until the next, at most for the carry. With hysteresis, a value
that left the band is back only once it is inside by that much. Source: docs/terms.md#share-in-band.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from contracts.terms.base import Decimal20, Path, Quantity, Scope, TimeScope, Unit, Wanted, metric_fault, unit_fault
from contracts.terms.measures.base import SHARE, Measure
from contracts.terms.service_hours import ServiceHours
from contracts.terms.unknown import UnknownRule
from ingest.catalogue import Metric, MetricKind


class ShareInBand(Measure):
    """`kind: share_in_band`. `low` and `high` belong to the band; at least one is given, in `unit`."""

    gives: ClassVar[frozenset[Wanted]] = SHARE
    is_share: ClassVar[bool] = True

    kind: Literal["share_in_band"]
    metric: str
    unit: Unit
    scope: TimeScope
    low: Decimal20 | None = None
    high: Decimal20 | None = None
    hysteresis: Quantity
    service_hours: ServiceHours
    unknown_rule: UnknownRule

    @property
    def own_scope(self) -> Scope:
        """A mean is of all assets."""
        return Scope.ASSET if self.scope is TimeScope.ASSET else Scope.POOLED

    @property
    def chained(self) -> bool:
        """A value near an edge is in or out as it was before."""
        return self.window != "month" or self.hysteresis > 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("'low' or 'high' is needed, or both")
        if self.low is not None and self.high is not None and self.high - self.low <= 2 * self.hysteresis:
            raise ValueError("'high' must be above 'low' by more than twice the hysteresis")
        return self

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """A gauge is needed, in a unit that can be expressed in the band's."""
        found = metric_fault(self.metric, [MetricKind.GAUGE], metrics)
        return found or unit_fault(metrics[self.metric].unit, self.unit)

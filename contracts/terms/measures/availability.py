"""M4 availability: the share of counted time in which an asset was up.

Pure. Each instant gets one class: outside service hours, then the exclusions in their order, then what the state says.
Source: docs/terms.md#availability.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.base import (
    EITHER,
    GIVEN,
    WORD,
    Count,
    Model,
    Path,
    Ref,
    Scope,
    Seconds,
    TimeScope,
    Wanted,
    Weight,
    state_faults,
)
from contracts.terms.measures.base import Measure
from contracts.terms.service_hours import ServiceHours
from contracts.terms.unknown import UnknownRule
from ingest.catalogue import Metric


class Mode(StrEnum):
    """What an excluded span does: leaves both sides; counts as up; its down time alone leaves both sides; the whole
    measurement window is not judged, once a span touches its service hours."""

    OUT = "out"
    UP = "up"
    VOID_DOWN = "void_down"
    WHOLE_WINDOW = "whole_window"


class Causality(StrEnum):
    """Which outages a span may void: what overlaps it, or only those that began within it, to their end."""

    OVERLAP = "overlap"
    BEGAN_WITHIN = "began_within"


class Exclusion(Model):
    """Spans that the judge grants."""

    judge: str
    mode: Mode
    causality: Causality

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.causality is Causality.BEGAN_WITHIN and self.mode is not Mode.VOID_DOWN:
            raise ValueError("'causality: began_within' is about outages: it belongs to 'mode: void_down'")
        return self


class BucketRule(StrEnum):
    """Whether a bucket is down when it was down throughout, no instant of it being of another class, or at any."""

    WHOLE = "whole"
    ANY = "any"


class Bucket(Model):
    """Down time is counted in whole buckets, aligned to 1970-01-01T00:00Z."""

    seconds: Annotated[int, Field(ge=1, le=86_400, strict=True)]
    down_if: BucketRule


class Shaping(Model):
    """Outages less than `merge_seconds` apart become one, then those shorter than `minimum_seconds` count as up, then
    what is left is counted in buckets. Each window is shaped by itself.

    Only time moves that a state shows as up or down. An outage is as long as such time from its beginning to its end.
    """

    merge_seconds: Seconds
    minimum_seconds: Seconds
    bucket: Annotated[Annotated[Literal["none"], WORD] | Annotated[Bucket, GIVEN], EITHER]


class ConstantMinutes(Model):
    """The denominator is so many minutes for a whole window and for each asset, whatever the calendar says."""

    constant_minutes: Annotated[Count, Field(le=10_000_000)]


class Availability(Measure):
    """`kind: availability`. A degraded state counts as up by its share.

    `denominator` is the counted time, or a constant.
    """

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.MEASURE, Wanted.SHARE, Wanted.TIME})
    is_share: ClassVar[bool] = True

    kind: Literal["availability"]
    metric: str
    scope: TimeScope
    up: Annotated[list[str], Field(min_length=1)]
    down: list[str]
    unknown: list[str]
    out: list[str]
    degraded: dict[str, Weight]
    service_hours: ServiceHours
    exclusions: Annotated[list[Exclusion], Field(max_length=20)]
    shaping: Annotated[Annotated[Literal["none"], WORD] | Annotated[Shaping, GIVEN], EITHER]
    unknown_rule: UnknownRule
    denominator: Annotated[Annotated[Literal["counted"], WORD] | Annotated[ConstantMinutes, GIVEN], EITHER]

    @property
    def own_scope(self) -> Scope:
        """A mean is of all assets."""
        return Scope.ASSET if self.scope is TimeScope.ASSET else Scope.POOLED

    @property
    def chained(self) -> bool:
        """An outage may have begun in an earlier month, where it matters in which span it began."""
        return self.window != "month" or any(e.causality is Causality.BEGAN_WITHIN for e in self.exclusions)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        states = list(chain(self.up, self.down, self.unknown, self.out, self.degraded))
        if len(set(states)) != len(states):
            raise ValueError("each state is in one of 'up', 'down', 'unknown', 'out' and 'degraded' only")
        judges = [exclusion.judge for exclusion in self.exclusions]
        if len(set(judges)) != len(judges):
            raise ValueError("each judge is in 'exclusions' once")
        if self.shaping != "none" and self.degraded:
            raise ValueError("outages are shaped where a state is up or down: 'degraded' is empty, or 'shaping' none")
        return self

    def refs(self) -> Sequence[Ref]:
        """The judges of excluded spans."""
        return [Ref(("exclusions", i, "judge"), e.judge, Wanted.SPANS) for i, e in enumerate(self.exclusions)]

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[Path, str]]:
        """A state is needed, each of its states in one place."""
        placed: dict[str, Collection[str]] = {
            "up": self.up,
            "down": self.down,
            "unknown": self.unknown,
            "out": self.out,
            "degraded": self.degraded,
        }
        return state_faults(self.metric, placed, metrics)

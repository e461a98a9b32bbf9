"""Uptime guarantee: a share of counted time in which an asset is up, and the credit owed below it.

Pure. Only the contract says which states are up, down or unknown, how long a state holds without a further reading,
and at whose cost unknown time goes. Source: docs/terms.md#uptime-guarantee.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.calendar import WEEKDAYS, WallSpan
from contracts.terms.base import Percent, Slug, TermBase, TermDocument
from ingest.catalogue import Metric, MetricKind
from vouch.document import PlainDecimal


class UnknownAs(StrEnum):
    """At whose cost unknown time goes: counted up, counted down, or left out of both sides."""

    UP = "up"
    DOWN = "down"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class CreditTier:
    """`percent` of the fee where availability is below `below` percent."""

    below: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True)
class CreditLadder:
    """The lowest tier that availability falls below decides; thresholds fall, percentages rise."""

    tiers: tuple[CreditTier, ...]


@dataclass(frozen=True, slots=True)
class CreditPerStartedPoint:
    """`percent` of the fee for each started `points` percentage points of shortfall."""

    points: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Credit:
    """A service credit in percent of the fee named by `of`, at most `cap_percent` of it."""

    of: str
    scheme: CreditLadder | CreditPerStartedPoint
    cap_percent: Decimal


@dataclass(frozen=True, slots=True)
class UptimeGuarantee(TermBase):
    """`service_hours` and `planned_windows` are weekly and in wall-clock time of the contract's zone.

    A state of `metric` holds until the next reading, at most `carry`; later it is unknown. Planned windows are left
    out up to `planned_allowance` a month, in time order.
    """

    metric: str
    up: frozenset[str]
    down: frozenset[str]
    unknown: frozenset[str]
    service_hours: tuple[WallSpan, ...]
    planned_windows: tuple[WallSpan, ...]
    planned_allowance: timedelta
    carry: timedelta
    unknown_as: UnknownAs
    target_percent: Decimal
    credit: Credit


_WALL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


def _check_wall(text: str) -> str:
    if not _WALL.fullmatch(text):
        raise ValueError("a wall-clock time such as 06:00, at most 24:00")
    return text


def _check_hours(text: str) -> str:
    start, dash, end = text.partition("-")
    if not dash or not _WALL.fullmatch(start) or not _WALL.fullmatch(end):
        raise ValueError("hours such as 06:00-22:00")
    if _minutes(start) >= _minutes(end):
        raise ValueError("hours that end later on the same day than they start; 24:00 ends the day")
    return text


def _minutes(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def _span(weekday: str, start: str, end: str) -> WallSpan:
    return WallSpan(WEEKDAYS.index(weekday), _minutes(start), _minutes(end))


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Wall = Annotated[str, AfterValidator(_check_wall)]
Hours = Annotated[str, AfterValidator(_check_hours)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PlannedWindowDocument(_Model):
    """A weekly window for planned work, within one local day."""

    weekday: Weekday
    from_: Annotated[Wall, Field(alias="from")]
    until: Wall

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if _minutes(self.from_) >= _minutes(self.until):
            raise ValueError("'until' must be later than 'from' on the same day; 24:00 ends the day")
        return self


class UnknownRuleDocument(_Model):
    """How long a state holds in silence, and what silence beyond that counts as."""

    carry_seconds: Annotated[int, Field(ge=0, le=31_622_400, strict=True)]
    then: UnknownAs


class CreditTierDocument(_Model):
    """One step of a ladder."""

    below: Percent
    percent: Percent


class PerStartedPointDocument(_Model):
    """A credit for each started step of shortfall."""

    points: Annotated[PlainDecimal, Field(gt=0, le=100)]
    percent: Percent


class CreditDocument(_Model):
    """With either `ladder` or `per_started_point`."""

    of: Slug
    ladder: Annotated[list[CreditTierDocument], Field(min_length=1, max_length=50)] | None = None
    per_started_point: PerStartedPointDocument | None = None
    cap_percent: Percent

    @model_validator(mode="after")
    def _one_scheme(self) -> Self:
        if (self.ladder is None) == (self.per_started_point is None):
            raise ValueError("either 'ladder' or 'per_started_point', and not both")
        tiers = self.ladder or []
        for above, below in itertools.pairwise(tiers):
            if above.below <= below.below or above.percent >= below.percent:
                raise ValueError("a ladder's 'below' falls and its 'percent' rises from tier to tier")
        return self

    def credit(self) -> Credit:
        """The agreed data."""
        if self.ladder is not None:
            tiers = tuple(CreditTier(tier.below, tier.percent) for tier in self.ladder)
            return Credit(self.of, CreditLadder(tiers), self.cap_percent)
        assert self.per_started_point is not None
        step = self.per_started_point
        return Credit(self.of, CreditPerStartedPoint(step.points, step.percent), self.cap_percent)


class UptimeGuaranteeDocument(TermDocument):
    """`kind: uptime_guarantee`."""

    kind: Literal["uptime_guarantee"]
    metric: str
    up: Annotated[list[str], Field(min_length=1)]
    down: list[str]
    unknown: list[str]
    service_hours: Annotated[dict[Weekday, list[Hours]], Field(min_length=1)]
    planned_windows: list[PlannedWindowDocument]
    planned_allowance_hours: Annotated[PlainDecimal, Field(ge=0, le=744, decimal_places=2)]
    unknown_rule: UnknownRuleDocument
    target_percent: Annotated[Percent, Field(gt=0)]
    credit: CreditDocument

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        states = [*self.up, *self.down, *self.unknown]
        if len(set(states)) != len(states):
            raise ValueError("each state is in one of 'up', 'down' and 'unknown' only")
        for hours in self.service_hours.values():
            if any(a[-5:] > b[:5] for a, b in pairwise(sorted(hours))):
                raise ValueError("service hours of one day do not overlap")
        ladder = self.credit.ladder
        if ladder and ladder[0].below != self.target_percent:
            raise ValueError("the ladder's first 'below' is the target: no shortfall is left without a step")
        return self

    def term(self) -> UptimeGuarantee:
        """The agreed data."""
        return UptimeGuarantee(
            id=self.id,
            text=self.text,
            vat_percent=self.vat_percent,
            metric=self.metric,
            up=frozenset(self.up),
            down=frozenset(self.down),
            unknown=frozenset(self.unknown),
            service_hours=tuple(
                _span(day, *hours.split("-")) for day, spans in self.service_hours.items() for hours in sorted(spans)
            ),
            planned_windows=tuple(_span(window.weekday, window.from_, window.until) for window in self.planned_windows),
            planned_allowance=timedelta(microseconds=int(self.planned_allowance_hours * 3_600_000_000)),
            carry=timedelta(seconds=self.unknown_rule.carry_seconds),
            unknown_as=self.unknown_rule.then,
            target_percent=self.target_percent,
            credit=self.credit.credit(),
        )

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[tuple[str | int, ...], str]]:
        """A state metric is needed, and each of its states has its place."""
        metric = metrics.get(self.metric)
        if metric is None or metric.kind is not MetricKind.STATE:
            known = ", ".join(n for n, m in metrics.items() if m.kind is MetricKind.STATE) or "none"
            return [(("metric",), f"{self.metric!r} is not a state of every covered asset; known: {known}")]
        named = {*self.up, *self.down, *self.unknown}
        found: list[tuple[tuple[str | int, ...], str]] = [
            ((), f"state {state!r} of {self.metric} is in none of 'up', 'down' and 'unknown'")
            for state in sorted(metric.states.keys() - named)
        ]
        for place, states in (("up", self.up), ("down", self.down), ("unknown", self.unknown)):
            found += [
                ((place, i), f"{state!r} is not a state of {self.metric}: {', '.join(metric.states)}")
                for i, state in enumerate(states)
                if state not in metric.states
            ]
        return found

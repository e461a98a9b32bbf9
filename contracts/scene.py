"""Scenes: all that a measure or a judge of spans may look at, for one asset in one part of a month.

Pure. A part of a month is governed by one version of the contract; months before it are reached through `earlier`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from contracts.facts.book import FactBook
from contracts.streams.stream import Stream
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class Basis:
    """What a result rests on: streams, spans by class with the causes that lost, inferences made."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    spans: list[tuple[str, Period, tuple[str, ...]]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Incident:
    """One stop. `micros` is its service time so far, `response_micros` that until the response, where there was one.

    It has no `closed_at` while it is open.
    """

    asset: str
    cause: str
    opened_at: datetime
    closed_at: datetime | None
    responded_at: datetime | None
    micros: int
    response_micros: int | None
    fact: str | None


@dataclass(frozen=True, slots=True)
class Height:
    """Where a counter stood after its last reading, `shown` by `device` at `at`: use beyond `height` counts.

    `doubtful` is a reading that nothing has confirmed yet: its value, what it would add, whether it fell; in the
    metric's own unit.
    """

    device: str
    at: datetime
    shown: Decimal
    height: Decimal
    doubtful: tuple[Decimal, Decimal, bool] | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that may go on: open, or over since `closed_at` and not for good until the stops after it are known.

    Of its microseconds, `counted` are in the amounts of the parts so far; `since_closed` is service time after it.
    """

    incident: Incident
    closed_at: datetime | None
    counted: int
    since_closed: int


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage that goes on at the end of a part. `voided_by` are the judges in whose spans it began."""

    voided_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure made of one asset's part of a month. These add up, over months and over assets.

    `amount` is a quantity in the measure's unit, or the part of `base` that counts: up time of counted time, in
    microseconds. `base` is 0 for quantities. `known` and `total` are microseconds with and without unknown time.
    `missing` says that there was no reading at all, `void` that the window may not be judged. `state` is what the same
    measure has to know of the asset in its next part: a counter's height, a sum below zero, whether a value was last
    in its band, a stop or outage that may go on.
    """

    amount: Fraction
    base: Fraction = Fraction(0)
    known: int = 0
    total: int = 0
    micros: Mapping[str, int] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    missing: bool = False
    void: bool = False
    basis: Basis = field(default_factory=Basis)
    state: Height | Fraction | bool | Stop | Outage | None = None


@dataclass(frozen=True, slots=True)
class JudgedSpan:
    """A span as one judge sees it: granted, or refused for the `reason`. `cause` is what it was declared as.

    `fact` is the record it rests on; None where the contract itself or a signal says so.
    """

    period: Period
    granted: bool
    reason: str
    cause: str
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """`part` is the asset in service within `window`, the version's part of `month`.

    `covered` is the asset's service under the contract from its beginning to the end of `part`. `streams` are by
    metric, over `part`. `granted` gives a span judge's granted spans within `part`. `earlier` is what the same measure
    came to for the same asset just before, if anything. `crossing(measure, since, quantity)` is the first reading,
    up to the end of `part`, at which the measure's counter had gone so far beyond `since`.
    """

    asset: str
    part: Period
    window: Period
    month: Period
    covered: Period
    zone: ZoneInfo
    known_at: datetime
    facts: FactBook
    streams: Mapping[str, Sequence[Stream]]
    granted: Callable[[str], Sequence[Period]]
    earlier: Measured | None
    crossing: Callable[[str, datetime, Fraction], datetime | None]

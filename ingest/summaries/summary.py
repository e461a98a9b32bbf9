"""Summaries: one UTC day of one series, short enough that a month is read at once and exact enough to bill from.

Pure. A day is kept as runs. A run of a state is a stretch of readings of one state; a run of any other metric is a
stretch that never falls. Runs are also broken where the series was silent for longer than its metric allows. Summaries
join: a month is its days' runs in order. What a fall or a silence means is decided later, by metric and contract.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from ingest.catalogue import MetricKind
from ingest.reading import Shown, decimal_of
from vouch.period import MICROSECOND, from_micros, to_micros, utc_day

_RECORD = struct.Struct(">qd")


class Run(NamedTuple):
    """Consecutive readings, as a summary stores them: instants and the longest wait between two in microseconds.

    A tuple, and its readings made only when asked for: a month of a thousand devices is a hundred thousand runs.
    """

    first_at: int
    last_at: int
    first_value: str
    last_value: str
    silence: int

    @property
    def first(self) -> Shown:
        """The first reading."""
        return Shown(from_micros(self.first_at), Decimal(self.first_value))

    @property
    def last(self) -> Shown:
        """The last reading."""
        return Shown(from_micros(self.last_at), Decimal(self.last_value))

    @property
    def silence_max(self) -> timedelta:
        """The longest wait between two readings."""
        return self.silence * MICROSECOND

    @property
    def rise(self) -> Decimal:
        """How much more the last reading shows than the first."""
        return Decimal(self.last_value) - Decimal(self.first_value)

    def until(self, last: Shown) -> "Run":
        """The part of the run that ends with `last`."""
        return self._replace(last_at=to_micros(last.at), last_value=str(last.value))

    def since(self, first: Shown) -> "Run":
        """The part of the run that begins with `first`."""
        return self._replace(first_at=to_micros(first.at), first_value=str(first.value))


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One UTC day of one series. `digest` covers every reading of the day, bit by bit."""

    day: date
    readings: int
    highest: Decimal
    runs: tuple[Run, ...]
    digest: str


def summarise(kind: MetricKind, silence_max: timedelta, readings: Sequence[tuple[int, float]]) -> DaySummary:
    """Summary of one day's readings, given as (microseconds since 1970, value) in time order, at least one.

    The digest is SHA-256 over 16 bytes a reading: microseconds as signed 64-bit and value as IEEE double, both
    big-endian. Source: docs/data_path.md#3-summaries.
    """
    record = _RECORD.pack
    sha = hashlib.sha256(b"".join(record(at, value) for at, value in readings))
    return DaySummary(
        day=utc_day(from_micros(readings[0][0])),
        readings=len(readings),
        highest=decimal_of(max(value for _, value in readings)),
        runs=tuple(_runs(kind, silence_max // MICROSECOND, readings)),
        digest=sha.hexdigest(),
    )


def summarise_days(
    kind: MetricKind, silence_max: timedelta, readings: Iterable[tuple[int, float]]
) -> Iterator[DaySummary]:
    """Summaries of all days that the readings, in time order, touch."""
    day_micros = 86_400_000_000
    for _, day in groupby(readings, key=lambda reading: reading[0] // day_micros):
        yield summarise(kind, silence_max, list(day))


def readings_as_runs(readings: Iterable[tuple[int, float]]) -> tuple[Run, ...]:
    """Each reading as a run of its own."""
    return tuple(_run(reading, reading, 0) for reading in readings)


def cut(runs: Iterable[Run], at: datetime, before: Shown | None, after: Shown | None) -> list[Run]:
    """The same runs with none that holds readings on both sides of `at`.

    `before` is the last reading at or before `at`, `after` the first one later; they are needed only where a run
    strictly holds `at`.
    """
    pieces: list[Run] = []
    instant = to_micros(at)
    for run in runs:
        if not run.first_at <= instant < run.last_at:
            pieces.append(run)
            continue
        assert before is not None, "a run that holds the cut has a reading at or before it"
        assert after is not None, "a run that holds the cut has a reading after it"
        pieces.append(run.until(before))
        pieces.append(run.since(after))
    return pieces


def straddles(run: Run, at: datetime) -> bool:
    """Whether the run has readings both at or before `at` and after it."""
    return run.first_at <= to_micros(at) < run.last_at


def join_states(runs: Sequence[Run], carry: timedelta, boundary: datetime) -> list[Run]:
    """Runs of a state metric, neighbours of one state made one where no wait between them is longer than `carry`.

    No run is joined across `boundary`.
    """
    joined: list[Run] = []
    longest, border = carry // MICROSECOND, to_micros(boundary)
    for run in runs:
        if joined:
            before = joined[-1]
            wait = run.first_at - before.last_at
            if before.last_value == run.first_value and wait <= longest and not before.last_at <= border < run.first_at:
                silence = max(before.silence, run.silence, wait)
                joined[-1] = Run(before.first_at, run.last_at, before.first_value, run.last_value, silence)
                continue
        joined.append(run)
    return joined


def _runs(kind: MetricKind, silence_max: int, readings: Sequence[tuple[int, float]]) -> Iterator[Run]:
    start, longest = 0, 0
    for i in range(1, len(readings)):
        silence = readings[i][0] - readings[i - 1][0]
        value, previous = readings[i][1], readings[i - 1][1]
        ends = value != previous if kind is MetricKind.STATE else value < previous
        if ends or silence > silence_max:
            yield _run(readings[start], readings[i - 1], longest)
            start, longest = i, 0
        elif silence > longest:
            longest = silence
    yield _run(readings[start], readings[-1], longest)


def _run(first: tuple[int, float], last: tuple[int, float], silence: int) -> Run:
    return Run(first[0], last[0], str(decimal_of(first[1])), str(decimal_of(last[1])), silence)

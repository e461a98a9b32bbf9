"""Streams from the database: what a contract's terms have to see, as it was known at one instant.

Two readers give the days: `SummaryReader` inside a snapshot takes stored summaries and redoes from raw only the days
they do not cover; `RawReader` takes nothing but raw readings, for whoever checks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol

from psycopg import Connection

from contracts.contract import Contract
from contracts.evaluate import Need, Streams, needs
from contracts.source import Stream, clip_runs, needed_cuts, needed_days
from ingest import store, summary_store
from ingest.catalogue import Assignment, OnFall, Series
from ingest.registry import list_assignments, load_catalogue
from ingest.summariser import recompute_days
from ingest.summary import DaySummary, Shown, summarise, summarise_days
from vouch.period import DAY, Period, utc_day

# A month of raw readings is sorted by the database; of so many series it does that in memory.
_SERIES_AT_ONCE: Final = 20


class DayReader(Protocol):
    """Where day summaries come from."""

    def days(
        self, conn: Connection[Any], series: Sequence[Series], first: date, last: date
    ) -> Mapping[int, list[DaySummary]]:
        """Per series: the last day before `first` that has readings, then those up to `last`."""

    def highest(self, conn: Connection[Any], series: Series, span: Period) -> Decimal | None:
        """The highest value shown in `span`."""


@dataclass(frozen=True, slots=True)
class SummaryReader:
    """Stored summaries, within the snapshot taken at `known_at`."""

    known_at: datetime

    def days(
        self, conn: Connection[Any], series: Sequence[Series], first: date, last: date
    ) -> Mapping[int, list[DaySummary]]:
        """Stored days, those marked stale redone from raw readings of the same snapshot."""
        ids = [one.id for one in series]
        found = summary_store.list_summaries(conn, ids, first, last)
        redone: dict[int, list[DaySummary]] = {}
        for key, summary in recompute_days(conn, summary_store.list_stale(conn, ids, last)):
            redone.setdefault(key, []).append(summary)
        for key, summaries in redone.items():
            found[key] = _joined(found.get(key, []), summaries, first)
        return found

    def highest(self, conn: Connection[Any], series: Series, span: Period) -> Decimal | None:
        """Whole days from summaries, the days at either end from raw readings."""
        start, end = utc_day(span.start) + DAY, utc_day(span.end) - DAY
        if start > end:
            return store.find_highest(conn, series.id, span, self.known_at)
        ends = (Period(span.start, _midnight(start)), Period(_midnight(end + DAY), span.end))
        found = [store.find_highest(conn, series.id, part, self.known_at) for part in ends]
        found.append(summary_store.list_highest(conn, [series.id], start, end).get(series.id))
        return max((value for value in found if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class RawReader:
    """Raw readings only, as they were known at `known_at`."""

    known_at: datetime

    def days(
        self, conn: Connection[Any], series: Sequence[Series], first: date, last: date
    ) -> Mapping[int, list[DaySummary]]:
        """Every day summarised anew."""
        by_id = {one.id: one for one in series}
        found: dict[int, list[DaySummary]] = {}
        for key in by_id:
            latest = store.find_latest(conn, key, _midnight(first), self.known_at)
            if latest is not None:
                day = [(key, utc_day(latest))]
                found[key] = [summary for _, summary in recompute_days(conn, day, self.known_at)]
        span = Period(_midnight(first), _midnight(last + DAY))
        keys = sorted(by_id)
        for n in range(0, len(keys), _SERIES_AT_ONCE):
            for key, readings in store.list_readings(conn, keys[n : n + _SERIES_AT_ONCE], span, self.known_at):
                metric = by_id[key].metric
                silence = timedelta(seconds=metric.silence_seconds_max)
                found.setdefault(key, []).extend(summarise_days(metric.kind, silence, readings))
        return found

    def highest(self, conn: Connection[Any], series: Series, span: Period) -> Decimal | None:
        """From raw readings."""
        return store.find_highest(conn, series.id, span, self.known_at)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stream to be: `series` spoke for `asset` since `serves_from`, in `part` of the window."""

    asset: str
    series: Series
    serves_from: datetime
    part: Period
    days: tuple[DaySummary, ...]
    cuts: frozenset[datetime]


def load_streams(
    conn: Connection[Any],
    contract: Contract,
    window: Period,
    known_at: datetime,
    reader: DayReader,
) -> Streams:
    """All that `contracts.evaluate.needs` asks for over `window`, by asset and metric."""
    carries = _carries(needs(contract, window))
    assets = sorted({asset for asset, _ in carries})
    assignments = list_assignments(conn, assets, known_at)
    served = _served(assignments, contract, window)
    catalogue = load_catalogue(conn, sorted({assignment.device for assignment in assignments}))
    wanted = [
        (asset, catalogue[assignment.device][metric], assignment.serves_from, part)
        for asset, metric in carries
        for assignment, part in served.get(asset, ())
        if metric in catalogue.get(assignment.device, {})
    ]
    series = {one.id: one for _, one, _, _ in wanted}
    days = reader.days(conn, [*series.values()], utc_day(window.start), utc_day(window.end))
    pieces = []
    for asset, one, serves_from, part in wanted:
        own = needed_days(days.get(one.id, []), serves_from, part)
        own = _break_silences(conn, one, own, carries[asset, one.metric.name], known_at)
        cuts = frozenset(needed_cuts(own, serves_from, part))
        pieces.append(_Piece(asset, one, serves_from, part, own, cuts))
    around = _list_around(conn, pieces, known_at)
    found: dict[tuple[str, str], list[Stream]] = {key: [] for key in carries}
    for piece in pieces:
        neighbours = {at: around[at][piece.series.id] for at in piece.cuts}
        stream = Stream(
            asset=piece.asset,
            device=piece.series.device,
            metric=piece.series.metric,
            part=piece.part,
            runs=clip_runs(piece.days, piece.serves_from, piece.part, neighbours),
            highest_before=_highest_before(conn, piece, reader),
            days=piece.days,
        )
        found[piece.asset, piece.series.metric.name].append(stream)
    return found


def _carries(wanted: Iterable[Need]) -> dict[tuple[str, str], timedelta | None]:
    """The shortest carry that any term has, by asset and metric; None where no term carries."""
    carries: dict[tuple[str, str], timedelta | None] = {}
    for need in wanted:
        both = (carries.get((need.asset, need.metric)), need.carry)
        carries[need.asset, need.metric] = min((carry for carry in both if carry is not None), default=None)
    return carries


def _served(
    assignments: Iterable[Assignment], contract: Contract, window: Period
) -> dict[str, list[tuple[Assignment, Period]]]:
    """Per asset, in time order: who served it in which part of the window, the asset being in service."""
    in_service = {c.asset: part for c in contract.assets if (part := c.within(window))}
    found: dict[str, list[tuple[Assignment, Period]]] = {}
    for assignment in assignments:
        part = in_service.get(assignment.asset)
        if part is None:
            continue
        until = part.end if assignment.serves_until is None else min(part.end, assignment.serves_until)
        start = max(part.start, assignment.serves_from)
        if start < until:
            found.setdefault(assignment.asset, []).append((assignment, Period(start, until)))
    return found


def _break_silences(
    conn: Connection[Any],
    series: Series,
    days: tuple[DaySummary, ...],
    carry: timedelta | None,
    known_at: datetime,
) -> tuple[DaySummary, ...]:
    """The days with their runs broken wherever the series was silent for longer than `carry`, read raw where needed."""
    if carry is None or all(run.silence_max <= carry for day in days for run in day.runs):
        return days
    broken = []
    for day in days:
        if any(run.silence_max > carry for run in day.runs):
            span = Period(_midnight(day.day), _midnight(day.day + DAY))
            ((_, readings),) = store.list_readings(conn, [series.id], span, known_at)
            broken.append(summarise(series.metric.kind, carry, readings))
        else:
            broken.append(day)
    return tuple(broken)


def _list_around(
    conn: Connection[Any], pieces: Iterable[_Piece], known_at: datetime
) -> dict[datetime, dict[int, tuple[Shown, Shown]]]:
    """The neighbours of every cut, by instant and series."""
    wanted: dict[datetime, set[int]] = {}
    for piece in pieces:
        for at in piece.cuts:
            wanted.setdefault(at, set()).add(piece.series.id)
    return {at: store.find_around(conn, sorted(ids), at, known_at) for at, ids in wanted.items()}


def _highest_before(conn: Connection[Any], piece: _Piece, reader: DayReader) -> Decimal | None:
    """The highest value shown for the asset before the first of the days; needed only where falls are dips."""
    if piece.series.metric.on_fall is not OnFall.DIP or not piece.days:
        return None
    first_day = _midnight(piece.days[0].day)
    if piece.serves_from >= first_day:
        return None
    return reader.highest(conn, piece.series, Period(piece.serves_from, first_day))


def _joined(stored: Iterable[DaySummary], redone: Iterable[DaySummary], first: date) -> list[DaySummary]:
    """Stored days with the redone ones in their place, and of those before `first` the last only."""
    by_day = {day.day: day for day in stored} | {day.day: day for day in redone}
    ordered = [by_day[day] for day in sorted(by_day)]
    before = [day for day in ordered if day.day < first]
    return before[-1:] + [day for day in ordered if day.day >= first]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

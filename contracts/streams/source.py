"""Streams: what a contract's terms have to see, put together from a source as that knew it at one instant.

Pure. A source is stored summaries or raw readings in the database (database_source.py), or an evidence folder held in
memory (evidence_source.py). Whole days come as summaries; a day is read again, reading by reading, only where a need
looks inside its runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from contracts.contract import CoveredAsset
from contracts.streams.stream import Need, Stream, Streams, clip_runs, needed_cuts, needed_days
from ingest.catalogue import Assignment, Catalogue, OnFall, Series
from ingest.reading import Shown, decimal_of
from ingest.summaries.summary import DaySummary, readings_as_runs, summarise
from vouch.exact import exact
from vouch.period import DAY, MICROSECOND, Period, from_micros, to_micros, utc_day, utc_midnight


class Source(Protocol):
    """Where streams come from: everything as it was known at `known_at`. A series is named by its id."""

    @property
    def known_at(self) -> datetime:
        """What was received or recorded before this instant is known."""

    def assignments(self, assets: Sequence[str]) -> Sequence[Assignment]:
        """Who served these assets when; by asset and time."""

    def catalogue(self, devices: Sequence[str]) -> Catalogue:
        """The series of these devices."""

    def days(self, series: Sequence[Series], first: date, last: date) -> Mapping[int, Sequence[DaySummary]]:
        """Per series: the last day before `first` that has readings, then those up to `last`."""

    def highest(self, series: int, span: Period) -> Decimal | None:
        """The highest value shown in `span`."""

    def readings(self, series: int, span: Period) -> Sequence[tuple[int, float]]:
        """The readings in `span` as (microseconds, value), in time order."""

    def around(self, series: Sequence[int], at: datetime) -> Mapping[int, tuple[Shown, Shown]]:
        """Of each series with readings on both sides of `at` on its UTC day: the last at or before, the first after."""

    def after(self, series: Sequence[int], at: datetime) -> Mapping[int, Shown]:
        """Of each series with readings after `at`: the first one, however late."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stream to be: `series` spoke for the need's asset from `serves_from` on, in `part` of the window."""

    need: Need
    series: Series
    serves_from: datetime
    serves_until: datetime | None
    part: Period
    days: tuple[DaySummary, ...] = ()
    cuts: frozenset[datetime] = frozenset()


def load_streams(source: Source, assets: Sequence[CoveredAsset], window: Period, wanted: Iterable[Need]) -> Streams:
    """What `wanted` asks for over `window`, each need's metric of each device that served while in service."""
    combined = combine_needs(wanted)
    pieces = [_with_days(source, piece, days) for piece, days in _list_pieces(source, assets, window, combined)]
    around, after = _list_around(source, pieces), _list_after(source, pieces)
    found: dict[tuple[str, str], list[Stream]] = {key: [] for key in combined}
    for piece in pieces:
        one = piece.series
        neighbours = {at: around[at][one.id] for at in piece.cuts}
        stream = Stream(
            asset=piece.need.asset,
            device=one.device,
            metric=one.metric,
            part=piece.part,
            runs=clip_runs(piece.days, piece.serves_from, piece.part, neighbours),
            highest_before=_highest_before(source, piece),
            days=piece.days,
            readings=_list_readings(source, piece),
            after=_served_after(piece, after.get(piece.part.end, {}).get(one.id)),
        )
        found[piece.need.asset, one.metric.name].append(stream)
    return found


def combine_needs(wanted: Iterable[Need]) -> dict[tuple[str, str], Need]:
    """One need for each asset and metric: the shortest carry, the smallest step, whatever any of them asks for."""
    combined: dict[tuple[str, str], Need] = {}
    for need in wanted:
        key = need.asset, need.metric
        other = combined.get(key)
        if other is not None:
            carries = [carry for carry in (need.carry, other.carry) if carry is not None]
            steps = [step for step in (need.step, other.step) if step is not None]
            need = Need(
                *key,
                carry=min(carries, default=None),
                step=min(steps, default=None),
                raw=need.raw or other.raw,
                after=need.after or other.after,
                highest=need.highest or other.highest,
            )
        combined[key] = need
    return combined


def _list_pieces(
    source: Source, assets: Sequence[CoveredAsset], window: Period, needs: Mapping[tuple[str, str], Need]
) -> list[tuple[_Piece, Sequence[DaySummary]]]:
    """Each stream to be, with its series' days."""
    assignments = source.assignments(sorted({asset for asset, _ in needs}))
    served = _served(assignments, assets, window)
    catalogue = source.catalogue(sorted({assignment.device for assignment in assignments}))
    pieces = [
        _Piece(need, catalogue[assignment.device][metric], assignment.serves_from, assignment.serves_until, part)
        for (asset, metric), need in needs.items()
        for assignment, part in served.get(asset, ())
        if metric in catalogue.get(assignment.device, {})
    ]
    series = {piece.series.id: piece.series for piece in pieces}
    days = source.days([*series.values()], utc_day(window.start), utc_day(window.end))
    return [(piece, days.get(piece.series.id, ())) for piece in pieces]


def _served(
    assignments: Iterable[Assignment], assets: Sequence[CoveredAsset], window: Period
) -> dict[str, list[tuple[Assignment, Period]]]:
    """Per asset, in time order: who served it in which part of the window, the asset being in service."""
    in_service = {covered.asset: part for covered in assets if (part := covered.within(window))}
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


def _with_days(source: Source, piece: _Piece, days: Sequence[DaySummary]) -> _Piece:
    """The piece with the days it rests on, their runs broken as its need asks, and where they have to be cut."""
    own = needed_days(days, piece.serves_from, piece.part)
    silent, stepping = _silent_days(own, piece.need.carry), _stepping_days(own, piece.need.step)
    if silent or stepping:
        own = _broken_up(source, piece, own, silent, stepping)
    cuts = frozenset(needed_cuts(own, piece.serves_from, piece.part))
    return replace(piece, days=own, cuts=cuts)


def _silent_days(days: Iterable[DaySummary], carry: timedelta | None) -> set[date]:
    """The days on which the series was silent for longer than `carry`."""
    if carry is None:
        return set()
    longest = carry // MICROSECOND
    return {day.day for day in days if any(run.silence > longest for run in day.runs)}


def _stepping_days(days: Iterable[DaySummary], step: Decimal | None) -> set[date]:
    """The days on which a run rises by more than `step`; only then can a single rise within it do so."""
    if step is None:
        return set()
    with exact():
        return {day.day for day in days if any(run.rise > step for run in day.runs)}


def _broken_up(
    source: Source, piece: _Piece, days: tuple[DaySummary, ...], silent: set[date], stepping: set[date]
) -> tuple[DaySummary, ...]:
    """The days, `stepping` ones read again as single readings, `silent` ones into runs that no silence interrupts."""
    either = silent | stepping
    span = Period(utc_midnight(min(either)), utc_midnight(max(either) + DAY))
    by_day: dict[date, list[tuple[int, float]]] = {}
    for reading in source.readings(piece.series.id, span):
        by_day.setdefault(utc_day(from_micros(reading[0])), []).append(reading)
    found = []
    for day in days:
        if day.day in stepping:
            found.append(replace(day, runs=readings_as_runs(by_day[day.day])))
        elif day.day in silent:
            assert piece.need.carry is not None
            found.append(summarise(piece.series.metric.kind, piece.need.carry, by_day[day.day]))
        else:
            found.append(day)
    return tuple(found)


def _list_readings(source: Source, piece: _Piece) -> tuple[Shown, ...]:
    """Every reading that the need asks for: the opening one and those up to the end of the part."""
    if not piece.need.raw or not piece.days:
        return ()
    first = max(piece.serves_from, utc_midnight(piece.days[0].day))
    span = Period(first, max(first, piece.part.end + MICROSECOND))
    readings = source.readings(piece.series.id, span)
    start = to_micros(piece.part.start)
    before = sum(1 for at, _ in readings if at <= start)
    return tuple(Shown(from_micros(at), decimal_of(value)) for at, value in readings[max(before - 1, 0) :])


def _list_around(source: Source, pieces: Iterable[_Piece]) -> dict[datetime, Mapping[int, tuple[Shown, Shown]]]:
    """The neighbours of every cut, by instant and series."""
    wanted: dict[datetime, set[int]] = {}
    for piece in pieces:
        for at in piece.cuts:
            wanted.setdefault(at, set()).add(piece.series.id)
    return {at: source.around(sorted(ids), at) for at, ids in wanted.items()}


def _served_after(piece: _Piece, shown: Shown | None) -> Shown | None:
    """The first reading after the part, if a need asks for it and the device showed it while it served the asset."""
    if not piece.need.after or shown is None or (piece.serves_until is not None and shown.at > piece.serves_until):
        return None
    return shown


def _list_after(source: Source, pieces: Iterable[_Piece]) -> dict[datetime, Mapping[int, Shown]]:
    """The first reading after each part that a need looks beyond, by instant and series."""
    wanted: dict[datetime, set[int]] = {}
    for piece in pieces:
        if piece.need.after:
            wanted.setdefault(piece.part.end, set()).add(piece.series.id)
    return {at: source.after(sorted(ids), at) for at, ids in wanted.items()}


def _highest_before(source: Source, piece: _Piece) -> Decimal | None:
    """The highest value shown for the asset before the first of the days; needed only where falls are dips."""
    if not piece.days or not (piece.need.highest or piece.series.metric.on_fall is OnFall.DIP):
        return None
    first_day = utc_midnight(piece.days[0].day)
    if piece.serves_from >= first_day:
        return None
    return source.highest(piece.series.id, Period(piece.serves_from, first_day))

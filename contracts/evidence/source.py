"""The source in memory: an evidence folder as it was known at an instant.

Pure. It gives the same streams as the database that the folder was exported from, digests of days and all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from contracts.evidence.document import Evidence
from contracts.evidence.readings import SeriesReadings
from ingest.catalogue import Assignment, Catalogue, Series
from ingest.reading import Shown, decimal_of
from ingest.summaries.summary import DaySummary, summarise_days
from vouch.period import DAY, Period, from_micros, to_micros, utc_midnight

_DAY_MICROS: Final = 86_400_000_000


class EvidenceSource:
    """What the folder holds and what of it was received or recorded before `known_at`."""

    def __init__(self, evidence: Evidence, known_at: datetime | None = None) -> None:
        self._evidence = evidence
        self._known_at = evidence.known_at if known_at is None else known_at
        self._known: dict[int, SeriesReadings] = {}

    @property
    def known_at(self) -> datetime:
        """What was received or recorded before this instant is known."""
        return self._known_at

    def assignments(self, assets: Sequence[str]) -> Sequence[Assignment]:
        """Who served these assets when; by asset and time."""
        wanted = set(assets)
        found = [
            Assignment(one.asset, one.device, one.serves_from, one.serves_until)
            for one in self._evidence.document.assignments
            if one.asset in wanted and one.known_by(self._known_at)
        ]
        return sorted(found, key=lambda one: (one.asset, one.serves_from))

    def catalogue(self, devices: Sequence[str]) -> Catalogue:
        """The series of these devices."""
        found = self._evidence.catalogue
        return {device: found[device] for device in devices if device in found}

    def days(self, series: Sequence[Series], first: date, last: date) -> Mapping[int, Sequence[DaySummary]]:
        """Every day summarised anew."""
        start, end = to_micros(utc_midnight(first)), to_micros(utc_midnight(last + DAY))
        found: dict[int, list[DaySummary]] = {}
        for one in series:
            known = self._of(one.id)
            i = bisect_left(known.measured, start)
            if i:
                i = bisect_left(known.measured, known.measured[i - 1] // _DAY_MICROS * _DAY_MICROS)
            readings = _slice(known, i, bisect_left(known.measured, end))
            silence = timedelta(seconds=one.metric.silence_seconds_max)
            if summaries := list(summarise_days(one.metric.kind, silence, readings)):
                found[one.id] = summaries
        return found

    def highest(self, series: int, span: Period) -> Decimal | None:
        """The highest value shown in `span`."""
        readings = self.readings(series, span)
        return decimal_of(max(value for _, value in readings)) if readings else None

    def readings(self, series: int, span: Period) -> Sequence[tuple[int, float]]:
        """The readings in `span` as (microseconds, value), in time order."""
        known = self._of(series)
        start, end = to_micros(span.start), to_micros(span.end)
        return _slice(known, bisect_left(known.measured, start), bisect_left(known.measured, end))

    def around(self, series: Sequence[int], at: datetime) -> Mapping[int, tuple[Shown, Shown]]:
        """Of each series with readings on both sides of `at` on its UTC day: the last at or before, the first after."""
        micros = to_micros(at)
        midnight = micros // _DAY_MICROS * _DAY_MICROS
        found: dict[int, tuple[Shown, Shown]] = {}
        for key in series:
            known = self._of(key)
            i = bisect_right(known.measured, micros)
            if (
                0 < i < len(known.measured)
                and midnight <= known.measured[i - 1]
                and known.measured[i] < midnight + _DAY_MICROS
            ):
                found[key] = _shown(known, i - 1), _shown(known, i)
        return found

    def after(self, series: Sequence[int], at: datetime) -> Mapping[int, Shown]:
        """Of each series with readings after `at`: the first one, however late."""
        found: dict[int, Shown] = {}
        for key in series:
            known = self._of(key)
            i = bisect_right(known.measured, to_micros(at))
            if i < len(known.measured):
                found[key] = _shown(known, i)
        return found

    def _of(self, series: int) -> SeriesReadings:
        """The series as it was known, kept for the next question."""
        known = self._known.get(series)
        if known is None:
            held = self._evidence.readings.by_series.get(series, SeriesReadings())
            known = self._known[series] = held.known_by(to_micros(self._known_at))
        return known


def _slice(known: SeriesReadings, start: int, end: int) -> list[tuple[int, float]]:
    return list(zip(known.measured[start:end], known.values[start:end], strict=True))


def _shown(known: SeriesReadings, i: int) -> Shown:
    return Shown(from_micros(known.measured[i]), decimal_of(known.values[i]))

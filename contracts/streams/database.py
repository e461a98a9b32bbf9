"""Sources in the database: stored summaries, or nothing but raw readings for whoever checks.

Shell. Both answer what source.py asks, as it was known at one instant, inside the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from psycopg import Connection

from ingest import store
from ingest.catalogue import Assignment, Catalogue, Series
from ingest.reading import Shown
from ingest.registry.known_store import list_assignments, load_catalogue
from ingest.summaries import store as summary_store
from ingest.summaries.summariser import list_current_days, recompute_days
from ingest.summaries.summary import DaySummary, summarise_days
from vouch.period import DAY, Period, utc_day, utc_midnight

# A month of raw readings is sorted by the database; of so many series it does that in memory.
_SERIES_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class _DatabaseSource:
    """What both have in common."""

    conn: Connection[Any]
    known_at: datetime

    def assignments(self, assets: Sequence[str]) -> Sequence[Assignment]:
        """Who served these assets when; by asset and time."""
        return list_assignments(self.conn, list(assets), self.known_at)

    def catalogue(self, devices: Sequence[str]) -> Catalogue:
        """The series of these devices, as declared now."""
        return load_catalogue(self.conn, list(devices))

    def readings(self, series: int, span: Period) -> Sequence[tuple[int, float]]:
        """Raw readings as (microseconds, value), in time order."""
        found = dict(store.list_readings(self.conn, [series], span, self.known_at))
        return found.get(series, [])

    def around(self, series: Sequence[int], at: datetime) -> Mapping[int, tuple[Shown, Shown]]:
        """Of each series with readings on both sides of `at` on its UTC day: the last at or before, the first after."""
        return store.find_around(self.conn, series, at, self.known_at)

    def after(self, series: Sequence[int], at: datetime) -> Mapping[int, Shown]:
        """Of each series with readings after `at`: the first one, however late."""
        return store.find_after(self.conn, series, at, self.known_at)


@dataclass(frozen=True, slots=True)
class SummarySource(_DatabaseSource):
    """Stored summaries, within the snapshot taken at `known_at`."""

    def days(self, series: Sequence[Series], first: date, last: date) -> Mapping[int, Sequence[DaySummary]]:
        """Stored days, those marked stale redone from raw readings of the same snapshot."""
        return list_current_days(self.conn, [one.id for one in series], first, last)

    def highest(self, series: int, span: Period) -> Decimal | None:
        """Whole days from summaries, the days at either end from raw readings."""
        start, end = utc_day(span.start) + DAY, utc_day(span.end) - DAY
        if start > end:
            return store.find_highest(self.conn, series, span, self.known_at)
        ends = (Period(span.start, utc_midnight(start)), Period(utc_midnight(end + DAY), span.end))
        found = [store.find_highest(self.conn, series, part, self.known_at) for part in ends]
        found.append(summary_store.list_highest(self.conn, [series], start, end).get(series))
        return max((value for value in found if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class RawSource(_DatabaseSource):
    """Raw readings only, as they were known at `known_at`."""

    def days(self, series: Sequence[Series], first: date, last: date) -> Mapping[int, Sequence[DaySummary]]:
        """Every day summarised anew."""
        by_id = {one.id: one for one in series}
        found: dict[int, list[DaySummary]] = {}
        for key in by_id:
            latest = store.find_latest(self.conn, key, utc_midnight(first), self.known_at)
            if latest is not None:
                day = [(key, utc_day(latest))]
                found[key] = [summary for _, summary in recompute_days(self.conn, day, self.known_at)]
        span = Period(utc_midnight(first), utc_midnight(last + DAY))
        keys = sorted(by_id)
        for n in range(0, len(keys), _SERIES_AT_ONCE):
            at_once = keys[n : n + _SERIES_AT_ONCE]
            for key, readings in store.list_readings(self.conn, at_once, span, self.known_at):
                metric = by_id[key].metric
                silence = timedelta(seconds=metric.silence_seconds_max)
                found.setdefault(key, []).extend(summarise_days(metric.kind, silence, readings))
        return found

    def highest(self, series: int, span: Period) -> Decimal | None:
        """From raw readings."""
        return store.find_highest(self.conn, series, span, self.known_at)

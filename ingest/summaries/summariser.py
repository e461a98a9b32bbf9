"""The summariser: redoes the series-days whose readings have changed, and those only, with what is found in them.

Shell. One transaction takes marks, reads the days they name and writes their summaries. Marks taken are committed, and
so are the readings they were written with: the reads that follow see them. One summariser works at a time.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from psycopg import Connection

from ingest import store
from ingest.catalogue import MetricKind, Series
from ingest.registry.known_store import list_series
from ingest.summaries import finding_store
from ingest.summaries import store as summary_store
from ingest.summaries.counters import Said, counter_findings
from ingest.summaries.finding_store import SeriesDay
from ingest.summaries.summary import DaySummary, summarise
from vouch.locks import Lock
from vouch.period import DAY, Period, utc_midnight

log = logging.getLogger(__name__)

MARKS_MAX: Final = 20_000


def summarise_stale(conn: Connection[Any]) -> int:
    """Redo all days marked by now, in bounded transactions; returns how many summaries were written."""
    done = 0
    while True:
        with conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.SUMMARISING,))
            days = summary_store.take_stale(conn, MARKS_MAX)
            if not days:
                return done
            _redo(conn, days)
        done += len(days)
        log.info("days summarised", extra={"days": len(days)})


def _redo(conn: Connection[Any], days: list[SeriesDay]) -> None:
    """Write the summaries of these days, and what is found in those of counters and in the days after them.

    A day begins with the last readings before it, so that the next one with readings may show something else now.
    """
    series = list_series(conn, {key for key, _ in days})
    counters = {(key, day) for key, day in days if series[key].metric.kind is MetricKind.COUNTER}
    counters |= finding_store.list_following(conn, counters)
    before = finding_store.list_preceding(conn, counters)
    marked, summaries, found = set(days), [], []
    for key, day, readings in _list_days(conn, marked | counters):
        if (key, day) in marked:
            summaries.append((key, _summary(series[key], readings)))
        if (key, day) in counters:
            findings = counter_findings(series[key].metric, before.get((key, day), ()), readings)
            found += [(series[key], day, finding) for finding in findings]
    summary_store.put_summaries(conn, summaries)
    finding_store.replace_findings(conn, counters, found)


def recompute_days(
    conn: Connection[Any], days: Iterable[tuple[int, date]], known_at: datetime | None = None
) -> list[tuple[int, DaySummary]]:
    """(series, summary) of each (series, UTC day) from its raw readings; days without readings are left out.

    With `known_at`, from what was received before it.
    """
    keys = list(days)
    series = list_series(conn, {key for key, _ in keys})
    return [(key, _summary(series[key], said)) for key, _, said in _list_days(conn, keys, known_at)]


def _summary(series: Series, readings: Sequence[Said]) -> DaySummary:
    silence = timedelta(seconds=series.metric.silence_seconds_max)
    return summarise(series.metric.kind, silence, readings)


def _list_days(
    conn: Connection[Any], days: Iterable[SeriesDay], known_at: datetime | None = None
) -> Iterator[tuple[int, date, list[Said]]]:
    """(series, UTC day, its readings in time order) of each day with readings, day by day."""
    by_day = sorted((day, series) for series, day in set(days))
    for day, keys in groupby(by_day, key=lambda key: key[0]):
        start = utc_midnight(day)
        wanted = [series for _, series in keys]
        for series, readings in store.list_readings(conn, wanted, Period(start, start + DAY), known_at):
            yield series, day, readings


def list_current_days(
    conn: Connection[Any], series: Sequence[int], first: date, last: date
) -> dict[int, list[DaySummary]]:
    """Per series: the last day before `first` that has readings, then all from `first` to `last`, in order.

    Stored summaries, those marked stale redone from raw readings.
    """
    # The marks first: a day that is summarised meanwhile is then redone in vain, and never missed.
    stale = summary_store.list_stale(conn, series, last)
    found = summary_store.list_summaries(conn, series, first, last)
    redone: dict[int, list[DaySummary]] = {}
    for key, summary in recompute_days(conn, stale):
        redone.setdefault(key, []).append(summary)
    for key, summaries in redone.items():
        found[key] = _joined(found.get(key, []), summaries, first)
    return found


def _joined(stored: Iterable[DaySummary], redone: Iterable[DaySummary], first: date) -> list[DaySummary]:
    """Stored days with the redone ones in their place, and of those before `first` the last only."""
    by_day = {day.day: day for day in stored} | {day.day: day for day in redone}
    ordered = [by_day[day] for day in sorted(by_day)]
    before = [day for day in ordered if day.day < first]
    return before[-1:] + [day for day in ordered if day.day >= first]

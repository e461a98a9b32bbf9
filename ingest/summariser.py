"""The summariser: redoes the series-days whose readings have changed, and those only.

One transaction takes marks, reads the days they name and writes their summaries. Marks taken are committed, and so
are the readings they were written with: the reads that follow see them. One summariser works at a time.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any, Final

from psycopg import Connection

from ingest import store, summary_store
from ingest.summary import DaySummary, summarise
from vouch.period import DAY, Period

log = logging.getLogger(__name__)

SUMMARISER_LOCK: Final = 7_601_002
MARKS_MAX: Final = 20_000


def summarise_stale(conn: Connection[Any]) -> int:
    """Redo all days marked by now, in bounded transactions; returns how many summaries were written."""
    done = 0
    while True:
        with conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(%s)", (SUMMARISER_LOCK,))
            days = summary_store.take_stale(conn, MARKS_MAX)
            if not days:
                return done
            summary_store.put_summaries(conn, recompute_days(conn, days))
        done += len(days)
        log.info("days summarised", extra={"days": len(days)})


def recompute_days(
    conn: Connection[Any], days: Iterable[tuple[int, date]], known_at: datetime | None = None
) -> list[tuple[int, DaySummary]]:
    """(series, summary) of each (series, UTC day) from its raw readings; days without readings are left out.

    With `known_at`, from what was received before it.
    """
    by_day = sorted((day, series) for series, day in days)
    kinds = summary_store.list_kinds(conn, {series for _, series in by_day})
    summaries: list[tuple[int, DaySummary]] = []
    for day, keys in groupby(by_day, key=lambda key: key[0]):
        start = datetime.combine(day, time(), UTC)
        wanted = sorted({series for _, series in keys})
        for series, readings in store.list_readings(conn, wanted, Period(start, start + DAY), known_at):
            kind = kinds[series]
            summaries.append((series, summarise(kind.kind, kind.silence_max, readings)))
    return summaries


def list_current_days(
    conn: Connection[Any], series: Sequence[int], first: date, last: date
) -> dict[int, list[DaySummary]]:
    """Per series: the last day before `first` that has readings, then all from `first` to `last`, in order.

    Stored summaries, those marked stale redone from raw readings; call it inside one transaction.
    """
    found = summary_store.list_summaries(conn, series, first, last)
    redone: dict[int, list[DaySummary]] = {}
    for key, summary in recompute_days(conn, summary_store.list_stale(conn, series, last)):
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

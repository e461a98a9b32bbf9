"""Storage of findings: what was inferred about readings and messages, with what it was inferred from.

Shell. Those about a counter belong to a summarised day and are replaced with it; those about a message are added once
and stay. The caller commits.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Jsonb

from ingest.catalogue import Series
from ingest.notes import FindingNote
from ingest.reading import Shown, decimal_of
from ingest.sparkplug_topics import address_of
from ingest.summaries.counters import UNCONFIRMED, CounterFinding, Said
from vouch.period import from_micros, iso, parse_instant, to_micros

# Texts from devices are cut, and what PostgreSQL cannot hold in a text is replaced.
TEXT_MAX: Final = 500
_FIRST: Final = to_micros(datetime.min.replace(tzinfo=UTC))
_LAST: Final = to_micros(datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Finding:
    """An inference, with the readings on both sides of it in time order; about `metric`, or the source as a whole."""

    source: str
    metric: str | None
    kind: str
    at: datetime
    detail: str
    readings: tuple[Shown, ...]


_ADD: Final = """
    INSERT INTO ingest.finding (source, metric, kind, at, detail)
    SELECT coalesce(d.id, n.source), n.metric, n.kind, n.at, n.detail
      FROM unnest(%(sources)s::text[], %(metrics)s::text[], %(kinds)s::text[], %(at)s::timestamptz[],
                  %(details)s::text[]) AS n (source, metric, kind, at, detail)
      LEFT JOIN ingest.device AS d
             ON starts_with(n.source, %(prefix)s) AND d.sparkplug = substr(n.source, length(%(prefix)s) + 1)
    ON CONFLICT DO NOTHING
"""


def add_findings(conn: Connection[Any], notes: Iterable[FindingNote]) -> int:
    """Store what was noted about messages, under the device where the source is its address; returns how many are new.

    A finding is the same when source, metric, kind and instant are. An instant beyond the years 1 to 9999 is kept as
    the nearest one within.
    """
    found = list(notes)
    if not found:
        return 0
    given = {
        "prefix": address_of(""),
        "sources": [_kept(note.source) for note in found],
        "metrics": [_kept(note.metric or "") for note in found],
        "kinds": [note.kind for note in found],
        "at": [from_micros(min(max(note.at, _FIRST), _LAST)) for note in found],
        "details": [_kept(note.detail) for note in found],
    }
    return conn.execute(_ADD, given).rowcount


def _kept(text: str) -> str:
    return text[:TEXT_MAX].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


# About counters, with their days

SeriesDay = tuple[int, date]

# The days of one statement are few, so that each is looked up in the index of readings.
_PRECEDING: Final = """
    SELECT k.series, k.day, r.measured_at, r.value
      FROM unnest(%(series)s::int[], %(days)s::date[]) AS k (series, day)
     CROSS JOIN LATERAL (
           SELECT measured_at, value FROM ingest.reading
            WHERE series = k.series AND measured_at < k.day::timestamp AT TIME ZONE 'UTC'
            ORDER BY measured_at DESC LIMIT 2) AS r
     ORDER BY k.series, k.day, r.measured_at
"""

_FOLLOWING: Final = """
    SELECT k.series, (r.measured_at AT TIME ZONE 'UTC')::date
      FROM unnest(%(series)s::int[], %(days)s::date[]) AS k (series, day)
     CROSS JOIN LATERAL (
           SELECT measured_at FROM ingest.reading
            WHERE series = k.series AND measured_at >= (k.day + 1)::timestamp AT TIME ZONE 'UTC'
            ORDER BY measured_at LIMIT 1) AS r
"""


def list_preceding(conn: Connection[Any], days: Collection[SeriesDay]) -> dict[SeriesDay, list[Said]]:
    """The last two readings before each (series, UTC day), in time order."""
    found: dict[SeriesDay, list[Said]] = {}
    for series, day, at, value in conn.execute(_PRECEDING, _columns(days)).fetchall():
        found.setdefault((series, day), []).append((to_micros(at), value))
    return found


def list_following(conn: Connection[Any], days: Collection[SeriesDay]) -> set[SeriesDay]:
    """The next day with readings after each (series, UTC day)."""
    return set(conn.execute(_FOLLOWING, _columns(days)).fetchall())


def _columns(days: Collection[SeriesDay]) -> dict[str, Any]:
    return {"series": [series for series, _ in days], "days": [day for _, day in days]}


_CLEAR: Final = """
    DELETE FROM ingest.finding AS f
     USING unnest(%(series)s::int[], %(days)s::date[]) AS k (series, day)
     WHERE f.series = k.series AND f.day = k.day
"""

_PUT: Final = """
    INSERT INTO ingest.finding (source, metric, kind, at, detail, readings, series, day)
    SELECT * FROM unnest(%(sources)s::text[], %(metrics)s::text[], %(kinds)s::text[], %(at)s::timestamptz[],
                         %(details)s::text[], %(readings)s::jsonb[], %(series)s::int[], %(days)s::date[])
    ON CONFLICT DO NOTHING
"""

# A spike is no longer in doubt once there is a reading after it.
_SETTLE: Final = """
    DELETE FROM ingest.finding AS f
     WHERE f.kind = %(kind)s AND f.series = ANY (%(series)s)
       AND EXISTS (SELECT FROM ingest.reading AS r WHERE r.series = f.series AND r.measured_at > f.at)
"""


def replace_findings(
    conn: Connection[Any], days: Collection[SeriesDay], found: Iterable[tuple[Series, date, CounterFinding]]
) -> None:
    """Have these series-days' findings be the ones given."""
    conn.execute(_CLEAR, _columns(days))
    rows = list(found)
    if rows:
        conn.execute(
            _PUT,
            {
                "sources": [series.device for series, _, _ in rows],
                "metrics": [series.metric.name for series, _, _ in rows],
                "kinds": [one.kind for *_, one in rows],
                "at": [from_micros(one.at) for *_, one in rows],
                "details": [one.detail for *_, one in rows],
                "readings": [Jsonb([_said(reading) for reading in one.readings]) for *_, one in rows],
                "series": [series.id for series, _, _ in rows],
                "days": [day for _, day, _ in rows],
            },
        )
    conn.execute(_SETTLE, {"kind": UNCONFIRMED, "series": sorted({series for series, _ in days})})


def _said(reading: Said) -> list[str]:
    at, value = reading
    return [iso(from_micros(at)), str(decimal_of(value))]


# For whoever asks


_LIST: Final = """
    SELECT source, nullif(metric, ''), kind, at, detail, readings FROM ingest.finding
     WHERE (%(source)s::text IS NULL OR source = %(source)s)
       AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
       AND (%(kind)s::text IS NULL OR kind = %(kind)s)
     ORDER BY at DESC, source, metric, kind LIMIT %(limit)s
"""


def list_findings(
    conn: Connection[Any],
    *,
    source: str | None = None,
    since: datetime | None = None,
    kind: str | None = None,
    limit: int = 1000,
) -> list[Finding]:
    """The newest `limit` findings about a device or edge node (default: any), from `since` on, newest first."""
    given = {"source": source, "since": since, "kind": kind, "limit": limit}
    return [
        Finding(about, metric, found, at.astimezone(UTC), detail, tuple(map(_shown, readings)))
        for about, metric, found, at, detail, readings in conn.execute(_LIST, given).fetchall()
    ]


def _shown(reading: list[str]) -> Shown:
    return Shown(parse_instant(reading[0]), Decimal(reading[1]))

"""Storage of findings: what was inferred about readings and messages, with what it was inferred from.

Those about a counter belong to a summarised day and are replaced with it; those about a message are added once and
stay. The caller commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from psycopg import Connection

from ingest.notes import FindingNote
from ingest.summary import Shown
from vouch.period import from_micros, parse_instant, to_micros

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
      LEFT JOIN ingest.device AS d ON n.source LIKE 'spBv1.0/%%' AND d.sparkplug = substr(n.source, 9)
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
        "sources": [_kept(note.source) for note in found],
        "metrics": [_kept(note.metric or "") for note in found],
        "kinds": [note.kind for note in found],
        "at": [from_micros(min(max(note.at, _FIRST), _LAST)) for note in found],
        "details": [_kept(note.detail) for note in found],
    }
    return conn.execute(_ADD, given).rowcount


def _kept(text: str) -> str:
    return text[:TEXT_MAX].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


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

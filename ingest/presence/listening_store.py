"""Storage of when vouch was listening. The caller commits.

Shell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from ingest.presence.intervals import gaps_between
from ingest.presence.listening import Stretch
from ingest.vitals import Report
from vouch.period import Period, from_micros

# The newest proof is always a little old: a gap that has only just begun is none yet.
GRACE: Final = timedelta(minutes=1)
_STRETCHES_MAX: Final = 1_000_000

_PUT: Final = """
    INSERT INTO ingest.listening AS l (run, client, since, until) VALUES (%s, %s, %s, %s)
    ON CONFLICT (run, client, since) DO UPDATE SET until = greatest(l.until, EXCLUDED.until)
"""


def put_stretch(conn: Connection[Any], stretch: Stretch) -> None:
    """Record, or extend, a stretch of listening; in the transaction of the batch that held its canary."""
    since, until = from_micros(stretch.since), from_micros(stretch.until)
    conn.execute(_PUT, (stretch.run, stretch.client, since, until))


_PUT_PROCESS: Final = """
    INSERT INTO ingest.process (run, client, host, pid, started_at, proven_at, status, reasons, messages_in_flight,
                                broker_version, broker_dropped, broker_messages, broker_bytes)
    VALUES (%(run)s, %(client)s, %(host)s, %(pid)s, %(started_at)s, %(proven_at)s, %(status)s, %(reasons)s,
            %(in_flight)s, %(version)s, %(dropped)s, %(messages)s, %(bytes)s)
    ON CONFLICT (run) DO UPDATE
       SET proven_at = EXCLUDED.proven_at, status = EXCLUDED.status, reasons = EXCLUDED.reasons,
           messages_in_flight = EXCLUDED.messages_in_flight, broker_version = EXCLUDED.broker_version,
           broker_dropped = EXCLUDED.broker_dropped, broker_messages = EXCLUDED.broker_messages,
           broker_bytes = EXCLUDED.broker_bytes
"""


def put_process(conn: Connection[Any], proof: Stretch, report: Report) -> None:
    """Record what the process of this proof says of itself."""
    broker = report.broker
    given = {
        "run": proof.run,
        "client": proof.client,
        "host": report.host,
        "pid": report.pid,
        "started_at": from_micros(report.started_at),
        "proven_at": from_micros(proof.until),
        "status": report.health.status.value,
        "reasons": list(report.health.reasons),
        "in_flight": report.health.vitals.messages_in_flight,
        "version": broker.version,
        "dropped": broker.dropped,
        "messages": broker.stored_messages,
        "bytes": broker.stored_bytes,
    }
    conn.execute(_PUT_PROCESS, given)


@dataclass(frozen=True, slots=True)
class Process:
    """What an ingest process last said of itself, with its newest proof of listening."""

    run: UUID
    client: str
    host: str
    pid: int
    started_at: datetime
    proven_at: datetime
    status: str
    reasons: list[str]
    messages_in_flight: int
    broker_version: str | None
    broker_dropped: int | None
    broker_messages: int | None
    broker_bytes: int | None


_PROCESSES: Final = """
    SELECT run, client, host, pid, started_at, proven_at, status, reasons, messages_in_flight,
           broker_version, broker_dropped, broker_messages, broker_bytes
      FROM ingest.process ORDER BY proven_at DESC, run LIMIT %s
"""


def list_processes(conn: Connection[Any], limit: int = 20) -> list[Process]:
    """The processes heard of last, the newest proof first."""
    with conn.cursor(row_factory=class_row(Process)) as cur:
        return cur.execute(_PROCESSES, (limit,)).fetchall()


@dataclass(frozen=True, slots=True)
class Listened:
    """One stretch of listening as it is kept."""

    run: UUID
    client: str
    since: datetime
    until: datetime

    @property
    def period(self) -> Period:
        """Its span, in UTC."""
        return Period(self.since.astimezone(UTC), self.until.astimezone(UTC))


_STRETCHES: Final = """
    SELECT run, client, since, until FROM ingest.listening
     WHERE until >= %(start)s AND since < %(end)s
     ORDER BY since, client LIMIT %(limit)s
"""


def list_listened(conn: Connection[Any], window: Period, limit: int = 10_000) -> list[Listened]:
    """The stretches that touch the window, by their beginning."""
    with conn.cursor(row_factory=class_row(Listened)) as cur:
        return cur.execute(_STRETCHES, {"start": window.start, "end": window.end, "limit": limit}).fetchall()


def find_last_proof(conn: Connection[Any]) -> datetime | None:
    """When any process last proved that it hears."""
    row = conn.execute("SELECT max(until) FROM ingest.listening").fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None


_EDGES: Final = """
    SELECT (SELECT min(since) FROM ingest.listening),
           (SELECT max(until) FROM ingest.listening WHERE since <= %(start)s)
"""


def list_gaps(conn: Connection[Any], window: Period, now: datetime) -> list[Period]:
    """The times in the window at which no process of vouch was listening, in order and apart.

    None lies before the first record of listening there is, and none in the last minute before `now`.
    """
    first, before = conn.execute(_EDGES, {"start": window.start}).fetchone() or (None, None)
    if first is None:
        return []
    # All of them: where one is left out, a gap would be seen.
    listened: Sequence[Period] = [one.period for one in list_listened(conn, window, _STRETCHES_MAX)]
    if before is not None:
        # Gaps before that are none of the window's; the one after it may reach into the window.
        listened = [Period(first.astimezone(UTC), before.astimezone(UTC)), *listened]
    gaps = gaps_between(listened, min(window.end, now - GRACE))
    return [part for gap in gaps if (part := gap.overlap(window))]

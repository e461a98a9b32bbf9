"""Knowledge: when vouch came to know something, and what it knew at an instant.

Shell. Recording and asking meet at one advisory lock: whoever records holds it shared from before taking the instant of
record until the commit; whoever asks holds it alone for the moment at which it takes `known_at`. So whatever was
recorded before `known_at` is visible in that snapshot, and nothing else is. All instants are the database's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from vouch.locks import Lock


@contextmanager
def recording(conn: Connection[Any]) -> Iterator[datetime]:
    """A transaction that stores readings or facts; yields the instant as of which they are known."""
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock_shared(%s)", (Lock.RECORDING,))
        yield database_clock(conn)


@contextmanager
def snapshot(conn: Connection[Any]) -> Iterator[datetime]:
    """A transaction that sees exactly what was recorded before the instant it yields (`known_at`).

    `conn` must not be in a transaction. Its first statement inside takes the snapshot, so the lock comes before.
    """
    autocommit = conn.autocommit
    conn.autocommit = True
    try:
        conn.execute("SELECT pg_advisory_lock(%s)", (Lock.RECORDING,))
        try:
            conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            known_at = database_clock(conn)
        finally:
            conn.execute("SELECT pg_advisory_unlock(%s)", (Lock.RECORDING,))
        try:
            yield known_at
            conn.execute("COMMIT")
        except BaseException:
            if not conn.closed:
                conn.execute("ROLLBACK")
            raise
    finally:
        if not conn.closed:
            conn.autocommit = autocommit


def database_clock(conn: Connection[Any]) -> datetime:
    """The database's clock, now, in UTC."""
    row = conn.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    instant: datetime = row[0]
    return instant.astimezone(UTC)

"""Storage of when scheduled work was last done. Written outside of the work's own transactions.

Shell.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from vouch.knowledge import database_clock

_ERROR_LENGTH_MAX: Final = 500
_PUT: Final = """
    INSERT INTO ingest.work (name, started_at, ended_at, error)
    VALUES (%(name)s, %(started_at)s, greatest(clock_timestamp(), %(started_at)s), %(error)s)
    ON CONFLICT (name) DO UPDATE
       SET started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at, error = EXCLUDED.error
"""


@contextmanager
def recorded(conn: Connection[Any], name: str) -> Iterator[None]:
    """Record the work done inside, whether it ends well or raises. `conn` is in autocommit mode."""
    started_at = database_clock(conn)
    error: str | None = None
    try:
        yield
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"[:_ERROR_LENGTH_MAX].replace("\x00", "\ufffd")
        raise
    finally:
        if not conn.closed:
            conn.execute(_PUT, {"name": name, "started_at": started_at, "error": error})


@dataclass(frozen=True, slots=True)
class Work:
    """The last run of one kind of work; `error` is None where it ended well."""

    name: str
    started_at: datetime
    ended_at: datetime
    error: str | None

    @property
    def took(self) -> timedelta:
        """How long it ran."""
        return self.ended_at - self.started_at


def list_work(conn: Connection[Any]) -> list[Work]:
    """All kinds of work that were ever done, by name."""
    with conn.cursor(row_factory=class_row(Work)) as cur:
        return cur.execute("SELECT name, started_at, ended_at, error FROM ingest.work ORDER BY name").fetchall()

"""Database: the connection pool, the checks made at start, the migrations.

Shell. Every session is in UTC and carries an application name. Where TimescaleDB is missing vouch says so and stops.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool
from yoyo import get_backend, read_migrations

from vouch.errors import Unavailable
from vouch.locks import Lock

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "migrations"
SERVER_VERSION_MIN: Final = 140000

_EXTENSION: Final = """
    SELECT default_version, installed_version
      FROM pg_available_extensions WHERE name = 'timescaledb'
"""


class NoTimescale(Unavailable):
    """The database server cannot load TimescaleDB."""

    def __init__(self) -> None:
        super().__init__(
            "the database server has no TimescaleDB extension; vouch does not run on plain PostgreSQL: "
            "`make setup` installs it on Debian and Ubuntu, ops/compose.yaml shows a ready image"
        )


def connect(url: str, name: str = "vouch") -> Connection[Any]:
    """One connection of its own, in UTC. Raises Unavailable where the server does not answer."""
    try:
        return psycopg.connect(require_url(url), **_session(name))
    except psycopg.OperationalError as error:
        raise Unavailable(f"database {_place(url)} does not answer: {error}") from error


def open_pool(url: str, name: str, size_max: int = 4) -> ConnectionPool[Connection[Any]]:
    """A pool whose server and extension have been checked; it hands out only connections that answer.

    The caller closes it.
    """
    with connect(url, name) as conn:
        check_server(conn)
    return ConnectionPool(
        require_url(url),
        kwargs=_session(name),
        min_size=1,
        max_size=size_max,
        open=True,
        check=ConnectionPool.check_connection,
    )


def check_server(conn: Connection[Any]) -> None:
    """Raise Unavailable unless server and extension are fit for vouch and the schema is complete."""
    if conn.info.server_version < SERVER_VERSION_MIN:
        raise Unavailable(f"PostgreSQL {conn.info.server_version // 10000} is too old: vouch needs 14 or newer")
    row = conn.execute(_EXTENSION).fetchone()
    if row is None:
        raise NoTimescale
    pending = _pending(conn)
    if row[1] is None or pending:
        raise Unavailable(
            f"database {conn.info.dbname!r} is not migrated ({len(pending)} steps missing): run `vouch db migrate`"
        )


def migrate(url: str) -> int:
    """Bring the schema up to date; returns the number of steps applied. Safe to run twice and at once."""
    with connect(url, "vouch-migrate") as conn:
        if conn.execute(_EXTENSION).fetchone() is None:
            raise NoTimescale
        conn.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.MIGRATING,))
        backend = get_backend(require_url(url).replace("postgresql://", "postgresql+psycopg://", 1))
        try:
            # The library's own lock is a row that outlives a killed process; ours ends with its connection.
            backend.break_lock()
            with backend.lock():
                steps = backend.to_apply(read_migrations(str(MIGRATIONS)))
                backend.apply_migrations(steps)
        finally:
            backend.connection.close()
    log.info("schema up to date", extra={"applied": len(steps)})
    return len(steps)


@contextmanager
def advisory_lock(conn: Connection[Any], key: int) -> Iterator[bool]:
    """Hold the session's advisory lock `key` if nobody else does; yields whether we hold it.

    The connection must be in autocommit mode: the lock outlives every transaction in between.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            conn.execute("SELECT pg_advisory_unlock(%s)", (key,))


def require_url(url: str) -> str:
    """The address itself, or Unavailable with the ways to give one."""
    if not url:
        raise Unavailable(
            "no database is known here: start the embedded services with `vouch up`, or set VOUCH_DATABASE_URL"
        )
    return url


def _session(name: str) -> dict[str, Any]:
    return {"application_name": name, "options": "-c timezone=UTC", "connect_timeout": 10}


def _place(url: str) -> str:
    parts = conninfo_to_dict(url)
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"


def _pending(conn: Connection[Any]) -> set[str]:
    wanted = {path.stem for path in MIGRATIONS.glob("*.sql")}
    known = conn.execute("SELECT to_regclass('public._yoyo_migration') IS NOT NULL").fetchone()
    if not known or not known[0]:
        return wanted
    rows = conn.execute("SELECT migration_id FROM public._yoyo_migration").fetchall()
    return wanted - {row[0] for row in rows}

"""The request's database connection: taken from the pool when first needed, given back when the request ends.

Shell. In autocommit mode, so that a page may open a snapshot of its own.
"""

from typing import Any, Final

from flask import Flask, current_app, g
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

Pool = ConnectionPool[Connection[Any]]

_KEY: Final = "vouch_pool"
_WAIT_SECONDS_MAX: Final = 5.0


def use_pool(app: Flask, pool: Pool) -> None:
    """Have the app's requests take their connections from `pool`."""
    app.extensions[_KEY] = pool
    app.teardown_appcontext(_give_back)


def connection() -> Connection[Any]:
    """This request's connection. Raises psycopg.OperationalError where none is to be had in time."""
    conn: Connection[Any] | None = g.get("conn")
    if conn is None:
        conn = g.conn = _pool().getconn(timeout=_WAIT_SECONDS_MAX)
        conn.autocommit = True
    return conn


def _give_back(_: BaseException | None) -> None:
    conn: Connection[Any] | None = g.pop("conn", None)
    if conn is None:
        return
    if not conn.closed and conn.info.transaction_status is TransactionStatus.IDLE:
        conn.autocommit = False
    else:
        conn.close()
    _pool().putconn(conn)


def _pool() -> Pool:
    pool: Pool = current_app.extensions[_KEY]
    return pool

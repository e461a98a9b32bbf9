"""The real TimescaleDB and Mosquitto, once a process, and an empty migrated database for whoever asks.

A test names what it needs: `services` (both servers), `database` (a new database's address), `conn` (a connection
to it). Nothing is started for tests that need none of them.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from vouch.database import connect, migrate
from vouch.running import up
from vouch.settings import Settings

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every process they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("vouch", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("vouch")

_TEMPLATE: Final = "vouch_template"
_NUMBERS: Final = count(1)

# Tests kill processes, not the machine, so nothing needs to reach the disk; and TimescaleDB's workers would hold
# connections to the template, which then could not be copied. A vacuum that runs by itself is the server's own, and
# vouch's role may not end it where a database is dropped.
_POSTGRESQL: Final = """
fsync = off
full_page_writes = off
autovacuum = off
timescaledb.max_background_workers = 0
"""


# Folders whose tests wait for servers, and those that go through recorded sets: the long ones.
_FIRST: Final = ("end_to_end", "publishers", "integration", "templates")


def pytest_xdist_auto_num_workers() -> int:
    """How many processes share the tests where `-n auto` asks for them: twice as many as cores, as many tests wait."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where processes share the tests, long ones go first, so that none of them is left alone with one at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: _FIRST.index(_folder(item)) if _folder(item) in _FIRST else len(_FIRST))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(scope="session")
def make_home() -> Iterator[Callable[[], Path]]:
    """Makes new data folders for embedded services, tuned for tests; removed with everything in them at the end."""
    # Not inside pytest's own folder: that is closed to the users as whom the servers run.
    folder = Path(tempfile.mkdtemp(prefix="vouch-test-"))
    folder.chmod(0o755)

    def make() -> Path:
        home = Path(tempfile.mkdtemp(dir=folder)) / ".vouch"
        home.parent.chmod(0o755)
        home.mkdir(mode=0o755)
        (home / "postgresql.conf").write_text(_POSTGRESQL)
        return home

    yield make
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def services(make_home: Callable[[], Path]) -> Iterator[Settings]:
    """A private database server and broker; its database `vouch` is migrated and shared by all tests."""
    with up.embedded(make_home()) as settings:
        yield settings


@pytest.fixture(scope="session")
def _template(services: Settings) -> str:
    """The name of a migrated and empty database that accepts no connections, so that it can be copied at any time."""
    template = sql.Identifier(_TEMPLATE)
    with _administering(services) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(template))
        migrate(_url(services, _TEMPLATE))
        conn.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(template))
        conn.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (_TEMPLATE,))
    return _TEMPLATE


@pytest.fixture
def database(services: Settings, _template: str) -> Iterator[str]:
    """The address of a new, migrated and empty database, dropped after the test."""
    name = f"vouch_test_{next(_NUMBERS)}"
    identifier = sql.Identifier(name)
    with _administering(services) as conn:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")  # half the time of logging each block
        conn.execute(copy.format(identifier, sql.Identifier(_template)))
    try:
        yield _url(services, name)
    finally:
        with _administering(services) as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))


@pytest.fixture
def conn(database: str) -> Iterator[Connection[Any]]:
    """A connection to a new, migrated and empty database."""
    with connect(database, "vouch-test") as connection:
        yield connection


@contextmanager
def _administering(services: Settings) -> Iterator[Connection[Any]]:
    with connect(_url(services, "postgres"), "vouch-test") as conn:
        conn.autocommit = True
        yield conn


def _url(services: Settings, database: str) -> str:
    parts = conninfo_to_dict(services.database_url)
    return f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{database}"

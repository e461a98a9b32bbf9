"""The private PostgreSQL cluster with TimescaleDB: found, made once, configured at every start.

Shell. It listens on one loopback port and nowhere else; only two roles exist, both with generated passwords. vouch
itself works as the owner of its database and not as superuser.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection, sql

from vouch.errors import Unavailable
from vouch.running.embedded.folder import Folder, write_private
from vouch.running.embedded.ports import LOOPBACK
from vouch.running.embedded.processes import SystemUser, end, run, unprivileged, working_in
from vouch.running.embedded.service import Service

NAME: Final = "database"
DATABASE: Final = "vouch"
_OWNER: Final = "vouch"
_SUPERUSER: Final = "postgres"
_DEBIAN: Final = Path("/usr/lib/postgresql")
_VERSION_MIN: Final = 14

# Fast shutdown ends sessions and writes everything down; immediate leaves it to recovery.
_STOP: Final = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
_ORPHAN_SECONDS_MAX: Final = 5.0
# After a kill, PostgreSQL first repeats what it had not written down: up to max_wal_size of it.
_READY_SECONDS_MAX: Final = 300.0

_INITDB: Final = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)
_INCLUDE: Final = "include = 'vouch.conf'"

_CONFIGURATION: Final = """\
# Written by `vouch up` at every start. What you want otherwise goes into {extra}.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 60
password_encryption = 'scram-sha-256'

shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
timescaledb.max_background_workers = 4
max_worker_processes = 16
max_locks_per_transaction = 256

# An acknowledged reading has been written to disk.
fsync = on
synchronous_commit = on
full_page_writes = on

shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
min_wal_size = 256MB
wal_compression = on
# Compiling costs more than it gains in queries of milliseconds, and scans here are of simple rows.
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%m [%p] %q%a '
log_min_duration_statement = 5s

# From {extra}:
"""

_ACCESS: Final = """\
# Written by `vouch up` at every start.
host all all 127.0.0.1/32 scram-sha-256
"""

_EXTENSION: Final = """
    SELECT installed_version IS NOT NULL AND installed_version <> default_version
      FROM pg_available_extensions WHERE name = 'timescaledb'
"""


class NoServer(Unavailable):
    """No PostgreSQL server with TimescaleDB is installed."""

    def __init__(self, found: list[str]) -> None:
        seen = f"PostgreSQL {', '.join(found)} is here but without it" if found else "no server is installed at all"
        super().__init__(
            f"vouch needs PostgreSQL {_VERSION_MIN} or newer with the TimescaleDB extension; {seen}: `make setup` "
            "installs both on Debian and Ubuntu, and ops/compose.yaml runs them in containers"
        )


class ServerGone(Unavailable):
    """The cluster was made by a server version that is no longer installed."""

    def __init__(self, version: str, folder: Path) -> None:
        super().__init__(
            f"the data in {folder} was written by PostgreSQL {version}, which is no longer here with TimescaleDB: "
            "install that version again, or move its data to a new one with pg_dump and pg_restore"
        )


class ClusterNotMade(Unavailable):
    """initdb failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot make the private PostgreSQL cluster: {reason}")


@dataclass(frozen=True, slots=True)
class Server:
    """An installed PostgreSQL with TimescaleDB."""

    version: int
    programs: Path


def server_user() -> SystemUser | None:
    """Whom the cluster runs as: PostgreSQL refuses to run as root."""
    return unprivileged("postgres")


def find_server(made_by: str | None = None, folder: Path = Path()) -> Server:
    """The newest installed server that has TimescaleDB, or the one that `made_by`, a major version, names."""
    fit: list[Server] = []
    unfit: list[str] = []
    for server, extensions in _installed():
        if server.version >= _VERSION_MIN and any((place / "timescaledb.control").is_file() for place in extensions):
            fit.append(server)
        else:
            unfit.append(str(server.version))
    if made_by is not None:
        fit = [server for server in fit if str(server.version) == made_by]
        if not fit:
            raise ServerGone(made_by, folder)
    if not fit:
        raise NoServer(unfit)
    return max(fit, key=lambda server: server.version)


def _installed() -> Iterator[tuple[Server, list[Path]]]:
    """Servers of this machine, each with the places where its extensions may be."""
    for initdb in _DEBIAN.glob("*/bin/initdb"):
        version = initdb.parts[-3]
        if version.isdigit() and (initdb.parent / "postgres").exists():
            yield Server(int(version), initdb.parent), [Path(f"/usr/share/postgresql/{version}/extension")]
    found = shutil.which("postgres")
    programs = Path(found).resolve().parent if found else None
    if programs and _DEBIAN not in programs.parents and (programs / "initdb").exists():
        told = subprocess.run([programs / "postgres", "--version"], check=False, capture_output=True, text=True)  # noqa: S603
        version_match = re.search(r"\) (\d+)", told.stdout)
        share = programs.parent / "share"
        if version_match:
            yield Server(int(version_match[1]), programs), [share / "extension", share / "postgresql/extension"]


class Cluster:
    """One private cluster inside a data folder; its port is chosen when it is made ready to run."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._data = folder.data / "cluster"
        self._user = server_user()
        self._environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self._data)}
        self._port = 0

    def service(self) -> Service:
        """Make the cluster where there is none, configure it, and say how to run it."""
        made_by = self._data / "PG_VERSION"
        server = find_server(made_by.read_text().strip() if made_by.exists() else None, self._data)
        if not made_by.exists():
            self._make(server)
        self._port = self._folder.port(NAME)
        self._configure()
        return Service(
            name=NAME,
            command=(str(server.programs / "postgres"), "-D", str(self._data)),
            address=f"{LOOPBACK}:{self._port}",
            environment=self._environment,
            is_ready=self._is_ready,
            ready_seconds_max=_READY_SECONDS_MAX,
            user=self._user,
            folder=self._data,
            prepare=self._clear_orphans,
            stop=_STOP,
            at_our_death=signal.SIGINT,
        )

    def make_database(self) -> str:
        """Make vouch's role and database where they are missing; returns the database's address.

        For a server that has just started and serves nobody yet. An extension that was upgraded on the machine is
        upgraded in the database too, as its old library is gone.
        """
        password = self._folder.secret(_OWNER)
        with self._connect("postgres") as conn:
            self._make_role(conn, password)
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                made = sql.SQL("CREATE DATABASE {} OWNER {}")
                conn.execute(made.format(sql.Identifier(DATABASE), sql.Identifier(_OWNER)))
        with self._connect(DATABASE) as conn:
            if conn.execute("SELECT to_regclass('public.yoyo_lock')").fetchone() != (None,):
                # Whoever was migrating when everything was killed cannot give this lock back.
                conn.execute("DELETE FROM public.yoyo_lock")
            row = conn.execute(_EXTENSION).fetchone()
        if row and row[0]:
            # Only a session's first command may do this.
            with self._connect(DATABASE) as conn:
                conn.execute("ALTER EXTENSION timescaledb UPDATE")
        return f"postgresql://{_OWNER}:{password}@{LOOPBACK}:{self._port}/{DATABASE}"

    def _make(self, server: Server) -> None:
        """Run initdb beside the cluster's place and move it there: one that was cut short leaves nothing."""
        unfinished = self._data.with_name("cluster.unfinished")
        password = self._data.with_name("cluster.password")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unfinished.mkdir(mode=0o700)
            write_private(password, self._folder.secret(_SUPERUSER), self._user)
            if self._user:
                os.chown(unfinished, self._user.uid, self._user.gid)
            fault = run(
                [str(server.programs / "initdb"), "-D", str(unfinished), *_INITDB, f"--pwfile={password}"],
                user=self._user,
                environment=self._environment,
            )
        finally:
            password.unlink(missing_ok=True)
        if fault:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise ClusterNotMade(fault)
        unfinished.rename(self._data)

    def _configure(self) -> None:
        extra = self._folder.home / "postgresql.conf"
        text = _CONFIGURATION.format(port=self._port, extra=extra) + (extra.read_text() if extra.exists() else "")
        write_private(self._data / "vouch.conf", text, self._user)
        write_private(self._data / "pg_hba.conf", _ACCESS, self._user)
        main = self._data / "postgresql.conf"
        written = main.read_text()
        if _INCLUDE not in written.splitlines():
            write_private(main, f"{written}\n{_INCLUDE}\n", self._user)

    def _clear_orphans(self) -> None:
        """End what a killed server has left in our own data folder, so that a new one may open it."""
        for identity in working_in(self._data, "postgres"):
            end(identity, ((signal.SIGTERM, _ORPHAN_SECONDS_MAX), (signal.SIGQUIT, _ORPHAN_SECONDS_MAX)))
        # Nobody runs here any more, but another process may have the number that this file names by now.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ready(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, database: str) -> Connection[Any]:
        return psycopg.connect(
            host=LOOPBACK,
            port=self._port,
            user=_SUPERUSER,
            password=self._folder.secret(_SUPERUSER),
            dbname=database,
            autocommit=True,
            connect_timeout=2,
            application_name="vouch-up",
        )

    def _make_role(self, conn: Connection[Any], password: str) -> None:
        if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (_OWNER,)).fetchone():
            return
        made = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
        conn.execute(made.format(sql.Identifier(_OWNER), sql.Literal(password)))

"""`vouch up`: all that vouch needs, running on this machine in one data folder.

Shell. A private database and broker, unless settings name others; the migrations; vouch's own services as supervised
processes. Whatever is killed is started again, here or by the next start, and no reading is lost by it.
"""

import logging
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIG_IGN, SIGHUP, SIGINT, SIGTERM, Signals, getsignal, signal
from types import FrameType
from typing import Any, Final

from ingest.access.access_list import GATEWAY_ACCOUNT, INGEST_ACCOUNT
from ingest.access.credentials import set_accounts
from vouch.authority import Authority, authority_folder, is_authority
from vouch.database import migrate
from vouch.errors import Conflict, Unavailable
from vouch.log import JsonFormatter
from vouch.running.embedded.broker import NAME as BROKER_NAME
from vouch.running.embedded.broker import Broker, TlsListeners, broker_user
from vouch.running.embedded.cluster import DATABASE, Cluster, server_user
from vouch.running.embedded.cluster import NAME as DATABASE_NAME
from vouch.running.embedded.folder import SUPERVISOR, Folder, Record
from vouch.running.embedded.ports import LOOPBACK
from vouch.running.embedded.processes import end, identify, is_alive, started_at
from vouch.running.embedded.service import Service
from vouch.running.embedded.supervisor import Stopped, Supervisor
from vouch.settings import Settings, load_settings

log = logging.getLogger(__name__)

Say = Callable[[str], None]

_WEB: Final = "web"
_WEB_PORTS: Final = range(8080, 8100)
_STOP_SIGNALS: Final = (SIGINT, SIGTERM, SIGHUP)
_DOWN_SECONDS_MAX: Final = 180.0
_DOWN_POLL_SECONDS: Final = 0.1
_CERTIFICATE_ENDS_SOON: Final = timedelta(days=60)
# To write everything down. The kernel has told a left over process to stop already, when its supervisor died.
_LEFT_OVER_SECONDS: Final = {DATABASE_NAME: 60.0, BROKER_NAME: 30.0}
_LEFT_OVER_SECONDS_OTHERS: Final = 3.0


class PortTaken(Conflict):
    """The port that settings give to the portal cannot be had."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host}, which the portal shall have, is in use: set VOUCH_WEB_PORT to another"
        )


class StillRunning(Unavailable):
    """`vouch up` was asked to stop and has not."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"`vouch up` (process {pid}) is still stopping after {_DOWN_SECONDS_MAX:g} s; see its log")


@dataclass(frozen=True, slots=True)
class Command:
    """A service of vouch's own. One that `listens` is the portal, one that `reports` serves the health of ingest."""

    name: str
    words: tuple[str, ...]
    listens: bool = False
    reports: bool = False


INGEST: Final = Command("ingest", (sys.executable, "-m", "vouch", "ingest"), reports=True)
SCHEDULE: Final = Command("schedule", (sys.executable, "-m", "vouch", "schedule"))
WEB: Final = Command(_WEB, (sys.executable, "-m", "vouch", "web"), listens=True)
SERVICES: Final = (INGEST, SCHEDULE, WEB)


@dataclass(frozen=True, slots=True)
class Status:
    """One process of a data folder: state is starting, running, restarting or stopped."""

    service: str
    state: str
    pid: int | None
    address: str
    since: datetime | None


def up(
    settings: Settings,
    services: Sequence[Command] = SERVICES,
    say: Say = lambda _: None,
    on_ready: Callable[[Settings], None] = lambda _: None,
) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP, then stop it in order. Call it from the main thread.

    `say` gets lines for the person at the terminal. `on_ready` gets the settings with all addresses, once, and
    must return soon: nothing is supervised meanwhile. Raises AlreadyRunning, or Unavailable with the reason.
    """
    stopping = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        if not stopping.is_set():
            say(f"{Signals(number).name}: stopping all services")
        stopping.set()

    with _handling(stop):
        _serve(settings, services, say, on_ready, stopping)


@contextmanager
def running(
    settings: Settings, services: Sequence[Command] = SERVICES, say: Say = lambda _: None
) -> Iterator[Settings]:
    """Everything runs, supervised by a thread of this process, while the block does; yields where it all is.

    In the main thread SIGTERM and SIGHUP leave the block as SystemExit, so that `vouch down` stops it cleanly.
    """
    stopping = threading.Event()
    ready: Future[Settings] = Future()

    def serve() -> None:
        try:
            _serve(settings, services, say, ready.set_result, stopping)
        except BaseException as error:
            if ready.done():
                log.exception("supervisor failed")
            else:
                ready.set_exception(error)

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    thread = threading.Thread(target=serve, name="vouch-up", daemon=True)
    with _handling(leave, (SIGTERM, SIGHUP)):
        thread.start()
        try:
            yield ready.result()
        finally:
            stopping.set()
            thread.join()


@contextmanager
def embedded(home: Path, services: Sequence[Command] = (), say: Say = lambda _: None) -> Iterator[Settings]:
    """A private database, migrated, and a private broker in `home` whatever the environment says; for tests."""
    with running(load_settings(home=home, database_url="", mqtt_url=""), services, say) as settings:
        yield settings


def status(settings: Settings) -> list[Status]:
    """The processes of this data folder, in the order of their start; empty where nothing was started."""
    folder = Folder.find(settings.home)
    if folder is None:
        return []
    rows = [_row(record) for record in folder.read_records().values()]
    return sorted(rows, key=lambda row: (row.service != SUPERVISOR, row.since is None, row.since))


def down(settings: Settings) -> bool:
    """Stop the `vouch up` of this data folder and wait for its end; False where nothing ran.

    What a killed `vouch up` has left is stopped too. Raises StillRunning.
    """
    folder = Folder.find(settings.home)
    if folder is None:
        return False
    supervisor = folder.read_records().get(SUPERVISOR)
    if not folder.is_locked():
        with folder.lock():
            return _end_left_over(folder, lambda _: None)
    if supervisor is None or supervisor.process is None:
        raise Unavailable(f"`vouch up` is just starting or ending in {folder.home}: try again in a moment")
    if is_alive(supervisor.process):
        os.kill(supervisor.process.pid, SIGTERM)
    deadline = time.monotonic() + _DOWN_SECONDS_MAX
    while folder.is_locked():
        if time.monotonic() > deadline:
            raise StillRunning(supervisor.process.pid)
        time.sleep(_DOWN_POLL_SECONDS)
    return True


def _serve(
    settings: Settings,
    services: Sequence[Command],
    say: Say,
    on_ready: Callable[[Settings], None],
    stopping: threading.Event,
) -> None:
    new = Folder.find(settings.home) is None
    folder = Folder.make(settings.home, (server_user(), broker_user()))
    if new and folder.data.parent != folder.home:
        say(f"the servers' users cannot reach {folder.home}, so its data is in {folder.data}")
    with folder.lock(), _logging_to(folder.log("up")):
        folder.write_record(Record(SUPERVISOR, "starting", "", identify(os.getpid())))
        _end_left_over(folder, say)
        supervisor = Supervisor(folder, say, stopping)
        try:
            found = _start(folder, supervisor, settings, services, say)
            portal = portal_address(found) if any(command.listens for command in services) else ""
            folder.write_record(Record(SUPERVISOR, "running", portal, identify(os.getpid())))
            on_ready(found)
            supervisor.watch()
        except Stopped:
            log.info("stopped while starting")
        finally:
            supervisor.stop()
            folder.addresses_file.unlink(missing_ok=True)
            folder.remove_record(SUPERVISOR)


def _start(
    folder: Folder, supervisor: Supervisor, settings: Settings, services: Sequence[Command], say: Say
) -> Settings:
    """Start everything in order; returns the settings with all addresses."""
    addresses: dict[str, Any] = {}
    if _is_ours(settings.database_url, folder.secret(DATABASE)):
        cluster = Cluster(folder)
        supervisor.start([cluster.service()])
        addresses["database_url"] = cluster.make_database()
        say("database is ready")
    applied = migrate(addresses.get("database_url", settings.database_url))
    if applied:
        say(f"database schema is up to date ({applied} steps)")
    if _is_ours(settings.mqtt_url, folder.secret(INGEST_ACCOUNT)):
        addresses |= _start_broker(folder, supervisor, settings, say)
        say("broker is ready")
    if any(command.listens for command in services):
        addresses["web_port"] = _web_port(folder, settings)
    if settings.secret_key in ("", folder.secret(_WEB)):
        addresses["secret_key"] = folder.secret(_WEB)
    found = settings.model_copy(update=addresses | {"home": folder.home})
    folder.write_addresses(addresses)
    if any(command.reports for command in services) and not found.ingest_http_port:
        # Not written down for others: an ingest process that is started beside this one has a port of its own.
        found = found.model_copy(update={"ingest_http_port": folder.port(INGEST.name)})
    supervisor.start([_service(command, found) for command in services])
    for command in services:
        say(f"{command.name} is ready")
    return found


def _start_broker(folder: Folder, supervisor: Supervisor, settings: Settings, say: Say) -> dict[str, str | Path]:
    authority = authority_folder(settings)
    if is_authority(authority):
        until, _ = Authority.open(authority).server()
        if until < datetime.now(UTC) + _CERTIFICATE_ENDS_SOON:
            say(f"the broker's certificate ends on {until:%Y-%m-%d}: `vouch ca init` makes another")
    tls = TlsListeners(
        authority,
        settings.devices_tls_host,
        settings.devices_tls_port,
        settings.devices_certificate_port,
    )
    broker = Broker(folder, INGEST_ACCOUNT, GATEWAY_ACCOUNT, tls)
    ours = {name: folder.secret(name) for name in (INGEST_ACCOUNT, GATEWAY_ACCOUNT)}
    set_accounts(broker.password_file, broker.acl_file, ours)
    supervisor.start([broker.service()])
    return broker.addresses()


def _is_ours(url: str, password: str) -> bool:
    """Whether an address names our own service, as the addresses of a killed `vouch up` still do."""
    return not url or password in url


def _service(command: Command, found: Settings) -> Service:
    address = portal_address(found) if command.listens else health_address(found) if command.reports else ""
    return Service(
        name=command.name,
        command=command.words,
        address=address,
        environment=_environment(found),
        is_ready=(lambda: _answers(address, unwell=command.reports)) if address else None,
    )


def _environment(found: Settings) -> dict[str, str]:
    """Our own, with exactly the settings in force here in place of those it may name."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
    given = found.model_dump(mode="json", exclude_none=True)
    return kept | {f"VOUCH_{name.upper()}": str(value) for name, value in given.items()}


def portal_address(found: Settings) -> str:
    """Where a browser on this machine finds the portal."""
    return _address(found.web_host, found.web_port)


def health_address(found: Settings) -> str:
    """Where ingest answers /healthz and /metrics."""
    return _address(found.ingest_http_host, found.ingest_http_port)


def _address(host: str, port: int) -> str:
    seen = LOOPBACK if host in ("", "0.0.0.0", "::") else host  # noqa: S104
    return f"http://[{seen}]:{port}" if ":" in seen else f"http://{seen}:{port}"


def _answers(address: str, unwell: bool) -> bool:
    """Whether it serves its pages; one that may be `unwell` answers 503 while it waits for others."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        # A portal without that page is a portal all the same.
        return unwell or error.code < 500
    except OSError:
        return False


def _web_port(folder: Folder, settings: Settings) -> int:
    """The port that settings give, else the one of the last start, else the first free one from 8080 on."""
    known = folder.known_port(_WEB)
    if "web_port" in settings.model_fields_set and settings.web_port != known:
        if not folder.ports.take(settings.web_port, settings.web_host):
            raise PortTaken(settings.web_host, settings.web_port)
        return settings.web_port
    for port in (*([known] if known else []), *_WEB_PORTS):
        if folder.ports.take(port, settings.web_host):
            return folder.remember_port(_WEB, port)
    return folder.port(_WEB)


def _end_left_over(folder: Folder, say: Say) -> bool:
    """End what a killed `vouch up` has left running here, and forget it; whether there was anything."""
    left = folder.left_over()
    for record, process in left:
        say(f"{record.name} (process {process.pid}) was left over by a `vouch up` that was killed: stopping it")
        seconds = _LEFT_OVER_SECONDS.get(record.name, _LEFT_OVER_SECONDS_OTHERS)
        end(process, ((SIGINT if record.name == DATABASE_NAME else SIGTERM, seconds),))
        log.warning("left over process ended", extra={"service": record.name, "pid": process.pid})
    for name in folder.read_records():
        if name != SUPERVISOR:
            folder.remove_record(name)
    return bool(left)


def _row(record: Record) -> Status:
    alive = record.process if record.process and is_alive(record.process) else None
    state = record.state if alive or record.state == "restarting" else "stopped"
    return Status(
        record.name, state, alive.pid if alive else None, record.address, started_at(alive) if alive else None
    )


@contextmanager
def _handling(
    handler: Callable[[int, FrameType | None], None], numbers: Sequence[Signals] = _STOP_SIGNALS
) -> Iterator[None]:
    """Signals go to `handler` inside the block, if we are the main thread, which alone can have them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # One that is ignored, as nohup and a shell's & do it, stays so.
    before = {number: signal(number, handler) for number in numbers if getsignal(number) is not SIG_IGN}
    try:
        yield
    finally:
        for number, former in before.items():
            signal(number, former)


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """What the supervisor notes goes to its own file too."""
    handler = logging.FileHandler(file)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("vouch.running", "vouch.database")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
        handler.close()

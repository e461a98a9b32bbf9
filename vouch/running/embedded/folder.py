"""The data folder: where the embedded services keep what they have, and what `vouch up` remembers between starts.

Shell. .vouch/addresses.toml     where the services are now, for every other vouch command; gone when they are stopped
.vouch/log/               one file a service
.vouch/data               the cluster, the broker's queue and accounts, ports and passwords; a link to a folder in
                          /var/lib/vouch where the servers' own users cannot reach this place
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Self

from vouch.errors import Conflict, Unavailable
from vouch.running.embedded.ports import Ports
from vouch.running.embedded.processes import Identity, SystemUser, is_alive
from vouch.settings import ADDRESSES_FILE

ELSEWHERE: Final = Path("/var/lib/vouch")
SUPERVISOR: Final = "vouch up"

_LOGS_KEPT: Final = 5
_LOCK_ATTEMPTS: Final = 5
_LOCK_SECONDS: Final = 0.05


class AlreadyRunning(Conflict):
    """Another `vouch up` serves this data folder."""

    def __init__(self, home: Path, pid: int | None, address: str) -> None:
        what = f"`vouch up` is already running in {home}"
        super().__init__(
            f"{what}" + (f" as process {pid}" if pid else "") + (f" at {address}" if address else "") + ": `vouch down`"
            " stops it"
        )


class UnusableFolder(Unavailable):
    """The data folder cannot be made or written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"cannot keep data in {folder}: {reason}")


@dataclass(frozen=True, slots=True)
class Record:
    """One supervised process, as the data folder remembers it."""

    name: str
    state: str
    address: str
    process: Identity | None


@dataclass(frozen=True, slots=True)
class Folder:
    """An open data folder. All paths are absolute; `data` is free of links."""

    home: Path
    data: Path
    ports: Ports = field(default_factory=Ports, repr=False, compare=False)

    @classmethod
    def find(cls, home: Path) -> Self | None:
        """The folder as an earlier start left it, None where there was none."""
        home = home.absolute()
        data = (home / "data").resolve()
        try:
            if not data.is_dir():
                return None
        except PermissionError as error:
            raise UnusableFolder(home, str(error)) from error
        if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
            raise UnusableFolder(home, f"{data} belongs to another user")
        return cls(home, data)

    @classmethod
    def make(cls, home: Path, users: tuple[SystemUser | None, ...]) -> Self:
        """The folder, made where it is missing, at a place that every user can reach."""
        home = home.absolute()
        private = 0o700 if os.geteuid() else 0o711
        try:
            home.mkdir(mode=private, parents=True, exist_ok=True)
            link = home / "data"
            if not link.exists():
                link.unlink(missing_ok=True)
                place = link
                if not all(_can_reach(home, user) for user in users):
                    ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
                    place = ELSEWHERE / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
                place.mkdir(mode=private, exist_ok=True)
                if place != link:
                    link.symlink_to(place)
            (home / "log").mkdir(mode=0o700, exist_ok=True)
            data = link.resolve()
            (data / "run").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UnusableFolder(home, str(error)) from error
        return cls(home, data)

    @property
    def addresses_file(self) -> Path:
        """What other vouch commands read to find the services."""
        return self.home / ADDRESSES_FILE

    def log(self, name: str) -> Path:
        """Where the output of a service goes."""
        return self.home / "log" / f"{name}.log"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only `vouch up` of this folder. Raises AlreadyRunning. The kernel frees it however we die."""
        with (self.data / "lock").open("a") as file:
            # `vouch status` holds the lock for a moment when it looks.
            for _ in range(_LOCK_ATTEMPTS):
                if _lock(file):
                    break
                time.sleep(_LOCK_SECONDS)
            else:
                other = self.read_records().get(SUPERVISOR)
                pid = other.process.pid if other and other.process else None
                raise AlreadyRunning(self.home, pid, other.address if other else "")
            try:
                yield
            finally:
                self.ports.release()

    def is_locked(self) -> bool:
        """Whether a `vouch up` serves this folder now."""
        with suppress(FileNotFoundError), (self.data / "lock").open() as file:
            return not _lock(file)
        return False

    def port(self, name: str) -> int:
        """The loopback port of a service: the one it had if it is still free, else another that is.

        Nobody else's from now on, until the folder is no longer locked.
        """
        known = self._remembered().get("ports", {})
        if name in known and self.ports.take(known[name]):
            return int(known[name])
        return self.remember_port(name, self.ports.take_any(known.values()))

    def remember_port(self, name: str, port: int) -> int:
        """Use this port at the next start too."""
        state = self._remembered()
        state.setdefault("ports", {})[name] = port
        write_private(self.data / "state.json", json.dumps(state, indent=1))
        return port

    def known_port(self, name: str) -> int | None:
        """The port that the service had at the last start."""
        port = self._remembered().get("ports", {}).get(name)
        return int(port) if port else None

    def secret(self, name: str) -> str:
        """A random secret of this folder, made at the first call."""
        state = self._remembered()
        known = state.setdefault("secrets", {})
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            write_private(self.data / "state.json", json.dumps(state, indent=1))
        return str(known[name])

    def write_addresses(self, addresses: Mapping[str, str | int | Path]) -> None:
        """Tell every other vouch command where the services are."""
        # A JSON string of printable characters is a TOML string too.
        plain = {name: str(value) if isinstance(value, Path) else value for name, value in addresses.items()}
        lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in plain.items())
        write_private(self.addresses_file, "# Written by `vouch up` at each start.\n" + "".join(lines))

    def write_record(self, record: Record) -> None:
        """Remember a process, so that `vouch status` and the next start know it."""
        write_private(self.data / "run" / f"{record.name}.json", json.dumps(asdict(record) | {"data": str(self.data)}))

    def remove_record(self, name: str) -> None:
        """Forget a process that has ended."""
        (self.data / "run" / f"{name}.json").unlink(missing_ok=True)

    def read_records(self) -> dict[str, Record]:
        """The processes remembered here, by name. Those of a folder that this one is a copy of are not ours."""
        records = {}
        for file in sorted((self.data / "run").glob("*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):
                fields = json.loads(file.read_text())
                if fields.pop("data") == str(self.data):
                    process = fields.pop("process")
                    records[fields["name"]] = Record(process=Identity(**process) if process else None, **fields)
        return records

    def left_over(self) -> list[tuple[Record, Identity]]:
        """Supervised processes that still run, last started first."""
        alive = [(record, record.process) for record in self.read_records().values() if record.name != SUPERVISOR]
        running = [(record, process) for record, process in alive if process is not None and is_alive(process)]
        return sorted(running, key=lambda pair: pair[1].ticks, reverse=True)

    def _remembered(self) -> dict[str, Any]:
        with suppress(FileNotFoundError):
            state: dict[str, Any] = json.loads((self.data / "state.json").read_text())
            return state
        return {}


def write_private(path: Path, text: str, user: SystemUser | None = None) -> None:
    """Replace a file as a whole; only its owner may read it: `user`, or else we."""
    # A new name each time: the folder may belong to `user`, who could have put a link at a known one.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        if user:
            os.fchown(handle, user.uid, user.gid)
        file.write(text)
        file.flush()
        os.fsync(handle)
    Path(temporary).replace(path)


def rotate(log: Path, bytes_min: int = 1) -> None:
    """Begin a new log file where the old one has at least so many bytes, and keep the last few.

    Whoever has it open for appending goes on in the new one, which is the same file emptied.
    """
    if not log.exists() or log.stat().st_size < bytes_min:
        return
    for number in range(_LOGS_KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log file, as far as there are any."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _can_reach(folder: Path, user: SystemUser | None) -> bool:
    if user is None:
        return True
    done = subprocess.run(  # noqa: S603
        ["test", "-x", str(folder)],  # noqa: S607
        check=False,
        user=user.uid,
        group=user.gid,
        extra_groups=[],
    )
    return done.returncode == 0

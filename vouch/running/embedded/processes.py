"""Processes: starting one that ends when we do, knowing it again, ending it.

Shell. A process is known by its number together with the boot and the clock tick at which the kernel started it, so a
number that was given to somebody else is never mistaken for ours. Everything is read from /proc: Linux only.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import Signals
from typing import Final

from vouch.errors import Unavailable

_PROC: Final = Path("/proc")
_POLL_SECONDS: Final = 0.02
_KILL_SECONDS_MAX: Final = 10.0


class NoProcessTable(Unavailable):
    """/proc is missing, so our own processes could not be told from others'."""

    def __init__(self) -> None:
        super().__init__("/proc is not mounted here, and without it `vouch up` cannot know its own processes")


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, for ever."""

    pid: int
    ticks: int
    boot: str


def unprivileged(*names: str) -> SystemUser | None:
    """Whom servers run as: the first of `names` that exists, else nobody; None where we are not root anyway."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Unavailable("PostgreSQL does not run as root, and this machine has no user 'nobody' to run it as")


def spawn(
    command: Sequence[str],
    *,
    output: Path,
    environment: Mapping[str, str],
    user: SystemUser | None = None,
    folder: Path | None = None,
    at_our_death: Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to a file.

    The kernel sends it `at_our_death` when the calling thread ends, however that comes. Ctrl-C does not reach it.
    """
    # setpriv is part of every Debian; it sets the death signal after the user has changed, as it must be, and
    # unlike a preexec_fn it runs no Python between fork and exec.
    setpriv = shutil.which("setpriv")
    prefix = [setpriv, "--pdeathsig", at_our_death.name.removeprefix("SIG"), "--"] if setpriv else []
    with output.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [*prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            umask=0o077 if user else -1,
        )


def run(command: Sequence[str], *, user: SystemUser | None, environment: Mapping[str, str]) -> str | None:
    """Run a short command to its end; None where it succeeded, else what it said."""
    done = subprocess.run(  # noqa: S603
        list(command),
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        env=dict(environment),
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    return None if done.returncode == 0 else (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"


def identify(pid: int) -> Identity | None:
    """The process that has this number now, or None where none has, or it is dead and only not yet collected."""
    try:
        # The name, in brackets, may hold anything; the state is the first field after it, the start the twentieth.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        if not (_PROC / "self/stat").exists():
            raise NoProcessTable from None
        return None
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]), boot)


def is_alive(identity: Identity) -> bool:
    """Whether that very process still runs."""
    return identify(identity.pid) == identity


def started_at(identity: Identity) -> datetime:
    """When the process was started, to the hundredth of a second."""
    boot = next(line for line in (_PROC / "stat").read_text().splitlines() if line.startswith("btime "))
    seconds = int(boot.split()[1]) + identity.ticks / os.sysconf("SC_CLK_TCK")
    return datetime.fromtimestamp(seconds, UTC)


def end(identity: Identity, signals: Sequence[tuple[Signals, float]]) -> Signals | None:
    """End one process: each signal in turn, with the seconds to wait after it, then SIGKILL to its whole group.

    Returns the signal that it took, None where it was gone already.
    """
    for number, seconds in signals:
        if not is_alive(identity):
            return None
        _send(identity.pid, number)
        if _wait_gone(identity, seconds):
            return number
    kill_group(identity)
    _wait_gone(identity, _KILL_SECONDS_MAX)
    return signal.SIGKILL


def kill_group(identity: Identity) -> None:
    """SIGKILL to the process and, where it leads a group that we made, to all that it has started."""
    if not is_alive(identity):
        return
    with suppress(ProcessLookupError):
        if os.getpgid(identity.pid) == identity.pid:
            os.killpg(identity.pid, signal.SIGKILL)
        else:
            os.kill(identity.pid, signal.SIGKILL)


def collect(child: subprocess.Popen[bytes]) -> int | None:
    """How our child ended (negative: the signal), None while it runs; what it leaves behind is killed.

    The group is killed while the dead child still holds its number, so that nobody else can have it.
    """
    if child.returncode is None and os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return child.poll()


def working_in(folder: Path, program: str) -> list[Identity]:
    """Processes that run `program` with `folder` as their working directory."""
    found = []
    for entry in _PROC.iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                identity = identify(int(entry.name))
                if identity and (entry / "exe").readlink().name.removesuffix(" (deleted)") == program:
                    found.append(identity)
    return found


def _send(pid: int, number: Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_gone(identity: Identity, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(identity):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True

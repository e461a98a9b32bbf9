"""The supervisor: starts services in order, starts again what dies, stops all in the reverse order.

Shell. One thread calls everything here, and must live as long as the services shall: the kernel ends them with it.
"""

import logging
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from signal import Signals
from threading import Event
from typing import Any, Final

from vouch.errors import Unavailable
from vouch.running.embedded.folder import Folder, Record, rotate, tail
from vouch.running.embedded.processes import Identity, collect, end, identify, spawn
from vouch.running.embedded.service import Service

log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.1
_FIRST_POLL_SECONDS: Final = 0.03
_SETTLED_SECONDS: Final = 1.0
_STEADY_SECONDS: Final = 10.0
_DELAY_SECONDS_MIN: Final = 0.25
_DELAY_SECONDS_MAX: Final = 5.0
_LOG_BYTES_MAX: Final = 64 * 1024 * 1024
_LOG_CHECK_SECONDS: Final = 60.0


class ServiceFailed(Unavailable):
    """A service did not come up."""

    def __init__(self, name: str, reason: str, log_file: str, last_lines: str) -> None:
        super().__init__(f"{name} {reason}; the end of {log_file}:\n{last_lines or '(nothing was written)'}")


class Stopped(Exception):
    """Somebody asked to stop while services were being started; not an error."""


@dataclass(slots=True)
class _Child:
    service: Service
    state: str = "starting"
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0
    warned: bool = False


class Supervisor:
    """Keeps the services of one data folder running until `stopping` is set."""

    def __init__(self, folder: Folder, say: Callable[[str], None], stopping: Event) -> None:
        self._folder = folder
        self._say = say
        self._stopping = stopping
        self._children: list[_Child] = []

    def start(self, services: Sequence[Service]) -> None:
        """Start these at once and wait until each is ready. Raises ServiceFailed, or Stopped."""
        begun = [_Child(service) for service in services]
        for child in begun:
            rotate(self._folder.log(child.service.name))
            self._children.append(child)
            self._spawn(child)
        for child in begun:
            self._await(child)

    def watch(self) -> None:
        """Start again what dies, later each time it dies soon, for as long as nobody asks to stop."""
        logs_due = time.monotonic() + _LOG_CHECK_SECONDS
        while not self._stopping.wait(_POLL_SECONDS):
            for child in self._children:
                self._guard(self._look_after, child)
            if time.monotonic() >= logs_due:
                logs_due = time.monotonic() + _LOG_CHECK_SECONDS
                for child in self._children:
                    self._guard(rotate, self._folder.log(child.service.name), _LOG_BYTES_MAX)

    def stop(self) -> None:
        """Stop all, the last one started first."""
        while self._children:
            child = self._children.pop()
            if child.identity and child.process:
                took = end(child.identity, child.service.stop)
                child.process.wait()
                level = logging.INFO if took in (None, child.service.stop[0][0]) else logging.WARNING
                log.log(level, "service stopped", extra={"service": child.service.name, "signal": took and took.name})
            self._folder.remove_record(child.service.name)

    def _guard(self, step: Callable[..., None], *args: Any) -> None:
        """A full disk, say, must not end the supervision of what still runs."""
        try:
            step(*args)
        except Exception as error:
            log.exception("supervision failed")
            self._say(f"supervision failed and goes on: {error}")

    def _spawn(self, child: _Child) -> None:
        service = child.service
        service.prepare()
        child.process = spawn(
            service.command,
            output=self._folder.log(service.name),
            environment=service.environment,
            user=service.user,
            folder=service.folder,
            at_our_death=service.at_our_death,
        )
        child.identity = identify(child.process.pid)
        child.started = time.monotonic()
        child.warned = False
        self._set_state(child, "starting")

    def _await(self, child: _Child) -> None:
        while not self._stopping.wait(_FIRST_POLL_SECONDS):
            status = self._death_of(child)
            if status is not None:
                raise self._failure(child, f"ended at once ({_how(status)})")
            if self._is_ready(child):
                self._set_state(child, "running")
                return
            if time.monotonic() - child.started > child.service.ready_seconds_max:
                raise self._failure(child, f"is not ready after {child.service.ready_seconds_max:g} s")
        raise Stopped

    def _look_after(self, child: _Child) -> None:
        name = child.service.name
        lived = time.monotonic() - child.started
        if child.process is None:
            if time.monotonic() >= child.due:
                child.due = time.monotonic() + _DELAY_SECONDS_MAX
                self._spawn(child)
        elif (status := self._death_of(child)) is not None:
            self._plan_restart(child, status)
        elif child.state == "starting" and self._is_ready(child):
            self._set_state(child, "running")
            log.info("service runs again", extra={"service": name, "seconds": round(lived, 1)})
            self._say(f"{name} runs again")
        elif child.state == "starting" and lived > child.service.ready_seconds_max and not child.warned:
            child.warned = True
            log.error("service is not ready", extra={"service": name, "seconds": round(lived)})
            self._say(f"{name} is not ready after {lived:.0f} s, see {self._folder.log(name)}")
        elif child.state == "running" and lived > _STEADY_SECONDS:
            child.deaths = 0

    def _plan_restart(self, child: _Child, status: int) -> None:
        name = child.service.name
        delay = min(_DELAY_SECONDS_MAX, _DELAY_SECONDS_MIN * 2**child.deaths)
        child.deaths += 1
        child.due = time.monotonic() + delay
        child.process = child.identity = None
        self._set_state(child, "restarting")
        log.error("service died", extra={"service": name, "how": _how(status), "deaths": child.deaths, "delay": delay})
        self._say(f"{name} died ({_how(status)}), starts again in {delay:g} s; its log is {self._folder.log(name)}")

    def _death_of(self, child: _Child) -> int | None:
        return collect(child.process) if child.process else None

    def _is_ready(self, child: _Child) -> bool:
        if child.service.is_ready is None:
            return time.monotonic() - child.started > _SETTLED_SECONDS
        return child.service.is_ready()

    def _set_state(self, child: _Child, state: str) -> None:
        child.state = state
        service = child.service
        self._folder.write_record(Record(service.name, state, service.address, child.identity))

    def _failure(self, child: _Child, reason: str) -> ServiceFailed:
        file = self._folder.log(child.service.name)
        return ServiceFailed(child.service.name, reason, str(file), tail(file))


def _how(status: int) -> str:
    return f"killed by {Signals(-status).name}" if status < 0 else f"exit status {status}"

"""Killing: a service, again and again, with SIGKILL, at random, mostly while it runs and sometimes while it starts."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from vouch.running import up
from vouch.settings import Settings

_WHILE_STARTING_SHARE: Final = 0.2
_STARTING_SECONDS: Final = (0.0, 0.5)
# After something was delivered again, or else after so long: a kill among idle services would show nothing.
_AT_WORK_SECONDS: Final = (0.1, 4.0)
_IDLE_SECONDS_MAX: Final = 15.0
_POLL_SECONDS: Final = 0.05
# How long one kill takes on average, with the supervisor's pauses; the stream is paced by it.
KILL_SECONDS: Final = 8.0


@dataclass
class Killer:
    """A thread that kills the process of one service of `vouch up`, which starts it again, `wanted` times."""

    settings: Settings
    service: str
    wanted: int
    seed: int
    delivered: Callable[[], int]
    say: Callable[[str], None]
    done: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        """Begin."""
        thread = threading.Thread(target=self._run, name=f"kill {self.service}", daemon=True)
        thread.start()
        return thread

    @property
    def seconds_left(self) -> float:
        """About how long it still takes."""
        return (self.wanted - self.done) * KILL_SECONDS

    def _run(self) -> None:
        chance = Random(f"{self.seed} {self.service}")
        while self.done < self.wanted and not self.stopping.is_set():
            if chance.random() < _WHILE_STARTING_SHARE:
                self._find({"starting", "running"})
                self.stopping.wait(chance.uniform(*_STARTING_SECONDS))
            else:
                self._find({"running"})
                self._wait_at_work()
                self.stopping.wait(chance.uniform(*_AT_WORK_SECONDS))
            # Only a process that `vouch up` has written down as this service's, and that is still the same one.
            found = self._find({"starting", "running"})
            if found is not None:
                os.kill(found, signal.SIGKILL)
                self.done += 1
                self.say(f"killed {self.service}, {self.done} of {self.wanted}")
                self._wait_gone(found)

    def _wait_at_work(self) -> None:
        before, deadline = self.delivered(), time.monotonic() + _IDLE_SECONDS_MAX
        while self.delivered() == before and time.monotonic() < deadline and not self.stopping.is_set():
            time.sleep(_POLL_SECONDS)

    def _find(self, states: set[str]) -> int | None:
        while not self.stopping.is_set():
            for row in up.status(self.settings):
                if row.service == self.service and row.state in states and row.pid is not None:
                    return row.pid
            time.sleep(_POLL_SECONDS)
        return None

    def _wait_gone(self, pid: int) -> None:
        while any(row.pid == pid for row in up.status(self.settings)) and not self.stopping.is_set():
            time.sleep(_POLL_SECONDS)

"""What a supervised process is, whoever supplies it.

Shell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM, Signals

from vouch.running.embedded.processes import SystemUser


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Service:
    """A process that `vouch up` starts, watches, starts again and stops.

    `is_ready` asks it, within a second or two, whether it does its work yet; one that cannot be asked counts as
    ready when it has lived for a second. `prepare` runs before every start and
    clears away what a killed process has left. `stop` is each signal in turn with the seconds to wait after it; the
    kernel sends `at_our_death` when nobody is left to do so.
    """

    name: str
    command: tuple[str, ...]
    address: str
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] | None = None
    ready_seconds_max: float = 30.0
    user: SystemUser | None = None
    folder: Path | None = None
    prepare: Callable[[], None] = _nothing
    stop: tuple[tuple[Signals, float], ...] = ((SIGTERM, 30.0),)
    at_our_death: Signals = SIGTERM

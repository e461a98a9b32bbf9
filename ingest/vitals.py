"""Vitals: whether an ingest process does its work, judged from what can be seen of it.

Pure. `failing` means that it takes nothing in, or that what it takes in is not stored: somebody has to look, or the
process to be started again. `degraded` means that it works and that something is wrong all the same.
Source: docs/operations.md#is-ingest-well.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

# So many periods without a proof end a stretch of listening, and make a connected session count as deaf.
PERIODS_MAX: Final = 3
# The broker may be away for so long, and so may a commit, before it is more than a restart.
PATIENCE_SECONDS: Final = 15.0
COMMIT_SECONDS_MAX: Final = 30.0
# A message that the broker dropped is gone for ever; it is shown for so long.
DROPPED_SECONDS: Final = 3600.0


class Status(StrEnum):
    """Does its work / works, with something wrong / does not work."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be seen of an ingest process, all durations in seconds.

    `unproven_seconds` is the age of the newest canary that came back and was committed, of the process where none has;
    `canaries_out` how many the broker has taken since. `quiet_seconds` is how long nothing has come from the broker,
    `away_seconds` how long the session has been without its subscription, `control_away_seconds` the control
    connection, `host_away_seconds` how long the Sparkplug host has not said that it is there. `waiting_seconds` is how
    long the messages in flight have waited for a commit, 0 where there are none. `queue_fill` is the share of the inbox
    in use.
    """

    up_seconds: float
    canary_seconds: float
    connected: bool
    subscribed: bool
    away_seconds: float
    network_thread: bool
    committer_thread: bool
    unproven_seconds: float
    canaries_out: int
    quiet_seconds: float
    control_away_seconds: float
    host_away_seconds: float
    messages_in_flight: int
    waiting_seconds: float
    database: bool
    queue_fill: float
    dropped: int
    dropped_seconds: float | None


@dataclass(frozen=True, slots=True)
class BrokerCounters:
    """What the broker says of itself; None where it has not said it.

    `dropped` counts messages since the broker's start that some client did not get because its queue was full;
    `stored_messages` what it keeps for all clients that are away or behind. `dropped_here` is how much `dropped` has
    grown before our eyes, and `dropped_at` when it last did, by the monotonic clock.
    """

    version: str | None = None
    dropped: int | None = None
    stored_messages: int | None = None
    stored_bytes: int | None = None
    heap_bytes: int | None = None
    clients_connected: int | None = None
    dropped_here: int = 0
    dropped_at: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement with its reasons, each a sentence."""

    status: Status
    reasons: tuple[str, ...]
    vitals: Vitals

    def as_json(self) -> dict[str, Any]:
        """What /healthz answers."""
        seen = {
            name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self.vitals).items()
        }
        return {"status": self.status.value, "reasons": list(self.reasons), **seen}


@dataclass(frozen=True, slots=True)
class Report:
    """What a process says of itself beside a proof of listening; `started_at` in microseconds since 1970."""

    host: str
    pid: int
    started_at: int
    health: Health
    broker: BrokerCounters


def judge(vitals: Vitals) -> Health:
    """How the process does."""
    failing, wrong = tuple(_failing(vitals)), tuple(_wrong(vitals))
    status = Status.FAILING if failing else Status.DEGRADED if wrong else Status.OK
    return Health(status, failing + wrong, vitals)


def is_deaf(vitals: Vitals) -> bool:
    """Whether the session is connected and yet does not bring what is published.

    Canaries went out for three periods and none came back, nor anything else, though everything that came is stored.
    """
    patience = PERIODS_MAX * vitals.canary_seconds
    return (
        vitals.connected
        and vitals.canaries_out >= PERIODS_MAX
        and vitals.unproven_seconds > patience
        and vitals.quiet_seconds > patience
        and vitals.messages_in_flight == 0
    )


def _failing(vitals: Vitals) -> Iterator[str]:
    if not vitals.network_thread:
        yield "the network thread has died"
    if not vitals.committer_thread:
        yield "the committing thread has died"
    if vitals.away_seconds > PATIENCE_SECONDS:
        what = "subscribed" if vitals.connected else "connected to the broker"
        yield f"not {what} for {vitals.away_seconds:.0f} s"
    if is_deaf(vitals):
        yield (
            f"deaf: connected, but no canary has come back for {vitals.unproven_seconds:.0f} s "
            f"although the broker took {vitals.canaries_out}"
        )
    if not vitals.database and vitals.messages_in_flight:
        yield f"the database is away and {vitals.messages_in_flight} messages wait for it"
    elif vitals.waiting_seconds > COMMIT_SECONDS_MAX:
        yield f"nothing committed for {vitals.waiting_seconds:.0f} s while {vitals.messages_in_flight} messages wait"


def _wrong(vitals: Vitals) -> Iterator[str]:
    if not vitals.database and not vitals.messages_in_flight:
        yield "the database was away when it was last needed"
    if vitals.control_away_seconds > PATIENCE_SECONDS:
        yield f"the control connection is away for {vitals.control_away_seconds:.0f} s: hearing cannot be proven"
    elif vitals.unproven_seconds > PERIODS_MAX * vitals.canary_seconds + PATIENCE_SECONDS and not is_deaf(vitals):
        yield f"behind: the newest message known to be stored was sent {vitals.unproven_seconds:.0f} s ago"
    if vitals.host_away_seconds > PATIENCE_SECONDS:
        yield (
            f"the Sparkplug host has not said for {vitals.host_away_seconds:.0f} s that it is there: "
            "edge nodes that wait for it send nothing"
        )
    if vitals.dropped_seconds is not None and vitals.dropped_seconds < DROPPED_SECONDS:
        yield (
            f"the broker dropped {vitals.dropped} messages for clients that were away or behind, "
            f"the last {vitals.dropped_seconds:.0f} s ago: data is lost"
        )

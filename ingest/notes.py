"""Notes: what a message says besides readings, to be stored in the same transaction.

Pure. A source is the name under which the sender is known: a device id, or a Sparkplug address such as
`spBv1.0/plant/line-2/press-7`. Instants are microseconds since 1970-01-01T00:00Z.
"""

from dataclasses import dataclass
from enum import StrEnum


class Clue(StrEnum):
    """What tells that somebody is there, or is not."""

    BIRTH = "birth"
    DEATH = "death"
    WILL = "will"
    SUSPICION = "suspicion"
    DECLARED = "declared"
    LINK_LOST = "link_lost"


@dataclass(frozen=True, slots=True)
class PresenceNote:
    """The source came or went `at` an instant of its own clock; None: when we received it."""

    source: str
    at: int | None
    online: bool
    evidence: Clue
    detail: str


@dataclass(frozen=True, slots=True)
class BirthNote:
    """What a Sparkplug edge node (`group/node`), or its `device`, said of its metrics.

    It explains messages received from `covers_from` on: since then the session was heard without a death. It was
    received `at` and sent, by the edge node's clock, at `said_at`; `digest` is equal for births that mean the same.
    `last_at`, by the same clock, is the last message that the births before it explain.
    """

    edge_node: str
    device: str
    payload: bytes
    at: int
    covers_from: int
    digest: str
    bdseq: int | None
    said_at: int | None
    last_at: int | None


@dataclass(frozen=True, slots=True)
class BirthsEndNote:
    """From `at` on, nothing is explained any more by what `device` said, or all of the edge node where it is empty.

    `last_at` is the last message that it does explain, by the edge node's clock.
    """

    edge_node: str
    device: str
    at: int
    last_at: int | None


@dataclass(frozen=True, slots=True)
class SequenceNote:
    """The number of an edge node's last message in order, and when the node says it sent it."""

    edge_node: str
    seq: int | None
    sent_at: int | None


@dataclass(frozen=True, slots=True)
class FindingNote:
    """An inference made while decoding, such as a clock that stands still; about the source, or one of its metrics."""

    source: str
    metric: str | None
    kind: str
    at: int
    detail: str


Note = PresenceNote | BirthNote | BirthsEndNote | SequenceNote | FindingNote

"""Messages of an edge node while they are in our hands: held back, remembered, and given out with their notes.

Pure. Instants are in microseconds since 1970. When a message is held back and by which birth it is read is decided by
`edge_node`.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ingest.formats.sparkplug import Payload, bdseq_of
from ingest.message import Arrived, Opened
from ingest.notes import BirthNote, Clue, FindingNote, Note, PresenceNote
from ingest.reading import Decoded
from ingest.sparkplug.births import NO_BIRTH, Birth, Resolved, decode_birth, decode_data, read_birth
from ingest.sparkplug_topics import BIRTHS, DATA, SparkplugTopic, address_of

NOTHING: Final = Decoded((), ())
_FORMER_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a host waits, in microseconds, and how much it holds back and remembers of one edge node.

    For as long as `unexplained` nothing is waited for that no birth explained: it is there again and again.
    """

    reorder: int = 2_000_000
    silence: int = 120_000_000
    unexplained: int = 60_000_000
    held_max: int = 500
    devices_max: int = 10_000


@dataclass(slots=True)
class Held:
    """A message taken in; `due` is when it is given out at the latest, once it is held back.

    `counted`: its place in the sequence is taken. `straggler`: it came so soon after a death that it may be of either
    session. `key` is equal for copies of one message.
    """

    arrived: Arrived
    topic: SparkplugTopic
    payload: Payload
    key: bytes
    due: int = 0
    counted: bool = False
    straggler: bool = False
    notes: list[Note] = field(default_factory=list)


def birth_note(held: Held, birth: Birth, covers_from: int, last_at: int | None) -> BirthNote:
    """What is to be stored of a birth."""
    return BirthNote(
        held.topic.edge_node,
        held.topic.device,
        held.arrived.message.payload,
        held.arrived.at,
        covers_from,
        birth.digest(),
        bdseq_of(held.payload),
        held.payload.at,
        last_at,
    )


def absences(edge_node: str, at: int, evidence: Clue, detail: str, devices: Iterable[str]) -> list[Note]:
    """An edge node (empty) and devices behind it are gone."""
    return [PresenceNote(address_of(edge_node, device), at, False, evidence, detail) for device in devices]


class StoredSession(NamedTuple):
    """Births that hold no more, by device, and the timestamps of the node's birth and the last message they explain."""

    bdseq: int | None
    said_at: int | None
    last_at: int | None
    births: Mapping[str, Payload]


class FormerSessions:
    """The last few sessions of an edge node, by its own clock: which of them a message belongs to that comes late."""

    def __init__(self) -> None:
        self._sessions: deque[tuple[int, int, Mapping[str, Birth]]] = deque(maxlen=_FORMER_MAX)

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def add(self, said_at: int | None, last_at: int | None, births: Mapping[str, Birth]) -> None:
        """A session is over, or its births have been said anew; without its timestamps nothing can be told of it."""
        if births and said_at is not None and last_at is not None:
            self._sessions.append((said_at, last_at, births))

    def find(self, at: int | None) -> Mapping[str, Birth]:
        """The births by which a message is to be read that was sent at `at`; none where it fits no session."""
        for said_at, last_at, births in reversed(self._sessions):
            if at is not None and said_at <= at <= last_at:
                return births
        return {}


@dataclass(frozen=True, slots=True)
class StoredNode:
    """What was stored of an edge node: its births by device, those of sessions before, oldest first, and where it was.

    `heard_from` is our clock: since when its session was heard. `born_at` and `sent_at` are the edge node's clock: of
    its birth, and of its last message in order, whose number is `seq`.
    """

    edge_node: str
    births: Mapping[str, Payload]
    former: Sequence[StoredSession] = ()
    heard_from: int | None = None
    bdseq: int | None = None
    born_at: int | None = None
    seq: int | None = None
    sent_at: int | None = None


class Recent:
    """By which birth the latest messages were read, so that a copy that comes again is read by the same one."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._births: OrderedDict[bytes, Birth] = OrderedDict()

    def note(self, key: bytes, birth: Birth) -> None:
        """Remember it, and forget the oldest beyond the limit."""
        self._births[key] = birth
        if len(self._births) > self._size_max:
            self._births.popitem(last=False)

    def find(self, key: bytes) -> Birth | None:
        """The birth by which a message of this key was read, or None."""
        return self._births.get(key)


class Outlet:
    """Gives messages out as readings and notes."""

    def __init__(self, recent: Recent) -> None:
        self._recent = recent
        self._flagged: set[tuple[str, str]] = set()

    def new_session(self) -> None:
        """What was found in the session before may be found again."""
        self._flagged.clear()

    def give(self, held: Held, resolved: Resolved | None, birth: Birth, notes: Sequence[Note] = ()) -> Opened:
        """The message with its readings (None: it has none), read by `birth`, and what is stored beside them."""
        self._recent.note(held.key, birth)
        every = [*held.notes, *notes]
        if resolved is None:
            return Opened(held.arrived, held.topic.source, NOTHING, tuple(every))
        if resolved.frozen:
            every.extend(self._frozen(held, resolved))
        return Opened(held.arrived, held.topic.source, resolved.decoded, tuple(every))

    def give_left_over(self, held: Held, births: Mapping[str, Birth]) -> Opened:
        """A message of a session that is over; its births and deaths say nothing of now."""
        return self.give(held, *read_again(held.topic, held.payload, births.get(held.topic.device, NO_BIRTH)))

    def _frozen(self, held: Held, resolved: Resolved) -> list[Note]:
        """A finding for each metric whose clock stands still, once a session."""
        found: list[Note] = []
        for name in resolved.frozen:
            if (held.topic.device, name) in self._flagged:
                continue
            self._flagged.add((held.topic.device, name))
            detail = "its timestamp has stood still since its birth; the message's own is taken"
            at = held.payload.at or held.arrived.at
            found.append(FindingNote(held.topic.source, name, "frozen_timestamp", at, detail))
        return found


def read_again(topic: SparkplugTopic, payload: Payload, birth: Birth) -> tuple[Resolved | None, Birth]:
    """What a message says, read by this birth whatever the state of its edge node; and the birth that counts for it."""
    if topic.verb in BIRTHS:
        own = read_birth(payload, birth)
        return decode_birth(payload, own), own
    if topic.verb in DATA:
        return decode_data(payload, birth), birth
    return None, birth


class Candidate(NamedTuple):
    """A birth that may explain a message: `known` when the message came; `said_at` is the edge node's clock."""

    payload: Payload
    said_at: int | None
    known: bool


def replayed(topic: SparkplugTopic, payload: Payload, candidates: Iterable[Candidate]) -> Decoded:
    """What a refused message says, by the births that cover its receipt, the likeliest first.

    One that was known then explains only what was sent after it, as their timestamps tell: what came late may be of
    the session before.
    """
    best: Resolved | None = None
    for candidate in candidates:
        if candidate.known and not (
            candidate.said_at is not None and payload.at is not None and candidate.said_at <= payload.at
        ):
            continue
        resolved, _ = read_again(topic, payload, read_birth(candidate.payload, None))
        if resolved is not None and not resolved.unknown:
            return resolved.decoded
        best = best or resolved
    if best is None:
        best, _ = read_again(topic, payload, NO_BIRTH)
    return best.decoded if best else NOTHING

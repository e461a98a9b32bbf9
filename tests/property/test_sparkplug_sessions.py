"""Whatever happens to the messages of sessions that swap their aliases, no value is ever taken for another metric's.

Messages overtake each other, come twice, get lost, and ingest dies and comes again; of the births and deaths at a turn
of a session one is lost. Every value is said once and tells which metric it is of.
"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.sparkplug import Payload, decode_payload
from ingest.message import Message, Opened
from ingest.notes import BirthNote, BirthsEndNote, SequenceNote
from ingest.sparkplug.edge_messages import Limits, StoredNode, StoredSession
from ingest.sparkplug.edge_nodes import EdgeNodes
from tests.sparkplug import START, Speaker, arrived, bdseq, metric

SECOND = 1_000_000
REORDER = 2 * SECOND
NODE, DEVICE = "plant/line", "press"


@dataclass
class Kept:
    """What the database would hold of the edge node."""

    births: dict[str, BirthNote] = field(default_factory=dict)
    former: list[StoredSession] = field(default_factory=list)
    last: tuple[int | None, int | None] = (None, None)

    def note(self, opened: Opened) -> None:
        for note in opened.notes:
            if isinstance(note, BirthNote):
                self.birth(note)
            elif isinstance(note, BirthsEndNote) and note.device:
                self.births.pop(note.device, None)
            elif isinstance(note, BirthsEndNote):
                self.end(note.last_at)
                self.last = (None, None)
            elif isinstance(note, SequenceNote):
                self.last = (note.seq, note.sent_at)

    def birth(self, note: BirthNote) -> None:
        known = self.births.get(note.device)
        if known and (known.digest, known.covers_from) == (note.digest, note.covers_from):
            return
        if not note.device:
            self.end(note.last_at)
        self.births[note.device] = note

    def end(self, last_at: int | None) -> None:
        own = self.births.get("")
        if own:
            self.former.append(StoredSession(own.bdseq, own.said_at, last_at, payloads(self.births)))
        self.births = {}

    def stored(self) -> StoredNode:
        own = self.births.get("")
        return StoredNode(
            NODE,
            payloads(self.births),
            self.former,
            own.covers_from if own else None,
            own.bdseq if own else None,
            own.said_at if own else None,
            *(self.last if self.births else (None, None)),
        )


def payloads(notes: dict[str, BirthNote]) -> dict[str, Payload]:
    return {device: decode_payload(note.payload) for device, note in notes.items()}


@dataclass
class World:
    """An edge node that says each value once, a way on which messages suffer, and a host that dies."""

    speaker: Speaker = field(default_factory=lambda: Speaker(NODE))
    nodes: EdgeNodes = field(default_factory=lambda: EdgeNodes(Limits(reorder=REORDER)))
    kept: Kept = field(default_factory=Kept)
    now: int = START
    meant: dict[float, str] = field(default_factory=dict)
    given: list[tuple[str, float]] = field(default_factory=list)
    on_the_way: list[Message] = field(default_factory=list)
    unacknowledged: list[Message] = field(default_factory=list)

    def name(self, device: str) -> str:
        """The metric of alias 1 in this session: the next session has it the other way round."""
        return f"{device or 'node'}-{self.speaker.session % 2}"

    def value(self, device: str) -> float:
        value = float(len(self.meant) + 1)
        self.meant[value] = self.name(device)
        return value

    def say(self, what: str) -> Message:
        verb, device = what, DEVICE if what.startswith("D") else ""
        if verb in ("NBIRTH", "DBIRTH"):
            metrics = [metric(self.name(device), self.value(device), alias=1)]
            if not device:
                metrics.append(bdseq(self.speaker.session))
            return self.speaker.say(verb, *metrics, device=device)
        if verb == "NDEATH":
            return self.speaker.ndeath()
        return self.speaker.say(verb, metric(value=self.value(device), alias=1, stated=False), device=device)

    def hear(self, message: Message, *, dup: bool = False) -> None:
        self.now += 1000
        # As the network hands over what is under way: an acknowledgement goes out once it is stored.
        if not dup:
            self.unacknowledged.append(message)
        self.take(self.nodes.take(arrived(message, self.now, dup=dup, qos=1), self.now))

    def take(self, opened: list[Opened]) -> None:
        for one in opened:
            self.kept.note(one)
            self.given += [(r.metric, float(r.value)) for r in one.decoded.readings if isinstance(r.value, float)]

    def wait(self, micros: int) -> None:
        self.now += micros
        self.take(self.nodes.expire(self.now))
        if not self.nodes.held:
            self.unacknowledged = self.unacknowledged[-3:]

    def restart(self) -> None:
        """Ingest dies; what was not acknowledged comes again, in order, and some of that was stored already."""
        self.nodes = EdgeNodes(Limits(reorder=REORDER))
        self.nodes.restore([self.kept.stored()], self.now)
        for message in list(self.unacknowledged):
            self.hear(message, dup=True)


STEPS = st.lists(
    st.sampled_from(
        "NDATA,NDATA,DDATA,DDATA,rebirth,session,session without death,session without birth,overtaken,lost,twice,wait,"
        "long wait,restart".split(",")
    ),
    max_size=40,
)


def births(world: World) -> list[Message]:
    return [world.say("NBIRTH"), world.say("DBIRTH")]


def step(world: World, what: str, said: list[Message]) -> list[Message]:
    """What the edge node says at this step."""
    if what == "rebirth":
        return births(world)
    if what.startswith("session"):
        death = [] if what.endswith("death") else [world.say("NDEATH")]
        world.speaker.session += 1
        world.speaker.seq = 0
        first = births(world)
        return death + (first[1:] if what.endswith("birth") else first)
    if what == "twice" and said:
        return [said[-1]]
    return [world.say(what)] if what in ("NDATA", "DDATA") else []


def play(steps: list[str]) -> World:
    """All that happens, and then nothing until all waiting is over."""
    world = World()
    said: list[Message] = []
    for message in births(world):
        world.hear(message)
    late: list[Message] = []
    for what in steps:
        if what == "wait":
            world.wait(SECOND // 2)
        elif what == "long wait":
            world.wait(3 * REORDER)
        elif what == "restart":
            world.restart()
        elif what == "lost":
            world.say("NDATA")
        elif what == "overtaken":
            late.append(world.say("NDATA"))
            continue
        for message in [*step(world, what, said), *late]:
            world.hear(message)
            said.append(message)
        late = []
    for _ in range(4):
        world.wait(2 * REORDER)
    return world


@settings(max_examples=600, derandomize=True, deadline=None)
@given(STEPS)
def test_no_value_is_ever_taken_for_another_metrics(steps: list[str]) -> None:
    world = play(steps)

    assert [(name, value, world.meant[value]) for name, value in world.given if name != world.meant[value]] == []


ORDERLY = st.lists(
    st.sampled_from(["NDATA", "DDATA", "rebirth", "session", "twice", "wait", "long wait", "restart"]), max_size=40
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(ORDERLY)
def test_of_orderly_sessions_every_value_is_given_whenever_ingest_dies(steps: list[str]) -> None:
    world = play(steps)

    assert {value: name for name, value in world.given} == world.meant

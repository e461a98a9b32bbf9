"""All edge nodes of a Sparkplug host: which message belongs to whom, and which nodes are to be asked for a rebirth.

Pure. `now` is an argument, in microseconds since 1970. Bounded in nodes, in messages held back and in what is
remembered of those given out; a node that is forgotten for want of room is asked to say everything again.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from ingest.formats.sparkplug import Undecodable, decode_payload, encode_rebirth
from ingest.message import Arrived, Message, Opened
from ingest.notes import Note
from ingest.reading import WHOLE_MESSAGE, Decoded, Rejection
from ingest.sparkplug.births import NO_BIRTH
from ingest.sparkplug.edge_messages import NOTHING, Held, Limits, Recent, StoredNode, read_again
from ingest.sparkplug.edge_node import EdgeNode
from ingest.sparkplug_topics import BIRTHS, DATA, NAMESPACE, Verb, node_command_topic, parse_topic

NODES_MAX: Final = 50_000
HELD_MAX: Final = 1_000
REMEMBERED_MAX: Final = 10_000
# An edge node that does not answer is asked ever more seldom.
_REBIRTH_DOUBLINGS_MAX: Final = 6
_COMMANDS_MAX: Final = 100


class Command(NamedTuple):
    """A message that the host publishes, at QoS 0 and not retained."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class _Asked:
    """When an edge node was last asked for a rebirth, and how often since its last birth."""

    at: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True)
class SparkplugCounts:
    """How many edge nodes have a session, what is held back, and counts since the process began.

    `host_online`: whether the host has said by its connection that it is there.
    """

    host_online: bool = False
    edge_nodes_online: int = 0
    messages_held: int = 0
    rebirths_asked: int = 0
    births: int = 0
    deaths: int = 0
    undecodable: int = 0


@dataclass(slots=True)
class EdgeNodes:
    """The edge nodes that speak, by `group/node`.

    `rebirth_interval` is the least time between two requests to one node, in microseconds; 0: none is ever sent.
    """

    limits: Limits = field(default_factory=Limits)
    rebirth_interval: int = 10_000_000
    held_max: int = HELD_MAX
    nodes_max: int = NODES_MAX
    _counts: SparkplugCounts = field(default_factory=SparkplugCounts)
    _nodes: OrderedDict[str, EdgeNode] = field(default_factory=OrderedDict)
    _pending: dict[str, EdgeNode] = field(default_factory=dict)
    _held: dict[str, int] = field(default_factory=dict)
    _held_total: int = 0
    _asked: dict[str, _Asked] = field(default_factory=dict)
    _wanting: dict[str, EdgeNode] = field(default_factory=dict)
    _recent: Recent = field(default_factory=lambda: Recent(REMEMBERED_MAX))

    def restore(self, stored: Iterable[StoredNode], now: int) -> None:
        """Go on from where the last process stopped."""
        for kept in stored:
            self._node(kept.edge_node).restore(kept, now)

    @property
    def online(self) -> int:
        """How many edge nodes have a session."""
        return sum(node.born for node in self._nodes.values())

    @property
    def held(self) -> int:
        """How many messages are held back."""
        return self._held_total

    def look(self) -> SparkplugCounts:
        """What there is to count at this moment."""
        return replace(self._counts, edge_nodes_online=self.online, messages_held=self.held)

    def take(self, arrived: Arrived, now: int) -> list[Opened]:
        """Take a message of Sparkplug's namespace; what can be given out now, of its edge node, in order."""
        topic = parse_topic(arrived.message.topic)
        if topic is None or topic.verb in (Verb.NCMD, Verb.DCMD):
            return [_not_of_an_edge_node(arrived)]
        node = self._node(topic.edge_node)
        try:
            payload = decode_payload(arrived.message.payload)
        except Undecodable as error:
            self._add(undecodable=1)
            node.want_rebirth("a message that cannot be decoded")
            self._look_after(node)
            return [_refused(arrived, topic.source, "undecodable", str(error))]
        held = Held(arrived, topic, payload, _key(arrived.message))
        if arrived.retained:
            # The broker's memory of an unknown past: it speaks for itself and for no session.
            resolved, _ = read_again(topic, payload, NO_BIRTH)
            return [Opened(arrived, topic.source, resolved.decoded if resolved else NOTHING)]
        again = self._again(node, held)
        if again is not None:
            return again
        return self._take(node, held, now)

    def expire(self, now: int) -> list[Opened]:
        """What has been held back for long enough."""
        out: list[Opened] = []
        for node in list(self._pending.values()):
            out.extend(node.expire(now))
            self._look_after(node)
        return out

    def commands(self, now: int) -> list[Command]:
        """Requests for a rebirth that may be published now; each is given once."""
        if not self.rebirth_interval:
            self._wanting.clear()
            return []
        ready = [name for name in self._wanting if self._may_ask(name, now)][:_COMMANDS_MAX]
        for name in ready:
            node = self._wanting.pop(name)
            node.rebirth_wanted = ""
            asked = self._asked.setdefault(name, _Asked())
            asked.at, asked.times = now, asked.times + 1
        self._add(rebirths_asked=len(ready))
        return [Command(node_command_topic(name), encode_rebirth(now)) for name in ready]

    def forget_connection(self, marker: Arrived) -> list[Opened]:
        """Messages may have been missed before `marker`: end every session, as none can be trusted to be what it was.

        Not to be called where the broker kept the session. What ends is noted with the marker, which comes last, and
        not at all where nothing ends.
        """
        now = marker.at
        out: list[Opened] = []
        notes: list[Note] = []
        for node in self._nodes.values():
            given, ended = node.forget(now)
            out.extend(given)
            notes.extend(ended)
            self._look_after(node)
        if notes:
            out.append(Opened(marker, "", NOTHING, tuple(notes)))
        return out

    def leave(self, now: int, *, for_good: bool = False) -> list[Opened]:
        """What came at QoS 0 and is held back, and whatever waits with it: nobody will send it again.

        `for_good`: everything that is held back, as the session ends in which it would come again.
        """
        out: list[Opened] = []
        for node in list(self._pending.values()):
            if for_good or any(not held.arrived.qos for held in node.held):
                out.extend(node.leave(now))
                self._look_after(node)
        return out

    def _take(self, node: EdgeNode, held: Held, now: int) -> list[Opened]:
        verb = held.topic.verb
        if verb in BIRTHS:
            self._add(births=1)
        elif verb in (Verb.NDEATH, Verb.DDEATH):
            self._add(deaths=1)
        out = node.take(held, now)
        if verb is Verb.NBIRTH:
            self._asked.pop(node.name, None)
        self._look_after(node)
        if self._held_total > self.held_max:
            # The one that has waited longest gives way.
            oldest = next(iter(self._pending.values()))
            out.extend(oldest.give_up(now))
            self._look_after(oldest)
        return out

    def _add(self, **more: int) -> None:
        now = {name: getattr(self._counts, name) + count for name, count in more.items()}
        self._counts = replace(self._counts, **now)

    def _again(self, node: EdgeNode, held: Held) -> list[Opened] | None:
        """What to do with a copy of a message; None where it is none."""
        if held.arrived.dup:
            for one in node.held:
                if one.key == held.key:
                    one.arrived = held.arrived
                    return []
        elif held.topic.verb not in DATA:
            return None
        birth = self._recent.find(held.key)
        if birth is None:
            return None
        out = [] if held.arrived.dup else node.take_copy(held.payload)
        self._look_after(node)
        resolved, _ = read_again(held.topic, held.payload, birth)
        return [*out, Opened(held.arrived, held.topic.source, resolved.decoded if resolved else NOTHING)]

    def _node(self, name: str) -> EdgeNode:
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = EdgeNode(name, self.limits, self._recent)
            if len(self._nodes) > self.nodes_max:
                self._forget_one()
        else:
            self._nodes.move_to_end(name)
        return node

    def _forget_one(self) -> None:
        """Make room: the node heard longest ago that has nothing held back is as if never heard."""
        name = next(name for name in self._nodes if name not in self._pending)
        del self._nodes[name]
        self._wanting.pop(name, None)
        self._asked.pop(name, None)

    def _look_after(self, node: EdgeNode) -> None:
        """Keep the lists of nodes with something pending."""
        held = len(node.held)
        self._held_total += held - self._held.pop(node.name, 0)
        if held:
            self._held[node.name] = held
            self._pending.setdefault(node.name, node)
        else:
            self._pending.pop(node.name, None)
        if node.rebirth_wanted:
            self._wanting.setdefault(node.name, node)
        else:
            self._wanting.pop(node.name, None)

    def _may_ask(self, name: str, now: int) -> bool:
        asked = self._asked.get(name)
        if asked is None:
            return True
        doublings = min(asked.times - 1, _REBIRTH_DOUBLINGS_MAX)
        return now >= asked.at + (self.rebirth_interval << doublings)


def _key(message: Message) -> bytes:
    topic = message.topic.encode()
    return hashlib.blake2b(topic + b"\0" + message.payload, digest_size=16).digest()


def _not_of_an_edge_node(arrived: Arrived) -> Opened:
    """Commands and hosts' states are in the same namespace, and no telemetry; what else is there is refused."""
    levels = arrived.message.topic.split("/")
    if levels[:2] == [NAMESPACE, "STATE"] or levels[2:3] in ([Verb.NCMD], [Verb.DCMD]):
        return Opened(arrived, "", NOTHING)
    return _refused(arrived, "", "unknown_topic", f"{arrived.message.topic[:200]!r} is not a topic of an edge node")


def _refused(arrived: Arrived, source: str, reason: str, detail: str) -> Opened:
    return Opened(arrived, source, Decoded((), (Rejection(WHOLE_MESSAGE, reason, detail),)))

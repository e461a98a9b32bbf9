"""Driving messages through opening and sorting out, as an ingest process does, and watching what comes of each.

Nothing may escape, hang, or vanish: received = rows + duplicates + rejections, for each message.
"""

import json
import math
import signal
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from types import FrameType
from typing import Any, Final

from ingest.batch import Batch, sort_out
from ingest.broker.wire import TopicNames, take_packets
from ingest.catalogue import KnownDevice
from ingest.decoding import open_message
from ingest.formats.json import decode_any
from ingest.formats.sparkplug import decode_payload
from ingest.message import Arrived, Opened, broken_link
from ingest.notes import PresenceNote
from ingest.reading import Decoded, decimal_of
from ingest.receipts import receipt_packet, receipts
from ingest.rejection_store import storable
from ingest.sparkplug.edge_nodes import EdgeNodes
from ingest.sparkplug_topics import Verb, is_sparkplug, parse_topic
from ingest.sparkplug_topics import is_sparkplug as in_sparkplugs_namespace
from ingest.topics import RECEIPT_FILTER, telemetry_topic
from tests.fuzz.rounds import messages_of
from tests.fuzz.wire_stream import judge_wire
from tests.fuzz.world import NOW, known_devices
from vouch.period import from_micros

SECONDS_MAX: Final = 2.0
LOOK_EVERY: Final = 17
LOSE_EVERY: Final = 37
DETAIL_CHARACTERS_MAX: Final = 500
KNOWN: Final = known_devices()


class Hang(Exception):
    """A message took longer than SECONDS_MAX."""


@dataclass(slots=True)
class Findings:
    """What became of messages, counted; and what went wrong, each with its message."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[Arrived | None, str]] = field(default_factory=list)


def drive_round(seed: int) -> Findings:
    """One round: its messages as the broker sends them, and then as they are taken in."""
    messages = messages_of(seed)
    findings = drive(messages)
    try:
        with watchdog(SECONDS_MAX * 5):
            judge_wire(Random(seed), messages)
    except Exception:  # noqa: BLE001
        findings.faults.append((None, traceback.format_exc()))
    return findings


def drive(messages: Sequence[Arrived], known: Mapping[str, KnownDevice] = KNOWN) -> Findings:
    """Take all of them, each under a watchdog, and sort them out in one batch."""
    findings = Findings()
    opened = open_all(messages, findings)
    try:
        with watchdog(SECONDS_MAX * 5):
            batch = sort_out(opened, known, NOW)
            _judge(batch, known, findings)
    except Exception:  # noqa: BLE001
        # One of them is to blame; alone, it will show.
        findings.faults.extend(_culprits(opened, known) or [(None, traceback.format_exc())])
    return findings


def open_all(messages: Sequence[Arrived], findings: Findings) -> list[Opened]:
    """Each message opened, in whatever order; what escapes, hangs or is kept for ever is noted."""
    nodes = EdgeNodes()
    opened: list[Opened] = []
    for n, arrived in enumerate(messages, start=1):
        findings.counts["messages"] += 1
        try:
            with watchdog():
                opened += _open(arrived, nodes)
                if n % LOOK_EVERY == 0:
                    opened += nodes.expire(arrived.at)
                    findings.counts["rebirths asked"] += len(nodes.commands(arrived.at))
                if n % LOSE_EVERY == 0:
                    opened += nodes.forget_connection(broken_link(arrived.at))
        except Exception:  # noqa: BLE001
            findings.faults.append((arrived, traceback.format_exc()))
    try:
        with watchdog():
            # What waited for other messages may then wait for a birth.
            for hour in (1, 2):
                opened += nodes.expire(NOW + hour * 3_600_000_000)
            assert nodes.held == 0, f"{nodes.held} messages held for ever"
            _judge_passage(messages, opened)
    except Exception:  # noqa: BLE001
        if not findings.faults:
            findings.faults.append((None, traceback.format_exc()))
    return opened


def _open(arrived: Arrived, nodes: EdgeNodes) -> list[Opened]:
    if in_sparkplugs_namespace(arrived.message.topic):
        return nodes.take(arrived, arrived.at)
    opened = open_message(arrived)
    if arrived.message.topic == telemetry_topic(opened.source):
        # The quick way through plain messages says what the long one does.
        surely = decode_any(arrived.message.payload)
        assert _meaning(opened.decoded) == _meaning(surely)
    return [opened]


def _meaning(decoded: Decoded) -> tuple[Any, ...]:
    """Without the details, as where a deep nest exceeds the stack depends on who asks."""
    return tuple(decoded.readings), [(one.place, one.reason) for one in decoded.rejections]


def _judge_passage(messages: Sequence[Arrived], opened: Sequence[Opened]) -> None:
    """Each message came out once; of one that was held back when its copy came, the copy."""
    out = Counter(one.arrived.mid for one in opened if one.arrived.connection >= 0)
    assert all(times == 1 for times in out.values()), out.most_common(3)
    copied = Counter(one.message for one in messages if one.dup)
    for one in messages:
        assert out[one.mid] or copied[one.message], f"kept for ever: {one}"


@contextmanager
def watchdog(seconds: float = SECONDS_MAX) -> Iterator[None]:
    """Raises Hang where the block takes longer; main thread only."""
    signal.signal(signal.SIGALRM, _bark)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bark(number: int, frame: FrameType | None) -> None:
    raise Hang(f"longer than {SECONDS_MAX} seconds")


def _culprits(opened: Sequence[Opened], known: Mapping[str, KnownDevice]) -> list[tuple[Arrived | None, str]]:
    found: list[tuple[Arrived | None, str]] = []
    for one in opened:
        try:
            with watchdog():
                _judge(sort_out([one], known, NOW), known, Findings())
        except Exception:  # noqa: BLE001
            found.append((one.arrived, traceback.format_exc()))
    return found


def _judge(batch: Batch, known: Mapping[str, KnownDevice], findings: Findings) -> None:
    """Count what became of the batch; raises AssertionError where something was lost or cannot be stored."""
    became = Counter(row.message for row in batch.rows) + Counter(batch.duplicates)
    became += Counter(index for index, _ in batch.rejections)
    for index, one in enumerate(batch.opened):
        expected = _expected(one, known)
        assert became[index] == expected, f"{expected} received, {became[index]} accounted for: {one}"
        assert expected or one.notes or _may_be_silent(one), f"nothing became of {one}"
    assert batch.received == became.total()
    if batch.strands:
        _judge_strands(batch, known)
    _judge_rows(batch)
    _judge_rejections(batch)
    _judge_receipts(batch, became)
    findings.counts["rows"] += len(batch.rows)
    findings.counts["duplicates"] += len(batch.duplicates)
    findings.counts.update(f"rejected: {rejection.reason}" for _, rejection in batch.rejections)
    findings.counts.update(f"note: {type(note).__name__}" for _, note in batch.notes)


def _judge_strands(batch: Batch, known: Mapping[str, KnownDevice]) -> None:
    """Columns come to what the same readings come to one by one."""
    loose = [one._replace(decoded=replace(one.decoded, readings=tuple(one.decoded.readings))) for one in batch.opened]
    other = sort_out(loose, known, NOW)
    assert sorted(batch.rows) == sorted(other.rows)
    assert sorted(batch.duplicates) == sorted(other.duplicates)
    assert sorted(map(repr, batch.rejections)) == sorted(map(repr, other.rejections))


def _expected(one: Opened, known: Mapping[str, KnownDevice]) -> int:
    decoded = one.decoded
    if one.source in known:
        return len(decoded.readings) + len(decoded.rejections)
    if not one.source:
        return len(decoded.rejections)
    heard = any(isinstance(note, PresenceNote) for note in one.notes) and not is_sparkplug(one.source)
    return 1 if decoded.readings or decoded.rejections or heard else 0


def _may_be_silent(one: Opened) -> bool:
    """A canary, presence taken back, notes of no message, and what says nothing about measurements in Sparkplug."""
    topic, payload = one.arrived.message
    if in_sparkplugs_namespace(topic):
        return _measures_nothing(topic, payload)
    return topic.endswith("/canary") or not topic or (topic.endswith("/presence") and not payload)


def _measures_nothing(topic: str, payload: bytes) -> bool:
    """Commands, states of hosts, deaths; nulls, transients, templates and the protocol's own metrics."""
    parsed = parse_topic(topic)
    if parsed is None or parsed.verb not in (Verb.NBIRTH, Verb.DBIRTH, Verb.NDATA, Verb.DDATA):
        return True
    metrics = decode_payload(payload).metrics
    said = [m for m in metrics if not (m.is_null or m.is_transient or m.template_value.is_definition)]
    return all(not m.name or m.name == b"bdSeq" or b"Control/" in m.name for m in said)


def _judge_receipts(batch: Batch, became: Mapping[int, int]) -> None:
    """Whoever asked is told of everything that became of the message, in a packet that can be read."""
    asked = [n for n, one in enumerate(batch.opened) if one.arrived.reply]
    told = list(receipts(batch, RECEIPT_FILTER, ()))
    assert len(told) == len(asked)
    for n, (reply, text) in zip(asked, told, strict=True):
        receipt = json.loads(text)
        assert receipt["stored"] + receipt["duplicate"] + receipt["rejected_count"] == became[n], receipt
        (packet,) = take_packets(receipt_packet(reply, text), 1, NOW, TopicNames()).arrived
        assert packet.message == (reply.topic, text)


def _judge_rows(batch: Batch) -> None:
    for row in batch.rows:
        assert math.isfinite(row.value), row
        assert decimal_of(row.value).adjusted() < 16, row
        assert from_micros(row.at).year >= 2010, row
    identities = Counter(row.identity for row in batch.rows)
    assert all(times == 1 for times in identities.values()), identities.most_common(1)


def _judge_rejections(batch: Batch) -> None:
    places: set[tuple[int, str]] = set()
    for index, rejection in batch.rejections:
        assert rejection.reason.isascii(), rejection
        assert len(rejection.detail) <= DETAIL_CHARACTERS_MAX, rejection
        assert len(rejection.place) <= DETAIL_CHARACTERS_MAX, rejection
        storable(rejection.place + rejection.detail).encode()
        assert (index, rejection.place) not in places, f"two refusals at one place: {rejection}"
        places.add((index, rejection.place))

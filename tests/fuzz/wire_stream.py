"""The broker's bytes: streams of MQTT packets, whole and damaged, read in one block and in pieces."""

import struct
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from ingest.broker.wire import BrokenPacket, TopicNames, take_packets
from ingest.message import Arrived

_PINGRESP: Final = b"\xd0\x00"
_PUBACK: Final = b"\x40\x02\x00\x07"
# Well-formed properties of a PUBLISH, and some that are none.
_PROPERTIES: Final = (
    b"\x01\x01", b"\x02\x00\x00\x0e\x10", b"\x03\x00\x04text", b"\x08\x00\x18vouch/v1/press-7/receipt",
    b"\x09\x00\x02\x00\xff", b"\x0b\xff\x7f", b"\x23\x00\x05", b"\x26\x00\x01a\x00\x01b",
)  # fmt: skip
_NO_PROPERTIES: Final = (
    b"\x00",
    b"\x99\x01",
    b"\x08\xff\xff",
    b"\x0b\xff\xff\xff\xff\x01",
    b"\x26\x00\x01",
    b"\x02\x00",
)


def judge_wire(random: Random, messages: Sequence[Arrived]) -> None:
    """Raises where a stream of these messages is read differently in pieces, or ends in anything but BrokenPacket."""
    good = b"".join(_packets(random, messages, _PROPERTIES))
    read, broken = _read(random, good, pieces=False)
    assert not broken, "a stream without fault was taken for broken"
    assert [one[0] for one in read if len(one) > 2] == [one.message for one in messages]
    assert _read(random, good, pieces=True) == (read, False)
    damaged = _damaged(random, b"".join(_packets(random, messages, (*_PROPERTIES, *_NO_PROPERTIES))))
    read, broken = _read(random, damaged, pieces=False)
    in_pieces, broken_too = _read(random, damaged, pieces=True)
    assert broken == broken_too
    # Of a block that breaks, what came before is not given out.
    assert in_pieces[: len(read)] == read if broken else in_pieces == read


def _packets(random: Random, messages: Sequence[Arrived], properties: Sequence[bytes]) -> Iterator[bytes]:
    for one in messages:
        topic = one.message.topic.encode()
        qos = random.randrange(2)
        body = struct.pack(">H", len(topic)) + topic + (struct.pack(">H", one.mid) if qos else b"")
        chosen = b"".join(random.sample(properties, random.randrange(4)))
        body += _varint(len(chosen)) + chosen
        body += one.message.payload
        yield bytes((0x30 | qos << 1 | one.dup << 3 | one.retained,)) + _varint(len(body)) + body
        if random.random() < 0.1:
            yield random.choice((_PINGRESP, _PUBACK))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes((*found, value))


def _damaged(random: Random, stream: bytes) -> bytes:
    changed = bytearray(stream)
    for _ in range(random.randrange(4)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    at = random.randrange(len(changed))
    return bytes(changed[:at] + random.choice((b"", b"", random.randbytes(3))) + changed[at:])


def _read(random: Random, stream: bytes, *, pieces: bool) -> tuple[list[tuple[Any, ...]], bool]:
    """What is read, and whether it ended with a broken packet."""
    read: list[tuple[Any, ...]] = []
    topics = TopicNames()
    buffer, at = b"", 0
    while at < len(stream):
        size = random.choice((1, 2, 7, 100, 1500, 65536)) if pieces else len(stream)
        buffer, at = buffer + stream[at : at + size], at + size
        try:
            buffer = _take(buffer, topics, read)
        except BrokenPacket:
            return read, True
    return read, False


def _take(buffer: bytes, topics: TopicNames, read: list[tuple[Any, ...]]) -> bytes:
    while True:
        taken = take_packets(buffer, 1, 0, topics)
        read += [(one.message, one.mid, one.qos, one.dup, one.retained, one.reply) for one in taken.arrived]
        buffer = buffer[taken.used :]
        if taken.other is None:
            return buffer
        read.append(taken.other)

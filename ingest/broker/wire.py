"""The wire: many MQTT packets in one block of bytes, taken apart in one pass.

Pure. A client that reads packet by packet spends most of its time on calls for one or two bytes; here a PUBLISH costs
one step of one loop. Every other packet is handed on as it is. Source: OASIS MQTT 5.0, sections 2 and 3.3.
"""

import struct
from typing import Final, NamedTuple

from ingest.message import Arrived, Message, Reply
from vouch.errors import Invalid

PUBLISH: Final = 0x30
PUBACK: Final = 0x40
_LENGTH_BYTES_MAX: Final = 4
_RESPONSE_TOPIC: Final = 0x08
_CORRELATION_DATA: Final = 0x09
# How long each property's value is: bytes, or "text" (a length of two bytes, then so many), "varint", "pair" of texts.
_PROPERTY_SHAPES: Final[dict[int, int | str]] = {
    0x01: 1,
    0x02: 4,
    0x03: "text",
    _RESPONSE_TOPIC: "text",
    _CORRELATION_DATA: "text",
    0x0B: "varint",
    0x23: 2,
    0x26: "pair",
}
_PUBACK: Final = struct.Struct(">BBH")


class BrokenPacket(Invalid):
    """Bytes that are no MQTT packet: the connection cannot be used any more."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the broker sent a packet that breaks the protocol: {what}")


class Taken(NamedTuple):
    """What a block begins with: messages, then at most one packet of another kind, as (first byte, body).

    `used` is how many bytes of the block that was.
    """

    arrived: list[Arrived]
    other: tuple[int, bytes] | None
    used: int


class TopicNames:
    """Topics as text, each decoded once; forgets all of them when there are too many."""

    _MAX: Final = 100_000

    def __init__(self) -> None:
        self.known: dict[bytes, str] = {}

    def add(self, raw: bytes) -> str:
        """The topic's text. Bytes that are no UTF-8 are kept visible, so that the message ends as a rejection."""
        if len(self.known) >= self._MAX:
            self.known.clear()
        text = self.known[raw] = raw.decode("utf-8", "backslashreplace")
        return text


def take_packets(block: bytes, connection: int, now: int, topics: TopicNames) -> Taken:
    """The messages at the beginning of `block`, as MQTT 5 has them, received at `now`.

    Up to the first packet of another kind, which may change what the next ones mean, or one that is not complete.
    Messages have `connection` on them. Raises BrokenPacket.
    """
    arrived: list[Arrived] = []
    add, names = arrived.append, topics.known
    pos, end = 0, len(block)
    while pos + 2 <= end:
        first, length, body = block[pos], block[pos + 1], pos + 2
        if length > 127:
            found = _varint(block, pos + 1)
            if found is None:
                break
            length, body = found
        after = body + length
        if after > end:
            break
        pos = after
        if first & 0xF0 != PUBLISH:
            return Taken(arrived, (first, block[body:after]), pos)
        at = body + 2 + (block[body] << 8 | block[body + 1] if length > 1 else length)
        qos = first >> 1 & 3
        start = at + 2 if qos else at
        if start > after or qos > 1:
            raise BrokenPacket(f"a PUBLISH of {length} bytes at QoS {qos}")
        raw = block[body + 2 : at]
        mid = block[at] << 8 | block[at + 1] if qos else 0
        reply = None
        if start >= after:
            raise BrokenPacket("a PUBLISH without properties")
        if block[start]:
            start, reply = _properties(block, start, after)
        else:
            start += 1
        message = Message(names.get(raw) or topics.add(raw), block[start:after])
        add(Arrived(message, now, mid, qos, connection, first & 8 != 0, first & 1 != 0, reply))
    return Taken(arrived, None, pos)


def acknowledgements(mids: list[int]) -> bytes:
    """PUBACK packets that say success, one after another."""
    pack = _PUBACK.pack
    return b"".join([pack(PUBACK, 2, mid) for mid in mids])


def _varint(block: bytes, at: int) -> tuple[int, int] | None:
    """A variable byte integer and where it ends; None where the block ends first."""
    value = 0
    for n, byte in enumerate(block[at : at + _LENGTH_BYTES_MAX]):
        value |= (byte & 127) << 7 * n
        if byte < 128:
            return value, at + n + 1
    if at + _LENGTH_BYTES_MAX <= len(block):
        raise BrokenPacket("a length of more than four bytes")
    return None


def _properties(block: bytes, at: int, after: int) -> tuple[int, Reply | None]:
    """Where the properties end, and the answer they ask for."""
    found = _varint(block[:after], at)
    if found is None or found[1] + found[0] > after:
        raise BrokenPacket("properties longer than their packet")
    length, at = found
    end, topic, correlation = at + length, None, None
    while at < end:
        name, at = block[at], at + 1
        value, at = _property(block, name, at, end)
        if name == _RESPONSE_TOPIC:
            topic = value.decode("utf-8", "backslashreplace")
        elif name == _CORRELATION_DATA:
            correlation = value
    return end, Reply(topic, correlation) if topic else None


def _property(block: bytes, name: int, at: int, end: int) -> tuple[bytes, int]:
    """The bytes of one property's value, and where it ends."""
    shape = _PROPERTY_SHAPES.get(name)
    if shape is None:
        raise BrokenPacket(f"property 0x{name:02x} in a PUBLISH")
    if shape == "varint":
        found = _varint(block[:end], at)
        start, after = at, end + 1 if found is None else found[1]
    elif isinstance(shape, int):
        start, after = at, at + shape
    else:
        start = at + 2
        after = start + int.from_bytes(block[at:start])
        if shape == "pair":
            start = after + 2
            after = start + int.from_bytes(block[after:start])
    if after > end:
        raise BrokenPacket("a property longer than the properties")
    return block[start:after], after

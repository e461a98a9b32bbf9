"""Mutations: a message made wrong in one of the ways in which messages are, or in a way nobody has thought of."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from ingest.message import Message
from tests.fuzz.mutate_protobuf import mutate_sparkplug
from tests.fuzz.mutate_trees import NASTY_NUMBERS, mutate_cbor, mutate_json

# Most are wrong in one way only, and so get far.
STEPS: Final = (1, 1, 1, 2, 4)
BYTES_MAX: Final = 20_000
_DIGITS: Final = re.compile(rb"-?[0-9][0-9.eE+]*")
_PIECES: Final = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"{",
    b"}",
    b"[",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"\xed\xa0\x80",
    b"\xc2",
)
# What opens something, again and again.
_NESTED: Final = (b"[", b'{"readings":[', b"\x81", b"\x9f", b"\xc1", b"\xa1\x00")


def mutate(random: Random, message: Message, others: Sequence[Message]) -> Message:
    """The message with one to four things changed; the same each time for the same `random`."""
    topic, payload = message
    for _ in range(random.choice(STEPS)):
        keeps_form = random.random() < 0.7
        payload = _by_format(topic)(random, payload) if keeps_form else _bytes(random, payload, others)
    if random.random() < 0.03:
        topic = _topic(random, topic, others)
    return Message(topic, payload[:BYTES_MAX])


def _by_format(topic: str) -> Callable[[Random, bytes], bytes]:
    if topic.startswith("spBv1.0/") and "/STATE/" not in topic:
        return mutate_sparkplug
    return mutate_cbor if topic.endswith("/cbor") else mutate_json


def _bytes(random: Random, payload: bytes, others: Sequence[Message]) -> bytes:
    at = random.randint(0, len(payload))
    to = min(len(payload), at + int(random.expovariate(0.2)))
    match random.randrange(10):
        case 0:
            return payload[:at]
        case 1:
            return payload[:at] + payload[to:]
        case 2:
            return payload[:at] + payload[at:to] * random.choice((2, 3, 50)) + payload[to:]
        case 3:
            return payload[:at] + random.randbytes(random.randint(1, 8)) + payload[to:]
        case 4:
            return payload[:at] + random.choice(_PIECES) + payload[at:]
        case 5:
            return _flipped(random, payload)
        case 6:
            other = random.choice(others).payload
            return payload[:at] + other[random.randint(0, len(other)) :]
        case 7:
            return random.randbytes(random.randint(0, 40))
        case 8:
            return payload[:at] + random.choice(_NESTED) * random.choice((5, 20, 3_000)) + payload[at:]
        case _:
            return _another_number(random, payload)


def _flipped(random: Random, payload: bytes) -> bytes:
    changed = bytearray(payload)
    for _ in range(random.randint(1, 4)):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _another_number(random: Random, payload: bytes) -> bytes:
    found = list(_DIGITS.finditer(payload))
    if not found:
        return payload
    one = random.choice(found)
    return payload[: one.start()] + random.choice(NASTY_NUMBERS).encode() + payload[one.end() :]


def _topic(random: Random, topic: str, others: Sequence[Message]) -> str:
    match random.randrange(4):
        case 0:
            return random.choice(others).topic
        case 1:
            at = random.randint(0, len(topic))
            return topic[:at] + random.choice(("/", "x", "é", "\U0001f600", "\x01", "x" * 300)) + topic[at:]
        case 2:
            return topic[: random.randint(1, len(topic))]
        case _:
            levels = topic.split("/")
            random.shuffle(levels)
            return "/".join(levels)

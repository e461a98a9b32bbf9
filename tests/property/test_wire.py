"""Packets taken apart in blocks are the packets that were sent, wherever a block is cut."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt import _packet
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.broker.wire import BrokenPacket, TopicNames, acknowledgements, take_packets
from ingest.message import Arrived, Message, Reply
from ingest.receipts import receipt_packet

lawful = settings(max_examples=300, derandomize=True, deadline=None)

topics = st.text(st.characters(exclude_characters="\x00+#", exclude_categories=["Cs"]), min_size=1, max_size=20)
payloads = st.binary(max_size=300)
mids = st.integers(1, 65_535)
properties = st.fixed_dictionaries(
    {},
    optional={
        "PayloadFormatIndicator": st.integers(0, 1),
        "MessageExpiryInterval": st.integers(0, 2**32 - 1),
        "ContentType": topics,
        "ResponseTopic": topics,
        "CorrelationData": st.binary(max_size=40),
        "SubscriptionIdentifier": st.integers(1, 268_435_455),
        "UserProperty": st.tuples(topics, topics),
    },
)
sent = st.tuples(topics, payloads, mids, st.integers(0, 1), st.booleans(), st.booleans(), properties)


def varint(value: int) -> bytes:
    """A variable byte integer, the plain way."""
    found = b""
    while value > 127:
        found += bytes([value % 128 + 128])
        value //= 128
    return found + bytes([value])


def packet(one: tuple[str, bytes, int, int, bool, bool, dict[str, Any]]) -> bytes:
    """A PUBLISH as paho's own properties write it."""
    topic, payload, mid, qos, dup, retained, given_properties = one
    raw = topic.encode()
    body = len(raw).to_bytes(2) + raw + (mid.to_bytes(2) if qos else b"")
    words = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for name, value in given_properties.items():
        setattr(words, name, value)
    packed: bytes = words.pack()  # type: ignore[no-untyped-call]
    body += packed + payload
    return bytes([0x30 | dup << 3 | qos << 1 | retained]) + varint(len(body)) + body


def take_all(blocks: list[bytes]) -> list[Arrived]:
    """What arrives when the stream comes in these blocks."""
    names, rest, found = TopicNames(), b"", []
    for block in blocks:
        rest += block
        taken = take_packets(rest, 7, 99, names)
        assert taken.other is None
        rest = rest[taken.used :]
        found += taken.arrived
    assert rest == b""
    return found


@given(st.lists(sent, max_size=5), st.lists(st.integers(0, 2000), max_size=4))
@lawful
def test_what_was_sent_arrives_wherever_blocks_are_cut(
    messages: list[tuple[str, bytes, int, int, bool, bool, dict[str, Any]]], cuts: list[int]
) -> None:
    stream = b"".join(packet(one) for one in messages)
    at = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    blocks = [stream[start:end] for start, end in zip(at, [*at[1:], len(stream)], strict=True)]

    found = take_all(blocks)

    assert len(found) == len(messages)
    for arrived, (topic, payload, mid, qos, dup, retained, words) in zip(found, messages, strict=True):
        reply = Reply(words["ResponseTopic"], words.get("CorrelationData")) if "ResponseTopic" in words else None
        assert arrived == Arrived(Message(topic, payload), 99, mid if qos else 0, qos, 7, dup, retained, reply)


@given(sent)
@lawful
def test_paho_reads_a_packet_to_the_same_message(one: tuple[str, bytes, int, int, bool, bool, dict[str, Any]]) -> None:
    whole = packet(one)
    ((arrived,), _, used) = take_packets(whole, 1, 1, TopicNames())

    start = 1
    while whole[start] & 128:
        start += 1
    body = whole[start + 1 :]
    theirs = _packet.decode_publish(whole[0], bytearray(body), MQTTProtocolVersion(5))

    assert used == len(whole)
    assert (arrived.message.topic.encode(), arrived.message.payload) == (theirs.topic, theirs.payload)
    assert (arrived.mid, arrived.qos, arrived.dup, arrived.retained) == (
        theirs.mid if theirs.qos else 0,
        theirs.qos,
        theirs.dup,
        theirs.retain,
    )


@given(st.binary(max_size=60))
@lawful
def test_any_bytes_are_packets_an_unfinished_one_or_broken(block: bytes) -> None:
    try:
        taken = take_packets(block, 1, 1, TopicNames())
    except BrokenPacket:
        return
    assert 0 <= taken.used <= len(block)
    assert taken.other is not None or all(0 <= one.qos <= 1 for one in taken.arrived)


@given(st.lists(mids, max_size=20))
@lawful
def test_acknowledgements_are_pubacks_one_after_another(confirmed: list[int]) -> None:
    packets = acknowledgements(confirmed)

    assert len(packets) == 4 * len(confirmed)
    for n, mid in enumerate(confirmed):
        assert packets[4 * n : 4 * n + 4] == b"\x40\x02" + mid.to_bytes(2)


@given(topics, st.none() | st.binary(max_size=200), payloads)
@lawful
def test_a_receipt_is_a_publish_that_the_other_side_reads(
    topic: str, correlation: bytes | None, payload: bytes
) -> None:
    whole = receipt_packet(Reply(topic, correlation), payload)
    start = 1
    while whole[start] & 128:
        start += 1
    theirs = _packet.decode_publish(whole[0], bytearray(whole[start + 1 :]), MQTTProtocolVersion(5))

    assert (theirs.topic.decode(), theirs.payload, theirs.qos) == (topic, payload, 0)
    assert getattr(theirs.properties, "CorrelationData", None) == correlation

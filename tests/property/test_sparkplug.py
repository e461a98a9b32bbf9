"""Sparkplug, whatever comes: every integer of every width survives, and no bytes raise anything but what is said."""

import math
import struct
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.sparkplug import Metric, Undecodable, decode_payload, value_of
from ingest.message import Message, Opened
from ingest.sparkplug.births import NO_BIRTH, decode_birth, decode_data, read_birth
from ingest.sparkplug.edge_messages import Limits
from ingest.sparkplug.edge_nodes import EdgeNodes
from tests.sparkplug import START, Speaker, arrived
from vouch.errors import Invalid

lawful = settings(max_examples=150, derandomize=True, deadline=None)

WIDTHS: dict[int, int] = {pb.Int8: 8, pb.Int16: 16, pb.Int32: 32, pb.Int64: 64}
UNSIGNED: dict[int, int] = {pb.UInt8: 8, pb.UInt16: 16, pb.UInt32: 32, pb.UInt64: 64}


@lawful
@given(st.sampled_from(sorted(WIDTHS)), st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from([8, 16, 32, 64]))
def test_a_signed_integer_survives_in_any_width_of_its_twos_complement(datatype: int, number: int, sent: int) -> None:
    width = WIDTHS[datatype]
    number = (number + (1 << (width - 1))) % (1 << width) - (1 << (width - 1)) if width < 64 else number
    raw = number & ((1 << max(sent, width)) - 1)

    value = value_of(Metric(long_value=raw), datatype)

    assert value == number


@lawful
@given(st.integers(0, 10**15 - 1), st.sampled_from(sorted(UNSIGNED)))
def test_an_unsigned_integer_survives_or_is_refused(number: int, datatype: int) -> None:
    width = UNSIGNED[datatype]
    try:
        assert value_of(Metric(long_value=number), datatype) == number
    except Invalid:
        assert number >> width


@lawful
@given(st.decimals(-(10**6), 10**6, places=3).filter(lambda d: len(d.normalize().as_tuple().digits) <= 6))
def test_a_decimal_of_six_digits_survives_32_bits(number: Decimal) -> None:
    (narrow,) = struct.unpack("<f", struct.pack("<f", float(number)))

    value = value_of(Metric(float_value=narrow), pb.Float)

    assert isinstance(value, float)
    assert Decimal(repr(value)) == number


@lawful
@given(st.floats(width=32))
def test_the_shortest_decimal_of_32_bits_is_that_very_float(narrow: float) -> None:
    try:
        value = value_of(Metric(float_value=narrow), pb.Float)
    except Invalid:
        assert not math.isfinite(narrow) or not 1e-15 <= abs(narrow) < 9.99e14
        return
    assert isinstance(value, float)
    assert struct.pack("<f", value) == struct.pack("<f", narrow + 0.0)


names = st.none() | st.binary(max_size=4)
metrics = st.builds(
    Metric,
    name=names,
    alias=st.none() | st.integers(0, 3),
    timestamp=st.none() | st.integers(0, 2**64 - 1),
    datatype=st.none() | st.integers(0, 40),
    is_null=st.none() | st.booleans(),
    is_historical=st.none() | st.booleans(),
    long_value=st.none() | st.integers(0, 2**64 - 1),
    double_value=st.none() | st.floats(),
    string_value=st.none() | st.binary(max_size=4),
    bytes_value=st.none() | st.binary(max_size=4),
)
payloads = st.builds(
    pb.Payload,
    timestamp=st.none() | st.integers(0, 2**64 - 1),
    seq=st.none() | st.integers(0, 300),
    metrics=st.lists(metrics, max_size=5),
)


@lawful
@given(payloads, payloads)
def test_every_metric_ends_as_a_reading_a_rejection_or_is_no_value(born: pb.Payload, sent: pb.Payload) -> None:
    birth = read_birth(decode_payload(born.SerializeToString()), None)
    data = decode_payload(sent.SerializeToString())
    decoded = decode_data(data, birth).decoded
    shown = decode_birth(data, read_birth(data, birth)).decoded

    valued = [f"$.metrics[{n}]" for n, metric in enumerate(sent.metrics) if not metric.is_null]
    for found in (decoded, shown):
        places = [r.place for r in found.readings] + [r.place for r in found.rejections]
        assert len(set(places)) == len(places)
        assert set(places) <= set(valued)


@lawful
@given(st.binary(max_size=200) | payloads.map(pb.Payload.SerializeToString))
def test_any_bytes_are_a_payload_or_undecodable(raw: bytes) -> None:
    try:
        payload = decode_payload(raw)
    except Undecodable:
        return
    decode_data(payload, NO_BIRTH)


STEPS = st.lists(st.sampled_from(["ndata", "ddata", "dbirth"]), max_size=20)
REORDER = 2_000_000


def session(steps: list[str], seq: int) -> list[Message]:
    speaker = Speaker(seq=seq)
    said = [speaker.nbirth(), speaker.dbirth()]
    for n, step in enumerate(steps):
        said.append(getattr(speaker, step)(km=float(n)))
    return said


def hear(nodes: EdgeNodes, messages: list[Message]) -> list[Opened]:
    """All of it within one millisecond, and then nothing until all waiting is over."""
    given = [opened for message in messages for opened in nodes.take(arrived(message, START), START)]
    for n in range(1, 5):
        given += nodes.expire(START + n * REORDER)
    assert nodes.held == 0
    return given


def data_values(given: list[Opened]) -> list[tuple[str, str, object]]:
    data = [opened for opened in given if "DATA" in opened.arrived.message.topic]
    return [(opened.source, reading.metric, reading.value) for opened in data for reading in opened.decoded.readings]


def readings(given: list[Opened]) -> list[tuple[str, object]]:
    assert not [r for opened in given for r in opened.decoded.rejections]
    return sorted(
        (opened.source, reading._replace(place="")) for opened in given for reading in opened.decoded.readings
    )


@lawful
@given(STEPS, st.integers(0, 255), st.randoms())
def test_any_order_within_the_window_gives_the_same_readings(steps: list[str], seq: int, random: Random) -> None:
    said = session(steps, seq)
    shuffled = random.sample(said, len(said))

    nodes = EdgeNodes(Limits(reorder=REORDER))
    given = hear(nodes, shuffled)

    assert len(given) == len(said)
    assert readings(given) == readings(hear(EdgeNodes(), said))


@lawful
@given(STEPS, st.integers(0, 255), st.data())
def test_copies_anywhere_change_nothing(steps: list[str], seq: int, data: st.DataObject) -> None:
    said = session(steps, seq)
    nodes = EdgeNodes(Limits(reorder=REORDER))
    given = []
    for n, message in enumerate(said):
        given += nodes.take(arrived(message, START), START)
        for again in data.draw(st.lists(st.sampled_from(said[: n + 1]), max_size=2)):
            given += nodes.take(arrived(again, START, dup=True), START)

    assert set(map(repr, readings(given))) == set(map(repr, readings(hear(EdgeNodes(), said))))
    assert nodes.commands(START) == []


@lawful
@given(STEPS, st.integers(0, 20))
def test_a_rebirth_anywhere_changes_no_reading_of_the_data(steps: list[str], cut: int) -> None:
    plain, reborn = Speaker(), Speaker()
    expected = [plain.nbirth(), plain.dbirth()]
    said = [reborn.nbirth(), reborn.dbirth()]
    for n, step in enumerate(steps):
        if n == cut:
            said += [reborn.nbirth(), reborn.dbirth()]
        expected.append(getattr(plain, step)(km=float(n)))
        said.append(getattr(reborn, step)(km=float(n)))

    assert data_values(hear(EdgeNodes(), said)) == data_values(hear(EdgeNodes(), expected))


@lawful
@given(st.lists(st.tuples(st.sampled_from(["NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDATA", "DDEATH"]), payloads)))
def test_whatever_edge_nodes_say_every_message_is_given_out_once(said: list[tuple[str, pb.Payload]]) -> None:
    nodes, given, now = EdgeNodes(Limits(REORDER, REORDER, held_max=3)), [], START
    for n, (verb, payload) in enumerate(said):
        now += REORDER // 3
        topic = f"spBv1.0/g/{verb}/n" + ("/d" if verb.startswith("D") else "")
        given += nodes.take(arrived(Message(topic, payload.SerializeToString()), now, mid=n), now)
        given += nodes.expire(now)
    for _ in range(4):
        now += REORDER
        given += nodes.expire(now)

    assert sorted(opened.arrived.mid for opened in given) == list(range(len(said)))
    assert nodes.held == 0

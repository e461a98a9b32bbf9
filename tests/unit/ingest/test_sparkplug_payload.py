"""The body of a Sparkplug message: every datatype exactly, compressed or not, and no bytes that raise anything else."""

import gzip
import zlib
from typing import Any

import pytest

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.sparkplug import (
    INFLATED_BYTES_MAX,
    METRICS_MAX,
    Metric,
    Undecodable,
    Unsupported,
    bdseq_of,
    decode_payload,
    encode_command,
    encode_rebirth,
    instant_of,
    name_of,
    unit_of,
    value_of,
)
from ingest.sparkplug_topics import Verb, device_command_topic, node_command_topic, parse_topic, state_topic
from tests.sparkplug import START, body, metric
from vouch.errors import Invalid


def compressed(inner: bytes, packed: bytes, algorithm: str | None) -> bytes:
    outer = pb.Payload(uuid=b"SPBV1.0_COMPRESSED", body=packed)
    if algorithm:
        outer.metrics.add(name=b"algorithm", datatype=pb.String, string_value=algorithm.encode())
    return outer.SerializeToString()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("datatype", "field", "raw", "value"),
    [
        (pb.Int8, "int_value", 255, -1.0),
        (pb.Int8, "int_value", 65_535, -1.0),
        (pb.Int8, "int_value", 0xFFFF_FF80, -128.0),
        (pb.Int8, "int_value", 127, 127.0),
        (pb.Int16, "int_value", 65_535, -1.0),
        (pb.Int16, "int_value", 0xFFFF_8000, -32_768.0),
        (pb.Int32, "int_value", 0xFFFF_FFFE, -2.0),
        (pb.Int32, "long_value", 0xFFFF_FFFF_FFFF_FFFE, -2.0),
        (pb.Int32, "long_value", 0xFFFF_FFFE, -2.0),
        (pb.Int64, "long_value", 0xFFFF_FFFF_FFFF_FFFF, -1.0),
        (pb.Int64, "int_value", 7, 7.0),
        (pb.UInt8, "int_value", 255, 255.0),
        (pb.UInt16, "int_value", 65_535, 65_535.0),
        (pb.UInt32, "int_value", 0xFFFF_FFFF, 4_294_967_295.0),
        (pb.UInt32, "long_value", 0xFFFF_FFFF, 4_294_967_295.0),
        (pb.UInt64, "long_value", 999_999_999_999_999, 999_999_999_999_999.0),
        (pb.Float, "float_value", 0.1, 0.1),
        (pb.Float, "float_value", 16_777_217.0, 16_777_216.0),
        (pb.Float, "double_value", 21.75, 21.75),
        (pb.Double, "double_value", 0.1, 0.1),
        (pb.Double, "float_value", 0.1, 0.1),
        (pb.Double, "int_value", 3, 3.0),
        (pb.Boolean, "boolean_value", True, "true"),
        (pb.Boolean, "int_value", 0, "false"),
        (pb.String, "string_value", b"RUNNING", "RUNNING"),
        (pb.Text, "string_value", "läuft".encode(), "läuft"),
        (pb.UUID, "string_value", b"0b1c", "0b1c"),
        (pb.DateTime, "long_value", 1_791_201_600_000, 1_791_201_600_000.0),
        (pb.Unknown, "double_value", 2.5, 2.5),
        (pb.Unknown, "boolean_value", False, "false"),
        (pb.Unknown, "string_value", b"x", "x"),
        (pb.Unknown, "int_value", 5, 5.0),
    ],
)
def test_each_datatype_gives_the_value_that_was_meant(datatype: int, field: str, raw: Any, value: float | str) -> None:
    assert value_of(Metric(**{field: raw}), datatype) == value


@pytest.mark.parametrize(
    ("datatype", "field", "raw"),
    [
        (pb.Int8, "int_value", 300),
        (pb.Int8, "int_value", 0xFFFF_FF7F),
        (pb.UInt8, "int_value", 256),
        (pb.UInt16, "int_value", 0xFFFF_FFFF),
        (pb.UInt64, "long_value", 2**64 - 1),
        (pb.Int64, "long_value", 2**62 + 1),
        (pb.Int32, "float_value", 1.0),
        (pb.Float, "float_value", float("nan")),
        (pb.Double, "double_value", float("inf")),
        (pb.Double, "double_value", 1e300),
        (pb.Float, "float_value", 3.4e38),
        (pb.Double, "string_value", b"1"),
        (pb.Boolean, "int_value", 2),
        (pb.String, "int_value", 1),
        (pb.String, "string_value", b"\xff"),
        (pb.String, "string_value", b"x" * 101),
        (pb.String, "string_value", b"a\x00b"),
        (pb.Unknown, "int_value", 2**31),
        (pb.Unknown, "bytes_value", b"x"),
    ],
)
def test_a_value_that_does_not_fit_its_datatype_or_a_double_is_refused(datatype: int, field: str, raw: Any) -> None:
    with pytest.raises(Invalid):
        value_of(Metric(**{field: raw}), datatype)


@pytest.mark.parametrize("datatype", [pb.DataSet, pb.Bytes, pb.File, pb.Template, pb.PropertySet, *range(22, 35), 99])
def test_what_is_no_single_value_is_refused_by_name(datatype: int) -> None:
    with pytest.raises(Unsupported, match=str(datatype)):
        value_of(Metric(bytes_value=b"x"), datatype)


def test_a_metric_with_neither_value_nor_null_is_refused() -> None:
    with pytest.raises(Invalid, match="neither a value"):
        value_of(Metric(), pb.Double)


@pytest.mark.parametrize(
    ("pack", "algorithm"),
    [
        (gzip.compress, "GZIP"),
        (zlib.compress, "DEFLATE"),
        (raw_deflate, "DEFLATE"),
        (raw_deflate, "deflate"),
        (gzip.compress, None),
    ],
)
def test_a_compressed_body_gives_what_is_inside_with_its_seq_and_timestamp(pack: object, algorithm: str | None) -> None:
    inner = body(metric("km", 12.5), seq=7)

    opened = decode_payload(compressed(inner, pack(inner), algorithm))  # type: ignore[operator]

    assert opened == decode_payload(inner)
    assert (opened.at, opened.seq) == (START, 7)


def test_a_compressed_body_that_is_broken_cut_off_too_large_or_nested_is_undecodable() -> None:
    inner = body(metric("km", 12.5))
    packed = zlib.compress(inner)
    bomb = zlib.compress(bytes(INFLATED_BYTES_MAX + 1))
    nested = compressed(inner, zlib.compress(compressed(inner, packed, None)), None)

    for broken in (packed[:-4], b"rubbish", b"", bomb):
        with pytest.raises(Undecodable):
            decode_payload(compressed(inner, broken, "DEFLATE"))
    with pytest.raises(Undecodable, match="LZMA"):
        decode_payload(compressed(inner, packed, "LZMA"))
    with pytest.raises(Undecodable, match="inside"):
        decode_payload(nested)


def test_bytes_of_another_kind_are_undecodable_and_none_at_all_are_an_empty_body() -> None:
    for rubbish in (b'{"km": 5}', b"\xff", b"hello", bytes(5)):
        with pytest.raises(Undecodable):
            decode_payload(rubbish)
    assert decode_payload(b"") == (None, None, [])


def test_a_message_has_a_bounded_number_of_metrics() -> None:
    with pytest.raises(Undecodable, match="50001 metrics"):
        decode_payload(b"\x12\x00" * (METRICS_MAX + 1))


def test_a_sequence_number_beyond_255_is_none() -> None:
    assert decode_payload(body(seq=255)).seq == 255
    assert decode_payload(body(seq=256)).seq is None
    assert decode_payload(body()).seq is None


def test_a_timestamp_is_in_milliseconds_and_one_beyond_the_calendar_is_none() -> None:
    assert instant_of(Metric(timestamp=1)) == 1000
    assert instant_of(Metric(timestamp=2**63)) is None
    assert instant_of(Metric()) is None


def test_a_name_that_is_not_text_is_refused() -> None:
    assert name_of(Metric()) is None
    for raw in (b"\xff", b"x" * 201, b"a\x00"):
        with pytest.raises(Invalid):
            name_of(Metric(name=raw))


def test_the_unit_is_that_of_the_property_where_vouch_knows_it() -> None:
    assert unit_of(metric("e", 1.0, unit="kWh")) == "KWH"
    assert unit_of(metric("e", 1.0, unit="KWH")) == "KWH"
    assert unit_of(metric("e", 1.0, unit="furlong")) is None
    assert unit_of(metric("e", 1.0)) is None


def test_the_session_number_is_taken_from_either_integer_type() -> None:
    signed = decode_payload(body(metric("bdSeq", 3, pb.Int64)))
    small = decode_payload(body(metric("x", 1.0), metric("bdSeq", 4, pb.UInt8)))

    assert (bdseq_of(signed), bdseq_of(small), bdseq_of(decode_payload(b""))) == (3, 4, None)


def test_a_rebirth_command_sets_a_boolean_by_name_at_its_time_and_has_no_sequence_number() -> None:
    command = pb.Payload.FromString(encode_rebirth(START))

    (only,) = command.metrics
    assert (only.name, only.boolean_value) == (b"Node Control/Rebirth", True)
    assert not only.HasField("alias")
    assert not only.HasField("datatype")
    assert not command.HasField("seq")
    assert command.timestamp == START // 1000


@pytest.mark.parametrize(
    ("datatype", "text"),
    [
        (pb.Int8, "-128"),
        (pb.Int16, "-1"),
        (pb.Int32, "-2147483648"),
        (pb.Int64, "-1"),
        (pb.UInt8, "255"),
        (pb.UInt32, "4294967295"),
        (pb.UInt64, "123456789012345"),
        (pb.DateTime, "1791201600000"),
        (pb.Float, "0.1"),
        (pb.Double, "-21.75"),
        (pb.Boolean, "true"),
        (pb.Boolean, "false"),
        (pb.String, "RUN"),
    ],
)
def test_a_command_carries_its_value_in_the_datatype_of_the_birth(datatype: int, text: str) -> None:
    (only,) = pb.Payload.FromString(encode_command(7, text, datatype, START)).metrics

    value = value_of(only, datatype)
    assert (only.alias, only.name) == (7, b"")
    assert value == (text if isinstance(value, str) else float(text))


@pytest.mark.parametrize(
    ("datatype", "text"),
    [
        (pb.Int8, "128"),
        (pb.UInt8, "-1"),
        (pb.UInt32, "1.5"),
        (pb.Int64, "many"),
        (pb.Double, "NaN"),
        (pb.Boolean, "1"),
        (pb.DataSet, "x"),
    ],
)
def test_a_command_whose_value_is_not_of_its_datatype_is_refused(datatype: int, text: str) -> None:
    with pytest.raises(Invalid):
        encode_command("m", text, datatype, START)


def test_topics_are_taken_apart_and_put_together() -> None:
    node, device = parse_topic("spBv1.0/plant/NDATA/line 2"), parse_topic("spBv1.0/plant/DBIRTH/line 2/press-7")

    assert node == (Verb.NDATA, "plant/line 2", "")
    assert device == (Verb.DBIRTH, "plant/line 2", "press-7")
    assert node.source == "spBv1.0/plant/line 2"
    assert device.source == "spBv1.0/plant/line 2/press-7"
    assert node_command_topic("plant/line 2") == "spBv1.0/plant/NCMD/line 2"
    assert device_command_topic("plant/line 2", "press-7") == "spBv1.0/plant/DCMD/line 2/press-7"
    assert state_topic("vouch") == "spBv1.0/STATE/vouch"


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0/STATE/vouch",
        "spBv1.0/g/NDATA",
        "spBv1.0/g/NDATA/n/d",
        "spBv1.0/g/DDATA/n",
        "spBv1.0/g/XDATA/n",
        "spBv1.0/g/NDATA/",
        "spBv1.0//NDATA/n",
        "spAv1.0/g/NDATA/n",
        f"spBv1.0/g/NDATA/{'n' * 201}",
        "vouch/v1/d/telemetry",
    ],
)
def test_other_topics_are_nobodys(topic: str) -> None:
    assert parse_topic(topic) is None

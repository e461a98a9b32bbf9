"""The body of a Sparkplug B message: metrics as they were sent, and their values by a datatype.

Pure. What a metric means (its name behind an alias, its datatype, its unit) is said by an edge node's birth and not
by the message, so this module gives the parts and `ingest.sparkplug.births` puts them together.
Source: Sparkplug 3.0, chapter 6.
"""

import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from google.protobuf.message import DecodeError

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.floats import decimal_of_single
from ingest.reading import float_of
from vouch.errors import Invalid
from vouch.units import UNITS

METRICS_MAX: Final = 50_000
# A packet has at most 1 MiB; what unpacks to more than this is no telemetry.
INFLATED_BYTES_MAX: Final = 4 * 1024 * 1024
NAME_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 100
REBIRTH: Final = "Node Control/Rebirth"
BDSEQ: Final = "bdSeq"

Metric = pb.Payload.Metric

_COMPRESSED: Final = b"SPBV1.0_COMPRESSED"
_ALGORITHM: Final = b"algorithm"
_MILLISECONDS_MAX: Final = 253_402_300_799_999  # the end of the year 9999
_WIDTHS: Final[Mapping[int, int]] = {
    pb.Int8: 8, pb.Int16: 16, pb.Int32: 32, pb.Int64: 64, pb.UInt8: 8, pb.UInt16: 16, pb.UInt32: 32, pb.UInt64: 64,
}  # fmt: skip
_DATATYPE_NAMES: Final[Mapping[int, str]] = {number: name for name, number in pb.DataType.items()}
_SIGNED: Final = frozenset({pb.Int8, pb.Int16, pb.Int32, pb.Int64})
_TEXTS: Final = frozenset({pb.String, pb.Text, pb.UUID})
_UNIT_PROPERTY: Final = b"engUnit"
_UNIT_CODES: Final = {unit.symbol: code for code, unit in UNITS.items()} | {code: code for code in UNITS}


class Undecodable(Invalid):
    """Bytes that are no Sparkplug payload."""


class Unsupported(Invalid):
    """A metric of a datatype that holds no single number, state or text."""

    def __init__(self, datatype: int) -> None:
        name = _DATATYPE_NAMES.get(datatype, "of no version of Sparkplug")
        super().__init__(f"datatype {datatype} ({name}): a number, a Boolean or a text is expected")


class Payload(NamedTuple):
    """A message's body. `at` is in microseconds since 1970; `seq` is 0 to 255, or None where there is no valid one."""

    at: int | None
    seq: int | None
    metrics: Sequence[Metric]


def decode_payload(payload: bytes) -> Payload:
    """The body of a message, unpacked where it is compressed. Raises Undecodable."""
    outer = _parse(payload)
    inner = outer
    if outer.uuid == _COMPRESSED:
        inner = _parse(_inflate(outer))
        if inner.uuid == _COMPRESSED:
            raise Undecodable("a compressed payload inside a compressed one")
    if len(inner.metrics) > METRICS_MAX:
        raise Undecodable(f"{len(inner.metrics)} metrics; a message holds at most {METRICS_MAX}")
    timed = inner if inner.HasField("timestamp") else outer
    counted = inner if inner.HasField("seq") else outer
    return Payload(
        instant_of(timed),
        counted.seq if counted.HasField("seq") and counted.seq < 256 else None,
        inner.metrics,
    )


def instant_of(part: pb.Payload | Metric) -> int | None:
    """A payload's or a metric's timestamp in microseconds since 1970; None where there is no possible one."""
    if not part.HasField("timestamp") or part.timestamp > _MILLISECONDS_MAX:
        return None
    return part.timestamp * 1000


def name_of(metric: Metric) -> str | None:
    """The metric's name; None where it has none. Raises Invalid for one that cannot be a name."""
    if not metric.name:
        return None
    return _text(metric.name, "a metric's name", NAME_CHARACTERS_MAX)


def unit_of(metric: Metric) -> str | None:
    """The UN/ECE code for what the property `engUnit` says, where that is a unit known to vouch."""
    if not metric.HasField("properties"):
        return None
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == _UNIT_PROPERTY and value.WhichOneof("value") == "string_value":
            return _UNIT_CODES.get(value.string_value.decode(errors="replace"))
    return None


def bdseq_of(payload: Payload) -> int | None:
    """The number of the edge node's session, as its birth and its death carry it; of any integer type."""
    for metric in payload.metrics:
        if metric.name == BDSEQ.encode():
            kind = metric.WhichOneof("value")
            return int(getattr(metric, kind)) if kind in ("int_value", "long_value") else None
    return None


def value_of(metric: Metric, datatype: int) -> float | str:
    """The metric's value, taken as `datatype` (0: as what it looks like).

    Raises Unsupported, or Invalid where the value does not fit its datatype or cannot be stored without loss.
    """
    kind = metric.WhichOneof("value")
    if kind is None:
        raise Invalid("neither a value nor marked as null")
    if datatype in _WIDTHS:
        return _integer(metric, kind, datatype)
    if datatype in (pb.Float, pb.Double):
        return _number(metric, kind)
    if datatype == pb.Boolean:
        return _boolean(metric, kind)
    if datatype in _TEXTS:
        if kind != "string_value":
            raise Invalid(f"a text is expected, not a {kind}")
        return _text(metric.string_value, "a text", TEXT_CHARACTERS_MAX)
    if datatype == pb.DateTime:
        return float_of(Decimal(_whole(metric, kind)))
    if datatype == pb.Unknown:
        return _as_it_looks(metric, kind)
    raise Unsupported(datatype)


def encode_command(metric: str | int, text: str, datatype: int, at: int) -> bytes:
    """The body of an NCMD or DCMD that sets a metric, given by its name, or by its alias where its birth has one.

    `text` is the value as people write it, `at` in microseconds since 1970. The body has neither a sequence number nor
    a datatype, which the birth gave. Raises Unsupported, or Invalid where the text is no such value.
    """
    command = pb.Payload(timestamp=at // 1000)
    named = command.metrics.add(timestamp=at // 1000)
    if isinstance(metric, int):
        named.alias = metric
    else:
        named.name = metric.encode()
    _set_value(named, text, datatype)
    return command.SerializeToString()


def encode_rebirth(at: int) -> bytes:
    """The body of an NCMD that asks an edge node to say everything again; its metric may never have an alias."""
    return encode_command(REBIRTH, "true", pb.Boolean, at)


def _set_value(metric: Metric, text: str, datatype: int) -> None:
    if datatype in _TEXTS:
        metric.string_value = text.encode()
    elif datatype == pb.Boolean:
        if text not in ("true", "false"):
            raise Invalid(f"{text!r} is neither true nor false")
        metric.boolean_value = text == "true"
    elif datatype in (pb.Float, pb.Double):
        number = float(_decimal(text))
        if datatype == pb.Double:
            metric.double_value = number
        else:
            metric.float_value = number
    elif datatype in _WIDTHS or datatype == pb.DateTime:
        width, signed = _WIDTHS.get(datatype, 64), datatype in _SIGNED
        whole = _decimal(text)
        low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
        if whole != whole.to_integral_value() or not low <= whole <= high:
            raise Invalid(f"{text!r} is not a whole number from {low} to {high}")
        if width == 64:
            metric.long_value = int(whole) & 0xFFFF_FFFF_FFFF_FFFF
        else:
            metric.int_value = int(whole) & 0xFFFF_FFFF
    else:
        raise Unsupported(datatype)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise Invalid(f"{text!r} is not a number") from error
    if not number.is_finite():
        raise Invalid(f"{text!r} is not a finite number")
    return number


def _parse(payload: bytes) -> pb.Payload:
    try:
        parsed = pb.Payload.FromString(payload)
    except DecodeError as error:
        raise Undecodable("not a Sparkplug payload: the bytes are no protocol buffer of its kind") from error
    if payload and not parsed.ListFields():
        raise Undecodable("not a Sparkplug payload: none of its fields is there")
    return parsed


def _inflate(outer: pb.Payload) -> bytes:
    """The unpacked body: GZIP, or DEFLATE with or without the header of zlib."""
    algorithm = next((m.string_value for m in outer.metrics if m.name == _ALGORITHM), b"").upper()
    if algorithm not in (b"", b"GZIP", b"DEFLATE"):
        raise Undecodable(f"compressed with {algorithm[:40]!r}; GZIP or DEFLATE is expected")
    for window in (47, -15):
        inflater = zlib.decompressobj(wbits=window)
        try:
            body = inflater.decompress(outer.body, INFLATED_BYTES_MAX)
        except zlib.error:
            continue
        if inflater.eof:
            return body
        if len(body) == INFLATED_BYTES_MAX:
            raise Undecodable(f"unpacks to more than {INFLATED_BYTES_MAX} bytes")
    raise Undecodable("a compressed body that is broken or cut off")


def _integer(metric: Metric, kind: str, datatype: int) -> float:
    """Integers come as unsigned ones: a negative value as its two's complement of any width from its own on."""
    width = _WIDTHS[datatype]
    raw = _whole(metric, kind)
    if raw >> width == 0:
        value = raw
    elif datatype in _SIGNED and raw in _extended(raw, width):
        value = raw & ((1 << width) - 1)
    else:
        raise Invalid(f"{raw} does not fit into {width} bits")
    if datatype in _SIGNED and value >> (width - 1):
        value -= 1 << width
    return float_of(Decimal(value))


def _extended(raw: int, width: int) -> set[int]:
    """The spellings, in 16, 32 and 64 bits, of the negative number whose lowest `width` bits `raw` has."""
    low = raw & ((1 << width) - 1)
    if not low >> (width - 1):
        return set()
    return {low - (1 << width) + (1 << bits) for bits in (16, 32, 64) if bits > width}


def _whole(metric: Metric, kind: str) -> int:
    if kind == "int_value":
        return metric.int_value
    if kind == "long_value":
        return metric.long_value
    raise Invalid(f"a whole number is expected, not a {kind}")


def _number(metric: Metric, kind: str) -> float:
    if kind == "double_value":
        return float_of(Decimal(repr(metric.double_value)))
    if kind == "float_value":
        return float_of(decimal_of_single(metric.float_value))
    return float_of(Decimal(_whole(metric, kind)))


def _boolean(metric: Metric, kind: str) -> str:
    said = metric.boolean_value if kind == "boolean_value" else {0: False, 1: True}.get(_whole(metric, kind))
    if said is None:
        raise Invalid(f"{_whole(metric, kind)} is neither true nor false")
    return "true" if said else "false"


def _as_it_looks(metric: Metric, kind: str) -> float | str:
    if kind == "boolean_value":
        return _boolean(metric, kind)
    if kind == "string_value":
        return _text(metric.string_value, "a text", TEXT_CHARACTERS_MAX)
    if kind in ("float_value", "double_value"):
        return _number(metric, kind)
    raw = _whole(metric, kind)
    if raw >> (31 if kind == "int_value" else 63):
        raise Invalid(f"{raw} is negative or large, and no birth says which")
    return float_of(Decimal(raw))


def _text(raw: bytes, what: str, characters_max: int) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{what} that is not UTF-8: {raw[:40]!r}") from error
    if len(text) > characters_max or "\x00" in text:
        raise Invalid(f"{what} has at most {characters_max} characters, none of them NUL; this has {len(text)}")
    return text

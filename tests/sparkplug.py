"""Sparkplug messages as an edge node writes them: what tests publish, and what they expect to be understood."""

from typing import Any

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.sparkplug import Metric, Payload, decode_payload

MS = 1000
# An edge node's clock at the start of a test, in microseconds since 1970: 2026-10-05T12:00Z.
START = 1_791_201_600_000_000

_FIELDS: dict[int, str] = {
    pb.Float: "float_value", pb.Double: "double_value", pb.Boolean: "boolean_value", pb.String: "string_value",
    pb.Text: "string_value", pb.UUID: "string_value", pb.Int64: "long_value", pb.UInt64: "long_value",
    pb.DateTime: "long_value",
}  # fmt: skip


def metric(
    name: str | None = None,
    value: Any = None,
    datatype: int = pb.Double,
    *,
    alias: int | None = None,
    at: int | None = None,
    unit: str | None = None,
    stated: bool = True,
    **flags: Any,
) -> Metric:
    """One metric; `at` in microseconds. Without `stated` its datatype is left out, as data does; None is null."""
    made = Metric(**flags)
    if name is not None:
        made.name = name.encode()
    if alias is not None:
        made.alias = alias
    if at is not None:
        made.timestamp = at // MS
    if stated:
        made.datatype = datatype
    if unit is not None:
        made.properties.keys.append(b"engUnit")
        made.properties.values.add(type=pb.String, string_value=unit.encode())
    if value is None:
        made.is_null = True
    elif isinstance(value, str):
        made.string_value = value.encode()
    else:
        setattr(made, _FIELDS.get(datatype, "int_value"), value)
    return made


def body(*metrics: Metric, seq: int | None = None, at: int | None = START) -> bytes:
    """A message's bytes."""
    made = pb.Payload(metrics=metrics)
    if at is not None:
        made.timestamp = at // MS
    if seq is not None:
        made.seq = seq
    return made.SerializeToString()


def payload(*metrics: Metric, seq: int | None = None, at: int | None = START) -> Payload:
    """A message as it is understood."""
    return decode_payload(body(*metrics, seq=seq, at=at))


def bdseq(number: int) -> Metric:
    """The number of a session, as births and deaths carry it."""
    return metric("bdSeq", number, pb.Int64)

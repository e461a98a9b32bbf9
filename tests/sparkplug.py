"""Sparkplug messages as an edge node writes them: what tests publish, and what they expect to be understood."""

from dataclasses import dataclass
from typing import Any

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.sparkplug import Metric, Payload, decode_payload
from ingest.message import Arrived, Message

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


@dataclass
class Speaker:
    """An edge node that says one thing a second. `km` has alias 1, of a device `press` it has alias 11."""

    edge_node: str = "plant/line"
    at: int = START
    seq: int = 0
    session: int = 0

    def nbirth(self, *more: Metric, km: float = 1000.0, **how: Any) -> Message:
        """Begin a session, or say it all again."""
        metrics = (bdseq(self.session), metric("km", km, alias=1, at=self.at, unit="km"), *more)
        return self.say("NBIRTH", *metrics, **how)

    def ndeath(self, *metrics: Metric) -> Message:
        """The session's death, which has no sequence number."""
        return self.say("NDEATH", *(metrics or (bdseq(self.session),)), counted=False)

    def ndata(self, km: float, **how: Any) -> Message:
        """A value of the node itself, by its alias."""
        return self.say("NDATA", metric(value=km, alias=1, stated=False, **how))

    def dbirth(self, *more: Metric, km: float = 5.0, device: str = "press") -> Message:
        """What a device behind it measures."""
        return self.say("DBIRTH", metric("km", km, alias=11, at=self.at), *more, device=device)

    def ddata(self, km: float, device: str = "press", **how: Any) -> Message:
        """A value of the device, by its alias."""
        return self.say("DDATA", metric(value=km, alias=11, stated=False, **how), device=device)

    def ddeath(self, device: str = "press", *, counted: bool = True) -> Message:
        """The device is gone."""
        return self.say("DDEATH", device=device, counted=counted)

    def say(self, verb: str, *metrics: Metric, device: str = "", counted: bool = True) -> Message:
        """Any message, a second after the one before."""
        group, node = self.edge_node.split("/")
        topic = f"spBv1.0/{group}/{verb}/{node}" + (f"/{device}" if device else "")
        message = Message(topic, body(*metrics, seq=self.seq if counted else None, at=self.at))
        self.at += 1_000_000
        if counted:
            self.seq = (self.seq + 1) % 256
        return message


def arrived(message: Message, at: int, **how: Any) -> Arrived:
    """The message as the broker hands it over at an instant of our clock."""
    return Arrived(message, at, **how)

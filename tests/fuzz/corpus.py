"""What the fuzzer starts from: good messages of every kind that vouch takes, and of every form it may have."""

import gzip
import json
import zlib
from decimal import Decimal
from typing import Any, Final

import cbor2

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.message import Message
from tests.fuzz.world import DEVICE, EDGE_NODE, NOW_SECONDS

AT: Final = NOW_SECONDS - 600
_GROUP, _NODE = EDGE_NODE.split("/")
_METRICS: Final = (
    # name, alias, datatype, field of the value, value
    (b"energy", 1, pb.Double, "double_value", 48211.4),
    (b"Pieces/Total", 2, pb.Int64, "long_value", 2**64 - 5),
    (b"Temp", 3, pb.Float, "float_value", 23.1),
    (b"State", 4, pb.String, "string_value", b"RUNNING"),
    (b"open", 5, pb.Boolean, "boolean_value", True),
    (b"Speed", 6, pb.UInt16, "int_value", 65535),
    (b"Note", 7, pb.Text, "string_value", "größer".encode()),
)


def corpus() -> list[Message]:
    """All of them, in an order in which they make sense: a birth before its data."""
    return [*_json(), *_senml(), *_presence(), *_sparkplug(), *_elsewhere()]


def _json() -> list[Message]:
    one = (
        '{"measured_at": "2026-11-21T23:50:00Z", "values": {"energy_kwh": 48211.4, "state": "RUNNING", "open": "true"}}'
    )
    many = (
        '{"readings": [{"measured_at": "2026-11-21T23:50:00.123456+01:00", "values": {"pieces": 5}},'
        ' {"measured_at": "2026-11-21T23:59:60Z", "values": {"pieces": 1e3, "temperature": -0.0}}]}'
    )
    minutes = [
        f'{{"measured_at":"2026-11-21T22:{n:02}:00Z","values":{{"energy_kwh":{48000 + n}.5}}}}' for n in range(8)
    ]
    mixed = [*minutes[:3], '{"measured_at":"2026-11-21T23:00:00Z","values":{"state":"FAULT","pieces":7}}']
    plain = [f'{{"readings":[{",".join(items)}]}}' for items in (minutes, mixed)]
    return [Message(f"vouch/v1/{DEVICE}/telemetry", text.encode()) for text in (one, many, minutes[0], *plain)]


def packs() -> list[list[dict[str, Any]]]:
    """SenML packs, by their JSON labels."""
    own = f"urn:dev:ops:32473-{DEVICE}:"
    return [
        [
            {"bn": own, "bt": AT, "bver": 10, "n": "energy", "u": "kWh", "v": Decimal("48211.4")},
            {"n": "state", "vs": "RUNNING"},
            {"n": "open", "t": 60, "vb": True},
            {"n": "energy", "u": "J", "t": 60.5, "v": 173561040},
            {"n": "photo", "vd": "aGkgCg"},
        ],
        [
            {"bn": own, "bt": AT, "bu": "m3/s", "bs": 100, "bver": 26},
            {"n": "flow", "s": 5, "ut": 60},
            {"n": "flow", "t": 1},
        ],
        [{"n": f"{DEVICE}/temperature", "u": "Cel", "bv": 20, "v": 3.1, "t": -5}],
    ]


_NUMBERS: Final = dict(
    zip("bs bv bu bt bn bver n u v vs vb s t ut vd".split(), range(-6, 9), strict=True),
)


def _senml() -> list[Message]:
    messages = []
    for pack in packs():
        in_json = json.dumps(pack, default=float)
        numbered = [{_NUMBERS[label]: value for label, value in record.items()} for record in pack]
        messages += [
            Message(f"vouch/v1/{DEVICE}/senml/json", in_json.encode()),
            Message(f"vouch/v1/{DEVICE}/senml/cbor", cbor2.dumps(numbered)),
            Message(f"vouch/v1/{DEVICE}/senml/cbor", cbor2.dumps(numbered, canonical=True)),
        ]
    return messages


def _presence() -> list[Message]:
    texts = ('{"online": true}', '{"online": false}', '{"online": false, "at": "2026-11-21T23:50:00Z"}', "")
    return [Message(f"vouch/v1/{DEVICE}/presence", text.encode()) for text in texts]


def birth(seq: int, *, bdseq: int | None = None) -> pb.Payload:
    """What an edge node or a device says of its metrics."""
    payload = pb.Payload(timestamp=AT * 1000, seq=seq)
    if bdseq is not None:
        payload.metrics.add(name=b"bdSeq", datatype=pb.Int64, long_value=bdseq)
        payload.metrics.add(name=b"Node Control/Rebirth", datatype=pb.Boolean, boolean_value=False)
    for name, alias, datatype, field, value in _METRICS:
        metric = payload.metrics.add(name=name, alias=alias, timestamp=AT * 1000, datatype=datatype)
        setattr(metric, field, value)
    payload.metrics[-7].properties.keys.append(b"engUnit")
    payload.metrics[-7].properties.values.add(type=pb.String, string_value=b"kWh")
    return payload


def data(seq: int) -> pb.Payload:
    """Values by alias, several of one metric, one that is null, one historical."""
    payload = pb.Payload(timestamp=AT * 1000 + seq, seq=seq)
    for n, (_, alias, _, field, value) in enumerate(_METRICS):
        metric = payload.metrics.add(alias=alias, timestamp=AT * 1000 + seq + n)
        setattr(metric, field, value)
    payload.metrics.add(alias=1, timestamp=AT * 1000 + seq + 9, is_historical=True, double_value=48212.0)
    payload.metrics.add(name=b"energy", timestamp=AT * 1000, is_null=True)
    return payload


def compressed(payload: pb.Payload, algorithm: bytes) -> pb.Payload:
    """The payload inside another, as devices that save bytes send it."""
    body = payload.SerializeToString()
    packed = gzip.compress(body, mtime=0) if algorithm == b"GZIP" else zlib.compress(body)
    outer = pb.Payload(uuid=b"SPBV1.0_COMPRESSED", body=packed)
    if algorithm:
        outer.metrics.add(name=b"algorithm", datatype=pb.String, string_value=algorithm)
    return outer


def death() -> pb.Payload:
    """An edge node's will."""
    payload = pb.Payload(timestamp=AT * 1000)
    payload.metrics.add(name=b"bdSeq", datatype=pb.Int64, long_value=7)
    return payload


def _sparkplug() -> list[Message]:
    node, device = f"{_GROUP}/%s/{_NODE}", f"{_GROUP}/%s/{_NODE}/{DEVICE}"
    said = [
        (node % "NBIRTH", birth(0, bdseq=7)),
        (device % "DBIRTH", birth(1)),
        (node % "NDATA", data(2)),
        (device % "DDATA", data(3)),
        (device % "DDATA", compressed(data(4), b"GZIP")),
        (device % "DDATA", compressed(data(5), b"DEFLATE")),
        (device % "DDATA", compressed(data(6), b"")),
        (device % "DDEATH", pb.Payload(timestamp=AT * 1000 + 7, seq=7)),
        (node % "NDEATH", death()),
    ]
    return [Message(f"spBv1.0/{topic}", payload.SerializeToString()) for topic, payload in said]


def _elsewhere() -> list[Message]:
    return [
        Message("spBv1.0/STATE/vouch", b'{"online": true, "timestamp": 1795305000000}'),
        Message("vouch/v1/vouch-ingest/canary", b"1"),
        Message("vouch/v1/nobody/telemetry", b"{}"),
        Message("somewhere/else", b""),
    ]

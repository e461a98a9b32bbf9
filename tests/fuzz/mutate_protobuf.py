"""Mutations of Sparkplug messages: well-formed protocol buffers that say other things than they should."""

import zlib
from random import Random
from typing import Any, Final

from google.protobuf.message import DecodeError

from ingest.formats import sparkplug_b_pb2 as pb
from tests.fuzz.corpus import AT, compressed, data

_INTEGERS: Final = (0, 1, 2, 127, 128, 255, 256, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
_LONGS: Final = (*_INTEGERS, 2**32, 2**53, 10**15, 2**63 - 1, 2**63, 2**64 - 128, 2**64 - 1)
_FLOATS: Final = (0.0, -0.0, 23.1, 1e-44, 3e38, float("nan"), float("inf"), -1e15, 1e15, 123456789.0)
_TEXTS: Final = (
    b"",
    b"RUNNING",
    b"FAULT",
    b"\xff\xfe",
    b"a\x00b",
    b"x" * 101,
    b"energy",
    "größe".encode(),
    b"\xed\xa0\x80",
)
_NAMES: Final = (
    b"",
    b"energy",
    b"DATA/energy",
    b"Temp",
    b"bdSeq",
    b"Node Control/Rebirth",
    b"\xff",
    b"x" * 201,
    b"a/b/c",
)
_TIMES: Final = (
    0,
    1,
    AT * 1000,
    AT * 1000 + 1,
    (AT + 86400) * 1000,
    253402300799999,
    253402300800000,
    2**63,
    2**64 - 1,
)
_METRICS_MAX: Final = 60


def mutate_sparkplug(random: Random, payload: bytes) -> bytes:
    """Another payload; bytes that are none are started anew, a compressed one is opened, changed and packed again."""
    try:
        message = pb.Payload.FromString(payload)
        algorithm = next((m.string_value for m in message.metrics if m.name == b"algorithm"), b"")
        packed = message.uuid == b"SPBV1.0_COMPRESSED" and random.random() < 0.7
        inner = (
            pb.Payload.FromString(zlib.decompressobj(wbits=47).decompress(message.body, 100_000)) if packed else message
        )
    except (DecodeError, zlib.error):
        return data(random.randrange(256)).SerializeToString()
    _change(random, inner)
    if packed or random.random() < 0.05:
        inner = compressed(inner, algorithm or random.choice((b"GZIP", b"DEFLATE", b"", b"LZW")))
    return inner.SerializeToString()


def _change(random: Random, payload: pb.Payload) -> None:
    metrics = payload.metrics
    match random.randrange(8):
        case 0:
            payload.timestamp = random.choice(_TIMES)
        case 1:
            payload.seq = random.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 256, 2**64 - 1))
        case 2:
            payload.ClearField(random.choice(("timestamp", "seq", "uuid", "body")))
        case 3 if metrics:
            del metrics[random.randrange(len(metrics))]
        case 4 if metrics and len(metrics) < _METRICS_MAX:
            metrics.add().CopyFrom(random.choice(metrics))
        case _ if metrics:
            _change_metric(random, random.choice(metrics))
        case _:
            _change_metric(random, metrics.add(timestamp=AT * 1000))


def _change_metric(random: Random, metric: pb.Payload.Metric) -> None:
    match random.randrange(9):
        case 0:
            metric.datatype = random.randrange(40)
        case 1:
            metric.name = random.choice(_NAMES)
        case 2:
            metric.alias = random.choice((*range(9), 2**64 - 1))
        case 3:
            metric.timestamp = random.choice(_TIMES)
        case 4:
            metric.ClearField(random.choice(("name", "alias", "timestamp", "datatype", "is_null", "properties")))
        case 5:
            flag = random.choice(("is_null", "is_historical", "is_transient"))
            setattr(metric, flag, random.random() < 0.7)
        case 6:
            metric.properties.keys.append(random.choice((b"engUnit", b"x")))
            metric.properties.values.add(string_value=random.choice((b"kWh", b"Cel", b"\xff", b"KWH", b"furlong")))
        case _:
            _change_value(random, metric)


def _change_value(random: Random, metric: pb.Payload.Metric) -> None:
    choices: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("int_value", _INTEGERS),
        ("long_value", _LONGS),
        ("float_value", _FLOATS),
        ("double_value", (*_FLOATS, 1e300, 0.1 + 0.2)),
        ("boolean_value", (True, False)),
        ("string_value", _TEXTS),
        ("bytes_value", _TEXTS),
    )
    if random.random() < 0.1:
        metric.dataset_value.num_of_columns = random.choice(_LONGS)
    elif random.random() < 0.1:
        metric.template_value.is_definition = random.random() < 0.5
        metric.template_value.metrics.add(name=b"inner", datatype=random.randrange(40))
    else:
        field, values = random.choice(choices)
        setattr(metric, field, random.choice(values))

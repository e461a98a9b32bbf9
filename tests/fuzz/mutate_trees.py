"""Mutations of JSON and CBOR as trees: well-formed, and not what is expected."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final

import cbor2

# Written into JSON as they stand.
NASTY_NUMBERS: Final = (
    "0", "-0", "-0.0", "1e15", "1e-15", "999999999999999", "0.1234567890123456", "1e400", "1e-400",
    "1e99999999999999999999", "9" * 400, "0." + "0" * 400 + "1", "NaN", "Infinity", "-Infinity", "268435455.9999999",
    "268435456", "-268435456", "253402300799.9999999", "253402300800", "1795305600", "1795309200.0000005",
    "18446744073709551615", "-9223372036854775808", "1.7976931348623157e308", "5e-324",
    "0.30000000000000004", "9007199254740993",
)  # fmt: skip
_NASTY_TEXTS: Final = (
    "", "x", "\x00", "a\x00b", "\ud800", "\U0001f600", "é" * 60, "x" * 101, "x" * 300, "RUNNING", "true", "1", "energy",
    "2026-11-21T23:50:00Z", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59.999999-12:00", "0001-01-01T00:00:00+14:00",
    "2026-11-22T05:00:00Z", "2016-12-31T23:59:60Z", "2026-11-21T23:50:00.1234567Z", "urn:dev:ow:press-7:energy",
    "press-7", "press-7/", "kWh", "Cel", "furlong", "m3/s", "/", "%", "$.values.x", "'; DROP TABLE", "NaN", "1e5",
)  # fmt: skip
_LABELS: Final = (
    "bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut", "x", "x_", "_", "",
    "measured_at", "values", "readings", "online", "at", "energy", "state",
)  # fmt: skip
_CHILDREN_MAX: Final = 40


class Raw(str):
    """A token that is written as it is."""


class Pairs(list[tuple[Any, Any]]):
    """A map whose keys may come twice."""


def mutate_json(random: Random, payload: bytes) -> bytes:
    """Another tree in JSON; bytes that are no JSON are started anew."""
    try:
        tree = json.loads(payload, object_pairs_hook=Pairs, parse_float=Raw, parse_int=Raw, parse_constant=Raw)
    except (ValueError, RecursionError):
        tree = Pairs()
    return _spelled(_changed(random, tree, _json_leaf)).encode("utf-8", "replace")


def mutate_cbor(random: Random, payload: bytes) -> bytes:
    """Another tree in CBOR; bytes that are no CBOR are started anew."""
    try:
        tree = _opened(cbor2.loads(payload))
    except Exception:  # noqa: BLE001
        # Whatever the library makes of bytes that were mutated before: that is not what is tested here.
        tree = []
    changed = _plain(_changed(random, tree, _cbor_leaf))
    try:
        return cbor2.dumps(changed, canonical=random.random() < 0.3)
    except Exception:  # noqa: BLE001
        # Two keys that cannot be ordered, and the like.
        return payload


def _spelled(node: Any) -> str:
    if isinstance(node, Raw):
        return str(node)
    if isinstance(node, Pairs):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_spelled(value)}" for key, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(_spelled, node)) + "]"
    return json.dumps(node, ensure_ascii=False)


def _opened(node: Any) -> Any:
    if isinstance(node, dict):
        return Pairs((key, _opened(value)) for key, value in node.items())
    return [_opened(inner) for inner in node] if isinstance(node, list) else node


def _plain(node: Any) -> Any:
    if isinstance(node, Pairs):
        return {key: _plain(value) for key, value in node if key.__hash__ is not None}
    return [_plain(inner) for inner in node] if isinstance(node, list) else node


def _changed(random: Random, node: Any, leaf: Any) -> Any:
    """The tree with one node changed, usually a deep one."""
    if not isinstance(node, list) or not node or random.random() < 0.15:
        return _another(random, node, leaf)
    at = random.randrange(len(node))
    if isinstance(node, Pairs):
        key, value = node[at]
        if random.random() < 0.2:
            return Pairs([*node[:at], *_another_pair(random, key, value, leaf), *node[at + 1 :]])
        return Pairs([*node[:at], (key, _changed(random, value, leaf)), *node[at + 1 :]])
    return [*node[:at], _changed(random, node[at], leaf), *node[at + 1 :]]


def _another(random: Random, node: Any, leaf: Any) -> Any:
    match random.randrange(6):
        case 0 if isinstance(node, list) and not isinstance(node, Pairs):
            return random.choice((node * 2, node[1:], node[::-1], []))[:_CHILDREN_MAX]
        case 1 if isinstance(node, Pairs):
            return Pairs([*node, (random.choice(_LABELS), leaf(random))][:_CHILDREN_MAX])
        case 2:
            return [node]
        case 3:
            return Pairs([(random.choice(_LABELS), node)])
        case _:
            return leaf(random)


def _another_pair(random: Random, key: Any, value: Any, leaf: Any) -> Sequence[tuple[Any, Any]]:
    match random.randrange(4):
        case 0:
            return ()
        case 1:
            return ((key, value), (key, leaf(random)))
        case 2:
            return ((random.choice(_LABELS), value),)
        case _:
            return ((key, value), (random.choice(_LABELS), leaf(random)))


def _json_leaf(random: Random) -> Any:
    match random.randrange(6):
        case 0 | 1:
            return Raw(random.choice(NASTY_NUMBERS))
        case 2:
            return random.choice(_NASTY_TEXTS)
        case 3:
            return random.choice((None, True, False))
        case 4:
            return Raw(repr(random.uniform(-1e6, 1e6)))
        case _:
            return Raw(str(random.randint(0, 10_000)))


def _cbor_leaf(random: Random) -> Any:
    match random.randrange(7):
        case 0:
            return random.choice((0, -1, 23, 24, 2**53, 2**64 - 1, -(2**64), 2**70, -(2**600), 10**15, 268435456))
        case 1:
            return random.choice(
                (0.0, -0.0, 23.1, 1e-300, 1e300, math.nan, math.inf, 0.5, 65504.0, 2.0**-24, 1795305600.25)
            )
        case 2:
            return random.choice((Decimal("23.1"), Decimal("1e30"), Decimal("NaN"), Decimal("1e-300"), Decimal(-5)))
        case 3:
            return random.choice(_NASTY_TEXTS).encode("utf-8", "replace").decode()
        case 4:
            return cbor2.CBORTag(random.choice((0, 1, 2, 3, 4, 5, 21, 30, 35, 100, 55799, 2**40)), _cbor_leaf(random))
        case 5:
            return random.choice(
                (None, True, False, cbor2.undefined, cbor2.CBORSimpleValue(19), b"", b"\xff" * 80, [2, 5], [-3, -7])
            )
        case _:
            return random.choice(
                (random.uniform(-1e6, 1e6), random.randint(-100, 10_000), datetime(2026, 1, 1, tzinfo=UTC))
            )

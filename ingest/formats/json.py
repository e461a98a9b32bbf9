"""vouch's own JSON: one reading of several metrics, or a batch of them.

Pure. Both ways: the simulator encodes with what the subscriber decodes. Described in docs/mqtt.md, with the JSON
Schema that `vouch schema telemetry` prints. A fault in one place refuses that place only.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ingest.formats.plain_json import read_plain
from ingest.reading import WHOLE_MESSAGE, Decoded, Reading, Rejection, float_of
from vouch.errors import Invalid
from vouch.exact_json import parse_exact_json
from vouch.period import iso, parse_instant, to_micros

READINGS_MAX: Final = 10_000

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "vouch telemetry, version 1",
    "oneOf": [
        {"$ref": "#/$defs/reading"},
        {
            "type": "object",
            "properties": {
                "readings": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": READINGS_MAX,
                    "items": {"$ref": "#/$defs/reading"},
                }
            },
            "required": ["readings"],
            "additionalProperties": False,
        },
    ],
    "$defs": {
        "reading": {
            "type": "object",
            "properties": {
                "measured_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "device clock, with its offset from UTC, at most six decimals of a second",
                },
                "values": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
                    "additionalProperties": {
                        "type": ["number", "string"],
                        "description": "a number that a double gives back digit by digit, or the name of a state",
                    },
                },
            },
            "required": ["measured_at", "values"],
            "additionalProperties": False,
        }
    },
}


def encode(readings: Sequence[tuple[datetime, Mapping[str, Decimal | str]]]) -> bytes:
    """The message for one or more (measured_at, values by metric), numbers written digit by digit."""
    bodies = [
        f'{{"measured_at":"{iso(measured_at)}","values":{{'
        + ",".join(f"{json.dumps(name)}:{_literal(value)}" for name, value in values.items())
        + "}}"
        for measured_at, values in readings
    ]
    text = bodies[0] if len(bodies) == 1 else f'{{"readings":[{",".join(bodies)}]}}'
    return text.encode()


def decode(payload: bytes) -> Decoded:
    """Readings and refused places of one message. Never raises, whatever the bytes are."""
    plain = read_plain(payload, READINGS_MAX)
    return decode_any(payload) if plain is None else Decoded(plain, ())


def decode_any(payload: bytes) -> Decoded:
    """As `decode`, for any spelling."""
    try:
        body = parse_exact_json(payload, whole=Decimal)
    except ArithmeticError:
        return _refused("undecodable", "a number is beyond any size")
    except (ValueError, RecursionError) as error:
        return _refused("undecodable", f"not the JSON expected: {error}"[:500])
    items = body.get("readings") if isinstance(body, dict) and set(body) == {"readings"} else [body]
    if not isinstance(items, list) or not items:
        return _refused("undecodable", "'readings' must be a list with at least one reading")
    if len(items) > READINGS_MAX:
        return _refused("too_large", f"{len(items)} readings; a message holds at most {READINGS_MAX}")
    readings: list[Reading] = []
    rejections: list[Rejection] = []
    for index, item in enumerate(items):
        place = f"$.readings[{index}]" if item is not body else WHOLE_MESSAGE
        _decode_item(item, place, readings, rejections)
    return Decoded(tuple(readings), tuple(rejections))


def _decode_item(item: Any, place: str, readings: list[Reading], rejections: list[Rejection]) -> None:
    if not isinstance(item, dict) or set(item) != {"measured_at", "values"}:
        detail = "a reading is an object with exactly 'measured_at' and 'values'"
        rejections.append(Rejection(place, "malformed", detail))
        return
    values = item["values"]
    if not isinstance(values, dict) or not values:
        detail = "'values' must be an object with at least one metric"
        rejections.append(Rejection(f"{place}.values", "malformed", detail))
        return
    try:
        at = to_micros(parse_instant(item["measured_at"]))
    except Invalid as error:
        rejections.extend(
            Rejection(_place(place, n, name), "malformed_time", str(error)) for n, name in enumerate(values)
        )
        return
    for n, (name, value) in enumerate(values.items()):
        where = _place(place, n, name)
        try:
            readings.append(Reading(name, at, _value(value), where))
        except Invalid as error:
            rejections.append(Rejection(where, "malformed_value", str(error)))


def _place(place: str, n: int, name: str) -> str:
    """The path of the `n`th value; a name that cannot be a metric's is spelled in ASCII and cut, but told apart."""
    if name.isascii() and name.isidentifier() and len(name) < 100:
        return f"{place}.values.{name}"
    return f"{place}.values[{n}] {ascii(name)[:100]}"


def _value(value: Any) -> float | str:
    if isinstance(value, Decimal):
        return float_of(value)
    if isinstance(value, str):
        if len(value) > 100 or "\x00" in value:
            raise Invalid("a state's name has at most 100 characters")
        return value
    raise Invalid("a value is a number or the name of a state")


def _literal(value: Decimal | str) -> str:
    return json.dumps(value) if isinstance(value, str) else format(value, "f")


def _refused(reason: str, detail: str) -> Decoded:
    return Decoded((), (Rejection(WHOLE_MESSAGE, reason, detail),))

"""SenML in JSON: bytes to readings or rejections.

Pure. Numbers are decimals digit by digit, as in vouch's own JSON; what they resolve to is senml.py's business.
"""

import json
from decimal import Decimal
from typing import Any

from ingest.formats.senml import DIGITS_MAX, TWICE, refused, resolve
from ingest.reading import Decoded


def decode(payload: bytes, device: str, now: int, again: bool = False) -> Decoded:
    """Readings and refused places of one pack from `device`; arguments as in `senml.resolve`. Never raises."""
    try:
        records = json.loads(
            payload.decode(),
            parse_float=_decimal,
            parse_int=_decimal,
            parse_constant=lambda word: word,
            object_pairs_hook=_fields,
        )
    except (ValueError, RecursionError) as error:
        return refused("undecodable", f"not the JSON expected: {error}")
    if not isinstance(records, list):
        return refused("undecodable", "a SenML pack is an array of records")
    return resolve(records, device, now, again)


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        seen: set[str] = set()
        for label, _ in pairs:
            if label in seen:
                fields[label] = TWICE
            seen.add(label)
    return fields


def _decimal(digits: str) -> Decimal | None:
    """None for what is beyond any size: the record that holds it will be refused."""
    try:
        return Decimal(digits) if len(digits) <= DIGITS_MAX else None
    except ArithmeticError:
        return None

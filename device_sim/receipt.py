"""Receipts: what vouch says became of a message, once that is committed.

Pure. A broker's acknowledgement is no such promise. Described in docs/mqtt.md#receipts.
"""

import json
import struct
from dataclasses import dataclass
from typing import Final

from vouch.errors import Invalid

SECRET_BYTES: Final = 16
_CORRELATION: Final = struct.Struct(f">{SECRET_BYTES}sQI")


@dataclass(frozen=True, slots=True)
class Receipt:
    """Readings of one message: stored now, stored before, refused; and why, for as many of these as are listed."""

    stored: int
    duplicate: int
    rejected: int
    reasons: tuple[str, ...]


def read_receipt(payload: bytes) -> Receipt:
    """The receipt in a message's bytes. Fields that it does not know it leaves alone. Raises Invalid."""
    try:
        body = json.loads(payload)
        reasons = tuple(str(one["reason"]) for one in body["rejected"])
        return Receipt(_count(body["stored"]), _count(body["duplicate"]), _count(body["rejected_count"]), reasons)
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(f"this is no receipt: {payload[:100]!r} ({type(error).__name__}: {error})") from error


def correlation(secret: bytes, number: int, attempt: int) -> bytes:
    """What comes back with a receipt: which message it is of, and which of the times that it was sent.

    `secret`, of `SECRET_BYTES`, is what nobody else can know who would have us believe that a message is stored.
    """
    return _CORRELATION.pack(secret, number, attempt)


def read_correlation(secret: bytes, data: bytes) -> tuple[int, int] | None:
    """(number, attempt), or None where it is none of ours."""
    if len(data) != _CORRELATION.size:
        return None
    given, number, attempt = _CORRELATION.unpack(data)
    return (number, attempt) if given == secret else None


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value

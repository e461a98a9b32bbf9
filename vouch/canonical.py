"""Canonical JSON and digests: the same content gives the same bytes.

Pure. Whatever is frozen (contracts, evaluations, issued invoices) is stored as this text and named by its digest.
"""

import hashlib
import json
import re
from decimal import Decimal
from typing import Any, Final

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
# A number with a point or an exponent can follow a key, a comma or a bracket. Each pattern begins with a plain
# character, which is what makes looking through a long text fast.
_NUMBER: Final = r"-?(?:[0-9]+[.eE]|NaN|Infinity)"
_FLOATS: Final = tuple(re.compile(before + _NUMBER) for before in ('":', ",", r"\[", "^"))


def canonical_json(content: Any) -> str:
    """`content` as JSON with sorted keys and no spaces. Floats are refused: numbers travel as strings or integers."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if _has_float(text) and _has_float(_STRING.sub('""', text)):
        raise TypeError("canonical content must not hold a float")
    return text


def _has_float(text: str) -> bool:
    return any(pattern.search(text) for pattern in _FLOATS)


def digest_of(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, 64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain(number: Decimal) -> str:
    """The number's digits without exponent and without trailing zeros: one spelling for one number."""
    text = format(number, "f") if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text

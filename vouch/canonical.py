"""Canonical JSON and digests: the same content gives the same bytes.

Pure. Whatever is frozen (contracts, evaluations, issued invoices) is stored as this text and named by its digest.
"""

import hashlib
import json
import re
from decimal import Decimal
from typing import Any, Final

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_FLOAT: Final = re.compile(r"(?:^|[:,\[])-?(?:[0-9]+[.eE]|NaN|Infinity)")


def canonical_json(content: Any) -> str:
    """`content` as JSON with sorted keys and no spaces. Floats are refused: numbers travel as strings or integers."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if _FLOAT.search(text) and _FLOAT.search(_STRING.sub('""', text)):
        raise TypeError("canonical content must not hold a float")
    return text


def digest_of(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, 64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain(number: Decimal) -> str:
    """The number's digits without exponent and without trailing zeros: one spelling for one number."""
    text = format(number, "f") if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text

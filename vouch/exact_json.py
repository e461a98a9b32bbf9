"""Exact JSON: numbers as their digits say, never float, and no key of which one of two values would be lost.

Pure. What the content may be is the caller's business.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def parse_exact_json(
    text: str | bytes,
    *,
    whole: Callable[[str], Any] = int,
    broken: Callable[[str], Any] = Decimal,
    constant: Callable[[str], Any] = _refuse,
) -> Any:
    """The content of a JSON text; `whole` numbers, those with a point or an exponent, and words such as NaN are made of
    their spelling.

    Raises ValueError, as json.loads, and for a key that is given twice in one object; RecursionError; and whatever the
    makers of numbers raise, for Decimal an ArithmeticError where a number is beyond any size.
    """
    return json.loads(text, parse_float=broken, parse_int=whole, parse_constant=constant, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"key {key[:100]!r} is given twice in one object")
            seen.add(key)
    return found

"""Exact JSON: digits are kept, and nothing is lost without a word."""

from decimal import Decimal

import pytest

from vouch.exact_json import parse_exact_json


def test_numbers_are_made_of_their_digits() -> None:
    found = parse_exact_json('{"a": [0.1, -1E-2, 12345678901234567890, 0.12345678901234567890]}')

    assert found == {"a": [Decimal("0.1"), Decimal("-0.01"), 12345678901234567890, Decimal("0.12345678901234567890")]}
    assert parse_exact_json(b"[1, 2.50, NaN]", whole=str, broken=str, constant=str) == ["1", "2.50", "NaN"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "b": {"c": 2, "d": 3, "c": 4}}', "key 'c' is given twice in one object"),
        ('{"\\u0000": 1, "\\u0000": 2}', r"key '\\x00' is given twice"),
        ("[-Infinity]", "-Infinity is not a number"),
        ('{"a": }', "Expecting value"),
        (b'"\xff"', "invalid start byte"),
    ],
)
def test_what_is_not_exact_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_exact_json(text)


def test_a_number_beyond_any_size_is_refused() -> None:
    with pytest.raises(ArithmeticError):
        parse_exact_json("[1e9999999999999999999]")

"""The small modules of the ground: canonical text, units, exact decimals."""

from decimal import Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import Any

import pytest

from vouch.canonical import canonical_json, digest_of, plain
from vouch.errors import Invalid
from vouch.exact import exact
from vouch.units import factor, unit_of


def test_canonical_text_has_sorted_keys_and_no_spaces() -> None:
    text = canonical_json({"b": [1, None, True], "a": {"é": "ß", "d": ("x",)}})

    assert text == '{"a":{"d":["x"],"é":"ß"},"b":[1,null,true]}'


@pytest.mark.parametrize("content", [1.0, [1.0], {"a": {"b": (0.5,)}}, float("nan")])
def test_canonical_text_holds_no_float(content: Any) -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_json(content)


def test_canonical_text_holds_no_decimal() -> None:
    with pytest.raises(TypeError):
        canonical_json({"a": Decimal(1)})


def test_a_digest_is_sha_256_of_the_utf_8_text() -> None:
    assert digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("12.50", "12.5"),
        ("100", "100"),
        ("100.00", "100"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("0.00", "0"),
        ("0E+5", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("-1.50", "-1.5"),
    ],
)
def test_one_number_has_one_spelling(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    ("have", "want", "times"),
    [
        ("DMQ", "MTQ", "0.001"),
        ("LTR", "MTQ", "0.001"),
        ("LTR", "DMQ", "1"),
        ("KMT", "MTR", "1000"),
        ("MTR", "KMT", "0.001"),
        ("SMI", "KMT", "1.609344"),
        ("WHR", "MWH", "0.000001"),
        ("KWH", "MWH", "0.001"),
        ("DAY", "MIN", "1440"),
        ("H87", "H87", "1"),
        ("SEC", "HUR", "1/3600"),
        ("JOU", "KWH", "1/3600000"),
        ("MTR", "SMI", "1/1609.344"),
    ],
)
def test_a_conversion_is_an_exact_factor(have: str, want: str, times: str) -> None:
    over, _, under = times.partition("/")

    assert factor(have, want) == Fraction(over) / Fraction(under or "1")


def test_units_of_different_dimensions_do_not_convert() -> None:
    with pytest.raises(Invalid, match=r"KMT \(length\) cannot be expressed in KGM \(mass\)"):
        factor("KMT", "KGM")
    with pytest.raises(Invalid, match="H87"):
        factor("H87", "C62")


@pytest.mark.parametrize(("word", "hint"), [("km", "KMT"), ("kmt", "KMT"), ("kWh", "KWH"), ("m³", "MTQ")])
def test_an_unknown_unit_names_the_nearest(word: str, hint: str) -> None:
    with pytest.raises(Invalid, match=f"did you mean .*{hint}"):
        unit_of(word)


def test_a_unit_far_from_all_others_gets_no_hint() -> None:
    with pytest.raises(Invalid, match=r"'furlongs' is not a UN/ECE unit code such as KMT or ZP$"):
        unit_of("furlongs")


def test_exact_arithmetic_keeps_every_digit_or_stops() -> None:
    with exact():
        total = Decimal(999999999999999) + Decimal("0.000000000000001")
        product = total * Decimal("123456789012.123456789012")
        with pytest.raises(Inexact):
            Decimal(1) / Decimal(3)
        with pytest.raises(InvalidOperation):
            Decimal(0) / Decimal(0)

    assert str(total) == "999999999999999.000000000000001"
    assert len(product.as_tuple().digits) > 28

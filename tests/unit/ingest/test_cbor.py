"""The reader of CBOR: what it reads exactly, and what it refuses without going under."""

import struct
from decimal import Decimal
from typing import Any

import cbor2
import pytest

from ingest.formats.cbor import DEPTH_MAX, Array, Foreign, Map, NotCbor, read
from ingest.formats.floats import decimal_of_single


def of(text: str) -> Any:
    return read(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("written", "item"),
    [
        # Examples of RFC 8949, appendix A.
        ("00", Decimal(0)),
        ("17", Decimal(23)),
        ("1818", Decimal(24)),
        ("1903e8", Decimal(1000)),
        ("1b000000e8d4a51000", Decimal(1000000000000)),
        ("c249010000000000000000", Decimal(18446744073709551616)),
        ("c349010000000000000000", Decimal(-18446744073709551617)),
        ("3903e7", Decimal(-1000)),
        ("f93e00", Decimal("1.5")),
        ("f97bff", Decimal(65504)),
        ("fa47c35000", Decimal(100000)),
        ("fb3ff199999999999a", Decimal("1.1")),
        ("f4", False),
        ("f5", True),
        ("f6", None),
        ("40", b""),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("62c3bc", "ü"),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("83010203", Array([Decimal(1), Decimal(2), Decimal(3)])),
        ("9f0102ff", Array([Decimal(1), Decimal(2)])),
        ("a201020304", Map([(Decimal(1), Decimal(2)), (Decimal(3), Decimal(4))])),
        ("bf6346756ef5ff", Map([("Fun", True)])),
        # 273.15 as a decimal fraction, and an item that says it is CBOR.
        ("c48221196ab3", Decimal("273.15")),
        ("d9d9f701", Decimal(1)),
    ],
)
def test_an_item_is_read(written: str, item: Any) -> None:
    assert of(written) == item


@pytest.mark.parametrize(
    "written",
    [
        "f97e00",  # not a number
        "faff800000",  # minus infinity
        "f0",  # a simple value without meaning
        "f8ff",
        "c0f5",  # a date
        "c482196ab321",  # an exponent of 27315
        "c48101",
        "c482f93e0001",  # an exponent of one and a half
        "c28101",
    ],
)
def test_what_no_field_can_be_is_foreign(written: str) -> None:
    assert isinstance(of(written), Foreign)


def test_a_big_number_beyond_its_limit_is_foreign() -> None:
    assert isinstance(read(cbor2.dumps(1 << 1000)), Foreign)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "18",
        "1c",  # a length that is not defined
        "1f",  # an indefinite whole number
        "df00",
        "41",
        "61ff",  # not UTF-8
        "5bffffffffffffffff00",
        "9bffffffffffffffff00",
        "bb7fffffffffffffff00",
        "a101",
        "81ff",
        "a101ff",
        "bf01ff",
        "9f01",
        "5f6100ff",  # a text in pieces of bytes
        "5f5f4100ffff",
        "c2ff",
        "ff",
        "0000",
    ],
)
def test_what_is_not_one_item_is_refused(written: str) -> None:
    with pytest.raises(NotCbor, match=r"^byte \d+: "):
        of(written)


@pytest.mark.parametrize("one", [b"\x81", b"\x9f", b"\xc1", b"\xa1"])
def test_nesting_has_a_limit(one: bytes) -> None:
    with pytest.raises(NotCbor, match=f"nested deeper than {DEPTH_MAX}"):
        read(one * 100_000)


@pytest.mark.parametrize(
    ("spelled", "read_as"),
    [
        ("23.1", "23.1"),
        ("0.1", "0.1"),
        ("48211.4", "48211.4"),
        ("1e-30", "1E-30"),
        ("1e-45", "1E-45"),
        ("16777216", "16777216"),
        # Whole numbers are exact: encoders shorten doubles to singles that hold them.
        ("123456792", "123456792"),
        ("1234567.125", "1234567.1"),
        ("-0.333333333", "-0.33333334"),
        ("3.4028234663852886e38", "340282346638528859811704183484516925440"),
    ],
)
def test_a_single_is_its_own_shortest_spelling(spelled: str, read_as: str) -> None:
    (single,) = struct.unpack(">f", struct.pack(">f", float(spelled)))

    assert decimal_of_single(single) == Decimal(read_as)


def test_a_half_is_exact() -> None:
    # 23.0625 has more digits than tell halves apart, and is what an encoder that saves bytes was given.
    assert read(b"\xf9" + struct.pack(">e", 23.0625)) == Decimal("23.0625")

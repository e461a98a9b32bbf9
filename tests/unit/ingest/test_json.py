"""vouch's own JSON: what is taken, and each fault that refuses its own place only."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from ingest.formats.json import READINGS_MAX, decode, encode
from ingest.reading import Decoded, Reading, TooManyDigits, decimal_of, float_of
from tests.builders import T0, utc
from vouch.errors import Invalid
from vouch.period import to_micros


def one(values: str, at: str = '"2026-06-01T00:00:00Z"') -> Decoded:
    return decode(f'{{"measured_at": {at}, "values": {values}}}'.encode())


def value_of(written: str) -> float | str | None:
    """What a value decodes to, None where it is refused."""
    decoded = one(f'{{"km": {written}}}')
    return decoded.readings[0].value if decoded.readings else None


def instant_of(written: str) -> datetime | None:
    """What a time decodes to, None where it is refused."""
    decoded = one('{"km": 1}', json.dumps(written))
    return decoded.readings[0].measured_at if decoded.readings else None


def refused(payload: bytes | str) -> tuple[str, str]:
    """(place, reason) of the one refusal."""
    decoded = decode(payload if isinstance(payload, bytes) else payload.encode())
    (rejection,) = decoded.rejections
    assert decoded.readings == ()
    assert len(rejection.detail) <= 500
    return rejection.place, rejection.reason


def test_one_reading_of_several_metrics() -> None:
    decoded = one('{"km": 12.5, "state": "up"}')

    assert decoded == Decoded(
        (Reading("km", to_micros(T0), 12.5, "$.values.km"), Reading("state", to_micros(T0), "up", "$.values.state")),
        (),
    )


def test_a_batch_names_the_place_of_each() -> None:
    decoded = decode(encode([(T0, {"km": Decimal(1)}), (T0 + timedelta(hours=1), {"km": Decimal(2)})]))

    assert [reading.place for reading in decoded.readings] == ["$.readings[0].values.km", "$.readings[1].values.km"]
    assert decoded.rejections == ()


def test_a_fault_refuses_its_own_place_only() -> None:
    good, at = '{"measured_at": "2026-06-01T00:00:00Z", "values": {"km": 1}}', '"measured_at": "2026-06-01T00:00:00Z"'
    decoded = decode(
        f'{{"readings": [{good}, 5, {{{at}}}, {{{at}, "values": {{"km": null, "m": 2}}}}, '
        f'{{{at}, "values": []}}, {{"measured_at": "now", "values": {{"a": 1, "b": 2}}}}]}}'.encode()
    )

    assert [reading.place for reading in decoded.readings] == ["$.readings[0].values.km", "$.readings[3].values.m"]
    assert [(rejection.place, rejection.reason) for rejection in decoded.rejections] == [
        ("$.readings[1]", "malformed"),
        ("$.readings[2]", "malformed"),
        ("$.readings[3].values.km", "malformed_value"),
        ("$.readings[4].values", "malformed"),
        ("$.readings[5].values.a", "malformed_time"),
        ("$.readings[5].values.b", "malformed_time"),
    ]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b"{",
        b"\xff\xfe\xfa",
        b'{"a": "\xff"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 1}',
        b'{"measured_at": "2026-06-01T00:00:00Z", "values": {"km": 1, "km": 1}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": 01}',
        b'{"a": 1e999999999999999999999}',
        b'{"a": -1e-999999999999999999999}',
        b"{'a': 1}",
        b'{"a": 1} {"b": 1}',
        b'{"readings": []}',
        b'{"readings": 5}',
        b'{"readings": null}',
        b'{"readings": {"a": 1}}',
    ],
)
def test_what_is_not_json_at_all_is_refused_as_a_whole(payload: bytes) -> None:
    assert refused(payload) == ("$", "undecodable")


@pytest.mark.parametrize("payload", ["5", "null", '"x"', "[]", "{}", '{"readings": [], "x": 1}'])
def test_what_is_no_reading_is_malformed(payload: str) -> None:
    assert refused(payload) == ("$", "malformed")


def test_a_reading_has_two_keys_and_no_other() -> None:
    at, values = '"measured_at": "2026-06-01T00:00:00Z"', '"values": {"km": 1}'

    assert refused(f"{{{at}}}") == ("$", "malformed")
    assert refused(f"{{{values}}}") == ("$", "malformed")
    assert refused(f'{{{at}, {values}, "unit": "KMT"}}') == ("$", "malformed")
    assert refused(f'{{{at}, "values": {{}}}}') == ("$.values", "malformed")
    assert refused(f'{{{at}, "values": 5}}') == ("$.values", "malformed")


def test_a_message_holds_ten_thousand_readings() -> None:
    reading = '{"measured_at":"2026-06-01T00:00:00Z","values":{"km":1}}'

    full = decode(f'{{"readings":[{",".join([reading] * READINGS_MAX)}]}}'.encode())
    assert len(full.readings) == READINGS_MAX
    assert refused(f'{{"readings":[{",".join([reading] * (READINGS_MAX + 1))}]}}') == ("$", "too_large")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0.0),
        ("-0", 0.0),
        ("-0.0", 0.0),
        ("0e999", 0.0),
        ("12.50", 12.5),
        ("1e3", 1000.0),
        ("-7", -7.0),
        ("0.1", 0.1),
        ("123456789012345", 123456789012345.0),
        ("999999999999999", 999999999999999.0),
        ("99999999999999.9", 99999999999999.9),
        ("100000000000000000e-3", 100000000000000.0),
        ("1e14", 1e14),
        ("0.000000000000001", 1e-15),
        ("1.00000000000000000000000000", 1.0),
        ('"up"', "up"),
        ('""', ""),
        (json.dumps("x" * 100), "x" * 100),
    ],
)
def test_a_value_that_float8_gives_back_is_taken(written: str, value: float | str) -> None:
    found = value_of(written)

    assert found == value
    assert str(found) == str(value)


@pytest.mark.parametrize(
    "written",
    [
        "1234567890123456",
        "1e15",
        "-1e15",
        "1e400",
        "0.12345678901234567",
        "1e-16",
        "0.00000000000000151234567890123459",
        "10.000000000000001",
        "null",
        "true",
        "false",
        "[]",
        "{}",
        "[1]",
        '"a\\u0000b"',
        json.dumps("x" * 101),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused(written: str) -> None:
    assert refused(f'{{"measured_at": "2026-06-01T00:00:00Z", "values": {{"km": {written}}}}}') == (
        "$.values.km",
        "malformed_value",
    )


def test_minus_zero_is_stored_as_zero() -> None:
    assert str(value_of("-0.0")) == "0.0"


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-06-01T00:00:00Z", "2026-06-01 00:00"),
        ("2026-06-01t00:00:00z", "2026-06-01 00:00"),
        ("2026-06-01T02:00:00+02:00", "2026-06-01 00:00"),
        ("2026-05-31T16:00:00-08:00", "2026-06-01 00:00"),
        ("2026-06-01T00:00:00.5Z", "2026-06-01 00:00:00.500000"),
        ("2026-06-01T00:00:00.123456Z", "2026-06-01 00:00:00.123456"),
        ("2026-06-01T00:00:00-00:00", "2026-06-01 00:00"),
        # A leap second is the second after it.
        ("2016-12-31T23:59:60Z", "2017-01-01 00:00"),
        ("2016-12-31T23:59:60.25Z", "2017-01-01 00:00:00.250000"),
        ("2017-01-01T00:59:60+01:00", "2017-01-01 00:00"),
        ("1970-01-01T00:00:00Z", "1970-01-01 00:00"),
    ],
)
def test_a_time_is_rfc_3339_with_its_offset(written: str, instant: str) -> None:
    assert instant_of(written) == utc(instant)


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-01T00:00:00",
        "2026-06-01",
        "2026-06-01 00:00:00Z",
        "2026-06-01T00:00Z",
        "20260601T000000Z",
        "2026-W23-1T00:00:00Z",
        "2026-152T00:00:00Z",
        "2026-06-01T00:00:00,5Z",
        "2026-06-01T00:00:00.Z",
        "2026-06-01T00:00:00.1234567Z",
        "2026-06-01T00:00:00+02",
        "2026-06-01T00:00:00+0200",
        "2026-06-01T00:00:00+02:00:30",
        "2026-06-01T00:00:00+24:00",
        "2026-06-01T24:00:00Z",
        "2026-06-01T23:60:00Z",
        "2026-06-01T00:00:61Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-01:00",
        "２026-06-01T00:00:00Z",
        " 2026-06-01T00:00:00Z",
        "2026-06-01T00:00:00Z\n",
        "now",
        "",
        "x" * 100_000,
    ],
)
def test_no_other_spelling_of_a_time_is_taken(written: str) -> None:
    assert refused(f'{{"measured_at": {json.dumps(written)}, "values": {{"km": 1}}}}') == (
        "$.values.km",
        "malformed_time",
    )


@pytest.mark.parametrize("written", ["5", "null", "{}", "[]", "true", "1780272000"])
def test_a_time_is_text(written: str) -> None:
    assert refused(f'{{"measured_at": {written}, "values": {{"km": 1}}}}') == ("$.values.km", "malformed_time")


@pytest.mark.parametrize("name", ["\x00", "a\x00b", "\ud800", "a b", "", "$", "é\u200b", "x" * 100_000, "'"])
def test_the_place_of_a_strange_name_is_short_and_storable(name: str) -> None:
    decoded = one(f"{{{json.dumps(name)}: null}}")

    (rejection,) = decoded.rejections
    assert len(rejection.place) < 150
    assert rejection.place.isascii()
    assert "\x00" not in rejection.place
    assert len(rejection.detail) <= 500


def test_numbers_are_written_digit_by_digit() -> None:
    at = datetime(2026, 6, 1, 2, 0, 0, 250_000, timezone(timedelta(hours=2)))

    assert encode([(at, {"km": Decimal("1E+3"), "s": 'a"b'})]) == (
        b'{"measured_at":"2026-06-01T00:00:00.250000Z","values":{"km":1000,"s":"a\\"b"}}'
    )


def test_a_float_is_the_decimal_that_was_sent() -> None:
    assert decimal_of(0.1) == Decimal("0.1")
    assert decimal_of(1e-15) == Decimal("1E-15")
    assert float_of(Decimal("0.10")) == 0.1


@pytest.mark.parametrize(
    "text", ["-0.18000001000000002", "0.30000000000000004", "1.234567890123456", "2.220446049250313e-15"]
)
def test_the_shortest_spelling_of_a_double_is_kept_with_all_its_digits(text: str) -> None:
    assert decimal_of(float_of(Decimal(text))) == Decimal(text)


def test_what_float8_would_change_is_refused_by_name() -> None:
    # The doubles next to them are spelled otherwise.
    with pytest.raises(
        TooManyDigits, match=r"17 significant digits, of which a double keeps 0\.12345678901234566; up to 15"
    ):
        float_of(Decimal("0.12345678901234567"))
    with pytest.raises(
        TooManyDigits, match=r"16 significant digits, of which a double keeps 900719925474\.0992; up to"
    ):
        float_of(Decimal("900719925474.0993"))
    with pytest.raises(Invalid, match="size 1e15"):
        float_of(Decimal("1E+15"))
    for word in ("NaN", "Infinity", "-Infinity", "sNaN"):
        with pytest.raises(Invalid, match="not a finite number"):
            float_of(Decimal(word))


def test_instants_come_back_in_utc() -> None:
    decoded = one('{"km": 1}', '"2026-06-01T02:00:00+02:00"')

    assert decoded.readings[0].measured_at.tzinfo is UTC

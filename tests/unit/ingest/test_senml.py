"""SenML packs: the standard's own examples, every rule of resolution, and what each fault refuses."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import cbor2
import pytest

from ingest.formats import senml_cbor, senml_json
from ingest.formats.senml import RECORDS_MAX
from ingest.formats.senml_units import CODES, SUM_CODES
from ingest.reading import Decoded, decimal_of
from tests.builders import utc
from vouch.period import to_micros
from vouch.units import UNITS, factor

NOW = to_micros(utc("2026-11-22"))
SECOND = 1_000_000
# The example device of the standard, without and with its last digit.
OW = "10e2073a0108006"
OW3 = "10e2073a01080063"


def decode(pack: Any, device: str = OW3, again: bool = False) -> Decoded:
    return senml_json.decode(json.dumps(pack).encode(), device, NOW, again)


def said(decoded: Decoded) -> list[tuple[str, float | str, str | None]]:
    """(metric, value, unit) of a pack without refusals."""
    assert decoded.rejections == ()
    return [(r.metric, r.value, r.unit) for r in decoded.readings]


def refusals(decoded: Decoded) -> list[tuple[str, str]]:
    """(place, reason) of all that was refused."""
    assert all(len(r.detail) <= 500 for r in decoded.rejections)
    return [(r.place, r.reason) for r in decoded.rejections]


# --- The examples of RFC 8428 -------------------------------------------------------------------


def test_a_single_data_point_is_measured_now() -> None:
    decoded = decode([{"n": "urn:dev:ow:10e2073a01080063", "u": "Cel", "v": 23.1}])

    # The name is the device's and nothing else, so the unit names the metric.
    assert said(decoded) == [("Cel", 23.1, "CEL")]
    assert decoded.readings[0].at == NOW


def test_a_base_name_is_put_before_the_names() -> None:
    pack = [
        {"bn": "urn:dev:ow:10e2073a01080063:", "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "u": "A", "v": 1.2},
    ]

    assert said(decode(pack)) == [("voltage", 120.1, "VLT"), ("current", 1.2, "AMP")]


CURRENTS = (
    '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},'
    '{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},'
    '{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]'
)


def test_times_are_added_to_the_base_time_and_readings_come_in_their_order() -> None:
    decoded = senml_json.decode(CURRENTS.encode(), OW, NOW)

    at = to_micros(utc("2010-06-08T18:01:16.001"))
    assert [(r.at - at, r.metric, r.value, r.unit, r.place) for r in decoded.readings] == [
        (-5 * SECOND, "current", 1.2, "AMP", "$[1]"),
        (-4 * SECOND, "current", 1.3, "AMP", "$[2]"),
        (-3 * SECOND, "current", 1.4, "AMP", "$[3]"),
        (-2 * SECOND, "current", 1.5, "AMP", "$[4]"),
        (-1 * SECOND, "current", 1.6, "AMP", "$[5]"),
        (0, "voltage", 120.1, "VLT", "$[0]"),
        (0, "current", 1.7, "AMP", "$[6]"),
    ]


# Section 6: the pack above, as the standard prints it in CBOR.
CURRENTS_CBOR = bytes.fromhex(
    "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a"
    "22fb41d303a15b00106223614120050067766f6c7461676501615602fb405e06"
    "6666666666a3006763757272656e74062402fb3ff3333333333333a300676375"
    "7272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3f"
    "f6666666666666a3006763757272656e74062102f93e00a3006763757272656e"
    "74062002fb3ff999999999999aa3006763757272656e74060002fb3ffb333333"
    "333333"
)


def test_the_same_pack_in_cbor_says_the_same() -> None:
    assert senml_cbor.decode(CURRENTS_CBOR, OW, NOW) == senml_json.decode(CURRENTS.encode(), OW, NOW)


def test_a_stream_of_one_quantity_leaves_all_but_time_and_value_out() -> None:
    pack = [
        {"bn": "urn:dev:ow:10e2073a01080063", "bt": 1.320067464e09, "bu": "%RH", "v": 21.2},
        *({"t": 10 * n, "v": v} for n, v in enumerate([21.3, 21.4, 21.4, 21.5, 21.5, 21.5, 21.6, 21.7], start=1)),
    ]

    decoded = decode(pack)

    assert {r.metric for r in decoded.readings} == {"%RH"}
    assert [r.value for r in decoded.readings] == [21.2, 21.3, 21.4, 21.4, 21.5, 21.5, 21.5, 21.6, 21.7]
    assert decoded.readings[-1].at == (1320067464 + 80) * SECOND


MOVING = [
    {"bn": "urn:dev:ow:10e2073a01080063", "bt": 1.320067464e09, "bu": "%RH", "v": 20},
    {"u": "lon", "v": 24.30621},
    {"u": "lat", "v": 60.07965},
    {"t": 60, "v": 20.3},
    {"u": "lon", "t": 60, "v": 24.30622},
    {"u": "lat", "t": 60, "v": 60.07965},
    {"t": 120, "v": 20.7},
    {"u": "lon", "t": 120, "v": 24.30623},
    {"u": "lat", "t": 120, "v": 60.07966},
    {"u": "%EL", "t": 150, "v": 98},
    {"t": 180, "v": 21.2},
    {"u": "lon", "t": 180, "v": 24.30628},
    {"u": "lat", "t": 180, "v": 60.07967},
]
RESOLVED = [
    ("%RH", 1320067464, 20, "P1"),
    ("lon", 1320067464, 24.30621, "DD"),
    ("lat", 1320067464, 60.07965, "DD"),
    ("%RH", 1320067524, 20.3, "P1"),
    ("lon", 1320067524, 24.30622, "DD"),
    ("lat", 1320067524, 60.07965, "DD"),
    ("%RH", 1320067584, 20.7, "P1"),
    ("lon", 1320067584, 24.30623, "DD"),
    ("lat", 1320067584, 60.07966, "DD"),
    ("%EL", 1320067614, 98, "P1"),
    ("%RH", 1320067644, 21.2, "P1"),
    ("lon", 1320067644, 24.30628, "DD"),
    ("lat", 1320067644, 60.07967, "DD"),
]


def test_several_quantities_under_one_name_are_told_apart_by_their_units() -> None:
    decoded = decode(MOVING)

    assert [(r.metric, r.at // SECOND, r.value, r.unit) for r in decoded.readings] == RESOLVED


def test_a_resolved_pack_says_the_same() -> None:
    units = {"%RH": "%RH", "%EL": "%EL", "lon": "lon", "lat": "lat"}
    resolved = [
        {"n": "urn:dev:ow:10e2073a01080063", "u": units[metric], "t": at, "v": value}
        for metric, at, value, _ in RESOLVED
    ]

    assert decode(resolved) == decode(MOVING)


def test_a_pack_holds_numbers_texts_and_truths_and_its_data_is_refused() -> None:
    decoded = decode(
        [
            {"bn": "urn:dev:ow:10e2073a01080063:", "n": "temp", "u": "Cel", "v": 23.1},
            {"n": "label", "vs": "Machine Room"},
            {"n": "open", "vb": False},
            {"n": "nfc-reader", "vd": "aGkgCg"},
        ]
    )

    assert [(r.metric, r.value) for r in decoded.readings] == [
        ("temp", 23.1),
        ("label", "Machine Room"),
        ("open", "false"),
    ]
    assert refusals(decoded) == [("$[3]", "malformed_value")]


def test_a_collection_of_resources_changes_its_base_name_and_keeps_its_base_time() -> None:
    decoded = decode(
        [
            {"bn": "2001:db8::2/", "bt": 1.320078429e09, "n": "temperature", "u": "Cel", "v": 27.2},
            {"n": "humidity", "u": "%RH", "v": 80},
            {"bn": "2001:db8::1/", "n": "temperature", "u": "Cel", "v": 12.3},
            {"n": "humidity", "u": "%RH", "v": 67},
        ]
    )

    assert said(decoded) == [
        ("2001:db8::2/temperature", 27.2, "CEL"),
        ("2001:db8::2/humidity", 80, "P1"),
        ("2001:db8::1/temperature", 12.3, "CEL"),
        ("2001:db8::1/humidity", 67, "P1"),
    ]
    assert {r.at for r in decoded.readings} == {1320078429 * SECOND}


def test_a_record_of_base_fields_alone_is_no_measurement() -> None:
    pack = [
        {"bn": "urn:dev:ow:10e2073a01080063:"},
        {"n": "temp", "u": "Cel", "v": 23.1},
        {"n": "heat", "u": "/", "v": 1},
        {"n": "fan", "u": "/", "v": 0},
    ]

    assert said(decode(pack)) == [("temp", 23.1, "CEL"), ("heat", 1, "C62"), ("fan", 0, "C62")]


def test_a_base_name_may_be_left_out() -> None:
    pack = [
        {"bt": 1.320078429e09, "bu": "/", "n": "2001:db8::3", "v": 0.5},
        {"n": "2001:db8::4", "v": 0.5},
        {"n": "2001:db8::3", "t": 0.1, "v": 0},
        {"n": "2001:db8::4", "t": 0.1, "v": 0},
    ]

    decoded = decode(pack)

    assert [(r.metric, r.at - 1320078429 * SECOND, r.value) for r in decoded.readings] == [
        ("2001:db8::3", 0, 0.5),
        ("2001:db8::4", 0, 0.5),
        ("2001:db8::3", 100_000, 0),
        ("2001:db8::4", 100_000, 0),
    ]


# --- Names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("km", "km"),
        ("press-7:km", "km"),
        ("press-7/km", "km"),
        ("press-7.km", "km"),
        ("press-7_km", "km"),
        ("press-7-km", "km"),
        ("press-7/engine/rpm", "engine/rpm"),
        ("urn:dev:ops:32473-press-7:km", "km"),
        ("urn:dev:mac:press-7_km", "km"),
        ("urn:uuid:press-7:km", "km"),
        # Not this device's own part, so the whole name is what the registry has to know.
        ("press-70:km", "press-70:km"),
        ("urn:dev:ow:press-8:km", "urn:dev:ow:press-8:km"),
        ("urn:dev:ow:xpress-7:km", "urn:dev:ow:xpress-7:km"),
        ("hall:press-7:km", "hall:press-7:km"),
        # The name ends with the device and there is no unit to tell the quantity by.
        ("press-7", "press-7"),
        ("press-7:", "press-7:"),
    ],
)
def test_the_devices_own_part_is_taken_off_the_name(name: str, metric: str) -> None:
    assert said(decode([{"n": name, "v": 1}], "press-7")) == [(metric, 1, None)]


@pytest.mark.parametrize("name", ["", "-km", "k m", "größe", "km\n", "k" * 257, ":km", "/km", 'k"m'])
def test_a_name_outside_the_alphabet_refuses_its_record(name: str) -> None:
    assert refusals(decode([{"n": name, "v": 1}])) == [("$[0]", "malformed")]


def test_the_alphabet_holds_for_the_joined_name() -> None:
    assert said(decode([{"bn": "d", "n": "/km", "v": 1}])) == [("d/km", 1, None)]


# --- Times --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bt", "t", "at"),
    [
        (0, 0, NOW),
        (0, -5, NOW - 5 * SECOND),
        (0, 2, NOW + 2 * SECOND),
        # Relative below 2**28 after adding, absolute from there on.
        (268435455, 0.999999, NOW + 268435455999999),
        (268435455, 1, 268435456 * SECOND),
        (1800000000, -1799999990, NOW + 10 * SECOND),
        (1700000000, 0.1234564, 1700000000123456),
        (1700000000, 0.1234566, 1700000000123457),
        (1.7e9, 0, 1700000000 * SECOND),
    ],
)
def test_a_time_below_two_to_the_28_is_relative_to_the_receipt(bt: float, t: float, at: int) -> None:
    decoded = decode([{"bn": "d/", "n": "km", "bt": bt, "t": t, "v": 1}])

    assert [r.at for r in decoded.readings] == [at]


@pytest.mark.parametrize("t", [-2_000_000_000, 253402300800, 1e30])
def test_a_time_outside_all_calendars_refuses_its_record(t: float) -> None:
    assert refusals(decode([{"n": "km", "t": t, "v": 1}])) == [("$[0]", "malformed_time")]


def test_a_relative_time_is_refused_where_the_first_receipt_is_not_known() -> None:
    pack = [{"n": "km", "v": 1}, {"n": "km", "t": 1_700_000_000, "v": 1}]

    decoded = decode(pack, again=True)

    assert refusals(decoded) == [("$[0]", "uncertain_time")]
    assert [r.place for r in decoded.readings] == ["$[1]"]


# --- Values, units, sums ------------------------------------------------------------------------


def test_a_base_value_is_added_exactly() -> None:
    pack = [{"bn": "d/", "n": "km", "bv": 0.1, "v": 0.2}, {"n": "km", "v": -0.1}, {"n": "on", "vb": True}]

    assert [r.value for r in decode(pack).readings] == [0.3, 0, "true"]


@pytest.mark.parametrize(
    ("base", "own", "value"),
    [
        (20, "3.1000000000000014", 23.1),
        ("0.1", "1000000.0000000001", 1000000.1000000001),
        # Not what doubles have left over, so nobody knows what was meant.
        (20, "3.10000000000000142", None),
    ],
)
def test_a_base_taken_off_in_doubles_is_put_back_in_doubles(base: Any, own: str, value: float | None) -> None:
    payload = f'[{{"bn": "d/", "bv": {base}, "n": "km", "v": {own}}}]'

    decoded = senml_json.decode(payload.encode(), "d", NOW)

    assert [r.value for r in decoded.readings] == ([] if value is None else [value])


def test_numbers_of_the_greatest_size_and_length_are_added_without_harm() -> None:
    great, small = f"{'9' * 95}e-54", f"0.{'0' * 39}{'9' * 59}"
    payload = f'[{{"bn": "d/", "bv": {great}, "bt": {great}, "bs": {great}, "n": "km", "v": {small}, "s": {small}}}]'
    timed = f'[{{"n": "km", "t": {small}, "v": 1}}]'

    assert refusals(senml_json.decode(payload.encode(), "d", NOW)) == [("$[0]", "malformed_time")]
    assert refusals(senml_json.decode(payload.replace('"bt"', '"ut"').encode(), "d", NOW)) == [
        ("$[0]", "malformed_value"),
        ("$[0].s", "malformed_value"),
    ]
    assert [r.at for r in senml_json.decode(timed.encode(), "d", NOW).readings] == [NOW]


def test_a_base_value_alone_is_no_value() -> None:
    assert refusals(decode([{"bn": "d/", "bv": 3, "n": "km"}])) == [("$[0]", "malformed")]


def test_a_base_unit_holds_where_no_unit_is_given() -> None:
    pack = [{"bn": "d/", "bu": "kWh", "n": "a", "v": 1}, {"n": "b", "u": "W", "v": 1}, {"n": "c", "v": 1}]

    assert [r.unit for r in decode(pack).readings] == ["KWH", "WTT", "KWH"]


def test_a_text_needs_no_unit_and_an_unknown_one_does_not_hurt_it() -> None:
    assert said(decode([{"bn": "d/", "bu": "furlong", "n": "state", "vs": "RUNNING"}])) == [
        ("d/state", "RUNNING", None)
    ]


def test_an_unknown_unit_refuses_its_record_alone() -> None:
    decoded = decode(
        [{"bn": "d/", "n": "a", "u": "furlong", "v": 1}, {"n": "b", "u": "dBm", "v": 1}, {"n": "c", "v": 1}]
    )

    assert refusals(decoded) == [("$[0]", "unknown_unit"), ("$[1]", "unknown_unit")]
    assert [r.place for r in decoded.readings] == ["$[2]"]


def test_every_unit_of_the_table_is_one_of_ours() -> None:
    assert set(CODES.values()) | set(SUM_CODES.values()) <= set(UNITS)
    assert set(SUM_CODES) <= set(CODES)


# RFC 8798: secondary unit, unit, scale.
@pytest.mark.parametrize(
    ("secondary", "primary", "scale"),
    [
        ("ms", "s", "0.001"),
        ("min", "s", "60"),
        ("h", "s", "3600"),
        ("MHz", "Hz", "1000000"),
        ("kW", "W", "1000"),
        ("kVA", "VA", "1000"),
        ("kvar", "var", "1000"),
        ("Ah", "C", "3600"),
        ("Wh", "J", "3600"),
        ("kWh", "J", "3600000"),
        ("KiB", "B", "1024"),
        ("GB", "B", "1000000000"),
        ("Mbit/s", "bit/s", "1000000"),
        ("B/s", "bit/s", "8"),
        ("MB/s", "bit/s", "8000000"),
        ("mV", "V", "0.001"),
        ("mA", "A", "0.001"),
        ("ug/m3", "kg/m3", "0.000000001"),
        ("hPa", "Pa", "100"),
        ("mm", "m", "0.001"),
        ("cm", "m", "0.01"),
        ("km", "m", "1000"),
    ],
)
def test_a_secondary_unit_has_the_scale_of_the_standard(secondary: str, primary: str, scale: str) -> None:
    assert factor(CODES[secondary], CODES[primary]) == Fraction(scale)


def test_speeds_and_rates_have_the_scale_of_the_standard() -> None:
    assert factor(CODES["m/s"], CODES["km/h"]) == Fraction("3.6")
    assert factor(CODES["m/h"], CODES["mm/h"]) == 1000
    assert factor(CODES["km/h"], CODES["m/h"]) == 1000
    assert factor(CODES["1/s"], CODES["1/min"]) == 60
    assert factor(CODES["/100"], CODES["/1000"]) == 10
    assert factor(CODES["/1000"], CODES["ppm"]) == 1000


def test_a_sum_is_a_metric_of_its_own_in_the_unit_times_a_second() -> None:
    pack = [{"bn": "d/", "n": "flow", "u": "m3/s", "v": 0.25, "s": 1800.5}]

    assert said(decode(pack)) == [("d/flow", 0.25, "MQS"), ("d/flow_sum", 1800.5, "MTQ")]
    assert [r.place for r in decode(pack).readings] == ["$[0]", "$[0].s"]


def test_a_record_may_have_a_sum_and_no_value() -> None:
    assert said(decode([{"n": "power", "u": "W", "s": 7200}])) == [("power_sum", 7200, "JOU")]


def test_a_base_sum_alone_gives_every_later_record_a_sum() -> None:
    pack = [{"bn": "d/", "bs": 100}, {"n": "a", "v": 1}, {"n": "b", "s": 5}, {"n": "c"}, {"n": "d", "vb": True}]

    assert said(decode(pack)) == [
        ("d/a", 1, None),
        ("d/a_sum", 100, None),
        ("d/b_sum", 105, None),
        ("d/c_sum", 100, None),
        ("d/d", "true", None),
        ("d/d_sum", 100, None),
    ]


def test_a_sum_in_a_unit_that_has_no_integral_here_is_refused_alone() -> None:
    decoded = decode([{"n": "t", "u": "Cel", "v": 20, "s": 3}])

    assert refusals(decoded) == [("$[0].s", "unknown_unit")]
    assert [r.place for r in decoded.readings] == ["$[0]"]


# --- What refuses a whole pack ------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 5, 10, 26])
def test_the_standards_version_its_drafts_and_secondary_units_are_understood(version: int) -> None:
    assert said(decode([{"bver": version, "n": "km", "v": 1}])) == [("km", 1, None)]


@pytest.mark.parametrize("version", [11, 16, 27, 42, 58, 1 << 52])
def test_a_version_that_asks_for_more_refuses_the_pack(version: int) -> None:
    pack = [{"n": "km", "v": 1}, {"n": "km", "v": 1}]
    pack[0]["bver"] = version

    assert refusals(decode(pack)) == [("$", "unsupported_feature")]


@pytest.mark.parametrize("version", [0, -10, 10.5, "10", None, True])
def test_a_version_that_is_no_positive_whole_number_refuses_the_pack(version: Any) -> None:
    ((place, _),) = refusals(decode([{"bver": version, "n": "km", "v": 1}]))

    assert place == "$"


def test_all_records_have_one_version() -> None:
    assert refusals(decode([{"n": "a", "v": 1}, {"bver": 5, "n": "b", "v": 1}])) == [("$", "malformed")]
    assert said(decode([{"n": "a", "v": 1}, {"bver": 10, "n": "b", "v": 1}]))


def test_an_unknown_field_is_ignored_unless_its_label_ends_with_an_underscore() -> None:
    assert said(decode([{"n": "km", "v": 1, "hello": {"a": []}}])) == [("km", 1, None)]
    decoded = decode([{"n": "km", "v": 1}, {"n": "km", "v": 2, "hello_": 1}])
    assert decoded.readings == ()
    assert refusals(decoded) == [("$", "unsupported_feature")]


@pytest.mark.parametrize(
    "payload",
    ["", "{", '{"n":"km","v":1}', "1", '"x"', "null", "[", '[{"n":"km","v":1}]x', "[]", "\ufeff[]", "[" * 100_000],
)
def test_what_is_no_array_of_records_is_undecodable(payload: str) -> None:
    assert refusals(senml_json.decode(payload.encode(), OW, NOW)) == [("$", "undecodable")]


def test_json_in_another_encoding_is_undecodable() -> None:
    assert refusals(senml_json.decode('[{"n":"km","v":1}]'.encode("utf-16"), OW, NOW)) == [("$", "undecodable")]


def test_a_pack_that_measures_nothing_is_refused() -> None:
    assert refusals(decode([{"bn": "d/"}, {"bver": 10}])) == [("$", "malformed")]


def test_a_pack_has_a_limit() -> None:
    records = [{"n": "km", "v": 1}] * RECORDS_MAX

    assert len(decode(records).readings) == RECORDS_MAX
    assert refusals(decode([*records, {"n": "km", "v": 1}])) == [("$", "too_large")]


# --- What refuses a record ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("7", "malformed"),
        ('"x"', "malformed"),
        ("null", "malformed"),
        ("[]", "malformed"),
        ("{}", "malformed"),
        ('{"n": "km"}', "malformed"),
        ('{"n": "km", "ut": 5}', "malformed"),
        ('{"v": 1}', "malformed"),
        ('{"n": 5, "v": 1}', "malformed"),
        ('{"n": "km", "v": 1, "vs": "x"}', "malformed"),
        ('{"n": "km", "vb": true, "vd": "x"}', "malformed"),
        ('{"n": "km", "u": 5, "v": 1}', "malformed"),
        ('{"n": "km", "v": "1"}', "malformed_value"),
        ('{"n": "km", "v": true}', "malformed_value"),
        ('{"n": "km", "v": null}', "malformed_value"),
        ('{"n": "km", "v": NaN}', "malformed_value"),
        ('{"n": "km", "v": -Infinity}', "malformed_value"),
        ('{"n": "km", "v": 1e16}', "malformed_value"),
        ('{"n": "km", "v": 1e400}', "malformed_value"),
        ('{"n": "km", "v": 1e99999999999999999999}', "malformed_value"),
        ('{"n": "km", "v": 0.12345678901234567}', "malformed_value"),
        ('{"n": "km", "v": 1, "v": 2}', "malformed_value"),
        ('{"n": "km", "n": "km", "v": 1}', "malformed"),
        ('{"n": "km", "vs": 5}', "malformed"),
        ('{"n": "km", "vs": "a\\u0000b"}', "malformed_value"),
        ('{"n": "km", "vb": "true"}', "malformed_value"),
        ('{"n": "km", "vb": 1}', "malformed_value"),
        ('{"n": "km", "vd": "aGkgCg"}', "malformed_value"),
        ('{"n": "km", "t": "now", "v": 1}', "malformed_value"),
        ('{"n": "km", "t": 1e99, "v": 1}', "malformed_value"),
    ],
)
def test_one_bad_record_is_refused_alone(record: str, reason: str) -> None:
    payload = f'[{{"n": "a", "v": 1}}, {record}, {{"n": "b", "v": 2}}]'

    decoded = senml_json.decode(payload.encode(), OW, NOW)

    assert refusals(decoded) == [("$[1]", reason)]
    assert [r.place for r in decoded.readings] == ["$[0]", "$[2]"]


@pytest.mark.parametrize("base", ['"bn": 5', '"bt": "x"', '"bu": 5', '"bv": "x"', '"bn": "a", "bn": "b"'])
def test_a_base_field_that_cannot_be_read_refuses_what_needs_it_until_it_is_replaced(base: str) -> None:
    label = base[1:3]
    good = {"bn": '"x/"', "bt": "1", "bu": '"m"', "bv": "1"}[label]
    payload = f'[{{"bn": "d/"}}, {{{base}}}, {{"n": "a", "v": 1}}, {{"{label}": {good}, "n": "b", "v": 2}}]'

    decoded = senml_json.decode(payload.encode(), OW, NOW)

    assert refusals(decoded) == [("$[1]", "malformed"), ("$[2]", "malformed")]
    assert [r.place for r in decoded.readings] == ["$[3]"]


def test_a_broken_base_does_not_hurt_what_does_without_it() -> None:
    pack = [
        {"bn": "d/"},
        {"bu": 5, "bv": "x", "bs": "x"},
        {"n": "state", "vs": "UP"},
        {"n": "km", "u": "km", "vs": "x"},
    ]

    decoded = decode(pack)

    assert [r.place for r in decoded.readings] == ["$[2]", "$[3]"]
    assert refusals(decoded) == [("$[1]", "malformed"), ("$[2].s", "malformed"), ("$[3].s", "malformed")]


# --- CBOR ---------------------------------------------------------------------------------------


def from_cbor(pack: Any) -> Decoded:
    return senml_cbor.decode(cbor2.dumps(pack), "d", NOW)


def test_cbor_labels_are_numbers_and_text_is_taken_too() -> None:
    assert said(from_cbor([{-2: "d/", 0: "km", 1: "km", 2: 5}, {"n": "h", "v": 6}])) == [
        ("km", 5, "KMT"),
        ("h", 6, None),
    ]


def test_all_labels_have_their_number() -> None:
    record = {-6: 1, -5: 10, -4: "W", -3: 1.7e9, -2: "d/", -1: 10, 0: "p", 1: "kW", 2: 5, 5: 2, 6: 3, 7: 9}

    decoded = from_cbor([record, {0: "state", 3: "UP"}, {0: "on", 4: True}, {0: "data", 8: b"x"}])

    assert [(r.metric, r.value, r.unit) for r in decoded.readings if r.at == 1700000003 * SECOND] == [
        ("p", 15, "KWT"),
        ("p_sum", 3, "KJO"),
    ]
    assert [(r.metric, r.value) for r in decoded.readings if r.metric in ("state", "on")] == [
        ("state", "UP"),
        ("on", "true"),
    ]
    assert ("$[3]", "malformed_value") in refusals(decoded)


def test_an_unknown_number_as_label_is_ignored_and_a_known_one_twice_is_refused() -> None:
    assert said(from_cbor([{0: "km", 2: 1, 99: 1, -7: 1}])) == [("km", 1, None)]
    assert refusals(from_cbor([{0: "km", 2: 1, "v": 1}])) == [("$[0]", "malformed_value")]


def test_a_label_that_must_be_understood_refuses_the_pack_in_cbor_too() -> None:
    assert refusals(from_cbor([{0: "km", 2: 1, "hello_": 1}])) == [("$", "unsupported_feature")]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Decimal("23.1"), "23.1"),
        (Decimal("1E+3"), "1000"),
        (2**40, "1099511627776"),
        (-5, "-5"),
        (23.1, "23.1"),
    ],
)
def test_decimal_fractions_integers_and_doubles_are_kept_digit_by_digit(value: Any, number: str) -> None:
    (reading,) = from_cbor([{0: "km", 2: value}]).readings

    assert isinstance(reading.value, float)
    assert decimal_of(reading.value) == Decimal(number)


@pytest.mark.parametrize("value", [2**70, -(2**70), 10**400, float("nan"), float("inf"), None, b"5", "5", [5], {1: 5}])
def test_what_is_no_reading_refuses_its_record_in_cbor(value: Any) -> None:
    decoded = from_cbor([{0: "a", 2: value}, {0: "b", 2: 1}])

    assert refusals(decoded) == [("$[0]", "malformed_value")]
    assert [r.metric for r in decoded.readings] == ["b"]


@pytest.mark.parametrize("payload", ["", "81", "a10001", "05", "ff", "80", "9fff", "81ff"])
def test_cbor_that_is_no_array_of_records_is_undecodable(payload: str) -> None:
    assert refusals(senml_cbor.decode(bytes.fromhex(payload), "d", NOW)) == [("$", "undecodable")]


def test_the_documentation_lists_every_unit() -> None:
    text = " ".join((Path(__file__).parents[3] / "docs/senml.md").read_text().split())

    for codes in (CODES, SUM_CODES):
        assert ", ".join(f"`{symbol}` {code}" for symbol, code in codes.items()) in text

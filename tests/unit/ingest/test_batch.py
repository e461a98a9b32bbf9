"""Sorting out: every reading becomes a row, a duplicate or a rejection."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from ingest.batch import Batch, Row, sort_out
from ingest.catalogue import MetricKind, OnFall
from ingest.formats.json import encode
from ingest.message import Message
from ingest.reading import Decoded, Reading
from ingest.topics import TELEMETRY_FILTER, device_of, telemetry_topic
from tests.builders import HOUR, MINUTE, T0, known, metric, opened
from vouch.period import to_micros

COUNTER = metric(plausible=("-5", "1000"))
DIPPING = metric(name="dipping", on_fall=OnFall.DIP, plausible=("-5", "1000"))
STATE = metric(MetricKind.STATE)
GAUGE = metric(MetricKind.GAUGE, plausible=("0", None))
KNOWN = known(COUNTER, STATE, GAUGE, DIPPING)
NOW = T0 + timedelta(days=1)


def sort(*messages: Message, now: datetime = NOW) -> Batch:
    return sort_out(opened(*messages), KNOWN, to_micros(now))


def said(value: str, name: str = "counter", at: str | None = None, device: str = "d-1") -> Message:
    instant = at or "2026-06-01T00:00:00Z"
    body = f'{{"measured_at": "{instant}", "values": {{"{name}": {value}}}}}'
    return Message(telemetry_topic(device), body.encode())


def reasons(batch: Batch) -> list[str]:
    return [rejection.reason for _, rejection in batch.rejections]


def test_a_reading_becomes_a_row_of_its_series() -> None:
    batch = sort(said("5"), said('"down"', "state"))

    assert batch.rows == [
        Row(1, to_micros(T0), 5.0, 0, "$.values.counter"),
        Row(2, to_micros(T0), 2.0, 1, "$.values.state"),
    ]
    assert (batch.received, batch.duplicates, batch.rejections) == (2, [], [])
    assert batch.stale_days == {(1, date(2026, 6, 1)), (2, date(2026, 6, 1))}


def test_the_same_again_is_a_duplicate_and_another_value_a_rejection() -> None:
    batch = sort(said("5"), said("5.0"), said("6"), said("5", at="2026-06-01T02:00:00+02:00"))

    assert [row.value for row in batch.rows] == [5.0]
    assert batch.duplicates == [1, 3]
    ((index, rejection),) = batch.rejections
    assert (index, rejection.reason) == (2, "conflicting_value")
    assert rejection.detail == "6.0 at an instant that already holds 5.0"
    assert batch.received == 4


def test_one_microsecond_makes_another_reading() -> None:
    batch = sort(said("5"), said("6", at="2026-06-01T00:00:00.000001Z"))

    assert len(batch.rows) == 2


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said("5", device="d-2"), "unknown_device"),
        (Message("vouch/v1/d-1/status", b"{}"), "unknown_topic"),
        (Message("vouch/v1/d-1/d-2/telemetry", b"{}"), "unknown_topic"),
        (said("5", "speed"), "unknown_metric"),
        (said('"broken"', "state"), "unknown_state"),
        (said("9", "state"), "unknown_state"),
        (said("1.5", "state"), "unknown_state"),
        (said('"UP"', "state"), "unknown_state"),
        (said('"5"'), "not_a_number"),
        (said('"up"'), "not_a_number"),
        (said("1000.1"), "implausible_value"),
        (said("-1"), "implausible_value"),
        (said("-0.000001"), "implausible_value"),
        (said("-5.1", "dipping"), "implausible_value"),
        (said("-0.1", "gauge"), "implausible_value"),
        (said("5", at="2026-06-02T01:00:00.000001Z"), "future_time"),
        (said("5", at="9999-01-01T00:00:00Z"), "future_time"),
        (said("5", at="2009-12-31T23:59:59Z"), "ancient_time"),
        (said("5", at="1970-01-01T00:00:00Z"), "ancient_time"),
        (said("5", at="0001-01-01T00:00:00Z"), "ancient_time"),
        (said("5", at="yesterday"), "malformed_time"),
        (said("null"), "malformed_value"),
        (Message(telemetry_topic("d-1"), b"\xff"), "undecodable"),
    ],
)
def test_what_the_catalogue_does_not_allow_is_rejected_with_its_reason(message: Message, reason: str) -> None:
    batch = sort(message)

    assert reasons(batch) == [reason]
    assert (batch.rows, batch.duplicates, batch.received) == ([], [], 1)


@pytest.mark.parametrize(
    "message",
    [
        said("1000"),
        said("1", "state"),
        said("0"),
        said("-0"),
        said("-5", "dipping"),
        said("999999999999999", "gauge"),
        said("5", at="2026-06-02T01:00:00Z"),
        said("5", at="2010-01-01T00:00:00Z"),
    ],
)
def test_what_is_just_within_bounds_is_taken(message: Message) -> None:
    batch = sort(message)

    assert reasons(batch) == []
    assert len(batch.rows) == 1


def test_a_faulty_message_does_not_touch_its_neighbours() -> None:
    at = T0 + HOUR
    many = encode([(T0, {"counter": Decimal(1), "speed": Decimal(1)}), (at, {"counter": Decimal(2), "state": "?"})])
    batch = sort(said("5"), Message("x", b""), Message(telemetry_topic("d-1"), many))

    assert [(row.message, row.value) for row in batch.rows] == [(0, 5.0), (2, 2.0)]
    assert [(index, rejection.reason) for index, rejection in batch.rejections] == [
        (1, "unknown_topic"),
        (2, "conflicting_value"),
        (2, "unknown_metric"),
        (2, "unknown_state"),
    ]
    assert batch.received == 6


def test_a_rejected_reading_leaves_its_instant_free() -> None:
    batch = sort(said("-1"), said("1"))

    assert [row.value for row in batch.rows] == [1.0]


def test_an_identity_is_series_and_microsecond() -> None:
    row = Row(7, 1_000_002, 1.0, 0, "$")

    assert row.identity == (7, 1_000_002)


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("vouch/v1/press-7/telemetry", "press-7"),
        ("vouch/v1/A.b_c-9/telemetry", "A.b_c-9"),
        (f"vouch/v1/{'x' * 128}/telemetry", "x" * 128),
        (f"vouch/v1/{'x' * 129}/telemetry", None),
        ("vouch/v1//telemetry", None),
        ("vouch/v1/-a/telemetry", None),
        ("vouch/v1/a+b/telemetry", None),
        ("vouch/v1/é/telemetry", None),
        ("vouch/v1/a/telemetry\n", None),
        ("vouch/v2/a/telemetry", None),
        ("/vouch/v1/a/telemetry", None),
        ("", None),
    ],
)
def test_a_topic_names_one_device(topic: str, device: str | None) -> None:
    assert device_of(topic) == device


def test_the_topic_of_a_device_names_it() -> None:
    assert device_of(telemetry_topic("press-7")) == "press-7"
    assert telemetry_topic("+") == TELEMETRY_FILTER


def test_an_hour_is_how_far_a_clock_may_run_ahead() -> None:
    messages = [said("5", at="2026-06-01T00:59:00Z"), said("6", at="2026-06-01T01:00:00Z")]
    batch = sort(*messages, now=T0 - MINUTE)

    assert [row.value for row in batch.rows] == [5.0]
    assert reasons(batch) == ["future_time"]


@pytest.mark.parametrize(
    ("sent", "unit", "stored"),
    [
        (48.2114, "KWH", 48.2114),
        (173_561_040, "JOU", 48.2114),
        (0.0482114, "MWH", 48.2114),
        # 5 J are 0.0000013888… kWh: without end, so not to be kept exactly.
        (5, "JOU", None),
        (1e-14, "WHR", None),
        (5, "KWT", None),
        (5, "XYZ", None),
    ],
)
def test_a_number_in_another_unit_is_converted_exactly_or_refused(sent: float, unit: str, stored: float | None) -> None:
    energy = known(metric(MetricKind.GAUGE, "energy", unit="KWH"))
    (one,) = opened(said("1"))
    reading = Reading("energy", to_micros(T0), sent, "$", unit)

    batch = sort_out([one._replace(decoded=Decoded((reading,), ()))], energy, to_micros(NOW))

    assert [row.value for row in batch.rows] == ([] if stored is None else [stored])
    assert reasons(batch) == (["unit"] if stored is None else [])

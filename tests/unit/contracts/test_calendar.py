"""Weekly hours as instants: each day has what its clocks show."""

from zoneinfo import ZoneInfo

import pytest

from contracts.calendar import occurrences
from tests.builders import BERLIN, hours, span, wall
from vouch.period import Period, total_micros

HOUR_MICROS = 3_600_000_000


def within(window: Period, *spans: str, zone: ZoneInfo = BERLIN) -> list[Period]:
    return occurrences(map(wall, spans), window, zone)


def test_hours_are_those_of_the_contracts_zone() -> None:
    # T0 is a Monday; Berlin is two hours ahead.
    assert within(hours(-2, 22), "monday 06:00-22:00") == [hours(4, 20)]
    assert within(hours(-2, 22), "tuesday 06:00-22:00") == []


def test_hours_are_cut_at_the_window() -> None:
    assert within(hours(5, 10), "monday 06:00-22:00") == [hours(5, 10)]
    assert within(hours(4, 4), "monday 06:00-22:00") == []
    assert within(hours(20, 22), "monday 06:00-22:00") == []


def test_hours_repeat_every_week_and_join_at_midnight() -> None:
    found = within(hours(-2, 24 * 14 - 2), "sunday 20:00-24:00", "monday 00:00-01:00")

    assert found == [hours(-2, -1), hours(162, 167), hours(330, 334)]


def test_spans_given_in_any_order_and_overlapping_are_joined() -> None:
    assert within(hours(-2, 22), "monday 12:00-14:00", "monday 06:00-08:00", "monday 07:00-13:00") == [hours(4, 12)]


@pytest.mark.parametrize(
    ("hours_of", "expected"),
    [
        ("sunday 00:00-24:00", 23),
        ("sunday 01:00-04:00", 2),
        # Nothing of it exists: both ends move to half past three.
        ("sunday 02:00-03:00", 0),
        # 02:30 is 03:30, and 03:00 is before it.
        ("sunday 02:30-03:00", 0),
        ("sunday 02:30-04:00", 0.5),
        ("sunday 01:00-02:30", 1.5),
        ("sunday 06:00-22:00", 16),
    ],
)
def test_hours_on_the_day_clocks_go_forward(hours_of: str, expected: float) -> None:
    found = within(span("2026-03-28 12:00", "2026-03-30 12:00"), hours_of)

    assert total_micros(found) == expected * HOUR_MICROS


@pytest.mark.parametrize(
    ("hours_of", "expected"),
    [
        ("sunday 00:00-24:00", 25),
        ("sunday 01:00-04:00", 4),
        # From the first two o'clock to three, which comes once.
        ("sunday 02:00-03:00", 2),
        # Both ends are the first of their kind.
        ("sunday 02:00-02:30", 0.5),
        ("sunday 02:30-03:00", 1.5),
        ("sunday 06:00-22:00", 16),
    ],
)
def test_hours_on_the_day_clocks_go_back(hours_of: str, expected: float) -> None:
    found = within(span("2026-10-24 12:00", "2026-10-26 12:00"), hours_of)

    assert total_micros(found) == expected * HOUR_MICROS


def test_a_skipped_midnight_moves_on() -> None:
    havana = ZoneInfo("America/Havana")
    found = within(span("2026-03-08 00:00", "2026-03-09 12:00"), "sunday 00:00-24:00", zone=havana)

    assert found == [span("2026-03-08 05:00", "2026-03-09 04:00")]

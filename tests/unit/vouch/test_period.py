"""Spans of time: months as long as clocks make them, and lists of spans."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.builders import BERLIN, HOUR, T0, hours, span, utc
from vouch.errors import Invalid
from vouch.period import (
    MICROSECOND,
    Period,
    days_between,
    from_micros,
    intersect,
    iso,
    local_instant,
    subtract,
    to_micros,
    total_micros,
    union,
    utc_day,
    utc_midnight,
)

HAVANA = ZoneInfo("America/Havana")
HOUR_MICROS = 3_600_000_000


@pytest.mark.parametrize(
    ("year", "month", "zone", "hours_long"),
    [
        (2026, 3, "Europe/Berlin", 743),
        (2026, 10, "Europe/Berlin", 745),
        (2026, 4, "Europe/Berlin", 720),
        (2026, 2, "Europe/Berlin", 672),
        (2028, 2, "Europe/Berlin", 696),
        (2026, 12, "Europe/Berlin", 744),
        (2026, 3, "America/Vancouver", 743),
        (2026, 3, "UTC", 744),
        (2026, 4, "Australia/Lord_Howe", 720.5),
    ],
)
def test_a_month_is_as_long_as_its_instants_say(year: int, month: int, zone: str, hours_long: float) -> None:
    assert Period.month(year, month, ZoneInfo(zone)).micros == int(hours_long * HOUR_MICROS)


def test_a_month_begins_and_ends_at_local_midnight() -> None:
    assert Period.month(2026, 10, BERLIN) == span("2026-09-30 22:00", "2026-10-31 23:00")
    assert Period.month(2026, 12, BERLIN) == span("2026-11-30 23:00", "2026-12-31 23:00")


@pytest.mark.parametrize(
    ("day", "hours_long"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_has_23_24_or_25_hours(day: date, hours_long: int) -> None:
    assert Period.day(day, BERLIN).micros == hours_long * HOUR_MICROS


def test_a_day_whose_midnight_is_skipped_begins_when_clocks_have_moved_on() -> None:
    day = Period.day(date(2026, 3, 8), HAVANA)

    assert day == span("2026-03-08 05:00", "2026-03-09 04:00")


@pytest.mark.parametrize(
    ("day", "wall", "instant"),
    [
        (date(2026, 6, 1), time(6), "2026-06-01 04:00"),
        (date(2026, 3, 29), time(1, 59), "2026-03-29 00:59"),
        # Skipped: 02:30 is read as 03:30 summer time.
        (date(2026, 3, 29), time(2, 30), "2026-03-29 01:30"),
        (date(2026, 3, 29), time(3), "2026-03-29 01:00"),
        # Twice: the first 02:30, which is summer time.
        (date(2026, 10, 25), time(2, 30), "2026-10-25 00:30"),
        (date(2026, 10, 25), time(3), "2026-10-25 02:00"),
    ],
)
def test_skipped_wall_times_move_on_and_double_ones_are_the_first(day: date, wall: time, instant: str) -> None:
    assert local_instant(day, wall, BERLIN) == utc(instant)


def test_a_period_is_made_of_utc_instants_in_order() -> None:
    with pytest.raises(Invalid, match="UTC"):
        Period(T0.astimezone(BERLIN), T0.astimezone(BERLIN) + HOUR)
    with pytest.raises(Invalid, match="UTC"):
        Period(T0.replace(tzinfo=None), T0.replace(tzinfo=None))
    with pytest.raises(Invalid, match="cannot end"):
        Period(T0, T0 - MICROSECOND)
    assert Period(T0, T0).micros == 0


def test_periods_that_touch_share_nothing() -> None:
    assert hours(0, 1).overlap(hours(1, 2)) is None
    assert hours(0, 2).overlap(hours(1, 3)) == hours(1, 2)
    assert hours(0, 9).overlap(hours(3, 4)) == hours(3, 4)
    assert hours(0, 9).overlap(hours(3, 3)) is None


def test_instants_are_whole_microseconds_and_back() -> None:
    at = utc("2026-06-01 00:00:00.000001")

    assert to_micros(at) == 1_780_272_000_000_001
    assert from_micros(to_micros(at)) == at
    assert to_micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)) == -1
    assert iso(at.astimezone(BERLIN)) == "2026-06-01T00:00:00.000001Z"
    assert utc_day(utc("2026-06-01 23:30").astimezone(BERLIN)) == date(2026, 6, 1)
    assert utc_midnight(date(2026, 6, 1)) == utc("2026-06-01 00:00")


def test_a_union_joins_what_overlaps_or_touches_and_drops_what_is_empty() -> None:
    given = [hours(5, 6), hours(0, 2), hours(1, 3), hours(3, 4), hours(4.5, 4.5), hours(5, 5.5)]

    assert union(given) == [hours(0, 4), hours(5, 6)]
    assert union([]) == []


def test_an_intersection_is_what_both_lists_cover() -> None:
    left, right = [hours(0, 4), hours(6, 8)], [hours(1, 2), hours(3, 7), hours(8, 9)]

    assert intersect(left, right) == [hours(1, 2), hours(3, 4), hours(6, 7)]
    assert intersect(left, []) == []


def test_a_difference_is_what_only_the_left_list_covers() -> None:
    left, right = [hours(0, 4), hours(6, 8)], [hours(1, 2), hours(3, 7), hours(8, 9)]

    assert subtract(left, right) == [hours(0, 1), hours(2, 3), hours(7, 8)]
    assert subtract(left, []) == left
    assert subtract(left, [hours(-1, 9)]) == []
    assert total_micros(subtract(left, right)) == 3 * HOUR_MICROS


def test_days_between_are_the_local_days_that_a_span_touches() -> None:
    october = Period.month(2026, 10, BERLIN)

    days = days_between(october.start, october.end, BERLIN)
    assert (days[0], days[-1], len(days)) == (date(2026, 10, 1), date(2026, 10, 31), 31)
    assert days_between(october.start, october.end + MICROSECOND, BERLIN)[-1] == date(2026, 11, 1)
    assert days_between(T0, T0, BERLIN) == []
    assert days_between(T0, T0 - timedelta(days=1), BERLIN) == []

"""Service hours over a span: weekly hours by wall clock, less the days on which there are none."""

from typing import Any

from contracts.calendar import service_periods
from contracts.terms.service_hours import WeeklyHours, weekly_spans
from tests.builders import BERLIN, hours, span
from vouch.period import Period, total_micros

HOUR_MICROS = 3_600_000_000


def weekly(closed_on: list[str], **days: list[str]) -> Any:
    return weekly_spans(WeeklyHours.model_validate({"weekly": days, "closed_on": closed_on}))


def test_always_is_the_whole_span() -> None:
    assert service_periods(weekly_spans("always"), hours(0.5, 999), BERLIN) == [hours(0.5, 999)]


def test_hours_follow_the_contracts_zone_and_are_cut_at_the_span() -> None:
    # T0 is Monday 02:00 in Berlin.
    agreed = weekly([], monday=["06:00-12:00", "13:00-22:00"])

    assert service_periods(agreed, hours(5, 12), BERLIN) == [hours(5, 10), hours(11, 12)]


def test_a_day_that_is_closed_has_no_hours() -> None:
    open_days = weekly(["2026-06-08"], monday=["06:00-22:00"])

    # Mondays in June: 1, 8, 15, 22, 29.
    found = service_periods(open_days, Period.month(2026, 6, BERLIN), BERLIN)
    assert [period.start.day for period in found] == [1, 15, 22, 29]


def test_a_closed_day_ends_where_its_neighbours_begin() -> None:
    agreed = weekly(["2026-06-02"], monday=["20:00-24:00"], tuesday=["00:00-24:00"], wednesday=["00:00-01:00"])

    found = service_periods(agreed, hours(-2, 70), BERLIN)
    assert found == [hours(18, 22), hours(46, 47)]


def test_a_closed_day_of_25_hours_is_closed_throughout() -> None:
    week = span("2026-10-24 00:00", "2026-10-27 00:00")

    closed = service_periods(weekly(["2026-10-25"], sunday=["00:00-24:00"]), week, BERLIN)
    assert closed == []
    assert total_micros(service_periods(weekly([], sunday=["00:00-24:00"]), week, BERLIN)) == 25 * HOUR_MICROS


def test_nobody_can_change_what_others_share() -> None:
    agreed = weekly([], monday=["06:00-22:00"])

    service_periods(agreed, hours(0, 24), BERLIN).clear()
    assert service_periods(agreed, hours(0, 24), BERLIN) == [hours(4, 20)]

"""Pictures: every instant has its place, and places add up."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.builders import BERLIN, hours, span
from vouch.period import Period
from web.pictures import band, chart, filled, rows, ticks, used_classes

OCTOBER = Period.month(2026, 10, BERLIN)


def test_a_band_fills_what_its_spans_leave_open() -> None:
    drawn = band([("up", hours(1, 2)), ("down", hours(2, 3))], hours(0, 4))

    assert [(p.name, int(p.x), int(p.width)) for p in drawn.pieces] == [
        ("none", 0, 250),
        ("up", 250, 250),
        ("down", 500, 250),
        ("none", 750, 250),
    ]
    assert drawn.marks == [625]


def test_widths_add_up_whatever_the_spans_are() -> None:
    spans = [("up", hours(n / 7, n / 7 + 1 / 7)) for n in range(0, 300, 2)]

    drawn = band(spans, hours(0, 100))

    assert sum(piece.width for piece in drawn.pieces) == 1000
    for piece, after in zip(drawn.pieces, drawn.pieces[1:], strict=False):
        assert piece.x + piece.width == after.x


def test_a_stretch_too_short_to_see_has_its_mark_and_neighbours_share_one() -> None:
    second = 1 / 3600
    spans = [("down", hours(n, n + second)) for n in (10, 11, 400)]

    drawn = band(spans, OCTOBER_SIZED)

    assert len(drawn.marks) == 2


OCTOBER_SIZED = hours(0, 745)


def test_spans_outside_the_window_are_cut() -> None:
    assert filled([("up", hours(-5, 1)), ("down", hours(3, 9))], hours(0, 4)) == [
        ("up", hours(0, 1)),
        ("none", hours(1, 3)),
        ("down", hours(3, 4)),
    ]


def test_ticks_are_local_days_and_the_day_of_25_hours_is_wider() -> None:
    found = ticks(OCTOBER, BERLIN)

    assert len(found) == 31
    assert sum(tick.width for tick in found) == 1000
    widest = max(found, key=lambda tick: tick.width)
    assert (widest.day.day, round(widest.width * 745 / 1000)) == (25, 25)
    assert [tick.day.day for tick in found if tick.is_weekend][:2] == [3, 4]


def test_rows_are_local_days_to_one_scale() -> None:
    found = rows([("up", OCTOBER)], OCTOBER, BERLIN)

    assert [row.hours for row in found if row.hours != 24] == [25]
    assert [p.width for row in found for p in row.pieces if row.hours == 25] == [1000]
    assert {p.width for row in found for p in row.pieces if row.hours == 24} == {960}


def test_a_span_across_midnight_is_in_both_rows() -> None:
    night = span("2026-06-01 21:00", "2026-06-02 03:00")
    days = Period.day(night.start.date(), ZoneInfo("UTC")).start, Period.day(night.end.date(), ZoneInfo("UTC")).end

    found = rows([("down", night)], Period(*days), ZoneInfo("UTC"))

    assert [[p.period.micros // 3_600_000_000 for p in row.pieces if p.name == "down"] for row in found] == [[3], [3]]


@pytest.mark.parametrize(
    ("highest", "top"), [("0", "1"), ("7", "8"), ("0.31", "0.4"), ("1000", "1000"), ("1001", "1200"), ("99", "100")]
)
def test_an_axis_ends_at_a_round_number_that_holds_the_highest(highest: str, top: str) -> None:
    days = ticks(OCTOBER, BERLIN)[:2]

    drawn = chart(days, [Decimal(highest), None], 100)

    assert drawn.lines[-1] == (Decimal(0), Decimal(top))
    assert drawn.bars[0].top + drawn.bars[0].height == 100
    assert drawn.bars[1].value is None


def test_the_legend_names_only_what_is_drawn() -> None:
    assert used_classes([[("down", hours(0, 1))], [("up", hours(0, 1)), ("down", hours(1, 2))]]) == ["up", "down"]

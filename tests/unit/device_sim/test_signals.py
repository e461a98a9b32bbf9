from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from device_sim.signals import Course, Leg, delivery, dice, haulage, printing, wall_second

BERLIN = ZoneInfo("Europe/Berlin")
START, END = wall_second(date(2026, 10, 1), 0, BERLIN), wall_second(date(2026, 11, 1), 0, BERLIN)


def test_a_course_counts_whole_units_and_keeps_what_was_used_before() -> None:
    course = Course([Leg(100, 200, 10), Leg(300, 310, 5)])

    assert [course.total_at(at) for at in (0, 100, 109, 110, 199, 200, 299, 300, 302, 310, 999)] == [
        0, 0, 0, 1, 9, 10, 10, 10, 11, 15, 15,
    ]  # fmt: skip


def test_a_day_of_25_hours_ends_25_hours_after_it_starts() -> None:
    day = date(2026, 10, 25)

    assert wall_second(day, 24 * 60, BERLIN) - wall_second(day, 0, BERLIN) == 25 * 3600


@pytest.mark.parametrize("seed", range(5))
def test_legs_never_overlap(seed: int) -> None:
    for life in (
        printing(dice(seed), START, END, BERLIN),
        haulage(dice(seed), START, END, BERLIN),
        delivery(dice(seed), START, END, BERLIN, []),
    ):
        assert life.course.legs
        assert all(before.end <= after.start for before, after in pairwise(life.course.legs))
        assert all(START <= leg.start < leg.end <= END and leg.units > 0 for leg in life.course.legs)


@pytest.mark.parametrize("seed", range(5))
def test_spells_cover_the_whole_time_without_a_hole_and_a_broken_van_stands(seed: int) -> None:
    life = delivery(dice(seed), START, END, BERLIN, [(START + 3600, START + 9000)])

    assert life.spells[0].start == START
    assert life.spells[-1].end == END
    assert all(before.end == after.start for before, after in pairwise(life.spells))
    for spell in life.spells:
        drives = life.course.total_at(spell.end) > life.course.total_at(spell.start)
        assert drives == (spell.state == "RUNNING")

"""J6 operating envelope: when use beyond a limit is an excursion, and which of them are free."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judging.operating_envelope import judge_operating_envelope, operating_envelope_needs
from contracts.scene import JudgedSpan, Scene
from contracts.streams.stream import Need, Stream
from contracts.terms.judges.operating_envelope import OperatingEnvelope
from ingest.catalogue import Metric, MetricKind
from ingest.reading import Shown
from tests.judge_world import HOUR, JUNE, TRUCK, at, granted, refused, scene
from vouch.period import Period

MINUTE = HOUR / 60
NOON = at("2026-06-10 12:00")


def term(**changes: Any) -> OperatingEnvelope:
    """At most 8 bar; a value holds for ten minutes at most, and an excursion lasts for five at least."""
    agreed = {
        "id": "pressure-limit",
        "kind": "operating_envelope",
        "metric": "pressure",
        "unit": "BAR",
        "high": "8",
        "dwell_seconds": 300,
        "carry_seconds": 600,
        "free_count": 0,
    }
    return OperatingEnvelope.model_validate(agreed | changes)


def pressure(*shown: tuple[int, str], part: Period = JUNE, unit: str = "BAR") -> Stream:
    """Readings as (minutes after noon of 10 June, value)."""
    gauge = Metric("pressure", MetricKind.GAUGE, unit, None, None, None, {}, None, 600)
    readings = tuple(Shown(NOON + minute * MINUTE, Decimal(value)) for minute, value in shown)
    return Stream(TRUCK, "gauge-1", gauge, part, (), None, (), readings)


def showing(*streams: Stream, part: Period = JUNE) -> Scene:
    return scene(part=part, streams={"pressure": streams})


def after_noon(start: int, end: int) -> Period:
    return Period(NOON + start * MINUTE, NOON + end * MINUTE)


def test_the_gauge_is_needed_reading_by_reading() -> None:
    assert operating_envelope_needs(term(), TRUCK) == [Need(TRUCK, "pressure", carry=10 * MINUTE, raw=True)]


def test_an_excursion_lasts_from_its_first_reading_to_the_next_one_inside() -> None:
    here = showing(pressure((0, "7.5"), (5, "8.2"), (10, "9"), (15, "7")))

    assert judge_operating_envelope(term(), here) == [JudgedSpan(after_noon(5, 15), True, "", "above_high")]


def test_a_value_exactly_at_the_limit_is_inside() -> None:
    assert judge_operating_envelope(term(low="2"), showing(pressure((0, "8"), (5, "2"), (10, "8")))) == []


@pytest.mark.parametrize(("back", "excursions"), [(4, []), (5, [after_noon(0, 5)])])
def test_an_excursion_shorter_than_the_dwell_is_none(back: int, excursions: list[Period]) -> None:
    assert granted(judge_operating_envelope(term(), showing(pressure((0, "9"), (back, "7"))))) == excursions


def test_a_value_holds_for_no_longer_than_the_carry() -> None:
    here = showing(pressure((0, "9"), (60, "9"), (70, "9"), (75, "7")))

    assert granted(judge_operating_envelope(term(), here)) == [after_noon(0, 10), after_noon(60, 75)]


def test_from_above_to_below_is_one_excursion() -> None:
    here = showing(pressure((0, "9"), (4, "1"), (8, "5")))

    assert judge_operating_envelope(term(low="2"), here) == [JudgedSpan(after_noon(0, 8), True, "", "above_high")]


def test_below_the_lower_limit_is_outside_as_well() -> None:
    (span,) = judge_operating_envelope(term(low="2", high=None), showing(pressure((0, "1.9"), (6, "20"))))

    assert (span.period, span.cause) == (after_noon(0, 6), "below_low")


def test_the_first_excursions_of_a_month_are_free_and_short_ones_do_not_use_that_up() -> None:
    here = showing(pressure((0, "9"), (1, "7"), (20, "9"), (25, "7"), (40, "9"), (50, "7"), (60, "9"), (65, "7")))

    spans = judge_operating_envelope(term(free_count=2), here)

    free = [(after_noon(20, 25), "within_free_count"), (after_noon(40, 50), "within_free_count")]
    assert refused(spans) == free
    assert granted(spans) == [after_noon(60, 65)]


def test_an_excursion_is_clipped_to_the_part_and_dwells_in_it() -> None:
    # Four minutes before the part began, and from its beginning six minutes more.
    part = Period(NOON, JUNE.end)
    here = showing(pressure((-4, "9"), (6, "7"), part=part), part=part)

    assert granted(judge_operating_envelope(term(), here)) == [after_noon(0, 6)]

    shorter = showing(pressure((-4, "9"), (3, "7"), part=part), part=part)

    assert judge_operating_envelope(term(), shorter) == []


def test_a_reading_at_the_very_end_of_the_part_holds_for_no_time() -> None:
    part = Period(JUNE.start, NOON)

    assert judge_operating_envelope(term(dwell_seconds=0), showing(pressure((0, "9"), part=part), part=part)) == []


def test_an_excursion_goes_on_over_a_change_of_devices() -> None:
    before = pressure((-4, "9"), part=Period(JUNE.start, NOON))
    then = pressure((0, "9"), (4, "7"), part=Period(NOON, JUNE.end))

    assert granted(judge_operating_envelope(term(), showing(before, then))) == [after_noon(-4, 4)]


def test_a_limit_is_compared_in_the_unit_of_the_gauge() -> None:
    # 1.5 kWh are 1500 Wh: the unit of the limit is not the one that the device reports.
    inside, outside = ((0, "1500"), (10, "0")), ((0, "1500.001"), (10, "0"))
    agreed = term(unit="KWH", high="1.5")

    assert judge_operating_envelope(agreed, showing(pressure(*inside, unit="WHR"))) == []
    assert granted(judge_operating_envelope(agreed, showing(pressure(*outside, unit="WHR")))) == [after_noon(0, 10)]


def test_a_limit_that_is_no_finite_decimal_in_the_gauges_unit_is_exact() -> None:
    # 100 seconds are 5/3 minutes.
    agreed = term(unit="SEC", high="100")

    assert judge_operating_envelope(agreed, showing(pressure((0, "1.66666666666666"), (10, "0"), unit="MIN"))) == []
    assert len(judge_operating_envelope(agreed, showing(pressure((0, "1.66666666666667"), (10, "0"), unit="MIN")))) == 1


def test_without_readings_there_is_no_excursion() -> None:
    assert judge_operating_envelope(term(), scene()) == []
    assert judge_operating_envelope(term(), showing(pressure())) == []


READINGS = st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["1", "5", "9"])), unique_by=lambda one: one[0])


@given(readings=READINGS, free=st.integers(0, 4), dwell=st.integers(0, 20), carry=st.integers(0, 20))
def test_excursions_are_minutes_beyond_the_limits(
    readings: list[tuple[int, str]], free: int, dwell: int, carry: int
) -> None:
    agreed = term(low="2", free_count=free, dwell_seconds=dwell * 60, carry_seconds=carry * 60)
    in_order = sorted(readings)

    spans = judge_operating_envelope(agreed, showing(pressure(*in_order)))

    # Minute by minute: outside where the last reading so far is, and is not older than the carry.
    outside = []
    for minute in range(221):
        last = [one for one in in_order if one[0] <= minute][-1:]
        outside.append(bool(last) and last[0][1] != "5" and minute < last[0][0] + carry)
    borders = [-1, *(m for m in range(220) if outside[m] != outside[m + 1]), 220]
    stretches = [(a + 1, b + 1) for a, b in pairwise(borders) if outside[a + 1]]
    expected = [after_noon(a, b) for a, b in stretches if b - a >= dwell]
    assert [span.period for span in spans] == expected
    assert [span.granted for span in spans] == [i >= free for i in range(len(expected))]

"""Use by day: the days add up to the month, whatever the counter did."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.daily import midnight_cuts, use_by_day
from contracts.measuring.counter import counter_needs, measure_counter
from contracts.streams.stream import Stream
from contracts.terms import Counter
from contracts.terms.measures.counter import OnFall
from ingest.reading import Shown, decimal_of
from tests.builders import BERLIN, HOUR, T0, Said, counts, scene, stream
from vouch.period import DAY, Period, days_between

WINDOW = Period(T0 + 2 * DAY, T0 + 6 * DAY)


def agreed(**changes: Any) -> Counter:
    plain = {
        "id": "used", "kind": "counter", "window": "month", "metric": "counter", "unit": "C62", "scope": "asset",
        "on_fall": "reset", "jitter": 0, "step_max": "none", "attribution": "at_reading", "rounding": "none",
        "missing": "none", "acceptance": "not_needed",
    }  # fmt: skip
    return Counter.model_validate(plain | changes)


def seen(term: Counter, said: Sequence[Said], part: Period) -> Stream:
    (need,) = counter_needs(term, "asset-1")
    return stream(said, part, need=need)


def by_day(term: Counter, of: Stream, said: Sequence[Said]) -> list[Fraction | None]:
    days = [Period.day(day, BERLIN) for day in days_between(WINDOW.start, WINDOW.end, BERLIN)]
    around = {(of.device, at): neighbours(said, at) for at in midnight_cuts(of, days)}
    return use_by_day(term, scene([of], WINDOW), days, around)


def neighbours(said: Sequence[Said], at: datetime) -> tuple[Shown, Shown]:
    before = max(reading for reading in said if reading[0] <= at)
    after = min(reading for reading in said if reading[0] > at)
    return Shown(before[0], decimal_of(before[1])), Shown(after[0], decimal_of(after[1]))


def test_use_is_booked_on_the_day_of_the_reading_that_reveals_it() -> None:
    said = counts(*range(24 * 8))
    quiet = [(at, value) for at, value in said if not T0 + 3 * DAY <= at < T0 + 4 * DAY]

    # Local days begin at 22:00 UTC: the first and the last one are cut by the window.
    assert by_day(agreed(), stream(said, WINDOW), said) == [22, 24, 24, 24, 2]
    assert by_day(agreed(), stream(quiet, WINDOW), quiet) == [22, 1, 47, 24, 2]


def test_a_day_on_which_no_device_served_is_not_zero() -> None:
    said = counts(*range(24 * 8))
    part = Period(T0 + 4 * DAY, WINDOW.end)

    assert by_day(agreed(), stream(said, part), said) == [None, None, 22, 24, 2]


@given(
    st.dictionaries(st.integers(0, 8 * 48 - 1), st.integers(0, 500), max_size=80),
    st.sampled_from(OnFall),
    st.sampled_from([0, 3]),
    st.sampled_from(["none", 100]),
    st.sampled_from(["at_reading", "interpolate"]),
)
def test_days_add_up_to_the_month(
    readings: dict[int, int], on_fall: OnFall, jitter: int, step: str | int, attribution: str
) -> None:
    said = sorted((T0 + n * (HOUR / 2), float(value)) for n, value in readings.items())
    term = agreed(
        on_fall=on_fall,
        jitter=jitter,
        step_max=step,
        attribution=attribution,
        **({"modulus": 1000} if on_fall is OnFall.ROLLOVER else {}),
    )
    of = seen(term, said, WINDOW)

    used = by_day(term, of, said)

    assert (
        sum((day for day in used if day is not None), Fraction(0)) == measure_counter(term, scene([of], WINDOW)).amount
    )


def test_midnights_are_cut_only_where_readings_lie_on_both_sides() -> None:
    said = [(T0 + 2 * DAY + timedelta(hours=n), float(n)) for n in (1, 2, 3)]
    days = [Period.day(day, BERLIN) for day in days_between(WINDOW.start, WINDOW.end, BERLIN)]

    assert midnight_cuts(stream(said, WINDOW), days) == set()

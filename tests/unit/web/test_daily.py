"""Use by day: the days add up to the month, whatever the counter did."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.daily import midnight_cuts, use_by_day
from contracts.measure.counter import counter_use
from contracts.source import Stream
from ingest.catalogue import OnFall
from ingest.reading import decimal_of
from ingest.summary import Shown
from tests.builders import BERLIN, HOUR, T0, Said, counts, metric, stream
from vouch.period import DAY, Period, days_between

WINDOW = Period(T0 + 2 * DAY, T0 + 6 * DAY)


def by_day(of: Stream, said: Sequence[Said]) -> list[Decimal | None]:
    days = [Period.day(day, BERLIN) for day in days_between(WINDOW.start, WINDOW.end, BERLIN)]
    around = {(of.device, at): neighbours(said, at) for at in midnight_cuts(of, days)}
    return use_by_day([of], days, around)


def neighbours(said: Sequence[Said], at: datetime) -> tuple[Shown, Shown]:
    before = max(reading for reading in said if reading[0] <= at)
    after = min(reading for reading in said if reading[0] > at)
    return Shown(before[0], decimal_of(before[1])), Shown(after[0], decimal_of(after[1]))


def test_use_is_booked_on_the_day_of_the_reading_that_reveals_it() -> None:
    said = counts(*range(24 * 8))
    quiet = [(at, value) for at, value in said if not T0 + 3 * DAY <= at < T0 + 4 * DAY]

    # Local days begin at 22:00 UTC: the first and the last one are cut by the window.
    assert by_day(stream(said, WINDOW), said) == [22, 24, 24, 24, 2]
    assert by_day(stream(quiet, WINDOW), quiet) == [22, 1, 47, 24, 2]


def test_a_day_on_which_no_device_served_is_not_zero() -> None:
    said = counts(*range(24 * 8))
    part = Period(T0 + 4 * DAY, WINDOW.end)

    assert by_day(stream(said, part), said) == [None, None, 22, 24, 2]


@given(
    st.dictionaries(st.integers(0, 8 * 48 - 1), st.integers(0, 500), max_size=80),
    st.sampled_from(OnFall),
)
def test_days_add_up_to_the_month(readings: dict[int, int], on_fall: OnFall) -> None:
    said = sorted((T0 + n * (HOUR / 2), float(value)) for n, value in readings.items())
    of = stream(said, WINDOW, metric(on_fall=on_fall))

    used = by_day(of, said)

    assert sum((day for day in used if day is not None), Decimal(0)) == counter_use([of]).quantity
    assert all(day is None or day >= 0 for day in used)


def test_midnights_are_cut_only_where_readings_lie_on_both_sides() -> None:
    said = [(T0 + 2 * DAY + timedelta(hours=n), float(n)) for n in (1, 2, 3)]
    days = [Period.day(day, BERLIN) for day in days_between(WINDOW.start, WINDOW.end, BERLIN)]

    assert midnight_cuts(stream(said, WINDOW), days) == set()

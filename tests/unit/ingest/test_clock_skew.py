"""What the waits between measuring and receiving say of a device's clock."""

from datetime import UTC, datetime, timedelta

from ingest.clocks.skew import HOUR_MICROS, NOTED_MAX, ClockOffsets, HourOffset, estimate_clock

SECOND = 1_000_000
NINE = 9 * HOUR_MICROS


def test_the_least_wait_of_an_hour_is_kept() -> None:
    offsets = ClockOffsets()
    for wait in (3, 1, 7):
        offsets.note("d", NINE + wait, wait * SECOND)
    offsets.note("d", NINE + HOUR_MICROS, 9 * SECOND, readings=5)

    assert offsets.take() == [HourOffset("d", NINE, SECOND, 3), HourOffset("d", NINE + HOUR_MICROS, 9 * SECOND, 5)]
    assert offsets.take() == []


def test_within_an_hour_only_what_became_less_is_taken() -> None:
    offsets = ClockOffsets()
    offsets.note("d", NINE, 5)
    assert offsets.take(NINE + 1) == [HourOffset("d", NINE, 5, 1)]

    offsets.note("d", NINE + 2, 6)
    assert offsets.take(NINE + 3) == []

    offsets.note("d", NINE + 4, 4)
    assert offsets.take(NINE + 5) == [HourOffset("d", NINE, 4, 2)]


def test_what_is_left_of_an_hour_is_taken_when_it_is_over() -> None:
    offsets = ClockOffsets()
    offsets.note("d", NINE, 5)
    offsets.take(NINE + 1)
    offsets.note("d", NINE + 2, 6)

    assert offsets.take(NINE + HOUR_MICROS - 1) == []
    assert offsets.take(NINE + HOUR_MICROS) == [HourOffset("d", NINE, 5, 1)]
    assert offsets.take(NINE + 9 * HOUR_MICROS) == []


def test_memory_is_bounded() -> None:
    offsets = ClockOffsets()
    for n in range(NOTED_MAX + 10):
        offsets.note(f"d-{n}", NINE, 1)

    assert len(offsets.take()) == NOTED_MAX


def test_a_clock_that_is_ahead_is_known_to_be() -> None:
    ahead = estimate_clock([HourOffset("d", NINE, -90 * SECOND, 10), HourOffset("d", 2 * NINE, -60 * SECOND, 5)])

    assert ahead is not None
    assert (ahead.ahead_at_least, ahead.behind_at_most, ahead.readings) == (90 * SECOND, 0, 15)
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert ahead.corrected_at(noon) == noon - timedelta(seconds=90)


def test_a_clock_that_is_behind_is_so_by_no_more_than_the_fastest_message_took() -> None:
    behind = estimate_clock([HourOffset("d", NINE, 40 * SECOND, 10)])

    assert behind is not None
    assert (behind.ahead_at_least, behind.behind_at_most) == (0, 40 * SECOND)


def test_nothing_is_known_of_a_device_that_sent_nothing() -> None:
    assert estimate_clock([]) is None

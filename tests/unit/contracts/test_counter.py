"""Counters: what is used between two instants, and every inference on the way."""

from typing import Any

import pytest

from contracts.measure.counter import CounterUse, counter_use
from contracts.source import Stream
from ingest.catalogue import OnFall
from tests.builders import HOUR, LONG_AGO, T0, Said, counts, hours, metric, span, stream, utc
from vouch.period import Period

RESET, DIP = metric(), metric(on_fall=OnFall.DIP)


def used(said: list[Said], part: Period, of: Any = RESET, serves_from: float | None = None) -> CounterUse:
    since = LONG_AGO if serves_from is None else T0 + serves_from * HOUR
    return counter_use([stream(said, part, of, serves_from=since)])


def kinds(use: CounterUse) -> list[str]:
    return [finding["kind"] for finding in use.findings]


@pytest.mark.parametrize("of", [RESET, DIP])
def test_use_is_the_difference_between_the_boundaries(of: Any) -> None:
    use = used(counts(100, 103, 103, 110.5, each=HOUR), hours(0, 3), of)

    assert (str(use.quantity), use.findings) == ("10.5", [])


@pytest.mark.parametrize("of", [RESET, DIP])
def test_a_reading_exactly_on_a_boundary_serves_both_neighbours(of: Any) -> None:
    said = counts(100, 107, 120)

    assert used(said, hours(0, 1), of).quantity == 7
    assert used(said, hours(1, 2), of).quantity == 13
    assert used(said, hours(0, 2), of).quantity == 20


@pytest.mark.parametrize("of", [RESET, DIP])
def test_use_is_booked_at_the_reading_that_shows_it(of: Any) -> None:
    said = [(T0 - HOUR, 100.0), (T0 + HOUR, 130.0), (T0 + 3 * HOUR, 150.0)]

    assert used(said, hours(0, 2), of).quantity == 30
    assert used(said, hours(2, 4), of).quantity == 20
    assert used(said, hours(1.5, 2), of).quantity == 0


def test_a_window_without_a_reading_has_no_use_and_the_next_one_has_it_all() -> None:
    said = [(utc("2026-03-31 12:00"), 100.0), (utc("2026-06-02 12:00"), 400.0)]

    april, may = span("2026-04-01 00:00", "2026-05-01 00:00"), span("2026-05-01 00:00", "2026-06-01 00:00")
    june = span("2026-06-01 00:00", "2026-07-01 00:00")
    assert [used(said, month).quantity for month in (april, may, june)] == [0, 0, 300]
    assert used(said, june).findings == []


@pytest.mark.parametrize("of", [RESET, DIP])
def test_without_a_reading_before_it_counting_starts_at_the_first(of: Any) -> None:
    use = used(counts(None, 100, 103), hours(0, 2), of)

    assert use.quantity == 3
    assert kinds(use) == ["counted_from_first"]
    assert use.findings[0]["readings"] == [["2026-06-01T01:00:00Z", "100.0"]]


@pytest.mark.parametrize("of", [RESET, DIP])
def test_one_reading_alone_is_no_use(of: Any) -> None:
    use = used(counts(None, 100), hours(0, 2), of)

    assert use.quantity == 0
    assert kinds(use) == ["counted_from_first"]


@pytest.mark.parametrize("of", [RESET, DIP])
def test_no_reading_at_all_is_no_use_and_says_so(of: Any) -> None:
    later = used(counts(None, None, None, 100), hours(0, 2), of)

    assert later.quantity == 0
    assert kinds(later) == ["no_readings"]
    assert kinds(used([], hours(0, 2), of)) == ["no_readings"]


def test_a_reset_keeps_what_was_used_before_it() -> None:
    use = used(counts(100, 150, 0, 30), hours(0, 3))

    assert use.quantity == 80
    assert kinds(use) == ["reset"]
    assert use.findings[0]["readings"] == [["2026-06-01T01:00:00Z", "150.0"], ["2026-06-01T02:00:00Z", "0.0"]]


def test_what_a_counter_shows_after_a_reset_was_used_since() -> None:
    assert used(counts(100, 150, 12, 30), hours(0, 3)).quantity == 80
    assert used(counts(100, 150, 150, 149), hours(0, 3)).quantity == 199


def test_two_resets_are_two_findings() -> None:
    use = used(counts(5, 1, 3, 0, 4), hours(0, 4))

    assert use.quantity == 7
    assert kinds(use) == ["reset", "reset"]


def test_a_reset_across_the_windows_start_belongs_to_the_window_that_shows_it() -> None:
    said = counts(100, 5)

    before, after = used(said, hours(-1, 0.5), serves_from=-5), used(said, hours(0.5, 2), serves_from=-5)
    assert before.quantity == 0
    assert after.quantity == 5
    assert kinds(after) == ["reset"]


def test_a_dip_counts_again_only_above_the_old_height() -> None:
    use = used(counts(100, 150, 140, 149, 155), hours(0, 4), DIP)

    assert use.quantity == 55
    assert kinds(use) == ["dip"]


def test_a_dip_below_the_opening_is_no_negative_use() -> None:
    use = used(counts(100, 90, 95), hours(0, 2), DIP)

    assert use.quantity == 0
    assert kinds(use) == ["dip"]


def test_a_height_from_before_the_window_is_remembered() -> None:
    said = counts(100, 150, 120, 130, 160)

    assert used(said, hours(0, 2.5), DIP).quantity == 50
    assert used(said, hours(2.5, 3.5), DIP).quantity == 0
    assert used(said, hours(3.5, 4), DIP).quantity == 10


def test_a_height_of_zero_is_a_height() -> None:
    said = [(utc("2026-05-20 12:00"), 0.0), (utc("2026-06-01 01:00"), -5.0), (utc("2026-06-01 02:00"), 3.0)]

    assert used(said, span("2026-06-01 00:00", "2026-07-01 00:00"), DIP).quantity == 3
    assert used(said, span("2026-06-01 01:30", "2026-07-01 00:00"), DIP).quantity == 3


def test_a_height_from_days_before_the_opening_is_remembered() -> None:
    said = [(utc("2026-05-20 12:00"), 200.0), (utc("2026-05-30 12:00"), 150.0), (utc("2026-06-01 02:00"), 210.0)]
    one = stream(said, span("2026-06-01 00:00", "2026-07-01 00:00"), DIP)

    assert one.highest_before == 200
    assert counter_use([one]).quantity == 10


def test_what_a_device_showed_before_it_served_is_of_no_concern() -> None:
    said = counts(100, 150, 120, 130)

    assert used(said, hours(1.5, 3), RESET, serves_from=1.5).quantity == 10
    assert kinds(used(said, hours(1.5, 3), RESET, serves_from=1.5)) == ["counted_from_first"]
    assert used(said, hours(1.5, 3), DIP, serves_from=1.5).quantity == 10


def test_a_reading_at_the_instant_service_begins_is_the_opening() -> None:
    use = used(counts(100, 150, 170), hours(1, 2), RESET, serves_from=1)

    assert use.quantity == 20
    assert kinds(use) == []


def test_after_a_swap_the_gap_is_not_metered_and_stated() -> None:
    first = stream(counts(100, 110, 120), hours(0, 2), device="d-1")
    second = stream(counts(7, 9, start=T0 + 4 * HOUR), hours(2, 6), device="d-2", serves_from=T0 + 2 * HOUR)

    use = counter_use([first, second])
    assert use.quantity == 22
    assert kinds(use) == ["counted_from_first", "device_changed"]
    assert use.findings[1]["last"] == ["2026-06-01T02:00:00Z", "120.0"]
    assert use.findings[1]["first"] == ["2026-06-01T04:00:00Z", "7.0"]


def test_both_devices_reading_at_the_instant_of_the_swap_leave_no_gap() -> None:
    first = stream(counts(100, 110, 120), hours(0, 2), device="d-1")
    second = stream(counts(0, 9, start=T0 + 2 * HOUR), hours(2, 3), device="d-2", serves_from=T0 + 2 * HOUR)

    use = counter_use([first, second])
    assert use.quantity == 29
    assert kinds(use) == ["device_changed"]


def test_each_device_of_three_is_measured_by_itself() -> None:
    parts: list[Stream] = [
        stream(
            counts(start, start + 5, start=T0 + n * HOUR), hours(n, n + 1), device=f"d-{n}", serves_from=T0 + n * HOUR
        )
        for n, start in enumerate((50, 20, 80))
    ]

    use = counter_use(parts)
    assert use.quantity == 15
    assert kinds(use) == ["device_changed", "device_changed"]
    assert counter_use([]).quantity == 0


def test_differences_are_those_of_the_decimals() -> None:
    use = used(counts(0.1, 0.3), hours(0, 1))

    assert str(use.quantity) == "0.2"


def test_evidence_names_days_digests_and_the_readings_used() -> None:
    said = counts(90, 100, 110, each=12 * HOUR, start=T0 - 12 * HOUR)
    one = stream(said, hours(0, 24))

    evidence = one.evidence()
    assert [day for day, _, _ in evidence["days"]] == ["2026-06-01"]
    assert [readings for _, readings, _ in evidence["days"]] == [2]
    assert evidence["readings"] == 2
    assert evidence["first"] == ["2026-06-01T00:00:00Z", "100.0"]
    assert evidence["last"] == ["2026-06-01T12:00:00Z", "110.0"]
    assert (evidence["from"], evidence["until"]) == ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")

"""M1 counter: what is used between two instants, and every inference on the way."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from contracts.measuring.counter import counter_needs, counter_value, measure_counter
from contracts.scene import Measured
from contracts.streams.stream import Need, Stream
from contracts.terms import Counter
from ingest.catalogue import Metric
from tests.builders import (
    HOUR,
    LONG_AGO,
    T0,
    Said,
    accepted,
    book,
    counts,
    hours,
    metric,
    proposed,
    scene,
    span,
    stream,
    utc,
)
from vouch.period import Period

POLICIES = ("reset", "high_water", "refuse")


def term(**changes: Any) -> Counter:
    agreed: dict[str, Any] = {
        "id": "use",
        "kind": "counter",
        "window": "month",
        "metric": "counter",
        "unit": "C62",
        "scope": "asset",
        "on_fall": "reset",
        "jitter": "0",
        "step_max": "none",
        "attribution": "at_reading",
        "rounding": "none",
        "missing": "none",
        "acceptance": "not_needed",
    }
    return Counter.model_validate(agreed | changes)


def seen(of: Counter, said: list[Said], part: Period, **changes: Any) -> Stream:
    (need,) = counter_needs(of, "asset-1")
    return stream(said, part, changes.pop("shows", None), need=need, **changes)


def used(
    of: Counter, said: list[Said], part: Period, earlier: Measured | None = None, facts: Any = None, **changes: Any
) -> Measured:
    return measure_counter(of, scene([seen(of, said, part, **changes)], part, earlier=earlier, facts=facts))


def in_turn(of: Counter, said: list[Said], edges: Sequence[float], **changes: Any) -> list[Measured]:
    """Each part from edge to edge, in hours, knowing the one before."""
    found: list[Measured] = []
    for start, end in pairwise(edges):
        found.append(used(of, said, hours(start, end), found[-1] if found else None, **changes))
    return found


def came_to(found: Measured) -> tuple[Any, list[str]]:
    return found.amount, kinds(found)


def amounts(*found: Measured) -> list[Any]:
    return [one.amount for one in found]


def kinds(found: Measured) -> list[str]:
    return [finding["kind"] for finding in found.basis.findings]


@pytest.mark.parametrize("policy", POLICIES)
def test_use_is_the_difference_between_the_boundaries(policy: str) -> None:
    found = used(term(on_fall=policy), counts(100, 103, 103, 110.5), hours(0, 3))

    assert came_to(found) == (Fraction(21, 2), [])
    assert not found.missing


@pytest.mark.parametrize("policy", POLICIES)
def test_a_reading_exactly_on_a_boundary_serves_both_neighbours(policy: str) -> None:
    said, of = counts(100, 107, 120), term(on_fall=policy)

    assert used(of, said, hours(0, 1)).amount == 7
    assert used(of, said, hours(1, 2)).amount == 13
    assert used(of, said, hours(0, 2)).amount == 20


def test_use_is_booked_at_the_reading_that_shows_it() -> None:
    said = [(T0 - HOUR, 100.0), (T0 + HOUR, 130.0), (T0 + 3 * HOUR, 150.0)]

    assert used(term(), said, hours(0, 2)).amount == 30
    assert used(term(), said, hours(2, 4)).amount == 20
    assert used(term(), said, hours(1.5, 2)).amount == 0


def test_the_amount_is_in_the_terms_unit_and_exact() -> None:
    metres = metric(unit="MTR")

    found = used(term(unit="KMT"), counts(0.1, 0.3), hours(0, 1), shows=metres)
    assert found.amount == Fraction(2, 10_000)
    assert used(term(unit="SMI"), counts(0, 1), hours(0, 1), shows=metres).amount == Fraction(1000, 1_609_344)


@pytest.mark.parametrize("policy", POLICIES)
def test_without_a_reading_before_it_counting_starts_at_the_first(policy: str) -> None:
    found = used(term(on_fall=policy), counts(None, 100, 103), hours(0, 2))

    assert came_to(found) == (3, ["counted_from_first"])
    assert found.basis.findings[0]["readings"] == [["2026-06-01T01:00:00Z", "100.0"]]


def test_no_reading_at_all_is_missing() -> None:
    found = used(term(), counts(None, None, None, 100), hours(0, 2))

    assert came_to(found) == (0, ["no_readings"])
    assert found.missing


def test_no_device_at_all_is_missing() -> None:
    found = measure_counter(term(), scene([], hours(0, 2)))

    assert came_to(found) == (0, ["no_device"])
    assert found.missing


def test_a_part_without_a_reading_is_missing_until_one_after_it_is_known() -> None:
    of, silent = term(missing={"mean_of_months": 3}), counts(100, None, None, None)

    assert used(of, silent, hours(1, 3)).missing
    later = used(of, [*silent, (T0 + 4 * HOUR, 140.0)], hours(1, 3))
    assert came_to(later) == (0, [])
    assert not later.missing


def test_what_another_term_asks_for_changes_nothing() -> None:
    more = Need("asset-1", "counter", step=Decimal(1), raw=True, after=True, highest=True)
    part, said = hours(1, 3), [*counts(100, None, None, None), (T0 + 4 * HOUR, 140.0)]

    found = measure_counter(term(), scene([stream(said, part, need=more)], part))
    assert came_to(found) == came_to(used(term(), said, part)) == (0, [])
    assert found.missing


# Falls.


def test_a_reset_keeps_what_was_used_before_it_and_says_what_is_lost() -> None:
    found = used(term(), counts(100, 150, 12, 30), hours(0, 3))

    assert came_to(found) == (80, ["reset"])
    assert found.basis.findings[0]["readings"] == [
        ["2026-06-01T01:00:00Z", "150.0"],
        ["2026-06-01T02:00:00Z", "12.0"],
    ]
    assert "not known" in found.basis.findings[0]["text"]


def test_a_reset_across_the_start_belongs_to_the_part_that_shows_it() -> None:
    before, after = in_turn(term(), counts(100, 5), [-1, 0.5, 2])

    assert before.amount == 0
    assert came_to(after) == (5, ["reset"])


def test_a_rollover_goes_on_from_zero_past_the_modulus() -> None:
    of = term(on_fall="rollover", modulus="1000")

    # 990 to 1000 is 10, and 4 more.
    found = used(of, counts(980, 990, 4, 10), hours(0, 3))
    assert came_to(found) == (30, ["rollover"])


def test_below_a_high_water_mark_nothing_counts() -> None:
    found = used(term(on_fall="high_water"), counts(100, 150, 140, 149, 155), hours(0, 4))

    assert came_to(found) == (55, ["dip"])


def test_a_high_water_mark_from_days_before_is_remembered() -> None:
    said = [(utc("2026-05-20 12:00"), 200.0), (utc("2026-05-30 12:00"), 150.0), (utc("2026-06-01 02:00"), 210.0)]

    found = used(term(on_fall="high_water"), said, span("2026-06-01 00:00", "2026-07-01 00:00"))
    assert found.amount == 10


def test_what_a_device_showed_before_it_served_is_no_high_water_mark() -> None:
    found = used(term(on_fall="high_water"), counts(100, 150, 120, 130), hours(1.5, 3), serves_from=T0 + 1.5 * HOUR)

    assert came_to(found) == (10, ["counted_from_first"])


def test_where_a_fall_may_not_be_guessed_nothing_is_counted_across_it() -> None:
    found = used(term(on_fall="refuse"), counts(100, 110, 40, 45), hours(0, 3))

    assert came_to(found) == (15, ["fall_refused"])


def test_a_meter_that_runs_backwards_gives_back_what_was_used() -> None:
    # 30 in, 50 out, 5 in: 15 were given back.
    found = used(term(on_fall="signed"), counts(100, 130, 80, 85), hours(0, 3))

    assert came_to(found) == (-15, [])


def test_a_meter_may_run_below_zero() -> None:
    assert used(term(on_fall="signed"), counts(5, -20, -10), hours(0, 2)).amount == -15


def test_a_step_down_too_far_counts_once_the_next_reading_is_near_it() -> None:
    of = term(on_fall="signed", step_max="50")

    assert came_to(used(of, counts(100, 10), hours(0, 1))) == (0, ["not_confirmed"])
    assert came_to(used(of, counts(100, 10, 12), hours(0, 2))) == (-88, ["rise_confirmed"])
    assert came_to(used(of, counts(100, 10, 101), hours(0, 2))) == (1, ["spike"])


# Jitter.


def test_a_fall_within_the_jitter_is_no_reset_and_counts_again_above_the_old_height() -> None:
    found = used(term(jitter="2"), counts(100, 110, 109, 108, 111, 115), hours(0, 5))

    assert came_to(found) == (15, ["jitter"])
    assert (found.basis.findings[0]["falls"], found.basis.findings[0]["deepest"]) == (2, "2.0")


def test_falls_that_add_up_to_more_than_the_jitter_are_a_reset() -> None:
    # 110, 109, 108 are jitter; 107 is three below: started again, so 107 counts.
    found = used(term(jitter="2"), counts(110, 109, 108, 107), hours(0, 3))

    assert came_to(found) == (107, ["reset", "jitter"])


def test_an_old_height_is_remembered_from_one_part_to_the_next() -> None:
    first, second = in_turn(term(jitter="2"), counts(90, 100, 99, 101), [0, 2.5, 3])

    assert amounts(first, second) == [10, 1]


def test_back_across_zero_within_the_jitter_is_no_second_round() -> None:
    of = term(on_fall="rollover", modulus="1000", jitter="1")

    # 999 to 1000.2 is 1.2; the way back to 999.8 and again to 0.2 adds nothing; 3 adds 2.8.
    found = used(of, counts(999, 0.2, 999.8, 0.2, 3), hours(0, 4))
    assert found.amount == 4
    assert kinds(found) == ["rollover"]


# Spikes.


def test_a_spike_that_falls_back_is_not_billed_and_its_fall_is_no_reset() -> None:
    found = used(term(step_max="50"), counts(100, 110, 900, 115, 120), hours(0, 4))

    assert came_to(found) == (20, ["spike"])
    assert found.basis.findings[0]["readings"] == [
        ["2026-06-01T02:00:00Z", "900.0"],
        ["2026-06-01T03:00:00Z", "115.0"],
    ]


def test_a_rise_that_the_next_reading_confirms_is_billed() -> None:
    found = used(term(step_max="50", jitter="1"), counts(100, 900, 899.5, 910), hours(0, 3))

    assert came_to(found) == (810, ["rise_confirmed", "jitter"])


def test_a_rise_without_a_reading_after_it_is_not_billed_yet() -> None:
    found = used(term(step_max="50"), counts(100, 110, 900), hours(0, 2))

    assert came_to(found) == (10, ["not_confirmed"])


def test_a_rise_is_billed_in_the_part_that_confirms_it() -> None:
    first, second = in_turn(term(step_max="50"), counts(100, 900, 910), [0, 1.5, 3])

    assert amounts(first, second) == [0, 810]
    assert kinds(second) == ["rise_confirmed"]


def test_a_spike_at_the_end_of_a_part_is_disregarded_in_the_next() -> None:
    first, second = in_turn(term(step_max="50"), counts(100, 900, 105, 110), [0, 1.5, 3])

    assert first.amount == 0
    assert came_to(second) == (10, ["spike"])


def test_two_rises_in_a_row_confirm_each_other_in_turn() -> None:
    # 500 is confirmed by 900, and 900 by 905.
    found = used(term(step_max="50"), counts(100, 500, 900, 905), hours(0, 3))

    assert came_to(found) == (805, ["rise_confirmed", "rise_confirmed"])


def test_steps_within_one_run_are_each_looked_at() -> None:
    # All of them rise, so that a summary holds one run; only single readings show the step.
    found = used(term(step_max="50"), counts(0, 40, 80, 900, 901), hours(0, 4))

    assert came_to(found) == (901, ["rise_confirmed"])


def test_one_low_reading_between_two_high_ones_is_no_reset() -> None:
    found = used(term(step_max="50"), counts(1000, 400, 1001, 1002), hours(0, 3))

    assert came_to(found) == (2, ["spike"])


def test_a_reset_to_a_high_value_counts_once_it_goes_on_from_there() -> None:
    found = used(term(step_max="50"), counts(1000, 400, 410), hours(0, 2))

    assert came_to(found) == (410, ["reset", "rise_confirmed"])


def test_a_spike_is_no_high_water_mark() -> None:
    of = term(on_fall="high_water", step_max="50")

    found = used(of, counts(100, 900, 110, 120), hours(0, 3))
    assert found.amount == 20
    assert used(of, counts(100, 900, 110, 120), hours(2.5, 3)).amount == 10


# Boundaries by a straight line.


def test_use_across_a_boundary_goes_by_a_straight_line_in_time() -> None:
    said = [(T0 - HOUR, 100.0), (T0 + 2 * HOUR, 130.0), (T0 + 6 * HOUR, 150.0)]

    # Two of three hours of 30, then two of four hours of 20.
    found = used(term(attribution="interpolate"), said, hours(0, 4))
    assert came_to(found) == (30, ["interpolated", "interpolated"])


def test_a_part_between_two_readings_has_its_share_of_time() -> None:
    said = [(T0 - HOUR, 100.0), (T0 + 6 * HOUR, 110.0)]

    found = used(term(attribution="interpolate"), said, hours(1, 3))
    assert found.amount == Fraction(20, 7)
    assert not found.missing


def test_without_a_reading_after_the_end_use_is_booked_at_the_reading() -> None:
    found = used(term(attribution="interpolate"), counts(100, 110), hours(0, 4))

    assert came_to(found) == (10, ["not_interpolated"])


def test_readings_on_the_boundaries_need_no_line() -> None:
    found = used(term(attribution="interpolate"), counts(100, 110, 130), hours(0, 2))

    assert came_to(found) == (30, [])


def test_a_device_that_begins_within_counts_from_its_first_reading() -> None:
    found = used(term(attribution="interpolate"), counts(None, 100, 110, 130), hours(0.5, 3))

    assert came_to(found) == (30, ["counted_from_first"])


# Swaps.


def swapped(at: float, final: str = "125", initial: str = "5", fact: str = "F-1") -> dict[str, Any]:
    about = {"metric": "counter", "old_device": "d-1", "new_device": "d-2", "final": final, "initial": initial}
    return proposed(fact, "device_swap", about, at=T0 + at * HOUR)


def two_devices(of: Counter, old: list[Said], new: list[Said], end: float, start: float, part: Period) -> list[Stream]:
    """`d-1` serves until `end`, `d-2` from `start` on."""
    return [
        seen(of, old, hours(0, end), device="d-1", serves_until=T0 + end * HOUR),
        seen(of, new, Period(T0 + start * HOUR, part.end), device="d-2", serves_from=T0 + start * HOUR),
    ]


OLD, NEW = counts(100, 110, 120), counts(7, 9, start=T0 + 4 * HOUR)


def test_a_swap_that_both_recorded_leaves_no_gap() -> None:
    part = hours(0, 6)
    streams = two_devices(term(), OLD, NEW, 3, 3, part)

    # 20, then 120 to 125; 5 to 7, then 2.
    found = measure_counter(term(), scene(streams, part, facts=book(swapped(3))))
    assert came_to(found) == (29, ["device_swap"])
    assert found.basis.findings[0]["fact"] == "F-1"


def test_a_swap_in_the_gap_between_two_services_counts_as_well() -> None:
    part = hours(0, 6)
    streams = two_devices(term(), OLD, NEW, 2.5, 3.5, part)

    assert measure_counter(term(), scene(streams, part, facts=book(swapped(3)))).amount == 29


def test_without_a_record_the_gap_is_not_metered() -> None:
    part = hours(0, 6)

    found = measure_counter(term(), scene(two_devices(term(), OLD, NEW, 3, 3, part), part))
    assert came_to(found) == (22, ["counted_from_first", "device_changed"])
    assert found.basis.findings[1]["last"] == ["2026-06-01T02:00:00Z", "120.0"]
    assert found.basis.findings[1]["first"] == ["2026-06-01T04:00:00Z", "7.0"]


def test_a_swap_that_is_not_accepted_does_not_count() -> None:
    of, part = term(acceptance={"days": 366, "silence": "rejected"}), hours(0, 6)
    streams = two_devices(of, OLD, NEW, 3, 3, part)

    found = measure_counter(of, scene(streams, part, facts=book(swapped(3))))
    assert came_to(found) == (22, ["counted_from_first", "device_changed", "swap_not_counted"])
    agreed = book(swapped(3), accepted("F-1"))
    assert measure_counter(of, scene(streams, part, facts=agreed)).amount == 29


def test_a_swap_on_the_boundary_is_shared_by_both_parts() -> None:
    facts = book(swapped(3))
    (need,) = counter_needs(term(), "asset-1")
    old = stream(OLD, hours(0, 3), need=need, device="d-1")
    new = stream(NEW, hours(3, 6), need=need, device="d-2", serves_from=T0 + 3 * HOUR)

    assert measure_counter(term(), scene([old], hours(0, 3), facts=facts)).amount == 25
    assert measure_counter(term(), scene([new], hours(3, 6), facts=facts)).amount == 4


def test_the_first_reading_may_be_a_part_later_than_the_swap() -> None:
    facts = book(swapped(3))
    (need,) = counter_needs(term(), "asset-1")
    first = two_devices(term(), OLD, NEW, 3, 3, hours(0, 3.5))
    later = stream(NEW, hours(3.5, 6), need=need, device="d-2", serves_from=T0 + 3 * HOUR)

    assert measure_counter(term(), scene(first, hours(0, 3.5), facts=facts)).amount == 25
    assert measure_counter(term(), scene([later], hours(3.5, 6), facts=facts)).amount == 4


def test_a_meter_that_runs_backwards_may_end_below_what_it_showed_last() -> None:
    of, part = term(on_fall="signed"), hours(0, 6)

    # 20 up, then 10 down by the record; 5 to 7, then 2.
    found = measure_counter(of, scene(two_devices(of, OLD, NEW, 3, 3, part), part, facts=book(swapped(3, final="110"))))
    assert came_to(found) == (14, ["device_swap"])


def test_a_final_reading_lower_than_the_last_one_is_not_counted() -> None:
    part = hours(0, 6)
    streams = two_devices(term(), OLD, NEW, 3, 3, part)

    found = measure_counter(term(), scene(streams, part, facts=book(swapped(3, final="119"))))
    assert came_to(found) == (24, ["device_changed", "swap_not_counted"])


def test_a_swap_while_the_old_device_served_is_not_counted_for_it() -> None:
    part = hours(0, 6)
    streams = two_devices(term(), OLD, NEW, 3, 3, part)

    found = measure_counter(term(), scene(streams, part, facts=book(swapped(1))))
    assert found.amount == 22
    assert "swap_not_counted" in kinds(found)


def test_what_both_agreed_upon_is_no_spike() -> None:
    of, part = term(step_max="10"), hours(0, 6)
    streams = two_devices(of, OLD, NEW, 3, 3, part)

    found = measure_counter(of, scene(streams, part, facts=book(swapped(3, final="160"))))
    assert came_to(found) == (64, ["device_swap"])


# Corrections.


def corrected(amount: str, at: float, fact: str = "F-1", of: str = "counter") -> dict[str, Any]:
    return proposed(fact, "counter_correction", {"metric": of, "amount": amount}, at=T0 + at * HOUR)


def test_a_correction_is_added_in_the_part_that_holds_its_instant() -> None:
    facts, said = book(corrected("-2.5", 1)), counts(100, 110, 120)

    found = used(term(), said, hours(0, 1), facts=facts)
    assert came_to(found) == (10, [])
    later = used(term(), said, hours(1, 2), facts=facts)
    assert came_to(later) == (Fraction(15, 2), ["correction"])


def test_a_correction_is_in_the_metrics_own_unit() -> None:
    metres = metric(unit="MTR")

    found = used(term(unit="KMT"), counts(0, 1000), hours(0, 1), shows=metres, facts=book(corrected("500", 0)))
    assert found.amount == Fraction(3, 2)


def test_a_correction_of_another_metric_or_not_accepted_is_not_counted() -> None:
    of = term(acceptance={"days": 366, "silence": "rejected"})

    found = used(of, counts(0, 10), hours(0, 1), facts=book(corrected("5", 0)))
    assert came_to(found) == (10, ["correction_not_counted"])
    other = used(term(), counts(0, 10), hours(0, 1), facts=book(corrected("5", 0, of="other")))
    assert came_to(other) == (10, [])


def test_a_correction_without_a_device_has_no_unit_and_is_not_counted() -> None:
    found = measure_counter(term(), scene([], hours(0, 2), facts=book(corrected("5", 0))))

    assert came_to(found) == (0, ["correction_not_counted", "no_device"])
    assert found.missing


# Needs and values.


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Need("a", "counter")),
        ({"step_max": "50"}, Need("a", "counter", step=Decimal(50))),
        ({"on_fall": "high_water"}, Need("a", "counter", highest=True)),
        ({"attribution": "interpolate"}, Need("a", "counter", after=True)),
        ({"missing": {"mean_of_months": 6}}, Need("a", "counter", after=True)),
        ({"on_fall": "rollover", "modulus": "1000", "jitter": "1"}, Need("a", "counter", step=Decimal(999))),
    ],
)
def test_a_counter_asks_for_what_its_rules_look_at(changes: dict[str, Any], expected: Need) -> None:
    assert counter_needs(term(**changes), "a") == [expected]


@pytest.mark.parametrize(
    ("mode", "amount", "expected"),
    [
        ("down", "12.49", "12"),
        ("up", "12.01", "12.5"),
        ("up", "12.5", "12.5"),
        ("half_up", "12.25", "12.5"),
        ("half_up", "12.24", "12"),
        ("down", "-12.49", "-12"),
        ("up", "-12.01", "-12.5"),
        ("half_up", "-12.25", "-12.5"),
    ],
)
def test_the_sum_is_rounded_once_to_a_multiple_of_the_step(mode: str, amount: str, expected: str) -> None:
    of = term(rounding={"step": "0.5", "mode": mode})

    assert counter_value(of, Measured(Fraction(amount))) == Fraction(expected)
    assert counter_value(term(), Measured(Fraction(amount))) == Fraction(amount)


def test_a_measure_that_remembers_is_chained() -> None:
    assert not term().chained
    assert not term(on_fall="high_water").chained
    assert term(jitter="1").chained
    assert term(step_max="1").chained


def test_evidence_names_the_streams() -> None:
    found = used(term(), counts(100, 110), hours(0, 1), serves_from=LONG_AGO)

    assert [(one["device"], one["first"][1], one["last"][1]) for one in found.basis.sources] == [
        ("d-1", "100.0", "110.0")
    ]


def test_each_device_of_three_is_measured_by_itself() -> None:
    of: Metric = metric()
    streams = [
        stream(counts(v, v + 5, start=T0 + n * HOUR), hours(n, n + 1), of, device=f"d-{n}", serves_from=T0 + n * HOUR)
        for n, v in enumerate((50, 20, 80))
    ]

    found = measure_counter(term(), scene(streams, hours(0, 3)))
    assert came_to(found) == (15, ["device_changed", "device_changed"])


def test_a_boundary_is_not_interpolated_with_what_the_device_showed_for_another_asset() -> None:
    part = hours(0, 10)
    served = stream(counts(0, 5, each=8 * HOUR), part, after=True, serves_until=T0 + 12 * HOUR)
    longer = stream(counts(0, 5, 13, each=8 * HOUR), part, after=True, serves_until=T0 + 12 * HOUR)
    there = stream(counts(0, 5, 13, each=8 * HOUR), part, after=True, serves_until=T0 + 20 * HOUR)

    assert [one.after and one.after.at for one in (served, longer, there)] == [None, None, T0 + 16 * HOUR]


@pytest.mark.parametrize(("step", "last", "counted", "found"), [("20", 22, 1, []), ("19", 3, 2, ["mark_disregarded"])])
def test_a_mark_from_before_counts_unless_it_is_more_than_a_step_higher(
    step: str, last: int, counted: int, found: list[str]
) -> None:
    # 1, 21 and then 1 before the part.
    of, part = term(on_fall="high_water", step_max=step), hours(2, 4)

    use = measure_counter(of, scene([seen(of, counts(1, 21, 1, last), part)], part))

    assert use.amount == counted
    assert [kind for kind in kinds(use) if kind != "dip"] == found

"""M2 event sum: what events come to, and what becomes of those below zero and of those cancelled."""

from fractions import Fraction
from typing import Any

import pytest

from contracts.measuring.event_sum import event_sum_needs, measure_event_sum
from contracts.scene import Measured
from contracts.streams.stream import Need
from contracts.terms import EventSum
from ingest.catalogue import MetricKind
from tests.builders import HOUR, T0, Said, accepted, book, counts, hours, metric, proposed, scene, stream
from vouch.period import MICROSECOND, Period, iso

PAGES = metric(MetricKind.AMOUNT, "pages", unit="ZP")
POWER = metric(MetricKind.GAUGE, "power", unit="KWT")


def term(**changes: Any) -> EventSum:
    agreed = {
        "id": "pages",
        "kind": "event_sum",
        "window": "month",
        "metric": "pages",
        "unit": "ZP",
        "scope": "asset",
        "of": "value",
        "negative": "net",
        "acceptance": "not_needed",
    }
    return EventSum.model_validate(agreed | changes)


def summed(
    of: EventSum, said: list[Said], part: Period, shows: Any = PAGES, facts: Any = None, earlier: Measured | None = None
) -> Measured:
    return measure_event_sum(of, scene([stream(said, part, shows, raw=True)], part, facts=facts, earlier=earlier))


def kinds(found: Measured) -> list[str]:
    return [finding["kind"] for finding in found.basis.findings]


def came_to(found: Measured) -> tuple[Any, list[str]]:
    return found.amount, kinds(found)


def cancelled(at: float, fact: str = "F-1", device: str = "d-1") -> dict[str, Any]:
    about = {"device": device, "metric": "pages", "measured_at": iso(T0 + at * HOUR)}
    return proposed(fact, "event_cancelled", about)


def test_an_event_belongs_to_the_part_that_holds_its_instant() -> None:
    said = counts(1, 2, 4, 8)

    assert came_to(summed(term(), said, hours(0, 2))) == (3, [])
    assert came_to(summed(term(), said, hours(2, 3))) == (4, [])
    assert came_to(summed(term(), said, Period(T0 + MICROSECOND, T0 + 3 * HOUR))) == (6, [])


def test_no_event_at_all_is_missing() -> None:
    found = summed(term(), counts(1, None, None, 8), hours(1, 3))

    assert came_to(found) == (0, ["no_readings"])
    assert found.missing
    assert measure_event_sum(term(), scene([], hours(0, 1))).missing
    assert not summed(term(), counts(0), hours(0, 1)).missing


def test_devices_that_served_in_turn_are_added() -> None:
    first = stream(counts(1, 2, 4), hours(0, 2), PAGES, device="d-1", raw=True, serves_until=T0 + 2 * HOUR)
    second = stream(counts(8, 16, 32), hours(2, 3), PAGES, device="d-2", raw=True, serves_from=T0 + 2 * HOUR)

    # d-1 serves before two o'clock, d-2 from then on.
    assert measure_event_sum(term(), scene([first, second], hours(0, 3))).amount == 35


def test_values_are_expressed_in_the_terms_unit() -> None:
    litres = metric(MetricKind.AMOUNT, "pages", unit="LTR")

    assert summed(term(unit="MTQ"), counts(0.1, 0.2), hours(0, 2), litres).amount == Fraction(3, 10_000)


def test_a_constant_counts_each_event_whatever_its_value() -> None:
    assert summed(term(of={"constant": "2.5"}), counts(9, -7, 0), hours(0, 3)).amount == Fraction(15, 2)


def test_a_mean_power_held_for_some_seconds_is_energy() -> None:
    of = term(metric="power", unit="KWH", of={"mean_over_seconds": 600})

    # 6 kW and 3 kW for ten minutes each: 1.5 kWh.
    assert summed(of, counts(6, 3), hours(0, 2), POWER).amount == Fraction(3, 2)
    assert summed(
        term(metric="power", unit="WHR", of={"mean_over_seconds": 7}), counts(1), hours(0, 1), POWER
    ).amount == (Fraction(7000, 3600))


@pytest.mark.parametrize(
    ("negative", "amount", "found"),
    [
        ("net", 3, []),
        ("ignore", 10, ["events_ignored"]),
        ("refuse", 10, ["event_refused", "event_refused"]),
        ("carry", 3, []),
    ],
)
def test_negative_events_count_as_agreed(negative: str, amount: int, found: list[str]) -> None:
    assert came_to(summed(term(negative=negative), counts(6, -2, 4, -5), hours(0, 4))) == (amount, found)


def test_what_is_below_zero_goes_to_the_next_part() -> None:
    of, said = term(negative="carry"), counts(2, -5, 1, 4)

    first = summed(of, said, hours(0, 2))
    assert came_to(first) == (0, ["carried"])
    second = summed(of, said, hours(2, 3), earlier=first)
    assert came_to(second) == (0, ["carried"])
    third = summed(of, said, hours(3, 4), earlier=second)
    assert came_to(third) == (2, [])


def test_what_is_below_zero_goes_on_through_a_part_without_events() -> None:
    of, said = term(negative="carry"), counts(-5, None, 7)

    second = summed(of, said, hours(1, 2), earlier=summed(of, said, hours(0, 1)))
    assert second.missing
    assert summed(of, said, hours(2, 3), earlier=second).amount == 2


def test_a_sum_below_zero_stays_there_where_it_is_netted() -> None:
    assert summed(term(), counts(2, -5), hours(0, 2)).amount == -3


def test_a_cancelled_event_does_not_count() -> None:
    found = summed(term(), counts(1, 2, 4), hours(0, 3), facts=book(cancelled(1)))

    assert came_to(found) == (5, ["event_cancelled"])
    assert found.basis.findings[0]["fact"] == "F-1"


def test_where_every_event_was_cancelled_none_is_missing() -> None:
    found = summed(term(), counts(1), hours(0, 1), facts=book(cancelled(0)))

    assert came_to(found) == (0, ["event_cancelled"])
    assert not found.missing


def test_a_cancellation_without_its_event_changes_nothing() -> None:
    found = summed(term(), counts(1, 2), hours(0, 2), facts=book(cancelled(0.5), cancelled(1, "F-2", "d-9")))

    assert came_to(found) == (3, ["cancellation_not_counted", "cancellation_not_counted"])
    assert came_to(summed(term(), counts(1, 2), hours(0, 1), facts=book(cancelled(1)))) == (1, [])


def test_a_cancellation_needs_what_was_agreed() -> None:
    of = term(acceptance={"days": 366, "silence": "rejected"})

    found = summed(of, counts(1, 2), hours(0, 2), facts=book(cancelled(1)))
    assert came_to(found) == (3, ["cancellation_not_counted"])
    assert summed(of, counts(1, 2), hours(0, 2), facts=book(cancelled(1), accepted("F-1"))).amount == 1


def test_every_reading_is_asked_for() -> None:
    assert event_sum_needs(term(), "a") == [Need("a", "pages", raw=True)]

"""M3 time in state: each instant in one class, weighted as agreed."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from contracts.measuring.time_in_state import class_of, measure_time_in_state, time_in_state_needs
from contracts.measuring.total import share_or_amount
from contracts.scene import Measured
from contracts.streams.stream import Need
from contracts.terms import TimeInState
from contracts.value import State
from ingest.catalogue import MetricKind
from tests.builders import HOUR, T0, Said, accepted, book, hours, metric, proposed, scene, states, stream
from vouch.period import Period

STATE = metric(MetricKind.STATE)
HOUR_MICROS = 3_600_000_000


def rule(then: str = "down", **changes: Any) -> dict[str, Any]:
    return {"carry_seconds": 3600, "then": then, "coverage_min_percent": "none"} | changes


def term(**changes: Any) -> TimeInState:
    agreed = {
        "id": "running",
        "kind": "time_in_state",
        "window": "month",
        "metric": "state",
        "unit": "HUR",
        "scope": "asset",
        "states": {"up": "1", "down": "0"},
        "unknown": ["lost"],
        "service_hours": "always",
        "unknown_rule": rule(),
    }
    return TimeInState.model_validate(agreed | changes)


def spent(of: TimeInState, said: list[Said], part: Period, facts: Any = None) -> Measured:
    (need,) = time_in_state_needs(of, "asset-1")
    return measure_time_in_state(of, scene([stream(said, part, STATE, need=need)], part, facts=facts))


def hours_by_class(found: Measured) -> dict[str, float]:
    return {name: micros / HOUR_MICROS for name, micros in found.micros.items()}


def gap(counts_as: str, start: float, end: float, fact: str = "F-1") -> dict[str, Any]:
    about = {"counts_as": counts_as, "cause": "sim-card"}
    return proposed(fact, "gap_cause", about, since=T0 + start * HOUR, until=T0 + end * HOUR)


def test_time_counts_by_the_weight_of_its_state() -> None:
    found = spent(term(states={"up": "1", "down": "0.25"}), states("UUDDDU"), hours(0, 6))

    assert found.amount == Fraction(15, 4)
    assert hours_by_class(found) == {"outside": 0, "up": 3, "down": 3, "unknown": 0}


def test_time_is_in_the_terms_unit() -> None:
    assert spent(term(unit="MIN"), states("UU"), hours(0, 2)).amount == 120
    assert spent(term(unit="DAY"), states("U"), hours(0, 1)).amount == Fraction(1, 24)


@pytest.mark.parametrize(("then", "amount"), [("up", 5), ("down", 2)])
def test_silence_and_unknown_states_count_as_agreed(then: str, amount: int) -> None:
    # Up for one hour, silent for two beyond the carry, lost for one, up for one.
    found = spent(term(unknown_rule=rule(then)), states("U..?U"), hours(0, 5))

    assert found.amount == amount
    assert hours_by_class(found) == {"outside": 0, "up": 2, "down": 0, "unknown": 3}
    assert (found.known, found.total) == (2 * HOUR_MICROS, 5 * HOUR_MICROS)


def test_only_service_hours_count() -> None:
    # T0 is Monday 02:00 in Berlin: service from 04:00 to 06:00 there.
    of = term(service_hours={"weekly": {"monday": ["04:00-06:00"]}, "closed_on": []})

    found = spent(of, states("UUUDUU"), hours(0, 6))
    assert found.amount == 1
    assert hours_by_class(found) == {"outside": 4, "up": 1, "down": 1, "unknown": 0}
    closed = term(service_hours={"weekly": {"monday": ["04:00-06:00"]}, "closed_on": ["2026-06-01"]})
    assert spent(closed, states("UUUDUU"), hours(0, 6)).amount == 0


def test_a_record_of_a_gaps_cause_decides_for_its_time() -> None:
    of = term(unknown_rule=rule("attribute", otherwise="down", acceptance="not_needed"))

    # Unknown from one to five; the record speaks of two to four.
    found = spent(of, states("U....U"), hours(0, 6), book(gap("up", 2, 4)))
    assert found.amount == 4
    assert hours_by_class(found) == {"outside": 0, "up": 2, "down": 0, "unknown": 2, "attributed_up": 2}
    assert [(one["kind"], one["fact"], one["micros"]) for one in found.basis.findings] == [
        ("gap_attributed", "F-1", 2 * HOUR_MICROS)
    ]


def test_the_earlier_of_two_records_decides_where_they_overlap() -> None:
    of = term(unknown_rule=rule("attribute", otherwise="down", acceptance="not_needed"))

    found = spent(of, states("U....U"), hours(0, 6), book(gap("exclude", 1, 3), gap("up", 2, 5, "F-2")))
    assert hours_by_class(found) == {
        "outside": 0,
        "up": 2,
        "down": 0,
        "unknown": 0,
        "attributed_out": 2,
        "attributed_up": 2,
    }
    assert found.amount == 4


def test_a_record_says_nothing_about_time_that_is_known() -> None:
    of = term(unknown_rule=rule("attribute", otherwise="down", acceptance="not_needed"))

    assert spent(of, states("DDDD"), hours(0, 4), book(gap("up", 0, 4))).amount == 0


def test_a_record_that_is_not_accepted_decides_nothing() -> None:
    clock = {"days": 366, "silence": "rejected"}
    of = term(unknown_rule=rule("attribute", otherwise="down", acceptance=clock))

    found = spent(of, states("U..U"), hours(0, 4), book(gap("up", 1, 3)))
    assert found.amount == 2
    assert [one["kind"] for one in found.basis.findings] == ["gap_cause_not_counted"]
    assert spent(of, states("U..U"), hours(0, 4), book(gap("up", 1, 3), accepted("F-1"))).amount == 4


def test_without_a_device_all_is_unknown_and_missing() -> None:
    found = measure_time_in_state(term(), scene([], hours(0, 3)))

    assert found.missing
    assert hours_by_class(found) == {"outside": 0, "up": 0, "down": 0, "unknown": 3}


def test_spans_are_in_time_order() -> None:
    found = spent(term(), states("UDU"), hours(0, 3))

    assert [(name, period) for name, period, _ in found.basis.spans] == [
        ("up", hours(0, 1)),
        ("down", hours(1, 2)),
        ("up", hours(2, 3)),
    ]


def test_a_state_named_like_a_class_keeps_a_class_of_its_own() -> None:
    assert class_of("outside") == "state:outside"
    assert class_of("idle") == "idle"


def test_the_state_is_asked_for_with_its_carry() -> None:
    assert time_in_state_needs(term(), "a") == [Need("a", "state", carry=timedelta(hours=1))]


@pytest.mark.parametrize(("least", "state"), [("50", State.DEFINED), ("50.1", State.INSUFFICIENT)])
def test_below_the_agreed_coverage_there_is_not_enough_to_judge(least: str, state: State) -> None:
    # Two of four hours are known.
    of = term(unknown_rule=rule(coverage_min_percent=least))

    assert share_or_amount(of, spent(of, states("UD.?"), hours(0, 4)), 1)[0] is state


@pytest.mark.parametrize(("then", "hours_up"), [("up", 4), ("down", 0)])
def test_without_a_device_all_time_is_unknown_and_counts_as_agreed(then: str, hours_up: int) -> None:
    of = term(unknown_rule=rule(then))

    found = measure_time_in_state(of, scene([], hours(0, 4)))

    assert share_or_amount(of, found, 1) == (State.DEFINED, Fraction(hours_up), None)

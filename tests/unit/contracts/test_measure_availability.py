"""M4 availability: each instant in one class, and the share that was up. Windows of a few hours, checked by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from contracts.measuring.availability import availability_needs, measure_availability
from contracts.measuring.total import added, share_or_amount
from contracts.scene import Measured
from contracts.terms import Availability
from contracts.value import State
from ingest.catalogue import MetricKind
from tests.builders import HOUR, MINUTE, T0, accepted, book, hours, metric, proposed, scene, states, stream
from vouch.period import Period

STATE = metric(MetricKind.STATE, "state")
H = 3_600_000_000


def term(**changed: Any) -> Availability:
    """Up, down and unknown as in `states`; a state holds for an hour; unknown time is left out."""
    given: dict[str, Any] = {
        "id": "uptime",
        "kind": "availability",
        "window": "month",
        "metric": "state",
        "scope": "asset",
        "up": ["up"],
        "down": ["down"],
        "unknown": ["lost"],
        "out": [],
        "degraded": {},
        "service_hours": "always",
        "exclusions": [],
        "shaping": "none",
        "unknown_rule": {"carry_seconds": 3600, "then": "exclude", "coverage_min_percent": "none"},
        "denominator": "counted",
    }
    return Availability.model_validate(given | changed)


def measured(
    text: str,
    agreed: Availability | None = None,
    granted: Mapping[str, Sequence[Period]] | None = None,
    *,
    each: timedelta = HOUR,
    facts: Any = None,
) -> Measured:
    """`text` from T0 on, over exactly as long as it says."""
    part = Period(T0, T0 + len(text) * each)
    carry = timedelta(seconds=(agreed or term()).unknown_rule.carry_seconds)
    of = stream(states(text, each), part, STATE, carry=carry)
    return measure_availability(agreed or term(), scene([of], part, granted=granted, facts=facts))


def share(found: Measured, agreed: Availability | None = None, assets: int = 1) -> Fraction | None:
    state, above, below = share_or_amount(agreed or term(), found, assets)
    return above / below if state is State.DEFINED and above is not None and below else None


def rule(then: str, carry: int = 3600, coverage: Any = "none", **more: Any) -> dict[str, Any]:
    return {"carry_seconds": carry, "then": then, "coverage_min_percent": coverage, **more}


def exclude(judge: str, mode: str, causality: str = "overlap") -> dict[str, Any]:
    return {"judge": judge, "mode": mode, "causality": causality}


def test_a_state_needs_its_carry() -> None:
    (need,) = availability_needs(term(), "asset-1")

    assert (need.metric, need.carry) == ("state", HOUR)


def test_up_over_up_and_down_is_exact() -> None:
    found = measured("UUDUU?U")

    assert found.micros == {"outside": 0, "up": 5 * H, "down": H, "unknown": H}
    assert share(found) == Fraction(5, 6)


@pytest.mark.parametrize(
    ("then", "expected"), [("up", Fraction(4, 5)), ("down", Fraction(2, 5)), ("exclude", Fraction(2, 3))]
)
def test_unknown_time_goes_at_the_agreed_cost(then: str, expected: Fraction) -> None:
    agreed = term(unknown_rule=rule(then))

    assert share(measured("U?D?U", agreed), agreed) == expected


def test_silence_beyond_the_carry_is_unknown() -> None:
    agreed = term(unknown_rule=rule("exclude", carry=1800))

    assert measured("U..D", agreed).micros == {"outside": 0, "up": H // 2, "down": H // 2, "unknown": 3 * H}


def test_too_little_known_time_is_insufficient() -> None:
    agreed = term(unknown_rule=rule("down", coverage=75))

    assert share_or_amount(agreed, measured("UUU?", agreed), 1)[0] is State.DEFINED
    assert share_or_amount(agreed, measured("UU??", agreed), 1)[0] is State.INSUFFICIENT


def test_no_counted_time_is_undefined() -> None:
    assert share_or_amount(term(), measured("????"), 1) == (State.UNDEFINED, None, None)


def test_without_a_device_all_is_unknown_with_a_finding() -> None:
    found = measure_availability(term(), scene([], hours(0, 4)))

    assert found.micros == {"outside": 0, "unknown": 4 * H}
    assert [finding["kind"] for finding in found.basis.findings] == ["no_device"]


def test_out_states_leave_both_sides() -> None:
    agreed = term(up=["up"], down=["down"], unknown=[], out=["lost"])

    assert share(measured("UD?U", agreed), agreed) == Fraction(2, 3)


def test_a_degraded_state_counts_as_up_by_its_share() -> None:
    agreed = term(unknown=[], degraded={"lost": "0.25"})

    found = measured("U?DU", agreed)

    assert found.micros["degraded:lost"] == H
    assert share(found, agreed) == (2 + Fraction(1, 4)) / 4


def test_time_outside_service_hours_leaves_both_sides() -> None:
    # T0 is a Monday, 02:00 in Berlin; service from 04:00 to 06:00 there.
    agreed = term(service_hours={"weekly": {"monday": ["04:00-06:00"]}, "closed_on": []})

    found = measured("DDUDD", agreed)

    assert found.micros == {"outside": 3 * H, "up": H, "down": H}
    assert [p for n, p, _ in found.basis.spans if n == "outside"] == [hours(0, 2), hours(4, 5)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("out", Fraction(3, 4)), ("up", Fraction(5, 6)), ("void_down", Fraction(4, 5))],
)
def test_an_excluded_span_changes_the_fraction_as_agreed(mode: str, expected: Fraction) -> None:
    # Six hours; the span is the second and third, of which the second is down.
    agreed = term(exclusions=[exclude("visits", mode)])

    found = measured("UDUDUU", agreed, {"visits": [hours(1, 3)]})

    assert share(found, agreed) == expected
    assert found.micros["visits"] == (H if mode == "void_down" else 2 * H)


def test_a_span_may_void_the_whole_window() -> None:
    agreed = term(exclusions=[exclude("visits", "whole_window")])

    assert share_or_amount(agreed, measured("UD", agreed, {"visits": [hours(1, 2)]}), 1)[0] is State.UNDEFINED
    assert share(measured("UD", agreed), agreed) == Fraction(1, 2)


def test_only_outages_that_began_within_the_span_are_void_if_so_agreed() -> None:
    # Down in the second to fourth hour and in the sixth; the span is the third to the sixth.
    spans = {"strike": [hours(2, 6)]}
    began = term(exclusions=[exclude("strike", "void_down", "began_within")])
    overlap = term(exclusions=[exclude("strike", "void_down")])

    assert measured("UDDDUDU", began, spans).micros["strike"] == H
    assert measured("UDDDUDU", overlap, spans).micros["strike"] == 3 * H


def test_an_outage_began_when_it_began_even_if_that_was_outside_service_hours() -> None:
    # T0 is 02:00 in Berlin: service is the fifth and sixth hour after T0, and the ninth and tenth.
    hours_of_service = {"weekly": {"monday": ["06:00-08:00", "10:00-12:00"]}, "closed_on": []}
    agreed = term(exclusions=[exclude("strike", "void_down", "began_within")], service_hours=hours_of_service)

    before_the_span = measured("UUUUUDDDDDDU", agreed, {"strike": [hours(7, 9)]})
    within_the_span_at_night = measured("UUUUUUUDDDDU", agreed, {"strike": [hours(6.5, 7.5)]})

    assert before_the_span.micros == {"outside": 8 * H, "up": H, "down": 3 * H}
    assert within_the_span_at_night.micros == {"outside": 8 * H, "up": 2 * H, "strike": 2 * H}


def test_an_outage_that_goes_on_into_another_month_began_in_the_one_before() -> None:
    agreed = term(exclusions=[exclude("strike", "void_down", "began_within")])
    began_within = measured("UUDD", agreed, {"strike": [hours(2, 4)]})
    began_before = measured("UUDD", agreed, {"strike": [hours(3, 4)]})
    over = measured("UDDU", agreed, {"strike": [hours(1, 4)]})

    first, second = Period(T0, T0 + 4 * HOUR), Period(T0 + 4 * HOUR, T0 + 7 * HOUR)
    of = stream(states("UUDDDUD", HOUR), Period(first.start, second.end), STATE, carry=HOUR)
    of = replace(of, part=second)

    assert agreed.chained
    assert not term(exclusions=[exclude("strike", "void_down")]).chained
    for earlier, spans, void in [
        (began_within, {}, H),
        (began_before, {"strike": [hours(4, 5)]}, 0),
        (over, {"strike": [hours(4, 5)]}, H),
        (began_within, {"strike": [hours(5, 7)]}, 2 * H),
    ]:
        found = measure_availability(agreed, scene([of], second, granted=spans, earlier=earlier))

        assert found.micros.get("strike", 0) == void
        assert found.micros.get("down", 0) == 2 * H - void


def test_each_instant_has_the_class_of_the_first_cause_and_the_others_stay_visible() -> None:
    agreed = term(exclusions=[exclude("visits", "out"), exclude("strike", "up")])

    found = measured("UDDU", agreed, {"visits": [hours(0, 2)], "strike": [hours(1, 3)]})

    assert found.micros == {"outside": 0, "visits": 2 * H, "strike": H, "up": H}
    assert [(name, p.start - T0, p.end - T0, losers) for name, p, losers in found.basis.spans] == [
        ("visits", 0 * HOUR, 1 * HOUR, ()),
        ("visits", 1 * HOUR, 2 * HOUR, ("strike", "down")),
        ("strike", 2 * HOUR, 3 * HOUR, ("down",)),
        ("up", 3 * HOUR, 4 * HOUR, ()),
    ]


def shaping(merge: int = 0, minimum: int = 0, bucket: Any = "none") -> Availability:
    return term(shaping={"merge_seconds": merge, "minimum_seconds": minimum, "bucket": bucket})


def test_outages_shorter_than_the_minimum_count_as_up() -> None:
    # Minutes: an outage of two and one of three.
    found = measured("UDDUUDDDU", shaping(minimum=180), each=MINUTE)

    assert found.micros["down"] == 180_000_000


def test_outages_near_each_other_become_one_with_the_time_between_them() -> None:
    # One minute up between them is less than two minutes: five minutes down, which reach the minimum of five.
    found = measured("UDDUDDU", shaping(merge=120, minimum=300), each=MINUTE)

    assert found.micros["down"] == 300_000_000
    assert measured("UDDUUDDU", shaping(merge=120, minimum=300), each=MINUTE).micros.get("down", 0) == 0


def test_unknown_time_between_two_outages_stays_unknown() -> None:
    found = measured("D?D", shaping(merge=120), each=MINUTE)

    assert (found.micros["down"], found.micros["unknown"]) == (120_000_000, 60_000_000)


@pytest.mark.parametrize(("down_if", "minutes"), [("whole", 5), ("any", 15)])
def test_down_time_is_counted_in_whole_buckets(down_if: str, minutes: int) -> None:
    # Down from minute 4 to minute 11: of the buckets of five minutes one is down throughout, three are touched.
    text = "U" * 4 + "D" * 7 + "U" * 9
    found = measured(text, shaping(bucket={"seconds": 300, "down_if": down_if}), each=MINUTE)

    assert found.micros["down"] == minutes * 60_000_000


def test_unknown_time_with_an_accepted_record_of_its_cause_goes_as_the_record_says() -> None:
    agreed = term(unknown_rule=rule("attribute", otherwise="down", acceptance={"days": 14, "silence": "rejected"}))
    said = book(
        proposed("F-1", "gap_cause", {"counts_as": "up", "cause": "sim-card"}, since=T0 + HOUR, until=T0 + 2 * HOUR),
        accepted("F-1"),
        proposed(
            "F-2", "gap_cause", {"counts_as": "up", "cause": "sim-card"}, since=T0 + 2 * HOUR, until=T0 + 3 * HOUR
        ),
    )

    found = measured("U??U", agreed, facts=said)

    # F-2 was never accepted: its hour is down, as agreed for time without a record.
    assert (found.micros["attributed_up"], found.micros["unknown"]) == (H, H)
    assert share(found, agreed) == Fraction(3, 4)


def test_a_constant_denominator_does_not_ask_the_calendar() -> None:
    agreed = term(denominator={"constant_minutes": 600})

    # An hour down of ten agreed hours, though only four were measured; two ports have twice as many.
    assert share(measured("UDUU", agreed), agreed) == Fraction(9, 10)
    both = added([measured("UDUU", agreed), measured("UUUU", agreed)])
    assert share(both, agreed, assets=2) == Fraction(19, 20)


def test_parts_add_up_to_the_whole() -> None:
    first, second = measured("UUD"), measured("U?D")

    assert share(added([first, second])) == Fraction(3, 5)

"""Availability: one class for each instant, planned windows, the unknown rule and the target."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from contracts.judge.planned_window import Exclusion, Refusal, judge_planned
from contracts.judge.threshold import Judgment, Verdict, judge_at_least
from contracts.measure.availability import availability, classify, frame
from contracts.measure.fee_share import fee_share
from contracts.terms.uptime_guarantee import UnknownAs
from tests.builders import BERLIN, HOUR, MINUTE, hours, span, timeline
from vouch.period import Period

OUTSIDE, USED_UP = Refusal.NOT_IN_SERVICE_HOURS, Refusal.ALLOWANCE_USED_UP


def test_every_instant_has_one_class_by_priority() -> None:
    condition = timeline("UDUD?UD?")
    classes = classify(frame(hours(0, 8), [hours(1, 8)], [hours(0, 3)]), condition)

    assert classes.outside == [hours(0, 1)]
    assert classes.planned == [hours(1, 3)]
    assert (classes.up, classes.down) == ([hours(5, 6)], [hours(3, 4), hours(6, 7)])
    assert classes.unknown == [hours(4, 5), hours(7, 8)]
    assert sum(classes.micros().values()) == hours(0, 8).micros


@pytest.mark.parametrize(
    ("unknown_as", "share"),
    [(UnknownAs.UP, Fraction(8, 10)), (UnknownAs.DOWN, Fraction(6, 10)), (UnknownAs.EXCLUDE, Fraction(6, 8))],
)
def test_unknown_time_goes_at_the_cost_that_the_contract_names(unknown_as: UnknownAs, share: Fraction) -> None:
    classes = classify(frame(hours(0, 10), [hours(0, 10)], []), timeline("UUUUUUDD??"))

    assert availability(classes, unknown_as) == share


@pytest.mark.parametrize(
    ("text", "service", "planned", "unknown_as"),
    [
        ("??", [hours(0, 2)], [], UnknownAs.EXCLUDE),
        ("UD", [], [], UnknownAs.UP),
        ("UD", [hours(0, 2)], [hours(0, 2)], UnknownAs.DOWN),
    ],
)
def test_a_share_of_nothing_is_undefined(
    text: str, service: list[Period], planned: list[Period], unknown_as: UnknownAs
) -> None:
    classes = classify(frame(hours(0, 2), service, planned), timeline(text))

    assert availability(classes, unknown_as) is None


@pytest.mark.parametrize(("unknown_as", "share"), [(UnknownAs.UP, 1), (UnknownAs.DOWN, 0)])
def test_all_unknown_is_all_up_or_all_down_where_the_contract_says_so(unknown_as: UnknownAs, share: int) -> None:
    classes = classify(frame(hours(0, 2), [hours(0, 2)], []), timeline("??"))

    assert availability(classes, unknown_as) == share


def test_the_target_itself_is_met_and_anything_below_is_not() -> None:
    target = Decimal("99.9")

    assert judge_at_least(Fraction(999, 1000), target) == Judgment(Verdict.MET, Fraction(0))
    assert judge_at_least(Fraction(1), target) == Judgment(Verdict.MET, Fraction(0))
    just_below = Fraction(999 * 10**20 - 1, 10**23)
    assert judge_at_least(just_below, target) == Judgment(Verdict.MISSED, Fraction(1, 10**23))
    assert judge_at_least(Fraction(0), target) == Judgment(Verdict.MISSED, Fraction(999, 1000))
    assert judge_at_least(None, target) == Judgment(Verdict.UNDEFINED, Fraction(0))


def test_planned_windows_are_left_out_up_to_the_allowance_in_time_order() -> None:
    windows = [hours(0, 2), hours(4, 6), hours(8, 10)]

    assert judge_planned(windows, [hours(0, 10)], 3 * HOUR) == [
        Exclusion(hours(0, 2), None),
        Exclusion(hours(4, 5), None),
        Exclusion(hours(5, 6), USED_UP),
        Exclusion(hours(8, 10), USED_UP),
    ]


def test_an_allowance_used_up_exactly_leaves_no_empty_part() -> None:
    assert judge_planned([hours(0, 2), hours(4, 6)], [hours(0, 10)], 2 * HOUR) == [
        Exclusion(hours(0, 2), None),
        Exclusion(hours(4, 6), USED_UP),
    ]
    assert judge_planned([hours(0, 2)], [hours(0, 10)], timedelta(0)) == [Exclusion(hours(0, 2), USED_UP)]
    assert judge_planned([], [hours(0, 10)], HOUR) == []


def test_only_time_within_service_hours_uses_allowance() -> None:
    windows = [hours(0, 4), hours(6, 7), hours(9, 11)]

    assert judge_planned(windows, [hours(1, 2), hours(3, 5), hours(9, 10)], 150 * MINUTE) == [
        Exclusion(hours(1, 2), None),
        Exclusion(hours(3, 4), None),
        Exclusion(hours(6, 7), OUTSIDE),
        Exclusion(hours(9, 9.5), None),
        Exclusion(hours(9.5, 10), USED_UP),
    ]


def test_a_fee_is_shared_by_seconds_of_the_month_as_it_is() -> None:
    october = Period.month(2026, 10, BERLIN)
    # The 25th, in which clocks go back, alone.
    day = span("2026-10-24 22:00", "2026-10-25 23:00")

    assert fee_share(october, october).share == 1
    assert fee_share(day, october).share == Fraction(25, 745)
    assert fee_share(Period(october.start, october.start), october).share == 0

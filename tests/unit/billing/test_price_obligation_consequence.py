from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.obligation_consequence import (
    LastSpan,
    rate_obligation_consequence,
    started_days,
    surcharge_units,
    suspended_prices,
)
from contracts.scene import JudgedSpan
from contracts.terms import ObligationConsequence
from contracts.terms.prices.obligation_consequence import Surcharge
from tests.price_world import JUNE, PriceWorld, price
from vouch.period import Period

TRUCK = "truck-1"


def june(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


def surcharge(per: str) -> dict[str, Any]:
    return {"effect": "surcharge", "amount": "50", "per": per}


def suspend(where: str = "any_overlap", prices: tuple[str, ...] = ("credit",)) -> dict[str, Any]:
    return {"effect": "suspend", "prices": list(prices), "where": where}


def consequence(effect: dict[str, Any], name: str = "late", judge: str = "service-due") -> ObligationConsequence:
    document = {"kind": "obligation_consequence", "id": name, "text": "Late service", "judge": judge}
    made = price({**document, "consequence": effect})
    assert isinstance(made, ObligationConsequence)
    return made


def breach(start: datetime, end: datetime, granted: bool = True) -> JudgedSpan:
    return JudgedSpan(Period(start, end), granted, "overdue", "service-due")


def world(*spans: JudgedSpan, prices: Any = (), **changes: Any) -> PriceWorld:
    return PriceWorld(judged_spans={("service-due", TRUCK): spans}, prices=prices, **changes)


def lines(term: ObligationConsequence, scene: PriceWorld) -> list[tuple[str, str, str, str]]:
    charges = rate_obligation_consequence(term, scene)
    return [(c.description, str(c.quantity), c.unit, str(c.money.amount)) for c in charges]


# From the 10th at noon for 30 hours, and from the 20th for 90 minutes.
TWO = (breach(june(10, 12), june(11, 18)), breach(june(20), june(20, 1) + timedelta(minutes=30)))


@pytest.mark.parametrize(
    ("per", "quantity", "unit", "amount"),
    [("span", "2", "C62", "100"), ("started_day", "3", "DAY", "150"), ("hour", "63/2", "HUR", "1575")],
)
def test_a_surcharge_counts_spans_started_days_or_exact_hours(per: str, quantity: str, unit: str, amount: str) -> None:
    assert lines(consequence(surcharge(per)), world(*TWO)) == [(": service-due", quantity, unit, amount)]


def test_a_refused_span_costs_nothing() -> None:
    assert lines(consequence(surcharge("hour")), world(breach(june(10), june(11), granted=False))) == []


def test_spans_that_overlap_are_paid_for_once() -> None:
    twice = world(breach(june(10), june(12)), breach(june(11), june(13)))

    # From the 10th to the 13th: 72 hours.
    assert [line[1] for line in lines(consequence(surcharge("hour")), twice)] == ["72"]


def test_spans_that_touch_are_two() -> None:
    touching = world(breach(june(10), june(12)), breach(june(12), june(13)))

    assert [line[1] for line in lines(consequence(surcharge("span")), touching)] == ["2"]


def test_a_span_that_went_on_from_last_month_did_not_begin_in_this_one() -> None:
    # It began 36 hours before June: its third day starts 12 hours into June, its fourth 36 hours into it.
    before = LastSpan(JUNE.start - timedelta(hours=36), JUNE.start)
    going_on = world(breach(JUNE.start, JUNE.start + timedelta(hours=40)), state={TRUCK: before})

    assert lines(consequence(surcharge("span")), going_on) == []
    assert [line[1] for line in lines(consequence(surcharge("started_day")), going_on)] == ["2"]


def test_a_span_is_handed_on_with_its_true_beginning() -> None:
    before = LastSpan(JUNE.start - timedelta(hours=36), JUNE.start)
    all_june = world(breach(JUNE.start, JUNE.end), state={TRUCK: before})

    list(rate_obligation_consequence(consequence(surcharge("span")), all_june))

    assert all_june.handed_on == {TRUCK: LastSpan(before.began_at, JUNE.end)}


def test_a_span_at_the_start_of_a_month_that_nothing_went_before_is_new() -> None:
    older = LastSpan(june(1) - timedelta(days=9), june(1) - timedelta(days=8))
    fresh = world(breach(JUNE.start, june(3)), state={TRUCK: older})

    assert [line[1] for line in lines(consequence(surcharge("span")), fresh)] == ["1"]


def test_what_a_suspended_credit_came_to_is_taken_back() -> None:
    term = consequence(suspend())
    scene = world(*TWO, prices=[term], charges={("credit", TRUCK): "-120", ("credit", "truck-2"): "-70"})

    assert lines(term, scene) == [(": credit not paid because of service-due", "1", "C62", "120")]


def test_a_bonus_is_suspended_with_the_opposite_sign() -> None:
    term = consequence(suspend(prices=("credit", "bonus")))
    scene = world(*TWO, prices=[term], charges={("bonus", TRUCK): "80"})

    assert lines(term, scene) == [(": bonus not paid because of service-due", "-1", "C62", "-80")]


def test_where_the_whole_month_is_asked_for_a_part_of_it_suspends_nothing() -> None:
    term = consequence(suspend("whole_month"))
    charges = {("credit", TRUCK): "-120"}

    assert lines(term, world(*TWO, prices=[term], charges=charges)) == []
    whole = world(breach(JUNE.start, june(9)), breach(june(9), JUNE.end), prices=[term], charges=charges)
    assert [line[3] for line in lines(term, whole)] == ["120"]


def test_two_consequences_take_one_credit_back_once() -> None:
    first, second = consequence(suspend(), "first"), consequence(suspend(), "second")
    scene = world(*TWO, prices=[first, second], charges={("credit", TRUCK): "-120"})

    assert [line[3] for line in lines(first, scene)] == ["120"]
    assert lines(second, scene) == []
    assert suspended_prices(scene, TRUCK) == {"credit": "first"}


def test_without_a_span_nothing_is_suspended() -> None:
    term = consequence(suspend())

    assert lines(term, world(prices=[term], charges={("credit", TRUCK): "-120"})) == []


@given(st.integers(0, 900), st.integers(1, 900), st.integers(1, 900))
def test_cutting_a_span_changes_none_of_its_started_days(start: int, first: int, second: int) -> None:
    begin = june(1) + timedelta(hours=start)
    cut, end = begin + timedelta(hours=first), begin + timedelta(hours=first + second)

    whole = started_days(Period(begin, end), begin)

    assert whole == started_days(Period(begin, cut), begin) + started_days(Period(cut, end), begin)
    # By hand: so many hours over 24, rounded up.
    assert whole == (first + second + 23) // 24


@given(st.lists(st.integers(1, 60), min_size=1, max_size=10))
def test_hours_are_exact_and_days_never_less_than_them(lengths: list[int]) -> None:
    starts = [june(1) + timedelta(hours=100 * i) for i in range(len(lengths))]
    spans = [Period(at, at + timedelta(hours=n)) for at, n in zip(starts, lengths, strict=True)]

    hours = surcharge_units(Surcharge.model_validate(surcharge("hour")), spans, None)
    days = surcharge_units(Surcharge.model_validate(surcharge("started_day")), spans, None)

    assert hours == sum(lengths)
    assert hours <= 24 * days

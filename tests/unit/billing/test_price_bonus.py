from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.bonus import bonus_percent, excess_points, rate_bonus
from contracts.terms import Bonus, Threshold
from contracts.terms.prices.bonus import BonusPerPoint
from contracts.value import Verdict
from tests.price_world import AVAILABILITY, FEE, PROMISE, PriceWorld, judge, judged, measure, price

PER_POINT = {"form": "per_full_point", "points": "0.5", "percent": "2", "base": ["fee"], "cap_percent": "5"}
LINEAR = {**PER_POINT, "form": "linear"}
FLAT = {"form": "flat", "amount": "40"}


def bonus(earned: dict[str, Any], dead_band: str = "0.5") -> Bonus:
    document = {"kind": "bonus", "id": "bonus", "text": "Bonus", "of": "promise", "dead_band_points": dead_band}
    made = price({**document, "earned": earned})
    assert isinstance(made, Bonus)
    return made


def promise(**changes: Any) -> Threshold:
    made = judge({**PROMISE, "percent": "97", **changes})
    assert isinstance(made, Threshold)
    return made


def percent_of(earned: dict[str, Any], excess: str) -> str:
    form = bonus(earned).earned
    assert isinstance(form, BonusPerPoint)
    return str(bonus_percent(Fraction(excess), form))


def lines(earned: dict[str, Any], number: str | None, verdict: Verdict) -> list[tuple[str, str, str]]:
    term, promised = bonus(earned), promise()
    scene = PriceWorld(
        measures=[measure(AVAILABILITY)],
        judges=[promised],
        prices=[price(FEE), term],
        judgments={("promise", "truck-1"): judged(promised, number, verdict)},
        charges={("fee", "truck-1"): "1000"},
    )
    return [(c.description, str(c.quantity), str(c.money.amount)) for c in rate_bonus(term, scene)]


@pytest.mark.parametrize(("excess", "percent"), [("0", "0"), ("0.49", "0"), ("0.5", "2"), ("1.4", "4"), ("1.5", "5")])
def test_only_full_steps_are_earned_up_to_the_cap(excess: str, percent: str) -> None:
    # 1.5 points are three steps, 6 %, capped at 5 %.
    assert percent_of(PER_POINT, excess) == percent


def test_linear_earns_in_proportion() -> None:
    # 0.3 of 0.5: six tenths of 2 %.
    assert percent_of(LINEAR, "0.3") == "6/5"


def test_the_dead_band_earns_nothing_and_is_not_made_up_for_later() -> None:
    promised = promise()

    def beyond(number: str) -> str:
        return str(excess_points(promised, judged(promised, number, Verdict.MET), bonus(PER_POINT).dead_band_points))

    assert (beyond("0.97"), beyond("0.975"), beyond("0.98")) == ("0", "0", "1/2")


def test_using_less_than_at_most_so_much_is_counted_in_its_own_unit() -> None:
    energy = promise(comparison="at_most", percent=None, value="12")

    excess = excess_points(energy, judged(energy, "10", Verdict.MET, unit="KWH"), bonus(PER_POINT).dead_band_points)

    # 12 - 10 - 0.5.
    assert str(excess) == "3/2"


def test_a_bonus_is_a_line_that_says_by_how_much_the_promise_was_exceeded() -> None:
    # 98.25 - 97 - 0.5 = 0.75 points: one full step, 2 % of 1000.
    text = (
        ": availability 98.2500 %, guarantee of 97 % kept, exceeded by 0.75 points beyond the dead band, "
        "bonus 2 % of the fee"
    )
    assert lines(PER_POINT, "0.9825", Verdict.MET) == [(text, "1", "20")]


def test_a_flat_bonus_needs_more_than_the_dead_band() -> None:
    assert [amount for *_, amount in lines(FLAT, "0.975", Verdict.MET)] == ["0"]
    assert [amount for *_, amount in lines(FLAT, "0.97501", Verdict.MET)] == ["40"]


@pytest.mark.parametrize("verdict", [Verdict.UNDEFINED, Verdict.INSUFFICIENT])
@pytest.mark.parametrize("earned", [PER_POINT, LINEAR, FLAT])
def test_what_could_not_be_judged_earns_nothing(earned: dict[str, Any], verdict: Verdict) -> None:
    assert [(quantity, amount) for _, quantity, amount in lines(earned, None, verdict)] == [("0", "0")]


def test_a_missed_promise_earns_nothing() -> None:
    text = ": availability 90.0000 %, below the guaranteed 97 %, no bonus"
    assert lines(PER_POINT, "0.9", Verdict.MISSED) == [(text, "0", "0")]


def test_a_window_that_is_not_over_makes_no_line() -> None:
    assert lines(PER_POINT, None, Verdict.NOT_DUE) == []


@given(st.sampled_from([PER_POINT, LINEAR]), st.fractions(-100, 100), st.integers(0, 100))
def test_a_bonus_is_never_below_zero_nor_above_its_cap(earned: dict[str, Any], excess: Fraction, cap: int) -> None:
    percent = percent_of({**earned, "cap_percent": str(cap)}, str(excess))

    assert 0 <= Fraction(percent) <= cap


@given(st.sampled_from([PER_POINT, LINEAR]), st.fractions(0, 100), st.fractions(0, 100))
def test_a_larger_excess_never_earns_less(earned: dict[str, Any], one: Fraction, other: Fraction) -> None:
    less, more = sorted((one, other))

    assert Fraction(percent_of(earned, str(less))) <= Fraction(percent_of(earned, str(more)))

"""J1 threshold: promises compared exactly, in both directions, and without a value."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judging.threshold import judge_threshold
from contracts.terms.judges.threshold import Comparison, Threshold
from contracts.value import State, Value, Verdict
from vouch.period import Period, parse_instant

JUNE = Period(parse_instant("2026-06-01T00:00:00Z"), parse_instant("2026-07-01T00:00:00Z"))
NUMBERS = st.decimals(-1000, 1000, places=3)


def share(number: Fraction | None, state: State = State.DEFINED) -> Value:
    return Value(state, number, "", JUNE)


def promised(comparison: str, percent: str) -> Threshold:
    return Threshold(
        id="promise", kind="threshold", measure="uptime", comparison=Comparison(comparison), percent=Decimal(percent)
    )


def quantity_promised(comparison: str, value: Decimal) -> Threshold:
    return Threshold(id="promise", kind="threshold", measure="km", comparison=Comparison(comparison), value=value)


@pytest.mark.parametrize(
    ("comparison", "number", "verdict", "beyond"),
    [
        ("at_least", Fraction(96, 100), Verdict.MET, Fraction(1, 100)),
        ("at_least", Fraction(95, 100), Verdict.MET, Fraction(0)),
        ("at_least", Fraction(94, 100), Verdict.MISSED, Fraction(-1, 100)),
        ("more_than", Fraction(96, 100), Verdict.MET, Fraction(1, 100)),
        ("more_than", Fraction(95, 100), Verdict.MISSED, Fraction(0)),
        ("at_most", Fraction(96, 100), Verdict.MISSED, Fraction(-1, 100)),
        ("at_most", Fraction(95, 100), Verdict.MET, Fraction(0)),
        ("at_most", Fraction(94, 100), Verdict.MET, Fraction(1, 100)),
        ("less_than", Fraction(95, 100), Verdict.MISSED, Fraction(0)),
        ("less_than", Fraction(94, 100), Verdict.MET, Fraction(1, 100)),
    ],
)
def test_beyond_is_how_far_a_share_lies_on_the_promised_side(
    comparison: str, number: Fraction, verdict: Verdict, beyond: Fraction
) -> None:
    judgment = judge_threshold(promised(comparison, "95"), share(number))

    assert (judgment.verdict, judgment.beyond, judgment.target) == (verdict, beyond, Fraction(19, 20))


def test_a_share_a_hair_below_its_target_is_missed_however_it_would_be_printed() -> None:
    nearly = Fraction(975 * 10**30 - 1, 1000 * 10**30)

    judgment = judge_threshold(promised("at_least", "97.5"), share(nearly))

    assert judgment.verdict is Verdict.MISSED
    assert judgment.beyond == Fraction(-1, 10**33)


def test_a_third_is_not_the_percent_it_would_be_rounded_to() -> None:
    assert judge_threshold(promised("at_most", "33.3333333333"), share(Fraction(1, 3))).verdict is Verdict.MISSED


def test_a_quantity_is_compared_in_its_own_unit() -> None:
    used = Value(State.DEFINED, Fraction(12_500), "KMT", JUNE)

    judgment = judge_threshold(quantity_promised("at_most", Decimal("12000.5")), used)

    assert (judgment.verdict, judgment.beyond) == (Verdict.MISSED, Fraction(-999, 2))
    assert judgment.value is used


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (State.UNDEFINED, Verdict.UNDEFINED),
        (State.INSUFFICIENT, Verdict.INSUFFICIENT),
        (State.NOT_DUE, Verdict.NOT_DUE),
    ],
)
def test_without_a_value_a_promise_is_neither_met_nor_missed(state: State, verdict: Verdict) -> None:
    judgment = judge_threshold(promised("at_least", "95"), share(None, state))

    assert (judgment.verdict, judgment.beyond, judgment.target) == (verdict, None, Fraction(19, 20))


@given(number=NUMBERS, target=NUMBERS)
def test_of_a_promise_and_its_contrary_exactly_one_is_met(number: Decimal, target: Decimal) -> None:
    value = Value(State.DEFINED, Fraction(number), "KMT", JUNE)

    for promise, contrary in (("at_least", "less_than"), ("more_than", "at_most")):
        one, other = (judge_threshold(quantity_promised(word, target), value) for word in (promise, contrary))
        assert {one.verdict, other.verdict} == {Verdict.MET, Verdict.MISSED}
        assert one.beyond is not None
        assert other.beyond == -one.beyond

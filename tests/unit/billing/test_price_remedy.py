from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.remedy import credit_percent, incident_credit, rate_remedy
from contracts.terms import Remedy, Threshold
from contracts.terms.prices.remedy import Ladder, PerIncident, PerPoint, PerTime, Proportion
from contracts.value import State, Value, Verdict
from tests.price_world import AVAILABILITY, FEE, JUNE, PROMISE, STOPS, PriceWorld, judge, judged, measure, price, stop

LADDER = {
    "form": "ladder",
    "tiers": [{"below": "98", "percent": "2.5"}, {"below": "95", "percent": "10"}, {"below": "90", "percent": "50"}],
    "base": ["fee"],
    "cap_percent": "none",
}
PER_POINT = {"form": "per_started_point", "points": "0.5", "percent": "3", "base": ["fee"], "cap_percent": "20"}
LINEAR = {**PER_POINT, "form": "linear"}
RATIO = {"form": "ratio", "base": ["fee"], "cap_percent": "30"}
FLAT = {"form": "flat", "amount": "75"}
PER_HOUR = {"form": "per_hour", "free_hours": "4", "amount": "60", "cap_amount": "500"}
PER_DAY = {"form": "per_started_day", "free_hours": "24", "amount": "200", "cap_amount": "none"}
PER_INCIDENT = {"form": "per_incident", "limit_of": "response", "over_hours": "2", "amount": "90"}
THOUSAND = {("fee", "truck-1"): "1000"}


def remedy(credit: dict[str, Any], of: str = "promise") -> Remedy:
    made = price({"kind": "remedy", "id": "credit", "text": "Uptime", "of": of, "credit": credit})
    assert isinstance(made, Remedy)
    return made


def promise(**changes: Any) -> Threshold:
    made = judge({**PROMISE, **changes})
    assert isinstance(made, Threshold)
    return made


def percent_of(credit: dict[str, Any], number: str | None, verdict: Verdict, promised: Threshold | None = None) -> str:
    form = remedy(credit).credit
    assert isinstance(form, Ladder | PerPoint | Proportion)
    promised = promised or promise()
    return str(credit_percent(form, promised, judged(promised, number, verdict)))


@pytest.mark.parametrize(
    ("number", "percent"),
    [("0.9799999", "5/2"), ("0.95", "5/2"), ("0.9499999", "10"), ("0.90", "10"), ("0.5", "50"), ("0", "50")],
)
def test_a_ladder_pays_its_highest_step_that_the_share_is_strictly_below(number: str, percent: str) -> None:
    assert percent_of(LADDER, number, Verdict.MISSED) == percent


def test_a_ladder_compares_the_exact_share_and_not_a_rounded_one() -> None:
    # A third of 10^-9 below 95 %: any rounding to eight digits would reach the step.
    just_below = str(Fraction(95, 100) - Fraction(1, 3 * 10**9))

    assert percent_of(LADDER, just_below, Verdict.MISSED) == "10"


@pytest.mark.parametrize(("number", "percent"), [("0.9799", "3"), ("0.975", "3"), ("0.9749", "6"), ("0.5", "20")])
def test_each_started_half_point_costs_three_percent_up_to_the_cap(number: str, percent: str) -> None:
    # 98 - 97.99 = 0.01: one started; 98 - 97.5 = 0.5: exactly one; 0.51: two; 48: 96 started, 288 %, capped.
    assert percent_of(PER_POINT, number, Verdict.MISSED) == percent


def test_linear_pays_in_proportion_to_the_shortfall() -> None:
    # 98 - 97.75 = 0.25 points, half of 0.5: half of 3 %.
    assert percent_of(LINEAR, "0.9775", Verdict.MISSED) == "3/2"


def test_ratio_pays_the_promised_over_the_measured_less_one() -> None:
    # 98 / 80 - 1 = 0.225.
    assert percent_of(RATIO, "0.8", Verdict.MISSED) == "45/2"


def test_ratio_pays_its_cap_where_nothing_was_achieved_at_all() -> None:
    assert percent_of(RATIO, "0", Verdict.MISSED) == "30"


def test_a_promise_of_at_most_so_much_is_missed_by_the_overshoot_in_its_own_unit() -> None:
    energy = promise(comparison="at_most", percent=None, value="0.12")
    per_step = {**LINEAR, "points": "0.01", "percent": "2"}

    # 0.135 - 0.12 = 0.015, one and a half steps of 0.01; 0.15 / 0.12 - 1 = 0.25.
    assert percent_of(per_step, "0.135", Verdict.MISSED, energy) == "3"
    assert percent_of({**per_step, "form": "per_started_point"}, "0.135", Verdict.MISSED, energy) == "4"
    assert percent_of(RATIO, "0.15", Verdict.MISSED, energy) == "25"


@pytest.mark.parametrize("verdict", [Verdict.UNDEFINED, Verdict.INSUFFICIENT, Verdict.NOT_DUE])
@pytest.mark.parametrize("credit", [LADDER, PER_POINT, LINEAR, RATIO])
def test_without_a_judgment_nothing_is_owed(credit: dict[str, Any], verdict: Verdict) -> None:
    assert percent_of(credit, None, verdict) == "0"


def test_a_strict_promise_missed_by_nothing_earns_no_points() -> None:
    strict = promise(comparison="more_than")

    assert percent_of(PER_POINT, "0.98", Verdict.MISSED, strict) == "0"


@pytest.mark.parametrize(
    ("credit", "hours", "units", "worth"),
    [
        (PER_HOUR, "4", "0", "0"),
        (PER_HOUR, "5.5", "3/2", "90"),
        (PER_HOUR, "40", "36", "500"),  # 36 h of 60 are 2160, capped
        (PER_DAY, "24", "0", "0"),
        (PER_DAY, "24.01", "1", "200"),
        (PER_DAY, "48", "1", "200"),
        (PER_DAY, "48.01", "2", "400"),
    ],
)
def test_time_beyond_the_free_hours_is_paid(credit: dict[str, Any], hours: str, units: str, worth: str) -> None:
    form = remedy(credit, "stops").credit
    assert isinstance(form, PerTime)

    earned = incident_credit(form, stop(hours))

    assert (str(earned.units), str(earned.worth)) == (units, worth)


@pytest.mark.parametrize(
    ("limit_of", "hours", "response", "worth"),
    [
        ("response", "9", "2", "0"),
        ("response", "9", "2.001", "90"),
        ("response", "9", None, "90"),
        ("response", "1", None, "0"),
        ("duration", "9", "1", "90"),
    ],
)
def test_an_incident_is_paid_where_its_limit_was_passed(
    limit_of: str, hours: str, response: str | None, worth: str
) -> None:
    form = remedy({**PER_INCIDENT, "limit_of": limit_of}, "stops").credit
    assert isinstance(form, PerIncident)

    assert str(incident_credit(form, stop(hours, response=response)).worth) == worth


def world(number: str | None, verdict: Verdict, term: Remedy, **changes: Any) -> PriceWorld:
    promised = promise()
    return PriceWorld(
        measures=[measure({**AVAILABILITY, **changes})],
        judges=[promised],
        prices=[price(FEE), term],
        judgments={("promise", "truck-1"): judged(promised, number, verdict)},
        charges=THOUSAND,
    )


def lines(term: Remedy, scene: PriceWorld) -> list[tuple[str, str, str]]:
    return [(c.description, str(c.quantity), str(c.money.amount)) for c in rate_remedy(term, scene)]


def test_a_credit_is_a_negative_line_that_says_how_the_promise_stands() -> None:
    term = remedy(LADDER)

    # 2.5 % of 1000.
    text = ": availability 97.1234 %, below the guaranteed 98 %, credit 2.5 % of the fee"
    assert lines(term, world("0.97123499", Verdict.MISSED, term)) == [(text, "-1", "-25")]


def test_a_guarantee_that_was_kept_is_seen_as_a_line_of_nothing() -> None:
    term = remedy(LADDER)

    text = ": availability 99.1000 %, guarantee of 98 % kept"
    assert lines(term, world("0.991", Verdict.MET, term)) == [(text, "0", "0")]


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict.UNDEFINED, ": nothing to measure, nothing owed"),
        (Verdict.INSUFFICIENT, ": too little is known, nothing owed"),
    ],
)
@pytest.mark.parametrize("credit", [LADDER, FLAT])
def test_a_month_that_cannot_be_judged_pays_nothing_and_says_so(
    verdict: Verdict, text: str, credit: dict[str, Any]
) -> None:
    term = remedy(credit)

    assert lines(term, world(None, verdict, term)) == [(text, "0", "0")]


def test_a_window_that_is_not_over_makes_no_line() -> None:
    term = remedy(LADDER)

    assert lines(term, world(None, Verdict.NOT_DUE, term)) == []


def test_the_base_of_a_year_is_what_was_charged_in_it() -> None:
    term = remedy(LADDER)
    year = {"kind": "calendar", "months": 12, "partial": "judge"}
    scene = world("0.96", Verdict.MISSED, term, window=year).but(before={("fee", "truck-1"): "11000"})

    # 2.5 % of 12000.
    assert [amount for _, _, amount in lines(term, scene)] == ["-300"]


@pytest.mark.parametrize("base", ["0", "-40"])
def test_a_base_of_nothing_or_less_pays_nothing(base: str) -> None:
    term = remedy(LADDER)
    scene = world("0.96", Verdict.MISSED, term).but(charges={("fee", "truck-1"): base})

    assert [(quantity, amount) for _, quantity, amount in lines(term, scene)] == [("0", "0")]


def test_a_flat_credit_is_paid_once_for_a_missed_window() -> None:
    term = remedy(FLAT)

    text = ": availability 97.0000 %, below the guaranteed 98 %, credit"
    assert lines(term, world("0.97", Verdict.MISSED, term)) == [(text, "-1", "-75")]


def stopped(term: Remedy, *incidents: Any) -> PriceWorld:
    return PriceWorld(measures=[measure(STOPS)], prices=[term], stops={("stops", "truck-1"): incidents})


def test_each_late_incident_has_its_own_line() -> None:
    term = remedy(PER_HOUR, "stops")

    assert lines(term, stopped(term, stop("5.5"), stop("3", day=12), stop("40", day=14))) == [
        (": incident, opened 2026-06-10T00:00:00Z, took 5.5 h, longer than 4 h, credit", "-3/2", "-90"),
        (": incident, opened 2026-06-14T00:00:00Z, took 40 h, longer than 4 h, credit at its cap", "-1", "-500"),
    ]


def test_a_month_without_late_incidents_says_so() -> None:
    term = remedy(PER_HOUR, "stops")

    assert lines(term, stopped(term)) == [(": no incident ended", "0", "0")]
    assert lines(term, stopped(term, stop("3"))) == [(": 1 incident ended, none took longer than 4 h", "0", "0")]


def test_an_incident_nobody_responded_to_is_noted() -> None:
    term = remedy(PER_INCIDENT, "stops")
    scene = stopped(term, stop("9"))

    assert [amount for _, _, amount in lines(term, scene)] == ["-90"]
    assert [finding["kind"] for finding in scene.found] == ["no_response"]


SHARES = st.fractions(min_value=0, max_value=Fraction(98, 100)).filter(lambda share: share < Fraction(98, 100))
PERCENT_FORMS = st.sampled_from([LADDER, PER_POINT, LINEAR, RATIO])


@given(PERCENT_FORMS, SHARES, st.integers(0, 100))
def test_a_credit_never_exceeds_its_cap(credit: dict[str, Any], share: Fraction, cap: int) -> None:
    percent = percent_of({**credit, "cap_percent": str(cap)}, str(share), Verdict.MISSED)

    assert 0 <= Fraction(percent) <= cap


@given(PERCENT_FORMS, SHARES, SHARES)
def test_a_larger_shortfall_never_earns_a_smaller_credit(
    credit: dict[str, Any], one: Fraction, other: Fraction
) -> None:
    worse, better = sorted((one, other))

    earned = [Fraction(percent_of(credit, str(share), Verdict.MISSED)) for share in (worse, better)]

    assert earned[0] >= earned[1]


@given(st.sampled_from([PER_HOUR, PER_DAY]), st.fractions(0, 500), st.integers(0, 900))
def test_an_incident_never_earns_more_than_its_cap(credit: dict[str, Any], hours: Fraction, cap: int) -> None:
    form = remedy({**credit, "cap_amount": str(cap)}, "stops").credit
    assert isinstance(form, PerTime)

    assert 0 <= incident_credit(form, stop(str(hours))).worth <= cap


def test_the_base_may_be_what_a_measure_is_worth() -> None:
    term = remedy({**RATIO, "base": {"measure": "output", "price": "50"}})
    output = Value(State.DEFINED, Fraction(400), "MWH", JUNE)
    scene = world("0.8", Verdict.MISSED, term)
    known = scene.but(values={("output", "truck-1"): output})
    unknown = scene.but(values={("output", "truck-1"): replace(output, state=State.UNDEFINED, number=None)})

    # 98 / 80 - 1 = 0.225, of 400 x 50 = 20,000.
    assert [amount for _, _, amount in lines(term, known)] == ["-4500"]
    assert [amount for _, _, amount in lines(term, unknown)] == ["0"]
    assert [found["kind"] for found in unknown.found] == ["base_unknown"]

"""Minimums: what is missing at a window's end, after what versions, waivers and earlier windows change of it."""

from fractions import Fraction
from typing import Any

import pytest

from billing.pricing.minimum import Excess, Settled, rate_minimum, reduced, settle
from contracts.contract import Contract
from tests.price_months import Came, agreed, at, course, covered
from vouch.period import Period

YEAR = {"kind": "calendar", "months": 12, "partial": "judge"}


def minimum(**fields: Any) -> dict[str, Any]:
    plain = {
        "kind": "minimum",
        "id": "least",
        "text": "Minimum",
        "commitment": {"of": ["use"], "amount": "310"},
        "window": "month",
        "carry_over": "none",
        "partial_period": "prorate",
        "reduced_by": [],
    }
    return plain | fields


KILOMETRES = {"measure": "distance", "quantity": "310", "price": "2"}


def rated(*versions: Contract, last: str = "2026-01", **given: Any) -> list[Came]:
    return course(rate_minimum, *versions, last=last, **given)


def sums(came: list[Came]) -> list[list[str]]:
    return [one.sums for one in came]


def excess(windows: int, amount: int) -> Excess:
    return Excess(windows, Fraction(amount))


@pytest.mark.parametrize(
    ("reached", "earlier", "settled"),
    [
        (70, [], Settled(Fraction(30), Fraction(0), ())),
        (100, [], Settled(Fraction(0), Fraction(0), ())),
        (130, [], Settled(Fraction(0), Fraction(0), (excess(2, 30),))),
        (70, [excess(1, 20)], Settled(Fraction(10), Fraction(20), ())),
        (70, [excess(1, 20), excess(2, 20)], Settled(Fraction(0), Fraction(30), (excess(1, 10),))),
        # What is not needed now counts for one window less; what counts for none is gone.
        (130, [excess(1, 20), excess(2, 20)], Settled(Fraction(0), Fraction(0), (excess(1, 20), excess(2, 30)))),
        (-20, [], Settled(Fraction(120), Fraction(0), ())),
    ],
)
def test_a_window_is_settled_with_what_earlier_ones_left(reached: int, earlier: list[Excess], settled: Settled) -> None:
    assert settle(Fraction(100), Fraction(reached), earlier, 2) == settled


def test_without_carrying_over_nothing_is_left() -> None:
    assert settle(Fraction(100), Fraction(130), [], 0).left == ()


@pytest.mark.parametrize(("waived", "service", "left"), [(0, 10, 100), (3, 10, 70), (10, 10, 0), (0, 0, 100)])
def test_time_that_does_not_count_lowers_it(waived: int, service: int, left: int) -> None:
    assert reduced(Fraction(100), waived, service) == left


@pytest.mark.parametrize(("charged", "true_up"), [("250", "60"), ("310", "0"), ("400", "0")])
def test_what_is_missing_of_an_amount_is_charged(charged: str, true_up: str) -> None:
    (came,) = rated(agreed(minimum()), charged=[charged])

    assert came.sums == [true_up]
    assert came.texts == [f", {charged} of at least 310 EUR"]


def test_each_missing_unit_of_a_quantity_has_its_price() -> None:
    (came,) = rated(agreed(minimum(commitment=KILOMETRES)), used=[{"a": "100", "b": "150"}])

    (charge,) = came.charges
    assert (str(charge.quantity), charge.unit, str(charge.unit_price)) == ("60", "KMT", "2")
    assert came.sums == ["120"]
    assert came.texts == [", 250 of at least 310 km"]


def test_a_measure_without_a_value_counts_nothing_and_is_a_finding() -> None:
    (came,) = rated(agreed(minimum(commitment=KILOMETRES)), used=[{"a": "100", "b": None}])

    assert (came.sums, came.kinds) == (["420"], ["use_unknown"])


def test_a_year_is_settled_in_its_last_month() -> None:
    document = minimum(window=YEAR, commitment={"of": ["use"], "amount": "1200"})
    came = rated(agreed(document), last="2026-12", charged=["90"] * 12)

    assert sums(came) == [*[[]] * 11, ["120"]]
    assert came[11].charges[0].service == Period(at("2026-01-01"), at("2027-01-01"))


@pytest.mark.parametrize(("partial_period", "true_up"), [("prorate", "60"), ("whole", "660")])
def test_a_year_that_begins_late_is_its_share_or_the_whole(partial_period: str, true_up: str) -> None:
    document = minimum(window=YEAR, partial_period=partial_period, commitment={"of": ["use"], "amount": "1200"})

    # Six months at 90 are 540; half of 1200 is 600.
    came = rated(agreed(document, since="2026-07-01"), first="2026-07", last="2026-12", charged=["90"] * 6)
    assert sums(came)[5] == [true_up]


def test_a_year_that_is_not_whole_may_wait() -> None:
    document = minimum(window=YEAR | {"partial": "wait"})
    came = rated(agreed(document, since="2026-07-01"), first="2026-07", last="2026-12", charged=["0"] * 6)

    assert (came[5].sums, came[5].kinds) == ([], ["minimum_not_settled"])


def test_each_version_bears_its_share_of_a_year() -> None:
    before = agreed(minimum(window=YEAR, commitment={"of": ["use"], "amount": "1200"}))
    after = agreed(minimum(window=YEAR, commitment={"of": ["use"], "amount": "2400"}), version=2, since="2026-10-01")

    # Nine months of 100 and three of 200.
    assert sums(rated(before, after, last="2026-12", charged=["100"] * 12))[11] == ["300"]


def test_a_month_that_is_split_is_settled_once() -> None:
    before = agreed(minimum())
    after = agreed(minimum(commitment={"of": ["use"], "amount": "620"}), version=2, since="2026-01-11")

    # 10 days of 310 and 21 of 620: 100 and 420.
    assert sums(rated(before, after, charged=["150", "150"])) == [[], ["220"]]


def test_the_contracts_end_settles_a_year() -> None:
    document = minimum(window=YEAR, commitment={"of": ["use"], "amount": "1200"})
    came = rated(agreed(document, until="2026-04-01"), last="2026-03", charged=["90"] * 3)

    assert sums(came) == [[], [], ["30"]]


def test_time_granted_to_the_customer_reduces_it() -> None:
    contract = agreed(minimum(reduced_by=["blocked"]), covered("a"), covered("b"))
    waived = {"a": [Period(at("2026-01-01"), at("2026-01-11")), Period(at("2026-01-06"), at("2026-01-12"))]}

    # The two spans reach over 11 of the 62 days of two assets.
    (came,) = rated(contract, charged=["200"], waived=waived)
    assert came.sums == [str(Fraction(310 * 51, 62) - 200)]
    assert came.kinds == ["minimum_reduced"]


def test_only_time_in_service_is_granted() -> None:
    contract = agreed(minimum(reduced_by=["blocked"]), covered("a", since="2026-01-22"))

    # Granted from the 17th on, in service for the last 10 days, of which 5 are granted.
    waived = {"a": [Period(at("2026-01-17"), at("2026-01-27"))]}
    (came,) = rated(contract, charged=["0"], waived=waived)
    assert came.sums == ["155"]


def test_what_goes_beyond_counts_for_the_next_window() -> None:
    document = minimum(carry_over={"windows": 1})
    came = rated(agreed(document), last="2026-03", charged=["400", "250", "250"])

    # 90 beyond in January, of which February needs 60; February's own window is the only one they count for.
    assert [str(Fraction(one.sums[0])) for one in came] == ["0", "0", "60"]
    assert "60 from earlier windows" in came[1].texts[0]


def test_an_indexed_minimum_follows_its_index() -> None:
    amounts = rated(agreed(minimum()), last="2026-02", charged=["250", "250"], factors=["1", "11/10"])
    units = rated(agreed(minimum(commitment=KILOMETRES)), last="2026-02", used=[{"a": "300"}] * 2, factors=["1", "3/2"])

    # Of 310 and of 341; ten missing kilometres at 2 and at 3 each.
    assert sums(amounts) == [["60"], ["91"]]
    assert sums(units) == [["20"], ["30"]]


def test_a_window_bears_each_months_own_price() -> None:
    quarter = minimum(window={"kind": "calendar", "months": 3, "partial": "judge"})
    came = rated(agreed(quarter), last="2026-03", charged=["0", "0", "0"], factors=["1", "1", "13/10"])

    # A third of 310 twice, and a third of 403.
    assert sums(came) == [[], [], [str(Fraction(310 + 310 + 403, 3))]]

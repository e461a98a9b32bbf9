"""Usage prices: tiers at their exact bounds, included units, totals that go on, and use that is less than nothing."""

from fractions import Fraction
from typing import Any

import pytest
from pydantic import TypeAdapter

from billing.pricing.scheme import Priced, lines, priced, total_price
from billing.pricing.usage_price import billable, counted, rate_usage_price
from contracts.contract import Contract
from contracts.terms.prices.usage_price import NegativeUse, Scheme
from tests.price_months import Came, agreed, course, covered

TIERS = [{"up_to": "1000", "price": "0.5"}, {"up_to": "5000", "price": "0.4"}, {"price": "0.3"}]
GRADUATED = {"model": "graduated", "tiers": TIERS}
VOLUME = {"model": "volume", "tiers": TIERS}
PACKAGE = {"model": "package", "size": "100", "price": "7"}
FLAT = {"model": "flat", "price": "0.25"}
YEAR = {"kind": "calendar", "months": 12, "partial": "judge"}


def scheme(document: dict[str, Any], share: Fraction = Fraction(1)) -> Priced:
    return priced(TypeAdapter[Scheme](Scheme).validate_python(document), Fraction, share)


def use(**fields: Any) -> dict[str, Any]:
    plain = {
        "kind": "usage_price",
        "id": "use",
        "text": "Use",
        "of": [{"measure": "distance", "weight": "1"}],
        "unit": "KMT",
        "scheme": FLAT,
        "included": "0",
        "rollover": "none",
        "multiplier": "none",
        "tiers_over": "month",
        "partial_period": "whole",
        "negative": "credit",
    }
    return plain | fields


def rated(*versions: Contract, last: str = "2026-01", **given: Any) -> list[Came]:
    return course(rate_usage_price, *versions, last=last, **given)


def month(document: dict[str, Any], used: str | None, **given: Any) -> Came:
    (came,) = rated(agreed(document), used=[used], **given)
    return came


def sums(came: list[Came]) -> list[list[str]]:
    return [one.sums for one in came]


@pytest.mark.parametrize(
    ("quantity", "cost"),
    [
        # 1000 at 0.5 is 500; 4000 at 0.4 is 1600.
        ("0", "0"),
        ("1", "1/2"),
        ("1000", "500"),
        ("1001", "2502/5"),
        ("5000", "2100"),
        ("5010", "2103"),
        ("-10", "-5"),
    ],
)
def test_each_tier_of_a_graduated_price_prices_its_own_units(quantity: str, cost: str) -> None:
    assert total_price(scheme(GRADUATED), Fraction(quantity)) == Fraction(cost)


@pytest.mark.parametrize(
    ("quantity", "cost"),
    [("0", "0"), ("1000", "500"), ("1001", "2002/5"), ("5000", "2000"), ("5001", "15003/10"), ("-10", "-5")],
)
def test_the_tier_that_a_volume_reaches_prices_all_units(quantity: str, cost: str) -> None:
    assert total_price(scheme(VOLUME), Fraction(quantity)) == Fraction(cost)


@pytest.mark.parametrize(
    ("quantity", "cost"),
    [("0", 0), ("1/1000", 7), ("100", 7), ("100.5", 14), ("-99", 0), ("-100", -7), ("-250", -14)],
)
def test_a_package_is_paid_once_it_is_started_and_given_back_whole(quantity: str, cost: int) -> None:
    assert total_price(scheme(PACKAGE), Fraction(quantity)) == cost


def test_a_share_of_a_month_has_its_share_of_each_tier_but_whole_packages() -> None:
    half = Fraction(1, 2)

    # 500 at 0.5, 2000 at 0.4, 10 at 0.3.
    assert total_price(scheme(GRADUATED, half), Fraction(2510)) == 250 + 800 + 3
    assert total_price(scheme(PACKAGE, half), Fraction(60)) == 7


def test_a_volume_that_goes_on_prices_earlier_units_anew() -> None:
    first, again = lines(scheme(VOLUME), Fraction(900), Fraction(1100), "KMT")

    assert (first.quantity, first.unit_price, first.text) == (Fraction(200), Fraction("0.4"), ", above 1000 to 5000 km")
    assert (again.quantity, again.unit_price) == (Fraction(-900), Fraction("0.1"))
    assert again.text == ", the 900 km before at 0.4 in place of 0.5"
    # 1100 at 0.4 is 440; 900 at 0.5 were 450.
    assert first.amount + again.amount == -10


@pytest.mark.parametrize(("quantity", "charged"), [("80", "0"), ("100", "0"), ("130", "30"), ("-5", "-5")])
def test_included_units_come_first(quantity: str, charged: str) -> None:
    assert billable(Fraction(quantity), Fraction(100)) == Fraction(charged)


@pytest.mark.parametrize(
    ("rule", "charged"),
    [(NegativeUse.CREDIT, (-5, 0)), (NegativeUse.CARRY, (0, -5)), (NegativeUse.REJECT, (0, 0))],
)
def test_negative_use_is_what_was_agreed(rule: NegativeUse, charged: tuple[int, int]) -> None:
    assert counted(Fraction(-5), rule) == tuple(map(Fraction, charged))
    assert counted(Fraction(5), rule) == (Fraction(5), Fraction(0))


def test_each_tier_is_a_charge() -> None:
    came = month(use(scheme=GRADUATED), "6000")

    assert came.sums == ["500", "1600", "300"]
    assert came.texts == [", up to 1000 km", ", above 1000 to 5000 km", ", above 5000 km"]
    assert [charge.quantity for charge in came.charges] == [1000, 4000, 1000]
    assert [charge.unit_price for charge in came.charges] == [Fraction("0.5"), Fraction("0.4"), Fraction("0.3")]


@pytest.mark.parametrize("prices", [FLAT, GRADUATED, VOLUME, PACKAGE])
def test_nothing_used_is_a_charge_of_nothing(prices: dict[str, Any]) -> None:
    assert month(use(scheme=prices), "0").sums == ["0"]


def test_measures_are_weighted_and_converted() -> None:
    both = [{"measure": "a3", "weight": "2"}, {"measure": "a4", "weight": "1"}]

    # The same 1500 m twice, weighted by 2 and 1: 4.5 km at 0.25.
    assert month(use(of=both), "1500", unit="MTR").sums == ["9/8"]


def test_included_units_are_on_the_line() -> None:
    came = month(use(included="100"), "130")

    assert came.sums == ["15/2"]
    assert came.texts == [", 100 of 130 km included"]


def test_a_measure_without_a_value_is_a_charge_of_nothing_and_a_finding() -> None:
    came = month(use(), None)

    assert (came.sums, came.kinds) == (["0"], ["use_unknown"])


@pytest.mark.parametrize(
    ("value", "times", "text"),
    [
        ("1.5", "3/2", ", times 1.5 for 1.5 h"),
        ("1.51", "1", ", times 1 for 1.51 h"),
        (None, "2", ", times 2"),
    ],
)
def test_a_measured_factor_multiplies_the_price(value: str | None, times: str, text: str) -> None:
    table = [{"up_to": "1.5", "factor": "1.5"}, {"factor": "1"}]
    came = month(use(multiplier={"measure": "times", "table": table, "undefined": "2"}), "100", times=value)

    assert came.charges[0].unit_price == Fraction("0.25") * Fraction(times)
    assert came.texts == [text]
    assert came.kinds == ([] if value else ["multiplier_unknown"])


def test_the_unit_price_is_the_indexed_one() -> None:
    assert month(use(), "100", factors=["1.1"]).charges[0].unit_price == Fraction("0.275")


def test_tiers_over_a_year_go_on_from_month_to_month_and_begin_again() -> None:
    document = use(scheme=GRADUATED, tiers_over=YEAR)
    came = rated(agreed(document), last="2027-01", used=["600", "600", *["0"] * 9, "4000", "600"])

    assert sums(came)[:2] == [["300"], ["200", "80"]]
    # At 1200: 3800 to 5000, then 200 beyond.
    assert sums(came)[11] == ["1520", "60"]
    assert sums(came)[12] == ["300"]


def test_units_included_in_a_year_are_used_up_from_month_to_month() -> None:
    document = use(included="1000", tiers_over=YEAR)
    came = rated(agreed(document), last="2026-03", used=["600", "600", "600"])

    assert sums(came) == [["0"], ["50"], ["150"]]
    assert [one.texts[0] for one in came] == [
        ", 600 of 600 km included",
        ", 400 of 600 km included",
        ", 0 of 600 km included",
    ]


def test_tiers_of_a_year_are_those_of_the_months_in_service() -> None:
    document = use(included="1200", tiers_over=YEAR, partial_period="prorate")
    came = rated(agreed(document, covered("truck-1", until="2026-07-01")), used=["700"])

    # Half of the year: 600 included.
    assert sums(came) == [["25"]]


def test_a_year_of_the_contract_begins_with_its_first_month() -> None:
    year = YEAR | {"kind": "contract"}
    document = use(included="1200", tiers_over=year, partial_period="prorate")
    contract = agreed(document, covered("truck-1", until="2026-10-01"), since="2026-04-01")
    came = rated(contract, first="2026-04", last="2026-05", used=["500", "200"])

    # In service for six of the twelve months from April on: 600 included.
    assert sums(came) == [["0"], ["25"]]


@pytest.mark.parametrize(
    ("rule", "charged"),
    [
        # 310 included: ten days of 31 have 100, the others 210.
        ("prorate", [["25"], ["45/2"]]),
        ("whole", [["0"], ["0"]]),
        # 200 and 300 are 500 together.
        ("continue", [["0"], ["95/2"]]),
    ],
)
def test_a_month_that_is_split_has_its_included_units_as_agreed(rule: str, charged: list[list[str]]) -> None:
    document = use(included="310", partial_period=rule)
    versions = agreed(document), agreed(document, version=2, since="2026-01-11")

    assert sums(rated(*versions, used=["200", "300"])) == charged


@pytest.mark.parametrize(
    ("rule", "charged", "kinds"),
    [
        ("credit", [["-25"], ["50"]], []),
        ("carry", [["0"], ["25"]], ["negative_use"]),
        ("reject", [["0"], ["50"]], ["negative_use"]),
    ],
)
def test_negative_use_is_credited_carried_or_rejected(rule: str, charged: list[list[str]], kinds: list[str]) -> None:
    came = rated(agreed(use(negative=rule)), last="2026-02", used=["-100", "200"])

    assert sums(came) == charged
    assert came[0].kinds == kinds


def test_negative_use_that_is_left_at_the_end_is_a_finding() -> None:
    (came,) = rated(agreed(use(negative="carry"), until="2026-02-01"), used=["-100"])

    assert came.kinds == ["negative_use", "negative_use_lost"]


def test_negative_use_gives_back_no_unit_that_was_included() -> None:
    came = rated(agreed(use(included="100", tiers_over=YEAR)), last="2026-02", used=["150", "-80"])

    # 50 were charged; of the 70 left in all none is.
    assert sums(came) == [["25/2"], ["-25/2"]]


ROLLOVER = {
    "cap": "1000",
    "order": "plan_first",
    "expires_after_months": "none",
    "package_rest_rolls": False,
    "on_downgrade": "keep",
    "on_suspension": "keep",
    "on_end": {"refund_price": "0.1"},
}


def test_units_not_used_are_carried_on_and_paid_back_at_the_end() -> None:
    document = use(included="100", rollover=ROLLOVER)
    came = rated(agreed(document, until="2026-04-01"), last="2026-03", used=["40", "180", "0"])

    # 60 carried into February, where 80 are missing: 20 to pay. In March 100 are left.
    assert sums(came) == [["0"], ["5"], ["0", "-10"]]
    assert came[0].texts == [", 40 km included, 60 km carried on"]
    assert came[1].texts == [", 100 km included, 60 km of those carried over"]
    assert came[2].texts[1] == ", carried over and not used, paid back"


def test_a_version_that_goes_on_where_one_ended_keeps_what_was_carried() -> None:
    document = use(included="100", rollover=ROLLOVER)
    versions = agreed(document, until="2026-02-01"), agreed(document, version=2, since="2026-02-01")

    # The 60 left in January are all that February lacks.
    assert sums(rated(*versions, last="2026-02", used=["40", "160"])) == [["0"], ["0"]]


def test_an_asset_that_never_comes_back_is_paid_back_at_the_contracts_end() -> None:
    document = use(included="100", rollover=ROLLOVER)
    versions = agreed(document, until="2026-04-01")
    came = rated(versions, last="2026-03", used=[{"truck-1": "40"}, {}, {}])

    assert sums(came) == [["0"], [], ["-6"]]
    assert came[2].charges[0].subject == "truck-1"


def test_the_rest_of_a_bought_package_is_carried_on() -> None:
    document = use(scheme=PACKAGE, included="50", rollover=ROLLOVER | {"package_rest_rolls": True})
    came = rated(agreed(document), last="2026-02", used=["120", "80"])

    # 70 beyond those included are one package, whose other 30 are what is missing in February.
    assert sums(came) == [["7"], ["0"]]


@pytest.mark.parametrize(("rule", "carried"), [("whole", "170 km"), ("continue", "70 km"), ("prorate", "70 km")])
def test_a_split_month_gives_its_included_units_as_agreed(rule: str, carried: str) -> None:
    document = use(included="100", partial_period=rule, rollover=ROLLOVER)
    versions = agreed(document), agreed(document, version=2, since="2026-01-11")

    _, second = rated(*versions, used=["10", "20"])
    assert second.texts[0].endswith(f"{carried} carried on")

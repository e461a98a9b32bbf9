"""Maximums: what goes beyond comes off in the month in which it does, and comes back when credits follow."""

from fractions import Fraction
from typing import Any

import pytest

from billing.pricing.maximum import comes_off, rate_maximum
from contracts.contract import Contract
from tests.price_months import Came, agreed, course

YEAR = {"kind": "calendar", "months": 12, "partial": "judge"}


def maximum(**fields: Any) -> dict[str, Any]:
    plain = {
        "kind": "maximum",
        "id": "most",
        "text": "Maximum",
        "of": ["use"],
        "amount": "310",
        "window": "month",
        "partial_period": "prorate",
    }
    return plain | fields


def rated(*versions: Contract, last: str = "2026-01", **given: Any) -> list[Came]:
    return course(rate_maximum, *versions, last=last, **given)


def sums(came: list[Came]) -> list[list[str]]:
    return [one.sums for one in came]


@pytest.mark.parametrize(
    ("charged", "taken", "now"), [(90, 0, 0), (100, 0, 0), (130, 0, 30), (130, 20, 10), (110, 20, -10), (90, 20, -20)]
)
def test_what_came_off_before_counts(charged: int, taken: int, now: int) -> None:
    assert comes_off(Fraction(charged), Fraction(100), Fraction(taken)) == now


def test_what_goes_beyond_comes_off() -> None:
    (came,) = rated(agreed(maximum()), charged=["400"])

    assert (came.sums, came.texts) == (["-90"], [", 400 of at most 310 EUR"])
    assert came.charges[0].quantity == -1


def test_a_maximum_that_is_not_reached_is_a_charge_of_nothing() -> None:
    assert rated(agreed(maximum()), charged=["300"])[0].sums == ["0"]


def test_in_a_year_it_comes_off_in_the_month_that_goes_beyond() -> None:
    document = maximum(window=YEAR, amount="1000")
    came = rated(agreed(document), last="2027-01", charged=["400", "400", "400", "100", "-150", *["0"] * 7, "400"])

    # 1200 in March, 1300 in April, 1150 after a credit in May; the next year begins anew.
    assert sums(came) == [[], [], ["-200"], ["-100"], ["150"], *[[]] * 6, ["0"], []]


def test_a_year_that_begins_late_has_its_share() -> None:
    document = maximum(window=YEAR, amount="1200")
    came = rated(agreed(document, since="2026-07-01"), first="2026-07", last="2026-08", charged=["500", "200"])

    assert sums(came) == [[], ["-100"]]


def test_a_year_that_begins_late_may_have_the_whole() -> None:
    document = maximum(window=YEAR, amount="1200", partial_period="whole")
    came = rated(agreed(document, since="2026-07-01"), first="2026-07", last="2026-08", charged=["1000", "300"])

    assert sums(came) == [[], ["-100"]]


def test_a_year_that_is_not_whole_may_have_none() -> None:
    document = maximum(window=YEAR | {"partial": "wait"}, amount="1200")
    came = rated(agreed(document, since="2026-07-01"), first="2026-07", last="2026-07", charged=["5000"])

    assert (came[0].sums, came[0].kinds) == ([], ["maximum_not_judged"])


def test_a_known_end_shortens_the_year() -> None:
    document = maximum(window=YEAR, amount="1200")

    # Three months: 300.
    came = rated(agreed(document, until="2026-04-01"), last="2026-03", charged=["200", "200", "0"])
    assert sums(came) == [[], ["-100"], ["0"]]


def test_each_version_bears_its_share_of_a_year() -> None:
    before = agreed(maximum(window=YEAR, amount="1200"))
    after = agreed(maximum(window=YEAR, amount="2400"), version=2, since="2026-10-01")

    # Until September 1200 is known; then nine months of 100 and three of 200 are 1500.
    came = rated(before, after, last="2026-12", charged=["1300", *["0"] * 8, "400", "0", "0"])
    assert sums(came) == [["-100"], *[[]] * 8, ["-100"], [], ["0"]]


def test_a_month_that_is_split_has_the_shares_of_both_versions() -> None:
    before = agreed(maximum())
    after = agreed(maximum(amount="620"), version=2, since="2026-01-11")

    # 310 holds for all of January until the other 21 days have 620: 100 and 420 then.
    assert sums(rated(before, after, charged=["400", "200"])) == [["-90"], ["10"]]


def test_a_maximum_of_the_contracts_whole_life_is_never_a_share() -> None:
    document = maximum(window={"kind": "life", "partial": "judge"}, amount="1000")
    came = rated(agreed(document), last="2027-02", charged=["600", *["0"] * 12, "600"])

    assert sums(came) == [*[[]] * 13, ["-200"]]

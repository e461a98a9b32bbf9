"""Indexation: factors from published values, what holds until one is published, and what becomes of revised ones."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billing.pricing.indexation import Used, adjustments_until, index_factor, indexed_price
from contracts.facts.book import FactBook
from contracts.terms.prices.indexation import Indexation
from tests.judge_world import at, book, proposed, said

RUBBER = {"index": "rubber", "percent": "60", "base_month": "2025-10"}
ADJUSTED = {"first_month": "2026-07", "every_months": 6, "lag_months": 3}


def indexation(**fields: Any) -> Indexation:
    plain = {
        "kind": "indexation",
        "id": "index",
        "of": ["fee"],
        "fixed_percent": "40",
        "indices": [RUBBER],
        "growth_percent": "0",
        "adjusted": ADJUSTED,
        "price_decimals": 2,
        "min_factor_percent": "none",
        "max_factor_percent": "none",
        "unpublished": "last_known",
        "on_revision": "correct",
        "acceptance": "not_needed",
    }
    return Indexation.model_validate(plain | fields)


def value(fact: str, month: str, shown: str, *, known: str = "2026-05-01", **fields: Any) -> dict[str, Any]:
    about = {"index": "rubber", "month": month, "value": shown}
    return proposed(fact, "index_value", known, asset=None, about=about, **fields)


BASE = value("F-1", "2025-10", "200")
APRIL = value("F-2", "2026-04", "220")
OCTOBER = value("F-3", "2026-10", "250", known="2026-11-10")
JUNE, JULY, JANUARY = date(2026, 6, 1), date(2026, 7, 1), date(2027, 1, 1)


def factor(term: Indexation, month: date, facts: FactBook) -> str:
    return str(index_factor(term, month, facts).factor)


def kinds(term: Indexation, month: date, facts: FactBook) -> list[str]:
    return [finding["kind"] for finding in index_factor(term, month, facts).findings]


@pytest.mark.parametrize(
    ("month", "count"),
    [
        (date(2026, 6, 1), 0),
        (date(2026, 7, 1), 1),
        (date(2026, 12, 1), 1),
        (date(2027, 1, 1), 2),
        (date(2028, 1, 1), 4),
    ],
)
def test_prices_are_adjusted_every_so_many_months(month: date, count: int) -> None:
    assert adjustments_until(indexation(), month) == count


def test_before_the_first_adjustment_prices_are_as_agreed() -> None:
    assert factor(indexation(), JUNE, book(BASE, APRIL)) == "1"
    assert indexed_price(indexation(), Decimal("1.23456"), JUNE, book(BASE)) == (Fraction("1.23456"), ())


def test_a_weighted_index_moves_its_share_of_the_price() -> None:
    found = index_factor(indexation(), JULY, book(BASE, APRIL))

    # 0.4 + 0.6 x 220 / 200.
    assert (found.factor, found.adjustments, found.findings) == (Fraction("1.06"), 1, ())
    assert found.used == (Used("rubber", date(2026, 4, 1), Fraction(220), False),)


def test_each_adjustment_starts_from_the_agreed_price() -> None:
    # 0.4 + 0.6 x 250 / 200, whatever it was in July.
    assert factor(indexation(), JANUARY, book(BASE, APRIL, OCTOBER)) == str(Fraction("1.15"))


def test_several_indices_add_up() -> None:
    wages = {"index": "wages", "percent": "30", "base_month": "2025-10"}
    term = indexation(fixed_percent="10", indices=[RUBBER, wages])
    about = {"index": "wages", "value": "100"}
    paid = [
        proposed("F-8", "index_value", "2026-05-01", asset=None, about=about | {"month": "2025-10"}),
        proposed("F-9", "index_value", "2026-05-01", asset=None, about=about | {"month": "2026-04", "value": "104"}),
    ]

    # 0.1 + 0.6 x 1.1 + 0.3 x 1.04.
    assert factor(term, JULY, book(BASE, APRIL, *paid)) == str(Fraction("1.072"))


def test_agreed_growth_needs_no_index() -> None:
    term = indexation(fixed_percent="100", indices=[], growth_percent="3")

    assert factor(term, JULY, book()) == str(Fraction("1.03"))
    assert factor(term, JANUARY, book()) == str(Fraction("1.0609"))


@pytest.mark.parametrize(("amount", "price"), [("1.25", "1.33"), ("0.05", "0.05"), ("100", "106")])
def test_the_adjusted_price_is_rounded_half_up(amount: str, price: str) -> None:
    # 1.25 x 1.06 is 1.325.
    assert indexed_price(indexation(), Decimal(amount), JULY, book(BASE, APRIL)) == (Fraction(price), ())


@pytest.mark.parametrize(
    ("bounds", "bounded"),
    [
        ({"max_factor_percent": "105"}, "1.05"),
        ({"max_factor_percent": "106"}, "1.06"),
        ({"min_factor_percent": "110"}, "1.1"),
        ({"min_factor_percent": "90", "max_factor_percent": "120"}, "1.06"),
    ],
)
def test_bounds_hold_against_the_agreed_price(bounds: dict[str, str], bounded: str) -> None:
    found = index_factor(indexation(**bounds), JULY, book(BASE, APRIL))

    assert found.factor == Fraction(bounded)
    assert [finding["kind"] for finding in found.findings] == ["index_bounded"] * (bounded != "1.06")


def test_until_a_value_is_published_the_last_known_one_holds() -> None:
    found = index_factor(indexation(), JANUARY, book(BASE, APRIL))

    assert (found.factor, found.adjustments) == (Fraction("1.06"), 2)
    assert found.used[0].provisional
    assert kinds(indexation(), JANUARY, book(BASE, APRIL)) == ["index_unpublished"]


def test_until_a_value_is_published_the_adjustment_before_may_hold() -> None:
    term = indexation(unpublished="no_adjustment", growth_percent="10")

    # 1.06 x 1.1, and not 1.06 x 1.21.
    assert factor(term, JANUARY, book(BASE, APRIL)) == str(Fraction("1.166"))
    assert factor(term, JULY, book(BASE)) == "1"
    assert kinds(term, JANUARY, book(BASE)) == ["index_unpublished"] * 2


def test_a_value_counts_once_it_is_known() -> None:
    facts = [BASE, APRIL, OCTOBER]

    assert factor(indexation(), JANUARY, book(*facts, known_at=at("2026-11-01"))) == str(Fraction("1.06"))
    assert factor(indexation(), JANUARY, book(*facts, known_at=at("2026-11-30"))) == str(Fraction("1.15"))


def test_an_index_without_a_value_for_its_base_month_moves_nothing() -> None:
    assert factor(indexation(), JULY, book(APRIL)) == "1"
    assert kinds(indexation(), JULY, book(APRIL)) == ["index_without_base"]


def test_a_value_for_a_later_month_is_not_the_last_known_one() -> None:
    march, june = value("F-5", "2026-03", "210"), value("F-6", "2026-06", "300")

    # 0.4 + 0.6 x 210 / 200.
    assert factor(indexation(), JULY, book(BASE, march, june)) == str(Fraction("1.03"))


def test_a_value_that_is_not_above_zero_is_none() -> None:
    assert factor(indexation(), JULY, book(BASE, APRIL, value("F-7", "2026-04", "0", known="2026-06-01"))) == str(
        Fraction("1.06")
    )


@pytest.mark.parametrize("succeeds", [None, "F-2"])
@pytest.mark.parametrize(("rule", "held"), [("correct", "1.12"), ("keep_first", "1.06")])
def test_a_revised_value_corrects_or_the_first_one_stays(rule: str, held: str, succeeds: str | None) -> None:
    revised = value("F-4", "2026-04", "240", known="2026-08-01", succeeds=succeeds)

    # 0.4 + 0.6 x 240 / 200.
    facts = book(BASE, APRIL, revised, said("F-4", "accept", "2026-08-02"))
    assert factor(indexation(on_revision=rule), JULY, facts) == str(Fraction(held))


def test_a_value_holds_once_the_other_side_has_accepted_it() -> None:
    term = indexation(acceptance={"days": 14, "silence": "rejected"})
    accepted = [said("F-1", "accept", "2026-05-02"), said("F-2", "accept", "2026-05-02")]

    assert factor(term, JULY, book(BASE, APRIL, *accepted)) == str(Fraction("1.06"))
    assert factor(term, JULY, book(BASE, APRIL, accepted[0])) == "1"


@pytest.mark.parametrize(
    "answer", [said("F-4", "reject", "2026-08-02"), said("F-4", "withdraw", "2026-08-02", "supplier")]
)
def test_a_value_that_does_not_stand_changes_nothing(answer: dict[str, Any]) -> None:
    term = indexation(acceptance={"days": 14, "silence": "accepted"})
    revised = value("F-4", "2026-04", "240", known="2026-08-01")

    assert factor(term, JULY, book(BASE, APRIL, revised, answer)) == str(Fraction("1.06"))

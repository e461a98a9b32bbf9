"""Tyres by the kilometre: June at the agreed prices, July adjusted, August with July's prices corrected. By hand:

Kilometres of both trucks together, months from midnight to midnight in London:

    June    A 7,400 + B 6,600 = 14,000
            A showed 106,900 at noon on 30 June and 107,900 at noon on 1 July: half of that day's 1,000 km was June's,
            so that it stood at 107,400 at midnight, having begun at 100,000
    July    A 116,400 - 107,400 = 9,000; B 63,600 - 56,600 = 7,000; together 16,000
    August  A 7,500 + B 7,500 = 15,000: exactly the bound, which belongs to the first price

Factor for July to December, with the values for May against those for November 2025:

    0.40 + 0.30 x 1.76/1.60 + 0.20 x 76/80 + 0.10 x 408/400 = 0.40 + 0.33 + 0.19 + 0.102 = 1.022
    prices 0.0200 x 1.022 = 0.02044 and 0.0180 x 1.022 = 0.018396, rounded 0.01840

On 24 August the customer accepted that rubber for May is 1.84 after all:

    0.40 + 0.30 x 1.84/1.60 + 0.19 + 0.102 = 0.40 + 0.345 + 0.19 + 0.102 = 1.037
    prices 0.02074 and 0.018666, rounded 0.01867
"""

from fractions import Fraction

import pytest

from tests.templates.worked import Statement, charges, corrected, evaluate, findings, line, lines, totals, value

SLUG = "tyres_per_km"
# Midnight of the sixth: what the months were billed with.
CUTOFF = {
    "2026-06": "2026-07-06T00:00:00+01:00",
    "2026-07": "2026-08-06T00:00:00+01:00",
    "2026-08": "2026-09-06T00:00:00+01:00",
}


def billed(name: str) -> Statement:
    return evaluate(SLUG, name, CUTOFF[name])


def km(quantity: int, price: str, amount: str) -> tuple[str, str, Fraction, str, str, str]:
    return ("tyres", "*", Fraction(quantity), "KMT", price, amount)


@pytest.mark.parametrize(("name", "driven"), [("2026-06", 14_000), ("2026-07", 16_000), ("2026-08", 15_000)])
def test_the_trucks_kilometres_are_pooled(name: str, driven: int) -> None:
    assert value(billed(name), "distance") == driven


def test_june_is_charged_at_the_agreed_price() -> None:
    found = billed("2026-06")

    assert charges(found) == [km(14_000, "0.02", "280.00")]
    assert line(found, "tyres")["text"] == "Kilometres on our tyres, up to 15000 km"
    assert totals(found) == ("280.00", "56.00", "336.00")
    assert findings(found) == ["interpolated"]


def test_july_is_charged_at_prices_adjusted_to_the_indices() -> None:
    found = billed("2026-07")

    # 15,000 x 0.02044 and 1,000 x 0.01840
    assert charges(found) == [km(15_000, "0.02044", "306.60"), km(1_000, "0.0184", "18.40")]
    assert [one["text"] for one in lines(found)] == [
        "Kilometres on our tyres, up to 15000 km",
        "Kilometres on our tyres, above 15000 km",
    ]
    assert totals(found) == ("325.00", "65.00", "390.00")


def test_a_revised_index_charges_august_and_corrects_july() -> None:
    found = billed("2026-08")

    # August 15,000 x 0.02074 = 311.10; July again 311.10 + 1,000 x 0.01867 = 329.77 in place of 325.00
    assert charges(found)[:1] == [km(15_000, "0.02074", "311.10")]
    assert corrected(found) == [("2026-07", "tyres", "*", "4.77")]
    assert len(found["lines"]) == 2
    # 20 % of 315.87 is 63.174
    assert totals(found) == ("315.87", "63.17", "379.04")


def test_before_both_sides_agreed_on_the_revision_the_first_value_holds() -> None:
    found = evaluate(SLUG, "2026-07", "2026-08-24T15:30:00Z")

    assert totals(found) == ("325.00", "65.00", "390.00")


def test_a_value_that_is_not_published_yet_is_found_and_replaced_by_the_last_known_one() -> None:
    # Until 9 o'clock in London on 30 June the customer may object to the values for May: those of November hold.
    before = evaluate(SLUG, "2026-07", "2026-06-30T07:59:59Z")
    after = evaluate(SLUG, "2026-07", "2026-06-30T08:00:00Z")

    assert findings(before).count("index_unpublished") == 3
    assert lines(before, "tyres")[0]["unit_price"] == "0.02"
    assert "index_unpublished" not in findings(after)
    assert lines(after, "tyres")[0]["unit_price"] == "0.02044"


def test_july_as_known_by_now_is_what_was_billed_and_corrected() -> None:
    assert totals(evaluate(SLUG, "2026-07"))[0] == "329.77"

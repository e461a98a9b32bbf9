"""Truck service within a band of distance, the contract's year from April 2025 to March 2026 by hand.

Odometers are read at midnight of each month's first day:

    truck-1  12,500 km a month, 150,000 in the year: 137,500 by February, so that March has 6,500 km up to 144,000
             and 6,000 above
    truck-2   7,500 km a month, 90,000 in the year: 6,000 below 96,000; half of 6,000 x 0.045 is 135
    truck-3   8,000 km a month, 96,000 in the year: exactly the lower end of the band

A month of truck-1 within the band costs 12,500 x 0.031 = 387.50, of truck-2 232.50, of truck-3 248.00; its fees are 450
for each truck.
"""

from fractions import Fraction

from tests.templates.worked import Statement, charges, evaluate, findings, line, lines, so_far, totals, value

SLUG = "truck_service_band"


def month(name: str) -> Statement:
    return evaluate(SLUG, name)


def fees() -> list[tuple[object, ...]]:
    return [("service", f"truck-{n}", Fraction(1), "MON", None, "450.00") for n in (1, 2, 3)]


def wear(truck: str, quantity: int, price: str, amount: str) -> tuple[object, ...]:
    return ("wear", truck, Fraction(quantity), "KMT", price, amount)


def test_within_the_band_a_month_costs_fee_and_wear() -> None:
    found = month("2025-11")

    assert charges(found) == [
        *fees(),
        wear("truck-1", 12_500, "0.031", "387.50"),
        wear("truck-2", 7_500, "0.031", "232.50"),
        wear("truck-3", 8_000, "0.031", "248.00"),
    ]
    # 1,350 + 868
    assert totals(found) == ("2218.00", "443.60", "2661.60")


def test_the_year_is_not_settled_before_its_last_month() -> None:
    found = month("2025-11")

    assert value(found, "not-driven", "truck-2") == "not_due"
    # Eight months: 64,000 less 60,000, 100,000 and 64,000 km.
    assert [so_far(found, "not-driven", f"truck-{n}") for n in (1, 2, 3)] == [-36_000, 4_000, 0]


def test_the_last_month_charges_beyond_the_band_and_gives_back_half_of_what_is_below() -> None:
    found = month("2026-03")

    assert [value(found, "not-driven", f"truck-{n}") for n in (1, 2, 3)] == [-54_000, 6_000, 0]
    assert charges(found) == [
        *fees(),
        wear("truck-1", 6_500, "0.031", "201.50"),
        wear("truck-1", 6_000, "0.052", "312.00"),
        wear("truck-2", 7_500, "0.031", "232.50"),
        wear("truck-3", 8_000, "0.031", "248.00"),
        ("surplus", "truck-1", Fraction(0), "KMT", "0.0225", "0.00"),
        ("surplus", "truck-2", Fraction(-6_000), "KMT", "0.0225", "-135.00"),
        ("surplus", "truck-3", Fraction(0), "KMT", "0.0225", "0.00"),
    ]
    # 1,350 + 994 - 135
    assert totals(found) == ("2209.00", "441.80", "2650.80")
    assert findings(found) == []


def test_the_lines_say_which_price_and_which_distance() -> None:
    found = month("2026-03")

    assert [one["text"] for one in lines(found, "wear", "truck-1")] == [
        "Wear by distance, truck-1, up to 144000 km",
        "Wear by distance, truck-1, above 144000 km",
    ]
    assert line(found, "surplus", "truck-2")["text"] == (
        "Distance below the band, truck-2: 6000 km saved, 50 % of their worth"
    )

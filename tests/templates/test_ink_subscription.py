"""Ink by subscription, five months by hand.

The plan is 100 pages for 5.99; at most 200 are carried over; beyond both, blocks of 15 for 1.50. From May on the plan
is 50 pages for 3.99, and at most 100 are carried. The counter stood at 1000 when the year began.

    month  shows  used  of the plan  of those carried  missing  blocks  rest  carried on
    Jan     1060    60           60                 0        0       0     0  0 + 40 = 40
    Feb     1160   100          100                 0        0       0     0  40
    Mar     1325   165          100                40       25       2     5  0 + 5 = 5
    Apr     1325     0            0                 0        0       0     0  5 + 100 = 105
    May     1485   160           50               100       10       1     5  0 + 5 = 5

In May the five carried pages above the new cap of 100 are forfeited before any page is printed. The printer was offline
from 14 February to 2 March: the 80 pages that it showed then are March's, whenever they were printed.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import (
    Statement,
    charges,
    evaluate,
    finding,
    findings,
    line,
    totals,
    value,
)

SLUG = "ink_subscription"
PRINTER = "printer-1"


def month(name: str, as_of: str | None = None) -> Statement:
    return evaluate(SLUG, name, as_of)


def blocks(count: int, amount: str) -> tuple[str, str, Fraction, str, str, str]:
    return ("blocks", PRINTER, Fraction(count), "C62", "1.5", amount)


def plan(amount: str) -> tuple[str, str, Fraction, str, None, str]:
    return ("plan", PRINTER, Fraction(1), "MON", None, amount)


@pytest.mark.parametrize(
    ("name", "used"), [("2026-01", 60), ("2026-02", 100), ("2026-03", 165), ("2026-04", 0), ("2026-05", 160)]
)
def test_pages_are_counted_where_the_printer_reports_them(name: str, used: int) -> None:
    assert value(month(name), "pages", PRINTER) == used


@pytest.mark.parametrize(
    ("name", "missing", "of_plan", "carried", "carried_on"),
    [
        ("2026-01", 0, 60, "", 40),
        ("2026-02", 0, 100, "0 pages of those carried over, ", 40),
        ("2026-03", 25, 100, "40 pages of those carried over, ", 5),
        ("2026-04", 0, 0, "0 pages of those carried over, ", 105),
        ("2026-05", 10, 50, "100 pages of those carried over, ", 5),
    ],
)
def test_the_line_says_what_became_of_the_pages(
    name: str, missing: int, of_plan: int, carried: str, carried_on: int
) -> None:
    words = f"{missing} pages in packages of 15, {of_plan} pages included, {carried}{carried_on} pages carried on"

    assert line(month(name), "blocks")["text"] == f"Pages beyond the plan, printer-1, {words}"


@pytest.mark.parametrize("name", ["2026-01", "2026-02", "2026-04"])
def test_a_month_within_plan_and_carried_pages_costs_the_fee(name: str) -> None:
    found = month(name)

    assert charges(found) == [plan("5.99"), blocks(0, "0.00")]
    # 19 % of 5.99 is 1.1381.
    assert totals(found) == ("5.99", "1.14", "7.13")
    assert findings(found) == []


def test_march_buys_two_blocks() -> None:
    found = month("2026-03")

    assert charges(found) == [plan("5.99"), blocks(2, "3.00")]
    # 19 % of 8.99 is 1.7081.
    assert totals(found) == ("8.99", "1.71", "10.70")


def test_the_smaller_plan_forfeits_the_excess_and_buys_one_block() -> None:
    found = month("2026-05")

    assert charges(found) == [plan("3.99"), blocks(1, "1.50")]
    # 19 % of 5.49 is 1.0431.
    assert totals(found) == ("5.49", "1.04", "6.53")
    assert findings(found) == ["carried_units_forfeited"]
    assert finding(found, "carried_units_forfeited")["units"] == "5"


def test_pages_booked_at_reconnection_change_no_month_that_was_billed() -> None:
    billed = month("2026-02", as_of="2026-03-02T00:00:00+01:00")
    march = month("2026-03")

    assert charges(billed) == charges(month("2026-02"))
    assert not [one for one in march["lines"] if "corrects" in one]

"""Uptime of a truck, four months by hand. Times are local, service is Monday to Friday from 6 to 20: 14 h a day.

March, 22 working days, 308 h. Visit of the 10th, announced from 8 to 12, took until 14: 4 h are out, 2 h down.
Visit of the 17th, announced less than 48 h ahead: 3 h down. Breakdown from the 23rd at 10 to the 25th at 16: 10 +
14 + 10 = 34 h down. Down 39, up 265, of 304: 87.17 %, below 90: 20 % of 1,200 = 240. The breakdown took 54 h, 30
beyond the free day: two started days, 300. Together 540, of which 40 % of 1,200 = 480 are paid. Left of the year's
700: 220.

April, 20 working days without Good Friday and Easter Monday, 280 h. Breakdown of 8 h 24 min: 3 % of 280 h. 97 %
exactly.

May, 18 working days, 252 h. The inspection was due 60 days after 1 March, by the end of 30 April; its week of grace
ended with 7 May, and it was done on the 20th at 12. Breakdown from the 7th at 16 to the 8th at 10 began before
that: 4 + 4 = 8 h down. Breakdown from the 12th at 8 to the 13th at 18 began within: 12 + 12 = 24 h void. Up 220 of
228: 96.49 %, 5 %: 60. Left of the year: 160.

June, 21 working days, 294 h. 20,000 km after the inspection the truck showed 234,000, on the 10th at 18; the week
of grace ended on the 17th at 18, and the inspection was on the 19th at 12. Breakdown of the 18th: 14 h void.
Breakdown from Monday the 22nd at 6 to Friday at 6: 4 x 14 = 56 h down. Up 224 of 280: 80 %, 20 %: 240. It took 96
h, 72 beyond the free day: exactly three days, 450. Together 690, capped to 480 by the month and to the 160 left by
the year.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import Statement, charges, evaluate, findings, line, seconds, spans, totals, value, verdict

SLUG = "uptime_truck"
TRUCK = "truck-1"
H = 3600


def month(name: str) -> Statement:
    return evaluate(SLUG, name)


def charge(price: str, quantity: int, unit: str, unit_price: str | None, amount: str) -> tuple[object, ...]:
    return (price, TRUCK, Fraction(quantity), unit, unit_price, amount)


FEE = charge("service", 1, "MON", None, "1200.00")


@pytest.mark.parametrize(
    ("name", "up", "counted", "stands"),
    [
        ("2026-03", 265, 304, "missed"),
        ("2026-04", 97, 100, "met"),
        ("2026-05", 220, 228, "missed"),
        ("2026-06", 80, 100, "missed"),
    ],
)
def test_uptime_is_the_exact_share_of_counted_hours(name: str, up: int, counted: int, stands: str) -> None:
    assert value(month(name), "uptime", TRUCK) == Fraction(up, counted)
    assert verdict(month(name), "uptime-promise", TRUCK) == stands


def test_every_hour_has_one_class() -> None:
    # March has 743 hours, the others 720, 744 and 720.
    assert seconds(month("2026-03"), "uptime", TRUCK) == {
        "outside": (743 - 308) * H,
        "workshop-visits": 4 * H,
        "up": 265 * H,
        "down": 39 * H,
    }
    assert seconds(month("2026-04"), "uptime", TRUCK) == {
        "outside": (720 - 280) * H,
        "up": 280 * H - 30_240,
        "down": 30_240,
    }
    assert seconds(month("2026-05"), "uptime", TRUCK) == {
        "outside": (744 - 252) * H,
        "inspection-by-date": 24 * H,
        "up": 220 * H,
        "down": 8 * H,
    }
    assert seconds(month("2026-06"), "uptime", TRUCK) == {
        "outside": (720 - 294) * H,
        "inspection-by-distance": 14 * H,
        "up": 224 * H,
        "down": 56 * H,
    }


def test_a_visit_counts_only_if_announced_in_time() -> None:
    assert spans(month("2026-03"), "workshop-visits", TRUCK) == [
        ("2026-03-10T07:00:00Z", "2026-03-10T11:00:00Z", "granted"),
        ("2026-03-17T05:00:00Z", "2026-03-17T08:00:00Z", "notice_too_late"),
    ]


def test_an_inspection_is_overdue_by_date_or_by_distance_until_it_is_done() -> None:
    assert spans(month("2026-05"), "inspection-by-date", TRUCK) == [
        ("2026-05-07T22:00:00Z", "2026-05-20T10:00:00Z", "granted")
    ]
    assert spans(month("2026-05"), "inspection-by-distance", TRUCK) == []
    assert spans(month("2026-06"), "inspection-by-date", TRUCK) == []
    assert spans(month("2026-06"), "inspection-by-distance", TRUCK) == [
        ("2026-06-17T16:00:00Z", "2026-06-19T10:00:00Z", "granted")
    ]


@pytest.mark.parametrize(
    ("name", "longest"),
    # In May the 34 h that began in the breach are excused, and of the 18 h before it the ten that reach into it.
    [("2026-03", Fraction(54)), ("2026-04", Fraction("8.4")), ("2026-05", Fraction(8)), ("2026-06", Fraction(96))],
)
def test_the_longest_standstill_is_counted_without_what_is_excused(name: str, longest: Fraction) -> None:
    assert value(month(name), "standstills", TRUCK) == longest


def test_march_is_capped_by_the_month() -> None:
    found = month("2026-03")

    assert charges(found) == [
        FEE,
        charge("uptime-credit", -1, "C62", None, "-240.00"),
        charge("standstill", -2, "DAY", "150", "-300.00"),
        charge("limits", 1, "C62", None, "60.00"),
    ]
    assert line(found, "uptime-credit")["text"] == (
        "Uptime, truck-1: availability 87.1710 %, below the guaranteed 97 %, credit 20 % of the fee"
    )
    assert line(found, "standstill")["text"] == (
        "Standstill, truck-1: incident, opened 2026-03-23T09:00:00Z, took 54 h, longer than 24 h, credit"
    )
    assert line(found, "limits")["text"] == "Limits of credits, truck-1: at most 480.00 EUR in a month"
    # 19 % of 720
    assert totals(found) == ("720.00", "136.80", "856.80")


def test_april_keeps_the_promise_exactly() -> None:
    found = month("2026-04")

    assert charges(found) == [
        FEE,
        charge("uptime-credit", 0, "C62", None, "0.00"),
        charge("standstill", 0, "C62", None, "0.00"),
    ]
    assert line(found, "standstill")["text"].endswith("1 incident ended, none took longer than 24 h")
    assert totals(found) == ("1200.00", "228.00", "1428.00")


def test_may_credits_what_began_before_the_breach() -> None:
    found = month("2026-05")

    assert charges(found) == [
        FEE,
        charge("uptime-credit", -1, "C62", None, "-60.00"),
        charge("standstill", 0, "C62", None, "0.00"),
    ]
    assert totals(found) == ("1140.00", "216.60", "1356.60")


def test_june_is_capped_by_what_the_year_has_left() -> None:
    found = month("2026-06")

    assert charges(found) == [
        FEE,
        charge("uptime-credit", -1, "C62", None, "-240.00"),
        charge("standstill", -3, "DAY", "150", "-450.00"),
        charge("limits", 1, "C62", None, "530.00"),
    ]
    assert totals(found) == ("1040.00", "197.60", "1237.60")


def test_nothing_had_to_be_inferred() -> None:
    assert [findings(month(f"2026-0{n}")) for n in (3, 4, 5, 6)] == [[], [], [], []]

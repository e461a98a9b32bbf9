"""managed_print, worked by hand. Both copiers together, a sheet of A3 being two clicks:

    a full month  black 20,000 + 10,000 of A4, 1,000 + 500 of A3: 30,000 + 2 x 1,500 = 33,000 x 0.0089 = 293.70
                  colour 2,000 + 1,000 of A4, 100 + 0 of A3:       3,000 + 2 x 100   =  3,200 x 0.058  = 185.60
                  together                                                                               479.30
    April         half of that: 16,500 x 0.0089 = 146.85 and 1,600 x 0.058 = 92.80                       239.65
    May           200 test prints less: 32,800 x 0.0089 = 291.92 and 185.60                              477.52
    July          a tenth: 3,300 x 0.0089 = 29.37 and 320 x 0.058 = 18.56                                 47.93
    February to July   3 x 479.30 + 239.65 + 477.52 + 47.93 = 2,203.00: 197.00 short of 2,400.00
    August nothing, September and October double, November full, December half, January full:
                       0 + 2 x 958.60 + 479.30 + 239.65 + 479.30 = 3,115.45

Two base charges of 29.90 are 59.80 a month.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import Statement, charges, evaluate, finding, findings, line, lines, totals, value

SLUG = "managed_print"
BASE = [
    ("base", "copier-a", Fraction(1), "MON", None, "29.90"),
    ("base", "copier-b", Fraction(1), "MON", None, "29.90"),
]


def clicks(price: str, count: int, amount: str) -> tuple[str, str, Fraction, str, str, str]:
    unit_price = {"mono": "0.0089", "colour": "0.058"}[price]
    return (price, "*", Fraction(count), "ZP", unit_price, amount)


def printed(statement: Statement) -> list[str]:
    return [line(statement, price)["amount"] for price in ("mono", "colour")]


def test_a_sheet_of_a3_is_two_clicks() -> None:
    february = evaluate(SLUG, "2026-02")

    assert value(february, "mono_a4") == 30_000
    assert value(february, "mono_a3") == 1_500
    assert charges(february) == [*BASE, clicks("mono", 33_000, "293.70"), clicks("colour", 3_200, "185.60")]
    # 59.80 + 479.30, and 19 % of it is 102.429.
    assert totals(february) == ("539.10", "102.43", "641.53")
    assert findings(february) == []


@pytest.mark.parametrize(
    ("month", "amounts"),
    [
        ("2026-03", ["293.70", "185.60"]),
        ("2026-04", ["146.85", "92.80"]),
        ("2026-06", ["293.70", "185.60"]),
        ("2026-08", ["0.00", "0.00"]),
        ("2026-09", ["587.40", "371.20"]),
        ("2026-12", ["146.85", "92.80"]),
    ],
)
def test_a_quiet_month_owes_no_minimum_of_its_own(month: str, amounts: list[str]) -> None:
    statement = evaluate(SLUG, month)

    assert printed(statement) == amounts
    assert lines(statement, "true_up") == []
    assert len(lines(statement)) == 4


def test_test_prints_are_taken_off_once_nobody_objected_in_time() -> None:
    early = evaluate(SLUG, "2026-05", "2026-06-06T00:00:00+02:00")
    later = evaluate(SLUG, "2026-05", "2026-06-17T00:00:00+02:00")

    assert charges(early)[2] == clicks("mono", 33_000, "293.70")
    assert "undecided" in finding(early, "correction_not_counted")["text"]
    assert charges(later) == [*BASE, clicks("mono", 32_800, "291.92"), clicks("colour", 3_200, "185.60")]
    assert finding(later, "correction")["fact"] == "test-prints"
    # 59.80 + 477.52, and 19 % of it is 102.0908.
    assert totals(later) == ("537.32", "102.09", "639.41")


def test_what_half_a_year_is_short_of_the_minimum_is_trued_up_in_its_last_month() -> None:
    july = evaluate(SLUG, "2026-07")

    assert charges(july) == [
        *BASE,
        clicks("mono", 3_300, "29.37"),
        clicks("colour", 320, "18.56"),
        ("true_up", "*", Fraction(1), "C62", None, "197.00"),
    ]
    assert line(july, "true_up")["text"] == "True-up of clicks, 2203 of at least 2400 EUR"
    # The true-up is for all six months.
    assert line(july, "true_up")["service"] == {"from": "2026-01-31T23:00:00Z", "until": "2026-07-31T22:00:00Z"}
    # 59.80 + 47.93 + 197.00, and 19 % of it is 57.8987.
    assert totals(july) == ("304.73", "57.90", "362.63")


def test_test_prints_not_yet_taken_off_lower_the_true_up() -> None:
    july = evaluate(SLUG, "2026-07", "2026-06-10T00:00:00+02:00")

    # As known on 10 June nothing of June and July is known: 479.30 x 3 + 239.65 = 1,677.55.
    assert line(july, "true_up")["amount"] == "722.45"


def test_half_a_year_above_the_minimum_owes_nothing_more() -> None:
    january = evaluate(SLUG, "2027-01")

    assert charges(january) == [
        *BASE,
        clicks("mono", 33_000, "293.70"),
        clicks("colour", 3_200, "185.60"),
        ("true_up", "*", Fraction(0), "C62", None, "0.00"),
    ]
    assert line(january, "true_up")["text"] == "True-up of clicks, 3115.45 of at least 2400 EUR"
    assert totals(january) == ("539.10", "102.43", "641.53")

"""energy_saving, worked by hand. Baseline of a quarter: 3 x 18,000 kWh + 60 a degree day + 12 a tonne.

              degree days             tonnes                   baseline     used                                saved
    Q1  480 + 410 + 310 = 1,200  400 + 380 + 420 = 1,200   54,000 + 72,000 + 14,400 = 140,400
                                                           40,000 + 34,000 + 27,000 = 101,000                  39,400
    Q2  180 + 60 + 0 = 240       410 + 405 + 385 = 1,200   54,000 + 14,400 + 14,400 =  82,800
                                                           21,000 + 19,500 + 18,100 =  58,600                  24,200
    Q3  0 + 0 + 60 = 60          400 + 350 + 450 = 1,200   54,000 +  3,600 + 14,400 =  72,000
                                                           28,000 + 28,500 + 28,500 =  85,000                 -13,000

Adjustments proposed on 2 April: March + 2,600, accepted on the 5th; February + 5,000, rejected; January + 1,000,
disputed, and accepted on 20 May. So Q1 saved 39,400 at first, 42,000 when March is billed, 43,000 from 20 May on.
A shared kilowatt-hour is worth 40 % of 0.21 = 0.084, a missing one 0.21.
"""

from fractions import Fraction

from tests.templates.worked import (
    charges,
    corrected,
    evaluate,
    findings,
    line,
    lines,
    measure,
    so_far,
    totals,
    value,
    verdict,
)

SLUG, HALL = "energy_saving", "hall-4"
MARCH_BILLED, MAY_BILLED = "2026-04-15T00:00:00+02:00", "2026-06-15T00:00:00+02:00"
FEE = ("verification", "*", Fraction(1), "MON", None, "650.00")


def test_nothing_is_settled_before_the_quarter_is_over() -> None:
    february = evaluate(SLUG, "2026-02", "2026-03-15T00:00:00+01:00")

    # 36,000 + 60 x 890 + 12 x 780 - 74,000
    assert so_far(february, "saved", HALL) == 36_000 + 53_400 + 9_360 - 74_000
    assert value(february, "saved", HALL) == "not_due"
    assert verdict(february, "guaranteed", HALL) == "not_due"
    assert charges(february) == [FEE]
    assert totals(february) == ("650.00", "123.50", "773.50")
    assert findings(february) == []


def test_an_adjustment_counts_once_it_is_accepted_in_words() -> None:
    before = evaluate(SLUG, "2026-03", "2026-04-04T00:00:00Z")
    billed = evaluate(SLUG, "2026-03", MARCH_BILLED)
    later = evaluate(SLUG, "2026-03", "2026-05-21T00:00:00+02:00")

    assert [value(one, "saved", HALL) for one in (before, billed, later)] == [39_400, 42_000, 43_000]
    # In order of their months: the cold store of January, the lighting of February, the shift of March.
    assert findings(before) == ["adjustment_not_counted"] * 3
    assert findings(billed) == ["adjustment_not_counted", "adjustment_not_counted", "baseline_adjusted"]
    assert findings(later) == ["baseline_adjusted", "adjustment_not_counted", "baseline_adjusted"]
    disputed, rejected, adjusted = measure(billed, "saved", HALL)["findings"]
    assert disputed["text"].endswith("by 1000 that is disputed: not counted")
    assert rejected["text"] == "an adjustment of the baseline of 2026-02 by 5000 that is rejected: not counted"
    assert (adjusted["fact"], adjusted["month"], adjusted["amount"]) == ("shift", "2026-03", "2600")


def test_the_customer_pays_the_agreed_share_of_the_saving() -> None:
    march = evaluate(SLUG, "2026-03", MARCH_BILLED)

    assert verdict(march, "guaranteed", HALL) == "met"
    # 42,000 x 0.084
    assert charges(march) == [FEE, ("share", HALL, Fraction(42_000), "KWH", "0.084", "3528.00")]
    assert line(march, "share")["text"] == "Share of the saving, hall-4: 42000 kWh saved, 40 % of their worth"
    # 19 % of 4,178.00
    assert totals(march) == ("4178.00", "793.82", "4971.82")


def test_an_adjustment_accepted_later_is_a_line_of_its_own_on_the_next_statement() -> None:
    may = evaluate(SLUG, "2026-05", MAY_BILLED)

    # 1,000 x 0.084
    assert charges(may) == [FEE, ("share", HALL, Fraction(1), "C62", None, "84.00")]
    assert corrected(may) == [("2026-03", "share", HALL, "84.00")]
    # 19 % of 734.00
    assert totals(may) == ("734.00", "139.46", "873.46")
    assert corrected(evaluate(SLUG, "2026-04", "2026-05-15T00:00:00+02:00")) == []
    assert corrected(evaluate(SLUG, "2026-06", "2026-07-15T00:00:00+02:00")) == []


def test_below_the_guarantee_each_missing_kilowatt_hour_is_paid_back() -> None:
    june = evaluate(SLUG, "2026-06")

    assert value(june, "saved", HALL) == 24_200
    assert verdict(june, "guaranteed", HALL) == "missed"
    # 24,200 x 0.084, and 30,000 - 24,200 = 5,800 x 0.21
    assert charges(june) == [
        FEE,
        ("share", HALL, Fraction(24_200), "KWH", "0.084", "2032.80"),
        ("share", HALL, Fraction(-5_800), "KWH", "0.21", "-1218.00"),
    ]
    # 19 % of 1,464.80 is 278.312.
    assert totals(june) == ("1464.80", "278.31", "1743.11")


def test_more_used_than_the_baseline_is_missing_as_well_up_to_the_cap() -> None:
    september = evaluate(SLUG, "2026-09")

    assert value(september, "saved", HALL) == -13_000
    # 43,000 x 0.21 = 9,030, at most 6,000.
    assert charges(september) == [
        FEE,
        ("share", HALL, Fraction(0), "KWH", "0.084", "0.00"),
        ("share", HALL, Fraction(-1), "C62", None, "-6000.00"),
    ]
    assert lines(september, "share")[1]["text"].endswith(
        "43000 kWh short of the 30000 kWh guaranteed, refund at its cap"
    )
    # 19 % of -5,350.00
    assert totals(september) == ("-5350.00", "-1016.50", "-6366.50")
    assert findings(september) == []

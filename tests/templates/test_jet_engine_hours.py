"""jet_engine_hours, worked by hand. Months from midnight to midnight in Dublin; readings are the reports at their ends.

              hours  cycles  hours/cycle  factor  rate
    August      220     110         2.0     1.00  285.00   exactly at the bound: still the lower step
    September   200     125         1.6     1.00  285.00
    October     210     100         2.1     0.90  285.00   256.50 an hour
    November    120      60         2.0     1.00  285.00   30 hours short of the minimum
    December    180     200         0.9     1.30  285.00   370.50 an hour
    January     216     144         1.5     1.00  292.13   285.00 x 1.025 = 292.125, half up
    February  no report until 2 April
    March       205     100         2.05    0.90  292.13   262.917 an hour
    April       100      50         2.0     1.00  292.13   50 hours short of the minimum

February is billed on 11 March with the means of August to January:

    (220 + 200 + 210 + 120 + 180 + 216) / 6 = 1146 / 6 = 191 h; (110 + 125 + 100 + 60 + 200 + 144) / 6 = 739 / 6 cycles
    1146 / 739 = 1.55 hours a cycle: 191 x 292.13 = 55,796.83

It was 168 h and 80 cycles, 2.1 hours a cycle: 168 x 292.13 x 0.90 = 44,170.056, so that March corrects it by
44,170.06 - 55,796.83 = -11,626.77.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import charges, corrected, evaluate, findings, line, lines, totals, value

SLUG, ENGINE = "jet_engine_hours", "engine-724113"
# Midnight of the eleventh, when months are billed.
FEBRUARY_BILLED, MARCH_BILLED = "2026-03-11T00:00:00+00:00", "2026-04-11T00:00:00+01:00"
NOTHING = Fraction(0)


@pytest.mark.parametrize(
    ("month", "hours", "price", "amount"),
    [
        ("2025-08", 220, "285", "62700.00"),
        ("2025-09", 200, "285", "57000.00"),
        ("2025-10", 210, "256.5", "53865.00"),
        ("2025-12", 180, "370.5", "66690.00"),
        ("2026-01", 216, "292.13", "63100.08"),
    ],
)
def test_severity_decides_the_rate_and_the_year_its_height(month: str, hours: int, price: str, amount: str) -> None:
    found = evaluate(SLUG, month)
    least = "292.13" if month == "2026-01" else "285"

    assert charges(found) == [
        ("flying", ENGINE, Fraction(hours), "HUR", price, amount),
        ("minimum", "*", NOTHING, "HUR", least, "0.00"),
    ]
    assert totals(found) == (amount, "0.00", amount)
    assert findings(found) == []


def test_exactly_two_hours_a_cycle_belong_to_the_lower_step() -> None:
    found = evaluate(SLUG, "2025-08")

    assert value(found, "hours_per_cycle", ENGINE) == 2
    assert line(found, "flying")["text"] == "Flying hours, engine-724113, times 1 for 2"


@pytest.mark.parametrize(
    ("month", "hours", "price", "flown", "missing", "true_up", "net"),
    [
        # 120 x 285 and 30 x 285
        ("2025-11", 120, "285", "34200.00", 30, "8550.00", "42750.00"),
        # 100 x 292.13 and 50 x 292.13: the minimum escalates as the rate does
        ("2026-04", 100, "292.13", "29213.00", 50, "14606.50", "43819.50"),
    ],
)
def test_hours_below_the_minimum_are_paid_for(
    month: str, hours: int, price: str, flown: str, missing: int, true_up: str, net: str
) -> None:
    found = evaluate(SLUG, month)

    assert charges(found) == [
        ("flying", ENGINE, Fraction(hours), "HUR", price, flown),
        ("minimum", "*", Fraction(missing), "HUR", price, true_up),
    ]
    assert line(found, "minimum")["text"] == f"Minimum of flying hours, {hours} of at least 150 h"
    assert totals(found) == (net, "0.00", net)


def test_a_month_without_a_report_is_billed_with_the_mean_of_six() -> None:
    february = evaluate(SLUG, "2026-02", FEBRUARY_BILLED)

    assert value(february, "hours", ENGINE) == 191
    assert value(february, "cycles", ENGINE) == Fraction(739, 6)
    assert value(february, "hours_per_cycle", ENGINE) == Fraction(1146, 739)
    assert charges(february) == [
        ("flying", ENGINE, Fraction(191), "HUR", "292.13", "55796.83"),
        ("minimum", "*", NOTHING, "HUR", "292.13", "0.00"),
    ]
    # Of hours and of cycles: the month's end has no reading after it, so the means stand in.
    assert findings(february) == ["not_interpolated", "estimated", "not_interpolated", "estimated"]


def test_the_late_report_corrects_the_month_by_a_line_of_its_own() -> None:
    march = evaluate(SLUG, "2026-03", MARCH_BILLED)

    assert charges(march) == [
        ("flying", ENGINE, Fraction(205), "HUR", "262.917", "53897.99"),
        ("minimum", "*", NOTHING, "HUR", "292.13", "0.00"),
        ("flying", ENGINE, Fraction(-1), "C62", None, "-11626.77"),
    ]
    assert corrected(march) == [("2026-02", "flying", ENGINE, "-11626.77")]
    assert totals(march) == ("42271.22", "0.00", "42271.22")
    assert findings(march) == []


def test_what_was_billed_and_corrected_is_what_the_month_comes_to_by_now() -> None:
    february = evaluate(SLUG, "2026-02")

    assert value(february, "hours_per_cycle", ENGINE) == Fraction(21, 10)
    assert line(february, "flying")["amount"] == "44170.06"


def test_a_month_is_corrected_once() -> None:
    assert corrected(evaluate(SLUG, "2026-04")) == []
    assert len(lines(evaluate(SLUG, "2026-04"))) == 2


def test_a_report_that_skips_a_month_is_divided_by_time() -> None:
    # March's report came on 1 April, February's a day later. In between 373 h are known for the two months together,
    # 59 days less the hour that was skipped: 1,415 h, of which February has 672.
    february = evaluate(SLUG, "2026-02", "2026-04-01T12:00:00Z")

    assert value(february, "hours", ENGINE) == Fraction(373 * 672, 1415)
    assert value(february, "hours_per_cycle", ENGINE) == Fraction(373, 180)
    assert findings(february) == ["interpolated", "interpolated"]

"""A rapid charging network in the United Kingdom, two calendar years by hand.

Access is from 6 to 22, 16 h a day: 5,840 h in a year, 2,944 h in the 184 days from 1 July.

2025  rapid-1 was inoperative from 1 to 11 February at 21:12: ten days of 16 h and 15 h 12 min, 175.2 h, which is 3 % of
      5,840 h. rapid-2 was blocked for two hours, rapid-3 unknown for two days, 32 h: both count as reliable.
      Mean (97 % + 100 % + 100 %) / 3 = 99 % exactly. Pooled it would be 175.2 of 14,624 h, 98.8 %.
2026  the same hours of rapid-1, and rapid-3 from 20:24 until 6 in the morning: 1.6 h of access.
      Mean 1 - (175.2 + 1.6) / 5,840 / 3 = 98.9909 %: missed.
"""

from fractions import Fraction

from tests.templates.worked import Statement, charges, evaluate, findings, line, seconds, so_far, totals, value, verdict

SLUG = "charging_uk"
H = 3600
FEE = ("operation", "*", Fraction(1), "MON", None, "4000.00")


def month(name: str) -> Statement:
    return evaluate(SLUG, name)


def test_the_year_keeps_the_promise_exactly() -> None:
    found = month("2025-12")

    assert value(found, "network-reliability") == Fraction(99, 100)
    assert verdict(found, "reliable") == "met"
    assert charges(found) == [FEE, ("penalty", "*", Fraction(0), "C62", None, "0.00")]
    assert totals(found) == ("4000.00", "800.00", "4800.00")
    assert findings(found) == []


def test_the_mean_is_not_what_the_pooled_hours_give() -> None:
    assert value(month("2025-12"), "pooled-reliability") == 1 - Fraction("175.2") / 14_624


def test_unknown_time_counts_as_reliable_and_is_shown() -> None:
    access = (2 * 365 + 184) * 16

    assert seconds(month("2025-12"), "network-reliability") == {
        # Eight hours a night, and the one that the clocks gave back to rapid-3 alone, which began in summer.
        "outside": ((2 * 365 + 184) * 8 + 1) * H,
        "up": access * H - Fraction("175.2") * H - 32 * H,
        "down": Fraction("175.2") * H,
        "unknown": 32 * H,
    }


def test_a_bad_month_can_be_made_up_for_within_the_year() -> None:
    found = month("2025-02")

    # January and February have 59 days of access, 944 h.
    assert so_far(found, "network-reliability") == 1 - Fraction("175.2") / 944 / 2
    assert verdict(found, "reliable") == "not_due"
    assert charges(found) == [FEE]


def test_the_next_year_misses_it_by_an_evening() -> None:
    found = month("2026-12")

    assert value(found, "network-reliability") == 1 - Fraction("176.8") / 5_840 / 3
    assert verdict(found, "reliable") == "missed"
    assert charges(found) == [FEE, ("penalty", "*", Fraction(-1), "C62", "10000", "-10000.00")]
    assert line(found, "penalty")["text"] == (
        "Reliability over the year: availability 98.9908 %, below the guaranteed 99 %, credit"
    )
    # 20 % of -6,000
    assert totals(found) == ("-6000.00", "-1200.00", "-7200.00")

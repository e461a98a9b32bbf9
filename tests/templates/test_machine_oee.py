"""machine_oee, worked by hand. Every piece has a standard time of 45 s; planned days are of 8 h.

May    18 days (4-29, less Ascension and Whit Monday) = 144 h; no order on the 8th 8 h, maintenance on the 11th 4 h:
       planned busy time 132 h. Stopped on the 6th 7 h, set-up on the 20th 6 h, stopped on the 27th 12 min: 13.2 h.
       availability 118.8 / 132 = 0.9
       258,316 - 250,000 = 8,316 pieces, their standard time 374,220 s = 103.95 h
       performance  103.95 / 118.8 = 0.875
       quality      (251,920 - 244,000) / 8,316 = 7,920 / 8,316 = 20/21
       0.9 x 0.875 x 20/21 = 0.75: exactly what is promised
June   21 days = 168 h. Stopped on the 10th all 8 h, set-up on the 17th 24 min: 8.4 h.
       availability 159.6 / 168 = 0.95
       the control was restarted between the 12th and the 15th: 262,316 - 258,316 + 5,576 = 9,576 pieces,
       good 255,720 - 251,920 + 5,300 = 9,100; standard time 9,576 x 45 s = 119.7 h
       performance  119.7 / 159.6 = 0.75
       0.95 x 0.75 x 9,100 / 9,576 = 65/96 = 67.7083... %: 7.29... points short, the eighth has started
July   23 days = 184 h without a stop; 12,500 pieces, 12,144 of them good; standard time 562,500 s = 156.25 h
       1 x 156.25 / 184 x 12,144 / 12,500 = 0.825: 2.5 points above 80 %, two of them full
"""

from fractions import Fraction

from tests.templates.worked import charges, evaluate, findings, line, seconds, totals, value, verdict

SLUG, LINE = "machine_oee", "filler-3"
H = 3600
ONE, NOTHING = Fraction(1), Fraction(0)


def test_exactly_the_promised_effectiveness_is_enough() -> None:
    may = evaluate(SLUG, "2026-05")

    assert value(may, "availability", LINE) == Fraction(9, 10)
    assert value(may, "performance", LINE) == Fraction(7, 8)
    assert value(may, "quality", LINE) == Fraction(20, 21)
    assert value(may, "oee", LINE) == Fraction(3, 4)
    assert verdict(may, "promise", LINE) == "met"
    assert line(may, "credit")["text"] == "Effectiveness, filler-3: oee 75.0000 %, guarantee of 75 % kept"


def test_time_without_orders_and_agreed_maintenance_is_not_planned_busy_time() -> None:
    may = evaluate(SLUG, "2026-05")

    # 744 h in May, 144 h of them planned.
    assert seconds(may, "availability", LINE) == {
        "outside": 600 * H,
        "up": 118 * H + 48 * 60,
        "down": 13 * H + 12 * 60,
        "out": 12 * H,
    }
    assert value(may, "production_time", LINE) == Fraction(1188, 10)


def test_a_month_as_promised_is_rent_and_good_pieces() -> None:
    may = evaluate(SLUG, "2026-05")

    assert charges(may) == [
        ("rent", LINE, ONE, "MON", None, "7500.00"),
        # 7,920 x 0.085
        ("pieces", LINE, Fraction(7920), "H87", "0.085", "673.20"),
        ("credit", LINE, NOTHING, "C62", None, "0.00"),
        ("bonus", LINE, NOTHING, "C62", None, "0.00"),
    ]
    # 19 % of 8,173.20 is 1,552.908.
    assert totals(may) == ("8173.20", "1552.91", "9726.11")
    assert findings(may) == []


def test_pieces_made_before_a_restart_of_the_control_count() -> None:
    june = evaluate(SLUG, "2026-06")

    assert value(june, "all_pieces", LINE) == 9576
    assert value(june, "good_pieces", LINE) == 9100
    assert findings(june) == ["reset", "reset"]


def test_eight_started_points_below_the_promise_give_sixteen_percent_back() -> None:
    june = evaluate(SLUG, "2026-06")

    assert value(june, "oee", LINE) == Fraction(65, 96)
    assert verdict(june, "promise", LINE) == "missed"
    assert charges(june) == [
        ("rent", LINE, ONE, "MON", None, "7500.00"),
        # 9,100 x 0.085
        ("pieces", LINE, Fraction(9100), "H87", "0.085", "773.50"),
        # 8 x 2 % of 7,500
        ("credit", LINE, -ONE, "C62", None, "-1200.00"),
        ("bonus", LINE, NOTHING, "C62", None, "0.00"),
    ]
    # 19 % of 7,073.50 is 1,343.965: half up.
    assert totals(june) == ("7073.50", "1343.97", "8417.47")


def test_two_full_points_above_the_dead_band_earn_three_percent() -> None:
    july = evaluate(SLUG, "2026-07")

    assert value(july, "availability", LINE) == 1
    assert value(july, "performance", LINE) == Fraction(15_625, 18_400)
    assert value(july, "oee", LINE) == Fraction(825, 1000)
    assert charges(july) == [
        ("rent", LINE, ONE, "MON", None, "7500.00"),
        # 12,144 x 0.085
        ("pieces", LINE, Fraction(12_144), "H87", "0.085", "1032.24"),
        ("credit", LINE, NOTHING, "C62", None, "0.00"),
        # 2 x 1.5 % of 7,500
        ("bonus", LINE, ONE, "C62", None, "225.00"),
    ]
    # 19 % of 8,757.24 is 1,663.8756.
    assert totals(july) == ("8757.24", "1663.88", "10421.12")
    assert findings(july) == []

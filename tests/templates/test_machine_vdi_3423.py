"""machine_vdi_3423, worked by hand.

Occupancy is 06:00-22:00 from Monday to Friday. March 2026 has 22 such days (2-6, 9-13, 16-20, 23-27, 30, 31), so
TB = 22 x 16 h = 352 h. April has 22 as well, less Good Friday and Easter Monday: 20 days, TB = 320 h.

    March   technical stops    the 3rd   10:00-17:00                          7 h
                               the 12th  20:00 to the 13th 08:00: 2 h + 2 h   4 h     (the night is not occupied)
                               the 30th  12:00-18:36                          6.6 h
            TT = 17.6 h = 5 % of 352 h: exactly what is promised
            maintenance        the 18th  06:00-14:00                          8 h  = TW
            no orders          the 24th and 25th, 06:00-22:00                 32 h = TO
            TN = 352 - 17.6 - 8 - 32 = 294.4 h

    April   technical stops    the 3rd 08:00 to the 4th 09:00: a holiday and a Saturday, nothing
                               the 9th   09:00-17:00                          8 h
                               the 21st  14:00 to the 22nd 06:01: 8 h + 1 min 8 h 1 min
            TT = 16 h 1 min = 961 min of 320 h = 19,200 min: one minute more than 5 %
            maintenance        the 15th  06:00-12:00                          6 h = 360 min
            TN = 19,200 - 961 - 360 = 17,879 min
"""

from fractions import Fraction

from tests.templates.worked import (
    charges,
    evaluate,
    findings,
    line,
    lines,
    seconds,
    totals,
    value,
    verdict,
)

SLUG, MACHINE = "machine_vdi_3423", "machining-centre-1"


def test_technical_stops_of_exactly_five_percent_keep_the_promise() -> None:
    march = evaluate(SLUG, "2026-03")

    assert value(march, "technical_availability", MACHINE) == 1 - Fraction(176, 3520) == Fraction(95, 100)
    assert verdict(march, "promise", MACHINE) == "met"
    # 743 h in Berlin's March, of which 352 h are occupied. Up is all that is not a technical stop: 352 - 17.6 h.
    assert seconds(march, "technical_availability", MACHINE) == {
        "outside": 391 * 3600,
        "up": 334 * 3600 + 1440,
        "down": 17 * 3600 + 2160,
    }
    assert line(march, "credit")["text"].endswith("availability 95.0000 %, guarantee of 95 % kept")
    assert line(march, "credit")["amount"] == "0.00"


def test_organisational_stops_and_maintenance_lower_the_use_and_not_the_availability() -> None:
    march = evaluate(SLUG, "2026-03")

    assert seconds(march, "use", MACHINE) == {
        "outside": 391 * 3600,
        "PRODUCING": 294 * 3600 + 1440,
        "ORGANISATIONAL": 32 * 3600,
        "TECHNICAL": 17 * 3600 + 2160,
        "MAINTENANCE": 8 * 3600,
    }
    assert value(march, "use", MACHINE) == Fraction(2944, 10)
    assert value(march, "occupied", MACHINE) == 352
    assert value(march, "total_use", MACHINE) == Fraction(2944, 3520) == Fraction(46, 55)


def test_a_month_with_the_promise_kept_is_rent_and_hours_of_use() -> None:
    march = evaluate(SLUG, "2026-03")

    assert charges(march) == [
        ("rent", MACHINE, 1, "MON", None, "12000.00"),
        # 294.4 x 18.50
        ("hours", MACHINE, Fraction(2944, 10), "HUR", "18.5", "5446.40"),
        ("credit", MACHINE, 0, "C62", None, "0.00"),
    ]
    # 19 % of 17,446.40 is 3,314.816.
    assert totals(march) == ("17446.40", "3314.82", "20761.22")
    assert findings(march) == []


def test_one_minute_more_misses_the_promise_and_holidays_do_not_count() -> None:
    april = evaluate(SLUG, "2026-04")

    assert value(april, "technical_availability", MACHINE) == Fraction(19_200 - 961, 19_200)
    assert verdict(april, "promise", MACHINE) == "missed"
    # 720 h in April, of which 320 h are occupied.
    assert seconds(april, "technical_availability", MACHINE) == {
        "outside": 400 * 3600,
        "up": (19_200 - 961) * 60,
        "down": 961 * 60,
    }
    assert "availability 94.9947 %, below the guaranteed 95 %, credit 3 % of the fee" in line(april, "credit")["text"]


def test_a_month_with_the_promise_missed_gives_three_percent_of_the_rent_back() -> None:
    april = evaluate(SLUG, "2026-04")

    assert charges(april) == [
        ("rent", MACHINE, 1, "MON", None, "12000.00"),
        # 17,879 / 60 x 18.50 = 5,512.6916...
        ("hours", MACHINE, Fraction(17_879, 60), "HUR", "18.5", "5512.69"),
        ("credit", MACHINE, -1, "C62", None, "-360.00"),
    ]
    # 19 % of 17,152.69 is 3,259.0111.
    assert totals(april) == ("17152.69", "3259.01", "20411.70")
    assert len(lines(april)) == 3
    assert findings(april) == []

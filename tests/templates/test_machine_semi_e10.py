"""machine_semi_e10, worked by hand.

February 2026: 28 x 24 h = 672 h
  non-scheduled        the 1st, 00:00-12:00                              12 h
  scheduled down       the 3rd 06-22, the 17th 06-21            16 + 15 = 31 h
  unscheduled down     the 8th 10-12 and 21 to the 9th 02        2 + 5 =  7 h
                       the 24th 01:00-14:21:36                           13 h 21 min 36 s
  the user's delay     the 8th 12-21                                      9 h
  input out of spec    the 12th 13-16                                     3 h
  facilities           the 19th 04-10                                     6 h
  the supplier's down time is 31 + 7 + 13.36 = 51.36 h; the rest is not: 9 + 3 + 6 = 18 h
  operations time      672 - 12 = 660 h; up 660 - 51.36 - 18 = 590.64 h, standby and engineering among it
  operational          590.64 / 660
  supplier-dependent   590.64 / (660 - 18) = 590.64 / 642 = 0.92 exactly: as promised

March 2026: 743 h, the clocks go forward on the 29th
  non-scheduled        the 15th 00-03                                     3 h
  scheduled down       the 10th 06 to the 11th 14                        32 h
  unscheduled down     the 28th 20:00 to the 29th 22:36:01, less the hour that was skipped: 25 h 36 min 1 s
  facilities           the 18th 00-20                                    20 h
  operations time      740 h; without facilities 720 h, of which 8 % are 57.6 h = 57 h 36 min
  the supplier's down  57 h 36 min 1 s: a second too much
"""

from fractions import Fraction

from tests.templates.worked import Statement, charges, evaluate, findings, line, seconds, totals, value, verdict

SLUG, ETCHER = "machine_semi_e10", "etcher-07"
OPERATIONAL, DEPENDENT = "operational_uptime", "supplier_dependent_uptime"
H = 3600


def test_one_log_gives_two_figures() -> None:
    february = evaluate(SLUG, "2026-02")

    assert value(february, OPERATIONAL, ETCHER) == Fraction(59_064, 66_000)
    assert value(february, DEPENDENT, ETCHER) == Fraction(59_064, 64_200) == Fraction(92, 100)
    up = 590 * H + 2304  # 0.64 h
    down = 51 * H + 1296  # 0.36 h
    assert seconds(february, OPERATIONAL, ETCHER) == {"up": up, "down": down + 18 * H, "out": 12 * H}
    assert seconds(february, DEPENDENT, ETCHER) == {"up": up, "down": down, "out": 30 * H}


def test_the_statement_lists_the_seconds_that_differ() -> None:
    view = _view(evaluate(SLUG, "2026-02"))

    assert (view["owner"]["measure"], view["supplier"]["measure"]) == (OPERATIONAL, DEPENDENT)
    assert view["differing_micros"] == 18 * H * 1_000_000
    # In local time, which is an hour ahead: the 8th 12-21, the 12th 13-16 and the 19th 04-10.
    assert [(one["from"], one["until"], one["owner"], one["supplier"]) for one in view["differ"]] == [
        ("2026-02-08T11:00:00Z", "2026-02-08T20:00:00Z", "down", "out"),
        ("2026-02-12T12:00:00Z", "2026-02-12T15:00:00Z", "down", "out"),
        ("2026-02-19T03:00:00Z", "2026-02-19T09:00:00Z", "down", "out"),
    ]


def test_exactly_the_promised_uptime_is_enough() -> None:
    february = evaluate(SLUG, "2026-02")

    assert (verdict(february, "promise", ETCHER), verdict(february, "plan", ETCHER)) == ("met", "met")
    assert charges(february) == [
        ("service", ETCHER, Fraction(1), "MON", None, "24000.00"),
        ("credit", ETCHER, Fraction(0), "C62", None, "0.00"),
    ]
    assert totals(february) == ("24000.00", "4560.00", "28560.00")
    assert findings(february) == []


def test_a_second_less_starts_the_first_half_point() -> None:
    march = evaluate(SLUG, "2026-03")
    down = 57 * H + 36 * 60 + 1

    assert value(march, OPERATIONAL, ETCHER) == 1 - Fraction(down + 20 * H, 740 * H)
    assert value(march, DEPENDENT, ETCHER) == 1 - Fraction(down, 720 * H)
    assert seconds(march, DEPENDENT, ETCHER) == {"up": 720 * H - down, "down": down, "out": 23 * H}
    assert _view(march)["differing_micros"] == 20 * H * 1_000_000
    assert (verdict(march, "promise", ETCHER), verdict(march, "plan", ETCHER)) == ("missed", "met")
    assert line(march, "credit")["text"] == (
        "Supplier-dependent uptime, etcher-07: availability 91.9999 %, below the guaranteed 92 %, credit 2 % of the fee"
    )
    # 2 % of 24,000.
    assert charges(march) == [
        ("service", ETCHER, Fraction(1), "MON", None, "24000.00"),
        ("credit", ETCHER, Fraction(-1), "C62", None, "-480.00"),
    ]
    # 19 % of 23,520.
    assert totals(march) == ("23520.00", "4468.80", "27988.80")
    assert findings(march) == []


def _view(statement: Statement) -> Statement:
    (part,) = statement["parts"]
    (view,) = part["views"]
    found: Statement = view
    return found

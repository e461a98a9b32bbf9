"""lift_service_hours, worked by hand. Service hours are 06:00-22:00 every day, 16 h.

October   31 x 16 = 496 h. Of the Tuesdays' windows (6, 13, 20, 27, two hours each) four hours are granted, those of
          the 6th and the 13th: 492 h count, of which 3 % are 14.76 h.
  lift 1  down on the 3rd 10-20 (10 h), in maintenance on the 20th 06:00-07:30 beyond the allowance (1.5 h), down
          from the 28th 19:00 to the 29th 06:15:36 (3 h + 15 min 36 s = 3.26 h): 14.76 h, exactly as promised.
          Two breakdowns. Called on the 3rd at 10:05, there at 14:05: exactly four hours.
  lift 2  down 4 min on the 10th (too short to be a breakdown), twice 20 min on the 12th (20 min apart: one), an hour
          on the 15th, 30 min on the 22nd: 134 min and three breakdowns, one too many.
          Silent from the 17th 05:30 to the 19th 05:30: unknown after 26 h, on the 18th 07:30-22:00, 14.5 h.
          7.5 h of them (07:30-15:00) count as up once the customer has accepted that on 3 November; the rest, 7 h,
          is the supplier's. Down 7 h + 134 min = 554 min of 492 h = 29,520 min.
          Before that 14.5 h + 134 min = 1,004 min, more than 3 % (885.6 min).
November  480 h, four of them granted: 476 h.
  lift 1  down from the 5th 08:00 to the 7th 12:00: 14 + 16 + 6 = 36 h; 440 of 476 h are 92.4 %: the second step,
          10 % of 480.00. Called 08:10, there 13:00: 4 h 50 min. Somebody in it for 40 min: in time.
  lift 2  down on the 20th 70 min; somebody in it for 50 min before anybody came: 250.00, but at most 240.00.
"""

from fractions import Fraction

from tests.templates.worked import (
    charges,
    evaluate,
    finding,
    findings,
    line,
    lines,
    measure,
    seconds,
    spans,
    totals,
    value,
    verdict,
)

SLUG = "lift_service_hours"
H = 3600
ONE, NOTHING = Fraction(1), Fraction(0)
FEES = [("service", "lift-1", ONE, "MON", None, "480.00"), ("service", "lift-2", ONE, "MON", None, "480.00")]


def kept(*names: tuple[str, str]) -> list[tuple[str, str, Fraction, str, str | None, str]]:
    return [(name, lift, NOTHING, "C62", None, "0.00") for name, lift in names]


def test_exactly_the_promised_availability_is_enough() -> None:
    october = evaluate(SLUG, "2026-10")

    assert seconds(october, "availability", "lift-1") == {
        "outside": (745 - 496) * H,
        "upkeep": 4 * H,
        "up": 492 * H - 14 * H - 2736,
        "down": 14 * H + 2736,
    }
    assert value(october, "availability", "lift-1") == Fraction(97, 100)
    assert verdict(october, "available", "lift-1") == "met"


def test_windows_beyond_the_allowance_count_as_any_other_time() -> None:
    october = evaluate(SLUG, "2026-10")

    # In UTC, two hours back until the clocks change on the 25th.
    assert spans(october, "upkeep", "lift-1") == [
        ("2026-10-06T04:00:00Z", "2026-10-06T06:00:00Z", "granted"),
        ("2026-10-13T04:00:00Z", "2026-10-13T06:00:00Z", "granted"),
        ("2026-10-20T04:00:00Z", "2026-10-20T06:00:00Z", "allowance_used_up"),
        ("2026-10-27T05:00:00Z", "2026-10-27T07:00:00Z", "allowance_used_up"),
    ]


def test_short_stops_are_none_and_those_close_together_are_one() -> None:
    october = evaluate(SLUG, "2026-10")

    assert value(october, "breakdowns", "lift-1") == 2
    assert value(october, "breakdowns", "lift-2") == 3
    assert [one["opened_at"] for one in measure(october, "breakdowns", "lift-2")["incidents"]] == [
        "2026-10-12T07:00:00Z",
        "2026-10-15T13:00:00Z",
        "2026-10-22T09:00:00Z",
    ]
    assert (verdict(october, "few_breakdowns", "lift-1"), verdict(october, "few_breakdowns", "lift-2")) == (
        "met",
        "missed",
    )


def test_a_call_is_on_record_as_it_was_completed() -> None:
    october = evaluate(SLUG, "2026-10")
    (call,) = measure(october, "calls", "lift-1")["incidents"]

    assert (call["fact"], call["responded_at"]) == ("call-1-done", "2026-10-03T12:05:00Z")
    assert value(october, "calls", "lift-1") == 4
    assert line(october, "call_credit", "lift-1")["text"].endswith("1 incident ended, none took longer than 4 h")


def test_silence_is_the_suppliers_until_the_customer_accepts_its_cause() -> None:
    before = evaluate(SLUG, "2026-10", "2026-11-02T00:00:00+01:00")

    # The ten days were over on 30 October, and silence rejects.
    assert value(before, "availability", "lift-2") == 1 - Fraction(1_004, 29_520)
    assert verdict(before, "available", "lift-2") == "missed"
    assert "rejected" in finding(before, "gap_cause_not_counted")["text"]
    # 5 % of 480
    assert charges(before)[3] == ("availability_credit", "lift-2", -ONE, "C62", None, "-24.00")
    # 960 - 24 - 60, and 19 % of it
    assert totals(before) == ("876.00", "166.44", "1042.44")


def test_a_cause_accepted_late_counts_from_then() -> None:
    october = evaluate(SLUG, "2026-10")

    assert seconds(october, "availability", "lift-2") == {
        "outside": (745 - 496) * H,
        "upkeep": 4 * H,
        "up": 492 * H - 14 * H - 1800 - 134 * 60,
        "down": 134 * 60,
        "attributed_up": 7 * H + 1800,
        "unknown": 7 * H,
    }
    assert value(october, "availability", "lift-2") == 1 - Fraction(554, 29_520)
    assert findings(october) == ["gap_attributed"]
    assert charges(october) == [
        *FEES,
        *kept(("availability_credit", "lift-1"), ("availability_credit", "lift-2"), ("breakdown_credit", "lift-1")),
        ("breakdown_credit", "lift-2", -ONE, "C62", "60", "-60.00"),
        *kept(("call_credit", "lift-1"), ("call_credit", "lift-2")),
        *kept(("entrapment_credit", "lift-1"), ("entrapment_credit", "lift-2")),
    ]
    # 960 - 60, and 19 % of it
    assert totals(october) == ("900.00", "171.00", "1071.00")


def test_the_second_step_of_the_ladder_and_a_late_response() -> None:
    november = evaluate(SLUG, "2026-11")

    assert value(november, "availability", "lift-1") == Fraction(440, 476)
    assert value(november, "calls", "lift-1") == 4 + Fraction(50, 60)
    assert value(november, "entrapments", "lift-1") == Fraction(40, 60)
    assert [one["amount"] for one in lines(november, subject="lift-1")] == [
        "480.00",
        "-48.00",
        "0.00",
        "-90.00",
        "0.00",
    ]
    assert "credit 10 % of the fee" in line(november, "availability_credit", "lift-1")["text"]
    assert "opened 2026-11-05T07:10:00Z, took 4.8334 h" in line(november, "call_credit", "lift-1")["text"]


def test_credits_come_to_half_of_a_lifts_fee_at_most() -> None:
    november = evaluate(SLUG, "2026-11")

    assert value(november, "entrapments", "lift-2") == Fraction(50, 60)
    assert [one["amount"] for one in lines(november, subject="lift-2")] == [
        "480.00",
        "0.00",
        "0.00",
        "0.00",
        "-250.00",
        "10.00",
    ]
    assert line(november, "limit")["text"] == "Limit of credits, lift-2: at most 240.00 EUR in a month"
    # 960 - 138 - 240, and 19 % of it
    assert totals(november) == ("582.00", "110.58", "692.58")
    assert findings(november) == []

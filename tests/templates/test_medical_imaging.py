"""medical_imaging, worked by hand. Working hours are 12 h from Monday to Friday and 5 h on Saturdays.

September  22 x 12 + 4 x 5 = 284 h
           maintenance on the 9th, announced a week ahead: 6 h on neither side; on the 16th 2 h, three days ahead only
           fault on the 22nd 10:00-13:30: 3.5 h; called at 10:10, there at 11:40
           fault on the 24th 8-11: 3 h. It began while the hospital's cooling water was away, so that all of it leaves
           both sides once the hospital has accepted that on 5 October
           down 2 + 3.5 = 5.5 h of 284 - 6 - 3 = 275 h: exactly 2 %
           before 5 October 8.5 h of 278 h: (98 - 26,950/278) x 3 % = 882/278 % of 9,500 = 301.4028...
October    22 x 12 + 5 x 5 = 289 h
           maintenance on the 14th 12 h, which is all of the allowance; on the 21st 2 h more, refused
           fault from Friday the 2nd 17:00 to Monday the 5th 10:00: 2 + 5 + 3 = 10 h
           called on Friday at 17:10, there on Saturday at nine: 1 h 50 min + 1 h = 2 h 50 min
           limited on the 27th, 12 h that count by half; there after exactly two hours
           up 289 - 12 - 2 - 10 - 6 = 259 h of 277 h
           (98 - 25,900/277) x 3 % = 3,738/277 % of 9,500 = 1,281.9855...
November   20 x 12 (the 11th is closed) + 4 x 5 = 260 h, all up
           called on Friday 30 October at 18:00, there on Monday at 7:30: 1 h + 5 h + 30 min = 6.5 h
"""

from fractions import Fraction

from tests.templates.worked import (
    charges,
    evaluate,
    exact_amount,
    finding,
    findings,
    line,
    measure,
    seconds,
    spans,
    totals,
    value,
    verdict,
)

SLUG, MRI = "medical_imaging", "mri-2"
H = 3600
ONE, NOTHING = Fraction(1), Fraction(0)
FEE = ("service", MRI, ONE, "MON", None, "9500.00")


def test_maintenance_counts_for_nobody_if_it_was_announced_in_time() -> None:
    september = evaluate(SLUG, "2026-09")

    assert spans(september, "maintenance", MRI) == [
        ("2026-09-09T05:00:00Z", "2026-09-09T11:00:00Z", "granted"),
        ("2026-09-16T15:00:00Z", "2026-09-16T17:00:00Z", "notice_too_late"),
    ]


def test_a_fault_that_the_hospital_caused_leaves_both_sides_to_its_end() -> None:
    september = evaluate(SLUG, "2026-09")

    assert seconds(september, "availability", MRI) == {
        "outside": (720 - 284) * H,
        "maintenance": 6 * H,
        "hospital": 3 * H,
        "up": 269 * H + 1800,
        "down": 5 * H + 1800,
    }
    assert value(september, "availability", MRI) == Fraction(98, 100)
    assert verdict(september, "promise", MRI) == "met"
    assert value(september, "calls", MRI) == Fraction(3, 2)
    assert charges(september) == [
        FEE,
        ("credit", MRI, NOTHING, "C62", None, "0.00"),
        ("late", MRI, NOTHING, "C62", None, "0.00"),
    ]
    assert totals(september) == ("9500.00", "1900.00", "11400.00")
    assert findings(september) == []


def test_before_the_hospital_accepted_it_the_fault_was_the_suppliers() -> None:
    before = evaluate(SLUG, "2026-09", "2026-10-02T00:00:00Z")

    assert spans(before, "hospital", MRI) == [("2026-09-24T06:00:00Z", "2026-09-24T08:00:00Z", "undecided")]
    assert value(before, "availability", MRI) == Fraction(539, 556)
    assert exact_amount(line(before, "credit")) == -Fraction(9500) * Fraction(882, 278) / 100
    assert line(before, "credit")["amount"] == "-301.40"
    # The call of the 22nd, too, is accepted only when fourteen days have gone by.
    assert "undecided" in finding(before, "incident_not_counted")["text"]
    # 9,198.60 and 20 % of it
    assert totals(before) == ("9198.60", "1839.72", "11038.32")


def test_a_limited_scanner_counts_by_half_and_an_allowance_used_up_is_used_up() -> None:
    october = evaluate(SLUG, "2026-10")

    assert seconds(october, "availability", MRI) == {
        "outside": (745 - 289) * H,
        "maintenance": 12 * H,
        "up": 253 * H,
        "down": 12 * H,
        "degraded:LIMITED": 12 * H,
    }
    assert value(october, "availability", MRI) == Fraction(259, 277)
    assert [reason for _, _, reason in spans(october, "maintenance", MRI)] == ["granted", "allowance_used_up"]


def test_a_shortfall_gives_a_share_of_the_fee_back_and_a_late_response_an_amount() -> None:
    october = evaluate(SLUG, "2026-10")

    assert exact_amount(line(october, "credit")) == -Fraction(9500) * Fraction(3738, 277) / 100
    assert charges(october) == [
        FEE,
        ("credit", MRI, -ONE, "C62", None, "-1281.99"),
        ("late", MRI, -ONE, "C62", "400", "-400.00"),
    ]
    assert line(october, "late")["text"] == (
        "Response to calls, mri-2: response, opened 2026-10-02T15:10:00Z, took 2.8334 h, longer than 2 h, credit"
    )
    # 20 % of 7,818.01 is 1,563.602.
    assert totals(october) == ("7818.01", "1563.60", "9381.61")


def test_a_response_counts_in_working_hours_and_exactly_two_are_in_time() -> None:
    incidents = measure(evaluate(SLUG, "2026-10"), "calls", MRI)["incidents"]

    # Call 4 is open: on Friday from six to seven and on Saturday nobody came.
    waited = {one["fact"]: (one["closed_at"] is not None, one["micros"] // 60_000_000) for one in incidents}
    assert waited == {"call-2": (True, 590), "call-3": (True, 720), "call-4-done": (False, 360)}


def test_an_incident_is_settled_in_the_month_in_which_it_ends() -> None:
    november = evaluate(SLUG, "2026-11")

    assert value(november, "availability", MRI) == 1
    assert value(november, "calls", MRI) == Fraction(13, 2)
    assert charges(november) == [
        FEE,
        ("credit", MRI, NOTHING, "C62", None, "0.00"),
        ("late", MRI, -ONE, "C62", "400", "-400.00"),
    ]
    assert "took 6.5 h, longer than 2 h" in line(november, "late")["text"]
    assert totals(november) == ("9100.00", "1820.00", "10920.00")
    assert findings(november) == ["incident_carried"]

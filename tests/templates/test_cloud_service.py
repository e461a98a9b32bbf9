"""A cloud service with 99.99 percent, four months by hand.

April has 43,200 minutes. The outage of 59 seconds does not count; that of 4 min 40 s from 10:00:30 on holds the four
whole minutes from 10:01 to 10:05: 43,196 of 43,200, which is 99.9907 %. In seconds it would have been 99.9892 %.

May has 44,640 minutes, of which five are down: 99.9888 %, a credit of 10 % of 2,000 + 4,800 x 0.08 = 2,384: 238.40.
The two days of onboarding, 1,000, are no part of it. It is claimed on 30 July, before the end of July: in time.

June has 43,200 minutes, of which 480 are down: 98.8888 %, a credit of 30 % of 2,000 + 320 = 2,320: 696. Claims end with
August; the one of midnight after it is too late.

July's invoice, of 6 August, has 2,000 + 400 and May's credit.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import (
    Statement,
    charges,
    corrected,
    evaluate,
    finding,
    findings,
    line,
    seconds,
    totals,
    value,
    verdict,
)

SLUG = "cloud_service"
CLUSTER = "cluster-1"
# What each month was billed with.
CUTOFF = {
    "2026-04": "2026-05-06T00:00:00Z",
    "2026-05": "2026-06-06T00:00:00Z",
    "2026-06": "2026-07-06T00:00:00Z",
    "2026-07": "2026-08-06T00:00:00Z",
    "2026-08": "2026-09-06T00:00:00Z",
}


def billed(name: str) -> Statement:
    return evaluate(SLUG, name, CUTOFF[name])


def month(gigabytes: int, traffic: str, onboarding: int, work: str, credit: str) -> list[tuple[object, ...]]:
    return [
        ("subscription", CLUSTER, Fraction(1), "MON", None, "2000.00"),
        ("transfer", CLUSTER, Fraction(gigabytes), "E34", "0.08", traffic),
        ("onboarding-work", CLUSTER, Fraction(onboarding), "DAY", "500", work),
        ("availability-credit", CLUSTER, Fraction(-1 if credit != "0.00" else 0), "C62", None, credit),
    ]


@pytest.mark.parametrize(
    ("name", "up", "minutes", "stands"),
    [
        ("2026-04", 43_196, 43_200, "met"),
        ("2026-05", 44_635, 44_640, "missed"),
        ("2026-06", 42_720, 43_200, "missed"),
        ("2026-07", 1, 1, "met"),
    ],
)
def test_down_time_is_counted_in_whole_minutes(name: str, up: int, minutes: int, stands: str) -> None:
    assert value(billed(name), "availability", CLUSTER) == Fraction(up, minutes)
    assert verdict(billed(name), "availability-promise", CLUSTER) == stands


def test_april_counts_four_minutes() -> None:
    found = billed("2026-04")

    assert seconds(found, "availability", CLUSTER) == {"up": 43_196 * 60, "down": 240}
    assert charges(found) == month(5000, "400.00", 0, "0.00", "0.00")
    assert totals(found) == ("2400.00", "0.00", "2400.00")


def test_an_unclaimed_credit_is_shown_and_taken_back() -> None:
    found = billed("2026-05")

    assert charges(found) == [
        *month(4800, "384.00", 2, "1000.00", "-238.40"),
        ("claims", CLUSTER, Fraction(1), "C62", None, "238.40"),
    ]
    assert line(found, "availability-credit")["text"] == (
        "Availability, cluster-1: availability 99.9887 %, below the guaranteed 99.99 %, credit 10 % of the charges"
    )
    assert line(found, "claims")["text"] == "Credits not claimed, cluster-1: availability-credit is not claimed yet"
    assert finding(found, "claim_pending")["until"] == "2026-08-01T00:00:00Z"
    assert totals(found) == ("3384.00", "0.00", "3384.00")


def test_a_claim_in_time_is_paid_with_the_next_invoice() -> None:
    found = billed("2026-07")

    assert charges(found)[:4] == month(5000, "400.00", 0, "0.00", "0.00")
    assert corrected(found) == [("2026-05", "claims", CLUSTER, "-238.40")]
    assert len(found["lines"]) == 5
    assert totals(found) == ("2161.60", "0.00", "2161.60")


def test_a_claim_too_late_is_forfeited() -> None:
    in_june = month(4000, "320.00", 0, "0.00", "-696.00")
    taken_back = ("claims", CLUSTER, Fraction(1), "C62", None, "696.00")
    pending, forfeited = (
        evaluate(SLUG, "2026-06", instant) for instant in ("2026-08-31T23:59:59Z", "2026-09-01T00:00:01Z")
    )

    assert charges(billed("2026-06")) == [*in_june, taken_back]
    # Looked at later, June's statement would have paid May's credit, which was claimed by then.
    for late in (pending, forfeited):
        assert charges(late)[:5] == [*in_june, taken_back]
        assert corrected(late) == [("2026-05", "claims", CLUSTER, "-238.40")]
    # A month without onboarding has no reading of it, which is said and costs nothing.
    assert findings(pending) == ["no_readings", "use_unknown", "claim_pending"]
    assert findings(forfeited) == ["no_readings", "use_unknown", "claim_forfeited"]
    assert corrected(billed("2026-08")) == []

"""Charging ports in the United States, by hand; minutes of outage within twelve months, of 525,600.

port-1  January 3 days = 4,320, and June 7 days 22 h 48 min = 11,448: together 15,768, which is 3 % exactly.
        Exactly 97 % is not more than 97 %. A year after January only June's minutes are left: 514,152 of 525,600.
port-2  March 13 days 21 h 20 min = 20,000, of which the utility's 3 days 11 h 20 min = 5,000 are excluded: 510,600.
port-3  August 11 days 2 h 40 min = 16,000; that 1,000 of them were vandalism was said after 50 days, 20 too late:
        509,600, which is 96.9558 %.
"""

from fractions import Fraction

import pytest

from tests.templates.worked import Statement, charges, evaluate, findings, judge, line, spans, totals, value, verdict

SLUG = "charging_us"
PORTS = ("port-1", "port-2", "port-3")
YEAR = 525_600


def month(name: str) -> Statement:
    return evaluate(SLUG, name)


def fees() -> list[tuple[object, ...]]:
    return [("operation", port, Fraction(1), "MON", None, "180.00") for port in PORTS]


def credit(port: str, amount: str | None) -> tuple[object, ...]:
    if amount is None:
        return ("uptime-credit", port, Fraction(0), "C62", None, "0.00")
    return ("uptime-credit", port, Fraction(-1), "C62", "90", amount)


@pytest.mark.parametrize(
    ("name", "port", "up", "stands"),
    [
        ("2025-12", "port-1", YEAR - 15_768, "missed"),
        ("2025-12", "port-2", YEAR - 15_000, "met"),
        ("2025-12", "port-3", YEAR - 16_000, "missed"),
        ("2026-01", "port-1", YEAR - 11_448, "met"),
        ("2026-01", "port-2", YEAR - 15_000, "met"),
        ("2026-01", "port-3", YEAR - 16_000, "missed"),
    ],
)
def test_each_port_is_judged_over_the_last_twelve_months(name: str, port: str, up: int, stands: str) -> None:
    assert value(month(name), "uptime", port) == Fraction(up, YEAR)
    assert verdict(month(name), "uptime-promise", port) == stands


def test_exactly_97_percent_misses_by_nothing() -> None:
    found = judge(month("2025-12"), "uptime-promise", "port-1")

    assert value(month("2025-12"), "uptime", "port-1") == Fraction(97, 100)
    assert (found["verdict"], found["beyond"]["fraction"]) == ("missed", ["0", "1"])
    assert line(month("2025-12"), "uptime-credit", "port-1")["text"] == (
        "Port uptime, port-1: availability 97.0000 %, not more than the guaranteed 97 %, credit"
    )


def test_an_outage_is_excluded_only_if_it_was_declared_in_time() -> None:
    assert spans(month("2025-03"), "excluded-outages", "port-2") == [
        ("2025-03-01T06:00:00Z", "2025-03-04T17:20:00Z", "granted")
    ]
    assert spans(month("2025-08"), "excluded-outages", "port-3") == [
        ("2025-08-01T05:00:00Z", "2025-08-01T21:40:00Z", "notice_too_late")
    ]


def test_before_twelve_months_are_over_nothing_is_judged() -> None:
    found = month("2025-11")

    assert [verdict(found, "uptime-promise", port) for port in PORTS] == ["not_due"] * 3
    assert charges(found) == fees()
    assert totals(found) == ("540.00", "0.00", "540.00")


def test_december_credits_two_ports() -> None:
    found = month("2025-12")

    assert charges(found) == [*fees(), credit("port-1", "-90.00"), credit("port-2", None), credit("port-3", "-90.00")]
    assert totals(found) == ("360.00", "0.00", "360.00")
    assert findings(found) == []


def test_january_credits_the_port_whose_outage_is_still_within_the_year() -> None:
    found = month("2026-01")

    assert charges(found) == [*fees(), credit("port-1", None), credit("port-2", None), credit("port-3", "-90.00")]
    assert totals(found) == ("450.00", "0.00", "450.00")


def test_two_months_of_three_give_a_right() -> None:
    assert [judge(month("2025-12"), "replacement", port)["arisen"] for port in PORTS] == [False, False, False]
    assert [judge(month("2026-01"), "replacement", port)["arisen"] for port in PORTS] == [False, False, True]

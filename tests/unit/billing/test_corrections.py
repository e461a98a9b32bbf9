"""Corrections: months billed at their cutoffs, and what later knowledge changes. Kilometres at 1 EUR each."""

import pytest

from tests.offline import amounts, knowledge, stated

CONTRACT = """
contract: c
version: 1
issuer: s
customer: b
currency: EUR
time_zone: UTC
effective_from: 2026-01-01
vat_percent: 0
assets: [{{asset: a-1, in_service_from: 2026-01-01}}]
measures:
  - {{id: km, kind: counter, window: month, metric: odometer, unit: KMT, scope: asset, on_fall: reset, jitter: 0,
     step_max: none, attribution: at_reading, rounding: none, missing: none, acceptance: not_needed}}
judges: []
prices:
  - {{id: use, kind: usage_price, text: Kilometres, of: [{{measure: km, weight: 1}}], unit: KMT,
     scheme: {{model: flat, price: 1}}, included: {included}, rollover: {rollover}, multiplier: none,
     tiers_over: month, partial_period: whole, negative: credit}}
  - {{id: late, kind: correction, cutoff_days: 3, look_back_months: {look_back}, minimum_amount: {least}}}
views: []
"""
ROLLOVER = (
    "{cap: 100, order: plan_first, expires_after_months: none, package_rest_rolls: false, on_downgrade: keep, "
    "on_suspension: keep, on_end: forfeit}"
)


def contract(look_back: int = 12, least: str = "0", included: int = 0, rollover: str = "none") -> str:
    return CONTRACT.format(look_back=look_back, least=least, included=included, rollover=rollover)


# 100 km in January, 50 in February, 20 in March; 30 of January's were received on 10 February only.
READINGS = [
    "odometer,2025-12-31T00:00:00Z,1000",
    "odometer,2026-01-20T00:00:00Z,1070",
    "odometer,2026-01-31T00:00:00Z,1100,2026-02-10T00:00:00Z",
    "odometer,2026-02-28T00:00:00Z,1150",
    "odometer,2026-03-31T00:00:00Z,1170",
]


def test_a_month_is_stated_as_it_was_known_then() -> None:
    assert amounts(stated(knowledge([contract()], READINGS, known_at="2026-02-04T00:00:00+00:00"), "2026-01")) == [
        ("use", "70.00")
    ]
    assert amounts(stated(knowledge([contract()], READINGS), "2026-01")) == [("use", "100.00")]


def test_what_came_after_the_cutoff_corrects_its_own_month_on_the_next_statement() -> None:
    found = stated(knowledge([contract()], READINGS, known_at="2026-03-04T00:00:00+00:00"), "2026-02")

    # February itself is 50, not the 80 that lie between what was known at the two cutoffs.
    assert amounts(found) == [("use", "50.00"), ("use 2026-01", "30.00")]
    assert found["lines"][1]["service"] == {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
    assert found["net"] == "80.00"


def test_a_correction_is_billed_once() -> None:
    assert amounts(stated(knowledge([contract()], READINGS), "2026-03")) == [("use", "20.00")]


def test_all_statements_together_come_to_all_use() -> None:
    known = {"2026-01": "2026-02-04", "2026-02": "2026-03-04", "2026-03": "2026-04-04"}

    found = [stated(knowledge([contract()], READINGS, known_at=f"{at}T00:00:00+00:00"), m) for m, at in known.items()]

    assert sum(float(one["net"]) for one in found) == 170


def test_months_beyond_the_look_back_stay_as_billed() -> None:
    later = [*READINGS[:2], READINGS[2].replace("2026-02-10", "2026-04-02"), *READINGS[3:]]

    def march(look_back: int) -> list[tuple[str, str]]:
        known = knowledge([contract(look_back)], later, known_at="2026-04-04T00:00:00+00:00")
        return amounts(stated(known, "2026-03"))

    # Until 2 April the 30 km of January's end seemed to be February's.
    assert march(2) == [("use", "20.00"), ("use 2026-01", "30.00"), ("use 2026-02", "-30.00")]
    assert march(1) == [("use", "20.00"), ("use 2026-02", "-30.00")]


@pytest.mark.parametrize(("least", "expected"), [("30", 2), ("30.01", 1)])
def test_a_month_that_differs_by_less_than_the_minimum_stays_as_billed(least: str, expected: int) -> None:
    known = knowledge([contract(least=least)], READINGS, known_at="2026-03-04T00:00:00+00:00")

    assert len(stated(known, "2026-02")["lines"]) == expected


def test_a_balance_carried_forward_is_recomputed_by_a_late_reading() -> None:
    # 90 included a month. January uses 70 as known by its cutoff and carries 20; in truth it uses 100, carries nothing
    # and owes 10. February uses 50 of its own 90 either way.
    text = contract(included=90, rollover=ROLLOVER)

    assert amounts(stated(knowledge([text], READINGS, known_at="2026-02-04T00:00:00+00:00"), "2026-01"))[0][1] == "0.00"
    found = stated(knowledge([text], READINGS, known_at="2026-03-04T00:00:00+00:00"), "2026-02")
    assert [line for line in amounts(found) if line[1] != "0.00"] == [("use 2026-01", "10.00")]


def test_the_same_knowledge_gives_the_same_bytes() -> None:
    shuffled = [READINGS[3], READINGS[0], READINGS[4], READINGS[2], READINGS[1], READINGS[0]]

    assert stated(knowledge([contract()], READINGS), "2026-02") == stated(knowledge([contract()], shuffled), "2026-02")

"""Windows of several months, pools and streaks, through whole statements. Days of states, checked by hand."""

from typing import Any

from tests.offline import knowledge, stated

CONTRACT = """
contract: c
version: 1
issuer: s
customer: b
currency: EUR
time_zone: UTC
effective_from: 2026-01-01
vat_percent: 0
assets: [{{asset: a-1, in_service_from: 2026-01-01}}, {{asset: a-2, in_service_from: {second}}}]
measures:
  - {{id: uptime, kind: availability, window: {window}, metric: state, scope: {scope}, up: [up], down: [down],
     unknown: [], out: [], degraded: {{}}, service_hours: always, exclusions: [], shaping: none,
     unknown_rule: {{carry_seconds: 31622400, then: down, coverage_min_percent: none}}, denominator: counted}}
judges:
  - {{id: promise, kind: threshold, measure: uptime, comparison: more_than, percent: 90}}
  - {{id: exit, kind: streak, judge: promise, verdict: missed, count: 2, within: 3, right: the customer may terminate}}
prices:
  - {{id: fee, kind: fixed_fee, text: Fee, amount: 100, per: contract, interval_months: 1, billed: in_arrears,
     proration: none, free_of_charge: []}}
views: []
"""
ROLLING = "{kind: rolling, months: 3, partial: wait}"
YEAR = "{kind: calendar, months: 12, partial: judge}"


def days(days_down: int, month: int, asset: str = "a-1") -> list[str]:
    """Up from the month's first instant, but for its last days before the 28th."""
    down = f"2026-{month:02}-{28 - days_down:02}T00:00:00Z"
    found = [f"state,2026-{month:02}-01T00:00:00Z,up", f"state,{down},down", f"state,2026-{month:02}-28T00:00:00Z,up"]
    return [f"{asset},{row}" for row in (found if days_down else found[:1])]


# Days down: 7 in January, 2 in February, 8 in March, none in April; the second asset is never down.
READINGS = [
    *days(7, 1),
    *days(2, 2),
    *days(8, 3),
    *days(0, 4),
    *(row for month in (1, 2, 3, 4) for row in days(0, month, "a-2")),
]


def contract(window: str = "month", scope: str = "asset", second: str = "2026-01-01") -> str:
    return CONTRACT.format(window=window, scope=scope, second=second)


def part(text: str, month: str) -> dict[str, Any]:
    (found,) = stated(knowledge([text], READINGS, assets=("a-1", "a-2")), month)["parts"]
    return dict(found)


def share(found: dict[str, Any], subject: str) -> list[str] | None:
    (one,) = (m for m in found["measures"] if m["subject"] == subject)
    return None if one["value"] is None else list(one["value"]["fraction"])


def judged(found: dict[str, Any], judge: str, subject: str) -> dict[str, Any]:
    (one,) = (j for j in found["judges"] if (j["judge"], j["subject"]) == (judge, subject))
    return dict(one)


def test_a_rolling_window_waits_until_it_is_full_and_then_moves_on() -> None:
    text = contract(ROLLING)

    assert judged(part(text, "2026-02"), "promise", "a-1")["verdict"] == "not_due"
    # 90 days with 17 down, then 89 days (February to April) with 10 down.
    assert share(part(text, "2026-03"), "a-1") == ["73", "90"]
    assert share(part(text, "2026-04"), "a-1") == ["79", "89"]


def test_a_calendar_year_is_judged_in_december_and_shows_what_it_has_come_to() -> None:
    found = part(contract(YEAR), "2026-03")

    (one,) = (m for m in found["measures"] if m["subject"] == "a-1")
    assert (one["state"], one["value"], one["so_far"]["fraction"]) == ("not_due", None, ["73", "90"])
    assert judged(found, "promise", "a-1")["verdict"] == "not_due"


def test_a_streak_gives_a_right_once_enough_of_the_last_months_were_missed() -> None:
    text = contract()

    # 24/31 missed, 26/28 met, 23/31 missed, all of April met.
    assert [judged(part(text, f"2026-0{m}"), "promise", "a-1")["verdict"] for m in (1, 2, 3, 4)] == [
        "missed",
        "met",
        "missed",
        "met",
    ]
    rights = [judged(part(text, f"2026-0{m}"), "exit", "a-1") for m in (1, 2, 3, 4)]
    assert [one["arisen"] for one in rights] == [False, False, True, False]
    assert rights[2]["counted"] == [["2026-01", "missed"], ["2026-02", "met"], ["2026-03", "missed"]]


def test_a_pool_adds_time_and_a_mean_adds_shares() -> None:
    # The second asset is there for the last 10 days of January only, always up.
    pooled = share(part(contract(scope="pooled", second="2026-01-22"), "2026-01"), "*")
    mean = share(part(contract(scope="mean", second="2026-01-22"), "2026-01"), "*")

    assert pooled == ["34", "41"]
    assert mean == ["55", "62"]


def test_exactly_at_a_strict_promise_is_missed() -> None:
    readings = ["state,2026-01-01T00:00:00Z,up", "state,2026-04-01T00:00:00Z,down", "state,2026-04-04T00:00:00Z,up"]

    (april,) = stated(knowledge([contract()], readings, assets=("a-1", "a-2")), "2026-04")["parts"]

    # 27 of 30 days.
    assert judged(april, "promise", "a-1") | {"kind": ""} == {
        "judge": "promise",
        "kind": "",
        "subject": "a-1",
        "verdict": "missed",
        "target": {"fraction": ["9", "10"], "decimal": "0.9", "exact": True},
        "beyond": {"fraction": ["0", "1"], "decimal": "0", "exact": True},
    }

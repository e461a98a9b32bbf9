"""Months that an amendment cuts or changes: what goes on, and what is settled. Kilometres, a month's at a time."""

from tests.offline import amounts, knowledge, stated

CONTRACT = """
contract: c
version: {version}
issuer: s
customer: b
currency: EUR
time_zone: UTC
effective_from: {since}
vat_percent: 0
assets: [{{asset: a-1, in_service_from: 2026-01-01}}]
measures:
  - {{id: km, kind: counter, window: month, metric: odometer, unit: KMT, scope: asset, on_fall: reset, jitter: 0,
     step_max: none, attribution: interpolate, rounding: none, missing: none, acceptance: not_needed}}
judges: []
prices:
  - {{id: {price}, kind: usage_price, text: Kilometres, of: [{{measure: km, weight: 1}}], unit: KMT,
     scheme: {scheme}, included: {included}, rollover: {rollover}, multiplier: none,
     tiers_over: month, partial_period: {partial}, negative: credit}}
views: []
"""
FLAT = "{model: flat, price: 1}"
TIERS = "{model: graduated, tiers: [{up_to: 20, price: 1}, {price: 0.5}]}"
ROLLOVER = (
    "{cap: 100, order: plan_first, expires_after_months: none, package_rest_rolls: false, on_downgrade: keep, "
    "on_suspension: keep, on_end: {refund_price: 0.25}}"
)
# One kilometre each day, at midnight.
READINGS = [f"odometer,2026-0{1 + n // 31}-{1 + n % 31:02}T00:00:00Z,{n}" for n in range(31 + 28)]


def contract(
    version: int = 1,
    since: str = "2026-01-01",
    price: str = "use",
    scheme: str = FLAT,
    included: int = 0,
    rollover: str = "none",
    partial: str = "whole",
) -> str:
    return CONTRACT.format(
        version=version,
        since=since,
        price=price,
        scheme=scheme,
        included=included,
        rollover=rollover,
        partial=partial,
    )


def test_each_version_prices_its_own_part_of_the_month() -> None:
    versions = [contract(), contract(2, "2026-01-11", scheme="{model: flat, price: 2}")]

    found = stated(knowledge(versions, READINGS), "2026-01")

    # Ten days at 1, twenty-one at 2.
    assert amounts(found) == [("use", "10.00"), ("use", "42.00")]
    assert [(part["version"], part["from"]) for part in found["versions"]] == [
        (1, "2026-01-01T00:00:00Z"),
        (2, "2026-01-11T00:00:00Z"),
    ]


def test_tiers_of_a_cut_month_follow_the_agreed_rule() -> None:
    def january(partial: str) -> list[tuple[str, str]]:
        versions = [contract(scheme=TIERS, partial=partial), contract(2, "2026-01-11", scheme=TIERS, partial=partial)]
        return amounts(stated(knowledge(versions, READINGS), "2026-01"))

    # 10 km, then 21 km: each part by itself; the second going on where the first ended; tiers of 200/31 and 420/31 km.
    assert january("whole") == [("use", "10.00"), ("use", "20.00"), ("use", "0.50")]
    assert january("continue") == [("use", "10.00"), ("use", "10.00"), ("use", "5.50")]
    assert january("prorate") == [("use", "6.45"), ("use", "1.77"), ("use", "13.55"), ("use", "3.73")]


def test_a_price_that_an_amendment_drops_is_settled_as_if_the_contract_ended() -> None:
    versions = [contract(included=41, rollover=ROLLOVER), contract(2, "2026-02-01", price="other")]

    # 10 of 41 kilometres were left.
    assert amounts(stated(knowledge(versions, READINGS), "2026-01")) == [("use", "0.00"), ("use", "-2.50")]
    assert amounts(stated(knowledge(versions, READINGS), "2026-02")) == [("other", "27.00")]


def test_a_price_that_an_amendment_keeps_carries_on() -> None:
    versions = [contract(included=41, rollover=ROLLOVER), contract(2, "2026-02-01", included=20, rollover=ROLLOVER)]

    # February: 27 of 20 and the 10 carried.
    assert amounts(stated(knowledge(versions, READINGS), "2026-02")) == [("use", "0.00")]

"""Terms in plain words."""

from contracts.contract import Contract
from contracts.document import contract_of, parse_contract
from tests.world import CONTRACT
from web.words import finding_words, refusal_words, term_words, verdict_words


def contract(text: str = CONTRACT) -> Contract:
    _, written = parse_contract(text, "contract.yaml")
    return contract_of(written)


def words(text: str = CONTRACT) -> dict[str, str]:
    agreed = contract(text)
    return {t.id: " ".join(term_words(t, agreed)).replace("\N{NO-BREAK SPACE}", " ") for t in agreed.terms}


def test_a_price_for_each_unit() -> None:
    assert words()["km"].startswith("EUR 0.1 for each km used in the month.")
    assert "each by itself" in words()["km"]


def test_graduated_prices_name_every_step() -> None:
    tiers = "tiers: [{up_to: 1000, price: 0.10}, {up_to: 5000, price: 0.08}, {price: 0.05}]"
    text = CONTRACT.replace("scope: asset, price: 0.10", f"scope: pooled, {tiers}")

    assert "EUR 0.1 up to 1,000; EUR 0.08 from there up to 5,000; EUR 0.05 beyond 5,000 (per km)" in words(text)["km"]
    assert "counted together" in words(text)["km"]


def test_a_guarantee_says_what_counts_and_at_whose_cost_unknown_time_goes() -> None:
    text = CONTRACT.replace("planned_allowance_hours: 0", "planned_allowance_hours: 8").replace(
        "planned_windows: []", 'planned_windows: [{weekday: wednesday, from: "19:00", until: "22:00"}]'
    )
    for then, said in (
        ("exclude", "is left out of the reckoning altogether"),
        ("down", "counts as down"),
        ("up", "counts as up"),
    ):
        sentence = words(text.replace("then: exclude", f"then: {then}"))["uptime"]
        assert f"time beyond that is unknown and {said}" in sentence
    assert (
        "Planned work Wednesday 19:00–22:00 is left out, up to 8 hours a month, in time order." in words(text)["uptime"]
    )
    assert "Up is “RUNNING”; down is “FAULT” of the state “state”." in words()["uptime"]


def test_weekly_hours_join_days_that_are_alike() -> None:
    text = CONTRACT.replace('saturday: ["00:00-24:00"]', 'saturday: ["08:00-12:00", "13:00-17:00"]').replace(
        '["00:00-24:00"]', '["06:00-22:00"]'
    )
    assert (
        "Time counts Monday to Friday 06:00–22:00, Saturday 08:00–12:00 and 13:00–17:00, Sunday 06:00–22:00"
        in (words(text)["uptime"])
    )
    assert "around the clock" in words()["uptime"]


def test_credits_are_told_as_steps_or_by_started_points() -> None:
    assert "5 % below 99 %, 20 % below 95 %; at most 20 % of it" in words()["uptime"]
    ladder = "ladder: [{below: 99, percent: 5}, {below: 95, percent: 20}]"
    text = CONTRACT.replace(ladder, "per_started_point: {points: 1, percent: 5}")
    assert "5 % of the fee “Truck” for each started percentage point of shortfall" in words(text)["uptime"]


def test_how_a_promise_stands_in_a_running_month_is_not_a_verdict() -> None:
    assert verdict_words("missed") == "missed"
    assert verdict_words("missed", True) == "below so far"


def test_refusals_and_findings_are_sentences() -> None:
    assert refusal_words(None) == "left out"
    assert "allowance" in refusal_words("allowance_used_up")
    assert finding_words({"kind": "reset", "text": "fell: counted on from zero"}) == (
        "The counter started again: fell: counted on from zero."
    )

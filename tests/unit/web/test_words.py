"""Parts of a contract in plain words, and results of any kind."""

from pathlib import Path
from typing import Any, Final, get_args

import pytest

from contracts.contract import Contract
from contracts.document import contract_of, parse_contract
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice
from tests.world import CONTRACT
from web.words.judges import JUDGES
from web.words.measures import MEASURES
from web.words.parts import FILTERS, class_words, finding_words, reason_words, term_words, value_words, verdict_words
from web.words.prices import PRICES

_WEEK: Final = (
    "{weekly: {monday: ['06:00-22:00'], tuesday: ['06:00-22:00'], wednesday: ['06:00-22:00'],"
    " thursday: ['06:00-22:00'], friday: ['06:00-22:00'], saturday: ['08:00-12:00', '13:00-17:00'],"
    " sunday: ['06:00-22:00']}, closed_on: []}"
)
_PLANNED: Final = """judges:
  - id: planned
    kind: planned_window
    weekly: [{weekday: wednesday, from: "19:00", until: "22:00"}]
    announced: {causes: [workshop], declared_by: [supplier], notice_hours: 48,
                acceptance: {days: 14, silence: accepted}}
    service_hours: always
    allowance: {hours: 8, per: month, partial_period: whole}
"""


def contract(text: str = CONTRACT) -> Contract:
    _, written = parse_contract(text, "contract.yaml")
    return contract_of(written)


def words(text: str = CONTRACT) -> dict[str, str]:
    agreed = contract(text)
    parts: list[AnyMeasure | AnyJudge | AnyPrice] = [*agreed.measures, *agreed.judges, *agreed.prices]
    return {t.id: " ".join(term_words(t, agreed)).replace("\N{NO-BREAK SPACE}", " ") for t in parts}


TEMPLATES: Final = sorted((Path(__file__).parents[3] / "contracts" / "templates").glob("*/contract*.yaml"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name)
def test_every_part_of_every_template_has_its_sentences(path: Path) -> None:
    for name, sentences in words(path.read_text()).items():
        assert sentences.endswith("."), name
        assert "None" not in sentences, name


def test_every_kind_has_words() -> None:
    kinds = [kind for union in (AnyMeasure, AnyJudge, AnyPrice) for kind in get_args(get_args(union)[0])]

    assert set(kinds) == MEASURES.keys() | JUDGES.keys() | PRICES.keys()


def test_a_price_for_each_unit() -> None:
    assert words()["km"].startswith("EUR 0.1 for each km used in the month.")
    assert "each asset by itself" in words()["distance"]


def test_graduated_prices_name_every_step() -> None:
    tiers = "{model: graduated, tiers: [{up_to: 1000, price: 0.10}, {up_to: 5000, price: 0.08}, {price: 0.05}]}"
    text = CONTRACT.replace("{model: flat, price: 0.10}", tiers).replace(
        "scope: asset, on_fall", "scope: pooled, on_fall"
    )

    assert "EUR 0.1 up to 1,000; EUR 0.08 from there up to 5,000; EUR 0.05 beyond 5,000 (per km)" in words(text)["km"]
    assert "all assets together" in words(text)["distance"]


def test_an_availability_says_what_counts_and_at_whose_cost_unknown_time_goes() -> None:
    for then, said in (
        ("exclude", "is left out of the reckoning altogether"),
        ("down", "counts as down"),
        ("up", "counts as up"),
    ):
        sentence = words(CONTRACT.replace("then: exclude", f"then: {then}"))["availability"]
        assert f"time beyond that is unknown and {said}" in sentence
    assert "Up is “RUNNING”; down is “FAULT” of the state “state”." in words()["availability"]


def test_planned_work_says_when_how_it_is_announced_and_how_much() -> None:
    text = CONTRACT.replace("judges:\n", _PLANNED).replace(
        "exclusions: []", "exclusions: [{judge: planned, mode: out, causality: overlap}]"
    )

    assert words(text)["planned"] == (
        "Planned work: Wednesday 19:00–22:00. Further work (“workshop”) that the supplier announced 48 hours before; "
        "the other side has 14 days to answer, and its silence means accepted. At most 8 hours a month, in time order; "
        "what counts against it is time around the clock."
    )
    assert "What “planned” grants is left out of the reckoning." in words(text)["availability"]


def test_weekly_hours_join_days_that_are_alike() -> None:
    text = CONTRACT.replace("service_hours: always", f"service_hours: {_WEEK}")

    assert (
        "Time counts Monday to Friday 06:00–22:00, Saturday 08:00–12:00 and 13:00–17:00, Sunday 06:00–22:00"
        in (words(text)["availability"])
    )
    assert "around the clock" in words()["availability"]


def test_credits_are_told_as_steps_or_by_started_points() -> None:
    assert "of “Truck”: 5 % below 99 %, 20 % below 95 %; at most 20 % of it" in words()["uptime"]
    ladder = "form: ladder, tiers: [{below: 99, percent: 5}, {below: 95, percent: 20}]"
    text = CONTRACT.replace(ladder, "form: per_started_point, points: 1, percent: 5")
    assert "5 % of “Truck” for each started point of shortfall; at most 20 % of it" in words(text)["uptime"]


def test_a_promise_says_how_it_compares() -> None:
    assert words()["promise"] == "“availability” is at least 99 %."


def test_how_a_promise_stands_in_a_running_month_is_not_a_verdict() -> None:
    assert verdict_words("missed") == "missed"
    assert verdict_words("missed", True) == "below so far"


def test_reasons_and_findings_are_words_and_one_without_words_shows_its_name() -> None:
    assert reason_words("allowance_used_up") == "the allowance was used up"
    assert reason_words("something_new") == "something new"
    assert finding_words({"kind": "reset", "text": "fell: counted on from zero"}) == (
        "The counter started again: fell: counted on from zero."
    )
    assert finding_words({"kind": "gap_attributed", "text": "as on record"}) == "Gap attributed: as on record."


def test_classes_of_time_say_what_became_of_them() -> None:
    assert class_words("up") == "up"
    assert class_words("out:planned") == "planned, left out"
    assert class_words("up:strike") == "strike, counted as up"
    assert class_words("degraded:SLOW") == "degraded: SLOW"
    assert class_words("state1:RUNNING") == "RUNNING"


def value(number: list[str] | None, kind: str, unit: str = "", **more: Any) -> str:
    shown = None if number is None else {"fraction": number}
    content = {"kind": kind, "unit": unit, "state": "defined" if number else "undefined", "value": shown}
    return value_words(content | more).replace("\N{NO-BREAK SPACE}", " ")


def test_values_of_any_kind_have_their_unit_and_are_never_rounded_up() -> None:
    assert value(["73", "74"], "availability") == "98.6486 %"
    assert value(["2", "3"], "time_in_state", "HUR") == "0.6666 h"
    assert value(["-2", "3"], "saving", "KWH") == "−0.6666 kWh"
    assert value(["1769", "1"], "counter", "KMT") == "1,769 km"
    assert value(["3", "1"], "incident_list", "C62") == "3"
    assert value(["7", "8"], "ratio") == "0.875"
    assert value(None, "counter", "KMT") == "nothing to measure"
    assert value(None, "counter", "KMT", so_far={"fraction": ["5", "1"]}) == "5 km so far"


def test_a_shortfall_is_in_points_of_a_share_and_in_the_unit_of_a_quantity() -> None:
    beyond = FILTERS["beyond_words"]
    (promise,) = contract().judges
    missed = {"verdict": "missed", "beyond": {"fraction": ["-13", "3700"]}}

    # 73/74 against 99 %: 26/7400 short, which is 0.35135… points.
    assert beyond(missed, promise, "") == "falls short by 0.3513 percentage points"

"""Contract files that contradict themselves, their metrics, or the version before: one line where the fault lies."""

import copy
from decimal import Decimal
from typing import Any, Final

import pytest

from contracts.amendments.succession import check_succession
from contracts.contract import Contract
from contracts.document import check_document, contract_of
from tests.contract_files import (
    Where,
    assert_named,
    at,
    catalogue_faults,
    changed,
    content,
    document_of,
    faults_of,
    parsed,
    place,
    spelled,
)
from vouch.errors import Conflict


def test_the_example_fits_its_metrics() -> None:
    assert catalogue_faults(content()) == []


Changes = dict[Any, Any]

# (part, what is changed in it, where the fault lies in it, words of the fault)
CONTRADICTIONS: Final[list[tuple[str, Changes, Where, str]]] = [
    # measures
    ("km", {"modulus": None}, (), "'modulus' belongs to 'on_fall: rollover'"),
    ("km", {"on_fall": "reset"}, (), "'modulus' belongs to 'on_fall: rollover'"),
    ("km", {"jitter": 1_000_000}, (), "'jitter' must be smaller than 'modulus'"),
    ("km", {"step_max": Decimal("0.5")}, (), "'step_max' must be greater than 'jitter'"),
    ("km-fleet", {"window": {"kind": "calendar", "months": 5, "partial": "judge"}}, ("window",), "divides a year"),
    ("km-fleet", {"window": {"kind": "life", "months": 5, "partial": "judge"}}, ("window",), "'months' is needed"),
    ("km-fleet", {"window": {"kind": "rolling", "partial": "judge"}}, ("window",), "'months' is needed"),
    ("energy", {"of": {"constant": 1, "mean_over_seconds": 1}}, ("of", "mean_over_seconds"), "unknown key"),
    ("running", {"unknown": ["DOWN"]}, (), "'states' and 'unknown'"),
    ("running", {("unknown_rule", "then"): "exclude"}, (), "no other side"),
    ("uptime", {"down": ["RUNNING"]}, (), "each state is in one of"),
    ("uptime", {"out": ["LOST"]}, (), "each state is in one of"),
    ("uptime", {"degraded": {"HALF": Decimal("0.5")}}, (), "'degraded' is empty, or 'shaping' none"),
    ("uptime", {"exclusions": [{"judge": "planned", "mode": "out", "causality": "began_within"}]}, ("exclusions", 0),
     "belongs to 'mode: void_down'"),
    ("uptime", {"exclusions": [{"judge": "planned", "mode": mode, "causality": "overlap"} for mode in ("out", "up")]},
     (), "each judge is in 'exclusions' once"),
    ("uptime", {"unknown_rule": {"carry_seconds": 1, "then": "attribute", "coverage_min_percent": 1}},
     ("unknown_rule",), "are needed there"),
    ("uptime", {"unknown_rule": {"carry_seconds": 1, "then": "up", "otherwise": "up", "coverage_min_percent": 1}},
     ("unknown_rule",), "belong to 'then: attribute'"),
    ("uptime", {"unknown_rule": {"carry_seconds": 1, "then": "attribute", "otherwise": "attribute",
                                 "acceptance": "not_needed", "coverage_min_percent": 1}},
     ("unknown_rule",), "'otherwise' is up, down or exclude"),
    ("uptime", {"service_hours": {"weekly": {"monday": ["06:00-12:00", "11:00-22:00"]}, "closed_on": []}},
     ("service_hours",), "do not overlap"),
    ("uptime", {"service_hours": {"weekly": {"monday": ["12:00-06:00"]}, "closed_on": []}},
     ("service_hours", "weekly", "monday", 0), "end later"),
    ("climate", {"low": None, "high": None}, (), "'low' or 'high' is needed"),
    ("climate", {"low": 9}, (), "'high' must be above 'low'"),
    ("climate", {"hysteresis": 4}, (), "twice the hysteresis"),
    ("stops", {"value": "longest_response_hours"}, (), "a response is known from facts only"),
    ("quality", {"numerator": ["energy", "energy"]}, ("numerator", 1), "named twice"),
    ("quality", {"numerator": ["energy", "km-fleet"]}, ("numerator", 1), "cannot be expressed in KWH"),
    ("quality", {"numerator": ["pages"]}, ("denominator", 0), "'energy' is for all assets together"),
    ("quality", {"numerator": ["quality"]}, ("numerator", 0), "names itself"),
    ("quality", {"numerator": ["uptime"]}, ("numerator", 0), "of kind availability; expected: a measure of a quantity"),
    ("oee", {"factors": ["uptime", "uptime"]}, ("factors", 1), "named twice"),
    ("oee", {"factors": ["uptime", "produced"]}, ("factors", 1), "'produced' is for all assets together"),
    ("produced", {"lost": "km-fleet"}, ("lost",), "cannot be expressed in KWH"),
    ("saved", {"unit": "KMT"}, ("actual",), "cannot be expressed in KMT"),
    ("saved", {"actual": "km"}, ("actual",), "cannot be expressed in KWH"),
    # judges
    ("promise", {"value": 5}, (), "either 'percent' or 'value'"),
    ("promise", {"percent": None}, (), "either 'percent' or 'value'"),
    ("promise", {"measure": "calls"}, ("measure",), "of kind incident_list; expected: a measure of a share"),
    ("response", {"measure": "uptime"}, ("measure",), "of kind availability; expected: a measure of a quantity"),
    ("oil-change", {"due": {"measure": "energy", "every": 5}}, ("due", "measure"), "is not a counter"),
    ("oil-change", {"due": {"measure": "uptime", "every": 5}}, ("due", "measure"), "expected: a measure of a quantity"),
    ("planned", {"weekly": [], "announced": "none"}, (), "there are no windows"),
    ("planned", {"weekly": [{"weekday": "monday", "from": "04:00", "until": "02:00"}]}, ("weekly", 0), "later"),
    ("exit", {"within": 1}, (), "'within' is at least 'count'"),
    ("exit", {"judge": "planned"}, ("judge",), "of kind planned_window; expected: a threshold"),
    ("overload", {"low": None, "high": None}, (), "'low' or 'high' is needed"),
    ("overload", {"low": 11500}, (), "'high' must be above 'low'"),
    # prices
    ("fee", {"free_of_charge": [{"from": "2026-02-01", "until": "2026-02-01"}]}, ("free_of_charge", 0), "later"),
    ("distance", {"scheme": {"model": "graduated", "tiers": [{"up_to": 5, "price": 1}]}}, ("scheme",), "no 'up_to'"),
    ("distance", {"scheme": {"model": "volume", "tiers": [{"up_to": n, "price": 1} for n in (5, 4, None)]}},
     ("scheme",), "tiers rise"),
    ("distance", {"scheme": {"model": "volume", "tiers": [{"price": 1}, {"price": 2}]}}, ("scheme",), "tiers rise"),
    ("distance", {"scheme": {"model": "flat", "price": 1, "tiers": []}}, ("scheme", "tiers"), "unknown key"),
    ("distance", {"unit": "KWH"}, ("of", 0, "measure"), "cannot be expressed in KWH"),
    ("distance", {"of": [{"measure": "km", "weight": 1}] * 2}, ("of", 1, "measure"), "named twice"),
    ("distance", {"of": [{"measure": "uptime", "weight": 1}]}, ("of", 0, "measure"), "of kind availability"),
    ("distance", {"of": [{"measure": "km-fleet", "weight": 1}], "multiplier": "none"}, ("of", 0, "measure"), "month"),
    ("distance", {"included": 0}, (), "'included' is above zero"),
    ("distance", {"tiers_over": {"kind": "life", "partial": "judge"}}, (), "'tiers_over' is month"),
    ("distance", {"tiers_over": {"kind": "rolling", "months": 3, "partial": "judge"}}, ("tiers_over",), "settled once"),
    ("distance", {"multiplier": {"measure": "quality", "table": [{"factor": 1}], "undefined": 1}},
     ("multiplier", "measure"), "'quality' is for all assets together"),
    ("distance", {"multiplier": {"measure": "running", "table": [{"up_to": 1, "factor": 1}], "undefined": 1}},
     ("multiplier",), "no 'up_to'"),
    ("electricity", {"rollover": parsed()["prices"][3]["rollover"], "tiers_over": "month", "included": 5}, (),
     "'model: package'"),
    ("distance-commitment", {"commitment": {"of": ["electricity", "fee", "fee"], "amount": 1}},
     ("commitment", "of", 2), "named twice"),
    ("distance-commitment", {"commitment": {"of": ["ceiling"], "amount": 1}}, ("commitment", "of", 0), "listed below"),
    ("distance-commitment", {"reduced_by": ["promise"]}, ("reduced_by", 0), "expected: a judge of spans"),
    ("ceiling", {"of": ["ceiling"]}, ("of", 0), "names itself"),
    ("ceiling", {"window": {"kind": "rolling", "months": 3, "partial": "judge"}}, ("window",), "settled once"),
    ("ladder", {"of": "response"}, ("of",), "a ladder is for a promise of at least"),
    ("ladder", {"of": "calls"}, ("of",), "of kind incident_list; expected: a threshold"),
    ("ladder", {"of": "effectiveness"}, ("credit", "tiers", 0, "below"), "the promise, 60"),
    ("ladder", {("credit", "base"): ["electricity"]}, ("credit", "base", 0), "'electricity' is for all assets"),
    ("ladder", {("credit", "base"): ["fee", "fee"]}, ("credit", "base", 1), "named twice"),
    ("ladder", {("credit", "base"): ["ladder"]}, ("credit", "base", 0), "names itself"),
    ("ladder", {("credit", "tiers", 1, "below"): 98}, ("credit",), "'below' falls"),
    ("ladder", {("credit", "tiers", 1, "below"): 99}, ("credit",), "'below' falls"),
    ("ladder", {("credit", "tiers", 1, "percent"): 5}, ("credit",), "'percent' rises"),
    ("ladder", {("credit", "tiers"): [{"below": 97, "percent": 5}]}, ("credit", "tiers", 0, "below"), "without a step"),
    ("points", {("credit", "base"): ["platform"]}, ("credit", "base", 0), "'platform' is for all assets together"),
    ("standstill", {"of": "promise"}, ("of",), "of kind threshold; expected: an incident list"),
    ("slow-response", {"of": "stops"}, ("credit", "limit_of"), "a response is known from facts only"),
    ("flat-credit", {"of": "km"}, ("of",), "of kind counter; expected: a threshold"),
    ("thanks", {("earned", "base"): ["platform"]}, ("earned", "base", 0), "'platform' is for all assets together"),
    ("thanks", {"of": "planned"}, ("of",), "of kind planned_window; expected: a threshold"),
    ("shared", {"measure": "energy"}, ("measure",), "of kind event_sum; expected: a saving"),
    ("overloaded", {"judge": "promise"}, ("judge",), "of kind threshold; expected: a judge of spans"),
    ("no-bonus", {("consequence", "prices"): ["fee"]}, ("consequence", "prices", 0), "expected: a remedy or bonus"),
    ("no-bonus", {("consequence", "prices"): ["combined"]}, ("consequence", "prices", 0), "of kind combination"),
    ("combined", {"of": ["ladder", "ladder"]}, ("of", 1), "named twice"),
    ("combined", {"of": ["fee"]}, ("of", 0), "of kind fixed_fee; expected: a remedy or bonus"),
    ("combined", {"of": ["thanks"]}, ("of",), "there is no remedy among these"),
    ("combined", {("cap_per_window", "cap", "of"): ["platform"]}, ("cap_per_window", "cap", "of", 0), "all assets"),
    ("combined-stops", {"of": ["ladder"]}, ("of", 0), "'ladder' is in a combination already"),
    ("combined-stops", {("cap_per_month", "of"): ["platform"]}, ("cap_per_month", "of", 0), "all assets together"),
    ("index", {"fixed_percent": 39}, (), "add up to 100"),
    ("index", {"min_factor_percent": 121}, (), "is at least"),
    ("index", {"of": ["ladder"]}, ("of", 0), "of kind remedy; expected: "),
    ("index", {"of": ["fee", "fee"]}, ("of", 1), "named twice"),
    # views
    ("both-sides", {"supplier": "uptime"}, ("supplier",), "nothing could differ"),
    ("both-sides", {"supplier": "climate"}, ("supplier",), "no availability"),
    ("both-sides", {"id": "fee"}, ("id",), "'fee' names two parts"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes", "inner", "words"),
    CONTRADICTIONS,
    ids=[f"{name}-{n}" for n, (name, *_) in enumerate(CONTRADICTIONS)],
)
def test_a_contradiction_is_refused_where_it_lies(name: str, changes: Changes, inner: Where, words: str) -> None:
    value = content()
    for key, to in changes.items():
        where = (*place(name), *(key if isinstance(key, tuple) else (key,)))
        if to is None:
            del at(value, where[:-1])[where[-1]]
        else:
            at(value, where[:-1])[where[-1]] = copy.deepcopy(to)

    found = assert_named(value, (*place(name), *inner), of=2)
    assert any(words in fault for fault in found), found


def test_every_kind_of_part_has_a_contradiction_or_nothing_to_contradict() -> None:
    named = {at(parsed(), place(name))["kind"] for name, *_ in CONTRADICTIONS if name != "both-sides"}
    kinds = {part["kind"] for several in ("measures", "judges", "prices") for part in parsed()[several]}

    assert kinds - named == {"excusable_event", "correction"}


def test_a_counter_that_gives_back_shows_no_due_date() -> None:
    value = content()
    of = at(value, place("km"))
    of["on_fall"] = "signed"
    del of["modulus"]

    (fault,) = assert_named(value, (*place("oil-change"), "due", "measure"))
    assert "'km' is signed" in fault


def test_parts_that_lead_back_to_themselves_are_named_with_the_way() -> None:
    value = content()
    oee, produced = place("oee"), place("produced")
    at(value, oee)["factors"] = ["second", "climate"]
    value["measures"].append({**at(value, oee), "id": "second", "factors": ["oee", "climate"]})

    (fault,) = faults_of(value)
    assert fault.endswith(f"{spelled(oee)}: depends on itself: oee → second → oee")
    assert produced


def test_a_contract_names_each_part_and_each_asset_once() -> None:
    for several in ("measures", "judges", "prices", "views"):
        value = content()
        value[several].append(value[several][0])
        assert_named(value, (several, len(value[several]) - 1, "id"))
    value = content()
    value["assets"].append(value["assets"][0])
    assert_named(value, ("assets", 2, "asset"))
    value = content()
    value["measures"][0]["id"] = "down"
    assert "the name of a class of time" in faults_of(value)[0]


def test_a_correction_is_agreed_once_and_an_index_once_a_price() -> None:
    value = content()
    value["prices"].append({**value["prices"][-1], "id": "later"})
    assert_named(value, ("prices", len(value["prices"]) - 1))
    value = content()
    index = at(value, place("index"))
    value["prices"].append({**index, "id": "second-index", "of": ["platform", "fee"]})
    (fault,) = assert_named(value, ("prices", len(value["prices"]) - 1, "of", 1))
    assert "'fee' follows an indexation already" in fault


def test_spans_end_after_they_begin() -> None:
    assert_named(changed(("effective_until",), "2026-01-01"), ())
    assert_named(changed(("assets", 0, "in_service_until"), "2026-01-01"), ("assets", 0, "in_service_until"))


def test_views_are_of_one_log() -> None:
    (fault,) = assert_named(changed((*place("uptime-supplier"), "metric"), "other"), (*place("both-sides"), "supplier"))

    assert "reads 'other', the owner's measure 'state'" in fault


# What the metrics refuse


@pytest.mark.parametrize(
    ("name", "changes", "inner", "words"),
    [
        ("km", {"metric": "odometer"}, ("metric",), "did you mean 'odometer_km'?"),
        ("km", {"metric": "state"}, ("metric",), "'state' is a state; expected: a counter of every covered asset"),
        ("km-fleet", {"unit": "KWH"}, ("unit",), "KMT (length) cannot be expressed in KWH (energy)"),
        ("energy", {"metric": "lost_kwh"}, ("unit",), "a mean of KWH over seconds"),
        ("pages", {"metric": "odometer_km"}, ("metric",), "'odometer_km' is a counter; expected: an amount or a gauge"),
        ("running", {"unknown": ["LOTS"]}, ("unknown", 0), "'LOTS' is not a state of state; did you mean 'LOST'?"),
        ("running", {"unit": "KMT"}, ("unit",), "SEC (time) cannot be expressed in KMT"),
        ("running", {"states": {"RUNNING": 1}}, (), "state 'DOWN' of state is in none of 'states', 'unknown'"),
        ("uptime", {"down": ["DOWM"]}, ("down", 0), "'DOWM' is not a state of state; did you mean 'DOWN'?"),
        ("uptime-supplier", {"degraded": {"LIMITTED": Decimal("0.5")}}, ("degraded", "LIMITTED"), "mean 'LIMITED'?"),
        ("climate", {"metric": "pages"}, ("metric",), "'pages' is an amount; expected: a gauge"),
        ("climate", {"unit": "BAR"}, ("unit",), "cannot be expressed in BAR"),
        ("stops", {("source", "open"): ["BROKEN"]}, ("source", "open", 0), "'BROKEN' is not a state of state"),
        ("overload", {"metric": "axle"}, ("metric",), "did you mean 'axle_load'?"),
        ("overload", {"unit": "KWH"}, ("unit",), "cannot be expressed in KWH"),
    ],
)  # fmt: skip
def test_a_part_that_does_not_fit_the_metrics_is_refused_where_it_lies(
    name: str, changes: Changes, inner: Where, words: str
) -> None:
    value = content()
    for key, to in changes.items():
        where = (*place(name), *(key if isinstance(key, tuple) else (key,)))
        at(value, where[:-1])[where[-1]] = to

    faults = catalogue_faults(value)
    wanted = f": {spelled((*place(name), *inner))}: "
    assert any(wanted in fault and words in fault for fault in faults), faults


# Versions


def version(**changes: Any) -> Contract:
    return contract_of(check_document(document_of(content() | changes)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 3}, "the next version is 2"),
        ({"version": 1}, "the next version is 2"),
        ({"version": 2}, "takes effect after version 1"),
        ({"version": 2, "effective_from": "2025-12-31"}, "takes effect after version 1"),
        ({"version": 2, "effective_from": "2031-01-02", "effective_until": "2032-01-01"}, "ended at"),
        ({"version": 2, "effective_from": "2027-01-01", "currency": "CHF"}, "currency stays EUR"),
        ({"version": 2, "effective_from": "2027-01-01", "customer": "other"}, "customer stays buyer"),
        ({"version": 2, "effective_from": "2027-01-01", "issuer": "other"}, "issuer stays seller"),
        ({"version": 2, "effective_from": "2027-01-01", "time_zone": "Europe/Paris"}, "zone stays Europe/Berlin"),
    ],
)
def test_a_version_that_does_not_follow_is_a_conflict(changes: Changes, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        check_succession(version(**changes), [version(version=1)])

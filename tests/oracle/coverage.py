"""What cases had: kinds of terms, rules, and what came of them. So that a comparison cannot become empty unseen."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

# Of a hundred cases at least so many have it. Whatever is not named here is only reported.
AT_LEAST = {
    "term counter": 30,
    "term availability": 60,
    "term time_in_state": 20,
    "term event_sum": 10,
    "term share_in_band": 10,
    "term ratio": 2,
    "term planned_window": 20,
    "term excusable_event": 20,
    "term obligation": 20,
    "term threshold": 60,
    "term fixed_fee": 60,
    "term usage_price": 30,
    "term remedy": 50,
    "term bonus": 10,
    "term combination": 15,
    "term minimum": 8,
    "term maximum": 8,
    "term obligation_consequence": 5,
    "verdict met": 30,
    "verdict missed": 40,
    "verdict undefined": 3,
    "verdict insufficient": 3,
    "verdict not_due": 5,
    "line remedy": 25,
    "line combination": 4,
    "line bonus": 2,
    "line minimum": 3,
    "line maximum": 2,
    "line usage_price": 30,
    "line of a correction": 2,
    "seconds unknown": 50,
    "seconds planned": 5,
    "seconds excused": 2,
    "seconds duty": 4,
    "seconds attributed": 3,
    "seconds incident": 10,
    "term incident_list": 15,
    "term product": 2,
    "term production_availability": 1,
    "term correction": 8,
    "seconds degraded": 5,
    "granted planned_window": 8,
    "refused planned_window": 8,
    "two versions": 8,
    "several months": 20,
    "month of a change of clocks": 20,
    "half-hour zone": 20,
    "asset in service for a part": 10,
    "known before the last reading": 5,
    "device changed": 15,
    "counter fell": 25,
    "reading twice": 20,
    "late reading": 50,
}


def features(case: dict[str, Any], result: dict[str, dict[Any, Any]]) -> set[str]:
    """All that a case had."""
    return {*_of_case(case), *_of_result(case, result)}


def _of_case(case: dict[str, Any]) -> Iterator[str]:
    versions = case["versions"]
    for version in versions:
        for term in [*version["measures"], *version["judges"], *version["prices"]]:
            yield f"term {term['kind']}"
            yield from _rules(term)
        if any("in_service_until" in a or a["in_service_from"] != "2025-01-01" for a in version["assets"]):
            yield "asset in service for a part"
    if len(versions) > 1:
        yield "two versions"
    if "T" in versions[0]["effective_from"]:
        yield "begins within a month"
    if versions[0]["effective_from"][:7] != f"{case['month']:%Y-%m}":
        yield "several months"
    if case["month"].month in (3, 4, 9, 10, 11) and case["zone"] not in ("UTC", "Asia/Kolkata", "Asia/Kathmandu"):
        yield "month of a change of clocks"
    if case["grid"] < 3600:
        yield "half-hour zone"
    readings = case["readings"]
    if any(received >= case["known_at"] for *_, received in readings):
        yield "known before the last reading"
    if any(received - at > 3600 for _, _, at, _, received in readings):
        yield "late reading"
    if len({(device, metric, at) for device, metric, at, _, _ in readings}) < len(readings):
        yield "reading twice"
    if len({device for _, device, _, _ in case["assignments"]}) > len({asset for asset, *_ in case["assignments"]}):
        yield "device changed"
    shown = sorted((device, at, float(value)) for device, metric, at, value, _ in readings if metric == "km")
    if any(a[0] == b[0] and b[2] < a[2] for a, b in itertools.pairwise(shown)):
        yield "counter fell"
    for entry in case["facts"]:
        yield f"fact {entry['kind']}" if entry["says"] == "propose" else f"fact answered: {entry['says']}"


def _rules(term: dict[str, Any]) -> Iterator[str]:
    """Choices that terms offer."""
    for key in (
        "scope",
        "on_fall",
        "attribution",
        "negative",
        "partial_period",
        "proration",
        "rule",
        "comparison",
        "cure",
    ):
        if key in term:
            yield f"{term['kind']} {key}: {term[key]}"
    for key in ("shaping", "rounding", "announced", "allowance", "rollover", "multiplier", "denominator", "window"):
        if isinstance(term.get(key), dict):
            kind = term[key].get("kind", "some")
            yield f"{term['kind']} {key}: {kind}"
    for exclusion in term.get("exclusions", ()):
        yield f"exclusion {exclusion['mode']} {exclusion['causality']}"
    if "unknown_rule" in term:
        yield f"unknown then: {term['unknown_rule']['then']}"
    for key, name in (("credit", "form"), ("scheme", "model"), ("earned", "form")):
        if key in term:
            yield f"{term['kind']} {name}: {term[key][name]}"


def _of_result(case: dict[str, Any], result: dict[str, dict[Any, Any]]) -> Iterator[str]:
    kinds = {
        term["id"]: term["kind"]
        for version in case["versions"]
        for term in [*version["measures"], *version["judges"], *version["prices"]]
    }
    for state, _ in result["values"].values():
        yield f"value {state}"
    for verdict in result["verdicts"].values():
        yield f"verdict {verdict}"
    for (part, name, _), amount in result["exact"].items():
        if isinstance(part, str) and amount:
            yield "line of a correction"
        yield f"line {kinds[name]}" if amount else f"nothing of {kinds[name]}"
    for seconds in result["seconds"].values():
        yield from (f"seconds {name.split(':')[0].split('_')[0]}" for name, length in seconds.items() if length)
    for (_, name, _), length in result["granted"].items():
        yield f"granted {kinds[name]}" if length else f"refused {kinds[name]}"


def missing(found: "Counter[str]", cases: int) -> list[str]:
    """What too few cases had."""
    return [
        f"{name}: {found[name]} of {cases} cases, at least {least} of a hundred expected"
        for name, least in AT_LEAST.items()
        if found[name] * 100 < least * cases
    ]

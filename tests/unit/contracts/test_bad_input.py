"""Contract files with one mistake: each field of each kind of part, missing, mistyped, out of range, contradictory.

The fields are found by going through the models of the language along a contract that has every kind of part.
"""

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.amendment import check_succession
from contracts.contract import Contract
from contracts.document import ContractDocument, check_document, contract_of, metric_faults, parse_contract
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice, FixedFee
from ingest.catalogue import Metric, MetricKind
from tests.builders import metric
from vouch.document import Document, DocumentFaults, parse_document
from vouch.errors import Conflict

FULL: Final = (Path(__file__).parents[2] / "full_contract.yaml").read_text()
Where = tuple[str | int, ...]


@cache
def full() -> ContractDocument:
    return parse_contract(FULL, "full.yaml")[1]


@cache
def parsed() -> Any:
    return parse_document(FULL, "full.yaml").content


def content() -> Any:
    return copy.deepcopy(parsed())


def document_of(value: Any) -> Document:
    """A file that says this, a value a line."""
    lines: dict[Where, int] = {}

    def number(one: Any, where: Where) -> None:
        lines[where] = len(lines) + 1
        inner = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        for key, each in inner:
            number(each, (*where, key))

    number(value, ())
    return Document("c.yaml", value, lines)


def at(value: Any, where: Where) -> Any:
    for part in where:
        value = value[part]
    return value


def changed(where: Where, to: Any) -> Any:
    found = content()
    at(found, where[:-1])[where[-1]] = to
    return found


def without(where: Where) -> Any:
    found = content()
    del at(found, where[:-1])[where[-1]]
    return found


def faults_of(value: Any) -> list[str]:
    with pytest.raises(DocumentFaults) as raised:
        check_document(document_of(value))
    return str(raised.value).splitlines()


def spelled(where: Where) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in where).removeprefix(".") or "document"


def assert_named(value: Any, where: Where, *, of: int = 1) -> list[str]:
    """Refused, with that path and its line in the file, or that of the nearest thing around it that is there."""
    lines = document_of(value).lines
    stands = where
    while stands not in lines:
        stands = stands[:-1]
    faults = faults_of(value)
    found = [fault for fault in faults if fault.startswith(f"c.yaml:{lines[stands]}: {spelled(where)}: ")]
    assert found, (where, faults)
    assert len(faults) <= of, faults
    return found


# Every field: where it stands in the file, and what the model says of it


def fields(model: BaseModel, raw: Any, where: Where = ()) -> Iterator[tuple[Where, BaseModel, FieldInfo]]:
    for name, info in type(model).model_fields.items():
        key = info.alias or name
        if key in raw:
            yield (*where, key), model, info
            yield from _inside(getattr(model, name), raw[key], (*where, key))


def _inside(value: Any, raw: Any, where: Where) -> Iterator[tuple[Where, BaseModel, FieldInfo]]:
    if isinstance(value, BaseModel):
        yield from fields(value, raw, where)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _inside(one, raw[i], (*where, i))


ALL: Final = list(fields(full(), content()))
PLACES: Final = [where for where, _, _ in ALL]


def models(annotation: Any, seen: set[type[BaseModel]]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for info in annotation.model_fields.values():
            models(info.annotation, seen)
    for inner in getattr(annotation, "__args__", ()):
        if not isinstance(inner, str):
            models(inner, seen)


def test_the_example_has_every_field_of_every_part_in_each_of_its_forms() -> None:
    known: set[type[BaseModel]] = set()
    for kind in (ContractDocument, AnyMeasure, AnyJudge, AnyPrice):
        models(kind, known)
    wanted = {(model, info.alias or name) for model in known for name, info in model.model_fields.items()}
    # Which all prices have alike.
    wanted -= {(model, "vat_percent") for model in known - {FixedFee, ContractDocument}}

    found = {(type(model), where[-1]) for where, model, _ in ALL}
    assert {(model.__name__, name) for model, name in wanted - found} == set()
    assert len(known) > 60


def test_a_mistake_is_in_none_of_what_is_right() -> None:
    assert check_document(document_of(content())) == full()


# Missing


@pytest.mark.parametrize("where", [w for w, _, info in ALL if info.is_required()], ids=spelled)
def test_a_missing_field_is_named_at_what_it_is_missing_from(where: Where) -> None:
    found = assert_named(without(where), _chosen_by(where, missing=True))

    assert "missing" in found[0] or "expected" in found[0]


# What a union is told by: without it, or with another one, the place that holds it is what is wrong.
CHOOSING: Final = {
    "commitment": ("amount", "quantity"),
    "due": ("every_days", "every", "on"),
    "source": ("metric", "causes"),
    "of": ("constant", "mean_over_seconds"),
    "cap_per_month": ("amount", "percent"),
    "cap": ("amount", "percent"),
    "claim": ("within_days", "within_months"),
}


def _chosen_by(where: Where, missing: bool) -> Where:
    around = where[:-1]
    if missing and around and where[-1] in CHOOSING.get(str(around[-1]), ()):
        return around
    return where


# Mistyped


def _others(value: Any) -> list[Any]:
    """Values of types that `value` is not of."""
    match value:
        case bool():
            return ["x", 5, None, [], {}]
        case "none":
            return ["x", True, None, [value], {"a": value}]
        case str():
            return [5, True, None, [value], {"a": value}]
        case int() | Decimal():
            return ["x", "1e1", True, None, [value], {"a": value}]
        case list():
            return [5, True, None, "x", {"a": 1}]
        case _:
            return [5, True, None, "·", [5], {"unheard_of": "x"}]


@pytest.mark.parametrize("where", PLACES, ids=spelled)
def test_a_value_of_another_type_is_refused_at_its_place(where: Where) -> None:
    info = next(info for place, _, info in ALL if place == where)
    for other in _others(at(content(), where)):
        if other is None and not info.is_required():
            continue
        value = changed(where, other)
        line = document_of(value).lines[where]
        faults = faults_of(value)
        # A mapping in place of another one may have several things wrong, all of them within it.
        assert all(f": {spelled(where)}" in fault for fault in faults), (other, faults)
        numbers = [int(fault.split(":")[1]) for fault in faults]
        assert min(numbers) >= line, (other, faults)
        assert len(faults) == 1 or isinstance(other, dict | list), (other, faults)


@pytest.mark.parametrize("where", [w for w in PLACES if isinstance(at(content(), w), dict)], ids=spelled)
def test_a_key_that_is_not_known_is_refused(where: Where) -> None:
    value = content()
    at(value, where)["colour"] = "red"
    free = {"states", "degraded", "weekly"}
    if where[-1] in free:
        assert faults_of(value)
    else:
        (fault,) = assert_named(value, (*where, "colour"))
        assert "unknown key" in fault


# What there is to measure


STATES: Final = {"RUNNING": 1, "LIMITED": 2, "DOWN": 3, "SERVICE": 4, "LOST": 5}
CATALOGUE: Final[dict[str, Metric]] = {
    "odometer_km": metric(MetricKind.COUNTER, "odometer_km", unit="KMT"),
    "power_kw": metric(MetricKind.GAUGE, "power_kw", unit="KWT"),
    "lost_kwh": metric(MetricKind.AMOUNT, "lost_kwh", unit="KWH"),
    "pages": metric(MetricKind.AMOUNT, "pages", unit="ZP"),
    "cabin_temperature": metric(MetricKind.GAUGE, "cabin_temperature", unit="CEL"),
    "axle_load": metric(MetricKind.GAUGE, "axle_load", unit="KGM"),
    "state": replace(metric(MetricKind.STATE, "state"), states=STATES),
}


def catalogue_faults(value: Any) -> list[str]:
    """What the metrics of the assets refuse in a contract whose form is right."""
    document = document_of(value)
    agreed = check_document(document)
    faults = metric_faults(agreed, dict.fromkeys(("truck-1", "truck-2"), CATALOGUE))
    return str(document.faults(faults)).splitlines()


def test_the_example_fits_its_metrics() -> None:
    assert catalogue_faults(content()) == []


# Out of range


def _bounds(info: FieldInfo) -> Iterator[Any]:
    yield from info.metadata
    yield from _nested(info.annotation)


def _nested(annotation: Any) -> Iterator[Any]:
    """What is said of the value itself, in any branch of a union, and not of what it holds."""
    yield from getattr(annotation, "__metadata__", ())
    origin = getattr(annotation, "__origin__", None)
    if origin in (list, dict):
        return
    for inner in getattr(annotation, "__args__", ()):
        if not isinstance(inner, str):
            yield from _nested(inner)


def _flat(bounds: Iterator[Any]) -> Iterator[Any]:
    for bound in bounds:
        yield from bound.metadata if isinstance(bound, FieldInfo) else [bound]


def _beyond(value: Any, info: FieldInfo) -> Iterator[Any]:
    """Values just outside of what the model lets the field be."""
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    # Of two bounds of one kind the outer one, which comes last, is what holds.
    for bound in {type(bound): bound for bound in _flat(_bounds(info))}.values():
        match bound:
            case Ge(ge=least) if number:
                yield cast(Any, least) - 1
            case Gt(gt=above) if number:
                yield above
            case Le(le=most) if number:
                yield cast(Any, most) + 1
            case Lt(lt=below) if number:
                yield below
            case MinLen(min_length=least) | Len(min_length=least) if isinstance(value, list) and least:
                yield value[: least - 1]
            case MaxLen(max_length=most) if isinstance(value, str):
                yield "x" * (most + 1)
            case MaxLen(max_length=most) if isinstance(value, list) and most <= 5000:
                yield [*value, *(copy.deepcopy(value[-1:] or ["x"]) * (most + 1))]


RANGED: Final = [(w, to) for w, _, info in ALL for to in _beyond(at(content(), w), info)]


def test_most_numbers_and_lists_have_bounds_to_go_beyond() -> None:
    assert len(RANGED) > 150


@pytest.mark.parametrize(("where", "to"), RANGED, ids=[f"{spelled(w)}-{n}" for n, (w, _) in enumerate(RANGED)])
def test_a_value_out_of_range_is_refused_at_its_place(where: Where, to: Any) -> None:
    faults = faults_of(changed(where, to))

    assert all(f": {spelled(where)}" in fault for fault in faults), faults


# Measures that are two views of one log.
VIEWED: Final = (6, 7)
WORDS: Final = [
    w for w, _, _ in ALL if isinstance(at(content(), w), str) and w[-1] not in ("text", "right", "model_version")
]


@pytest.mark.parametrize("where", WORDS, ids=spelled)
def test_a_word_that_is_not_known_is_refused_at_its_place(where: Where) -> None:
    value = changed(where, "Not a word!")
    if where[-1] == "metric":
        # Which metrics there are is not the contract's to say: the catalogue refuses it.
        faults = faults_of(value) if where[1] in VIEWED else catalogue_faults(value)
        assert all(f": {spelled(where)}: " in fault or ": views[0]." in fault for fault in faults), faults
        assert faults
        return
    assert_named(value, where, of=40 if where[-1] == "id" else 2)


@pytest.mark.parametrize("where", [w for w, _, _ in ALL if isinstance(at(content(), w), Decimal)], ids=spelled)
def test_a_number_with_too_many_digits_or_an_exponent_is_refused(where: Where) -> None:
    for to in (Decimal("1" * 31), Decimal("0.000000000000001") / 10**16, "1e1", "0x10", "１", "1_000", ".5", "NaN"):
        assert_named(changed(where, to), where)


# A slip of the pen is answered with what was meant


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "comparison: at_least",
            "comparison: at_lest",
            "judges[0].comparison: found 'at_lest'; expected: 'at_least', 'more_than', 'at_most' or 'less_than'; "
            "did you mean 'at_least'?",
        ),
        (
            "    measure: uptime\n",
            "    measure: uptme\n",
            "judges[0].measure: 'uptme' is no part of this contract; expected: a measure of a share; "
            "did you mean 'uptime'?",
        ),
        (
            "    measure: uptime\n",
            "    measure: km\n",
            "judges[0].measure: 'km' is of kind counter; expected: a measure of a share; "
            "known: uptime, uptime-supplier, climate, produced, quality, oee",
        ),
        ("    unit: ZP\n    scope", "    unit: pages\n    scope",
         "measures[4].unit: found 'pages'; expected: a UN/ECE unit code; did you mean ZP?"),
        ("  - id: km\n    kind: counter", "  - id: km\n    kind: countr",
         "measures[0].kind: found 'countr'; expected: 'availability', 'counter', 'event_sum', 'incident_list', "
         "'product', 'production_availability', 'ratio', 'saving', 'share_in_band' or 'time_in_state'; "
         "did you mean 'counter'?"),
        ("    on_fall: reset\n", "    on_fal: reset\n", "measures[1].on_fal: unknown key; did you mean 'on_fall'?"),
        ("    step_max: none", "    step_max: nono",
         "measures[1].step_max: found 'nono'; expected: 'none' or a number above 0; did you mean 'none'?"),
        ("  rounding: none", "  rounding: 5",
         "measures[1].rounding: found 5; expected: 'none' or a mapping with 'step' and 'mode'"),
        ("acceptance: {days: 14, silence: accepted}\n  - id: km-fleet", "acceptance: 14\n  - id: km-fleet",
         "measures[0].acceptance: found 14; expected: 'not_needed' or a mapping with 'days' and 'silence'"),
        ("form: ladder", "form: lader",
         "prices[8].credit.form: found 'lader'; expected: 'flat', 'ladder', 'linear', 'per_hour', 'per_incident', "
         "'per_started_day', 'per_started_point' or 'ratio'; did you mean 'ladder'?"),
        ("{amount: 500}", "{amont: 500}",
         "prices[19].cap_per_month: found a mapping with 'amont'; expected: 'none', a mapping with 'amount' or "
         "a mapping with 'percent' and 'of'"),
        ("        monday: [", "        mondey: [",
         "measures[6].service_hours.weekly.mondey: found 'mondey'; expected: 'monday', 'tuesday', 'wednesday', "
         "'thursday', 'friday', 'saturday' or 'sunday'; did you mean 'monday'?"),
        ("time_zone: Europe/Berlin", "time_zone: Europe/Bonn",
         "time_zone: found 'Europe/Bonn'; expected: an IANA time zone such as Europe/Berlin"),
        ("currency: EUR", "currency: EURO", "currency: found 'EURO'; expected: a currency of ISO 4217 such as EUR"),
    ],
)  # fmt: skip
def test_a_slip_is_one_line_that_says_what_was_meant(before: str, after: str, expected: str) -> None:
    assert before in FULL, before
    text = FULL.replace(before, after, 1)

    with pytest.raises(DocumentFaults) as raised:
        parse_contract(text, "c.yaml")
    (line,) = str(raised.value).splitlines()
    number = next(n for n, (a, b) in enumerate(zip(FULL.splitlines(), text.splitlines(), strict=True), 1) if a != b)
    assert line == f"c.yaml:{number}: {expected}"


# What contradicts itself, or what else the contract says


def place(name: str) -> Where:
    """Where the part of that id stands."""
    for several in ("measures", "judges", "prices", "views"):
        for i, part in enumerate(parsed()[several]):
            if part["id"] == name:
                return several, i
    raise AssertionError(name)


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


# Anything at all


SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.text(max_size=12),
    st.sampled_from(["none", "month", "always", "counted", "fee", "km", "uptime", "promise", "planned", "2026-01-01"]),
    st.sampled_from([part["id"] for several in ("measures", "judges", "prices") for part in parsed()[several]]),
)
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "id", "of", "form", "model", "amount", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.data())
def test_whatever_is_changed_comes_back_as_a_contract_or_as_our_faults(data: st.DataObject) -> None:
    value = content()
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.sampled_from(PLACES))
        try:
            around = at(value, where[:-1])
            how = data.draw(st.sampled_from(["change", "drop", "add", "move"]))
            if how == "drop":
                del around[where[-1]]
            elif how == "add":
                at(value, where)[data.draw(st.text("abcdefg_·", max_size=5))] = data.draw(VALUES)
            elif how == "move":
                around[where[-1]] = copy.deepcopy(at(value, data.draw(st.sampled_from(PLACES))))
            else:
                around[where[-1]] = data.draw(VALUES)
        except (KeyError, IndexError, TypeError):
            continue

    with contextlib.suppress(DocumentFaults):
        agreed = check_document(document_of(value))
        metric_faults(agreed, {"truck-1": CATALOGUE})
        contract_of(agreed)

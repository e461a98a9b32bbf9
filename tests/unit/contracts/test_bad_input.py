"""Contract files with one mistake: each field of each kind of part, missing, mistyped, out of range, anything.

The fields are found by going through the models of the language along a contract that has every kind of part. What
contradicts itself: test_contradictions.py.
"""

import contextlib
import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, cast

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.document import ContractDocument, check_document, contract_of, metric_faults, parse_contract
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice, FixedFee
from tests.contract_files import (
    ALL,
    CATALOGUE,
    FULL,
    PLACES,
    Where,
    assert_named,
    at,
    catalogue_faults,
    changed,
    content,
    document_of,
    faults_of,
    full,
    parsed,
    spelled,
    without,
)
from vouch.document import DocumentFaults


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
    for other in _others(at(parsed(), where)):
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


@pytest.mark.parametrize("where", [w for w in PLACES if isinstance(at(parsed(), w), dict)], ids=spelled)
def test_a_key_that_is_not_known_is_refused(where: Where) -> None:
    value = content()
    at(value, where)["colour"] = "red"
    free = {"states", "degraded", "weekly"}
    if where[-1] in free:
        assert faults_of(value)
    else:
        (fault,) = assert_named(value, (*where, "colour"))
        assert "unknown key" in fault


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


RANGED: Final = [(w, to) for w, _, info in ALL for to in _beyond(at(parsed(), w), info)]


def test_most_numbers_and_lists_have_bounds_to_go_beyond() -> None:
    assert len(RANGED) > 150


@pytest.mark.parametrize(("where", "to"), RANGED, ids=[f"{spelled(w)}-{n}" for n, (w, _) in enumerate(RANGED)])
def test_a_value_out_of_range_is_refused_at_its_place(where: Where, to: Any) -> None:
    faults = faults_of(changed(where, to))

    assert all(f": {spelled(where)}" in fault for fault in faults), faults


# Measures that are two views of one log.
VIEWED: Final = (6, 7)
WORDS: Final = [
    w for w, _, _ in ALL if isinstance(at(parsed(), w), str) and w[-1] not in ("text", "right", "model_version")
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


@pytest.mark.parametrize("where", [w for w, _, _ in ALL if isinstance(at(parsed(), w), Decimal)], ids=spelled)
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
        ("    on_fall: refuse\n", "    on_fal: refuse\n", "measures[1].on_fal: unknown key; did you mean 'on_fall'?"),
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

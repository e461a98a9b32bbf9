"""What an amendment changes, in words: expectations written by hand."""

import copy
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from contracts.amendments.diff import differences
from contracts.amendments.words import KEYS, SENTENCES
from contracts.document import ContractDocument, check_document
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice
from contracts.terms.kinds import NAMES
from vouch.document import Document, parse_document

FULL: Final = parse_document((Path(__file__).parents[2] / "full_contract.yaml").read_text(), "full.yaml").content
Changes = dict[tuple[str | int, ...], Any]


def agreed(content: Any) -> ContractDocument:
    return check_document(Document("c.yaml", content, {}))


def place(name: str) -> tuple[str, int]:
    lists = ("measures", "judges", "prices", "views")
    return next((one, i) for one in lists for i, part in enumerate(FULL[one]) if part["id"] == name)


def told(changes: Changes) -> list[str]:
    """What is said of these changes, each at a path that begins with a part's id or a key of the head."""
    content = copy.deepcopy(FULL)
    for (first, *rest), to in changes.items():
        where = [*place(str(first)), *rest] if first not in content else [first, *rest]
        around = content
        for part in where[:-1]:
            around = around[part]
        if to is None:
            del around[where[-1]]
        else:
            around[where[-1]] = to
    return differences(agreed(FULL), agreed(content))


def test_the_same_contract_has_no_differences() -> None:
    assert told({}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {("promise", "percent"): 99, ("ladder", "credit", "tiers", 0, "below"): 99},
            [
                "promise: the promise rises from 98 % to 99 %",
                "Availability: credit, tiers: now also step below 99 %, percentage 5 %; "
                "no longer step below 98 %, percentage 5 %",
            ],
        ),
        ({("response", "value"): 3}, ["response: the promise falls from 4 h to 3 h"]),
        ({("fee", "amount"): Decimal("760.5")}, ["Truck: the fee rises from 745 EUR to 760.5 EUR"]),
        ({("distance", "scheme", "tiers", 1, "price"): Decimal("0.042")},
         ["Kilometres, tier above 10,000 to 20,000 km: 0.045 → 0.042 EUR"]),
        ({("distance", "scheme", "tiers", 2, "price"): Decimal("0.035")},
         ["Kilometres, tier above 20,000 km: 0.04 → 0.035 EUR"]),
        ({("distance", "scheme", "tiers", 0, "price"): Decimal("0.05")},
         ["Kilometres, tier up to 10,000 km: 0.052 → 0.05 EUR"]),
        (
            {("distance", "scheme", "tiers"): [{"up_to": 15000, "price": Decimal("0.05")}, {"price": Decimal("0.04")}]},
            [
                "Kilometres: prices, tiers: up to 10,000 km 0.052 EUR; above 10,000 to 20,000 km 0.045 EUR; "
                "above 20,000 km 0.04 EUR → up to 15,000 km 0.05 EUR; above 15,000 km 0.04 EUR"
            ],
        ),
        ({("distance", "included"): 1500}, ["Kilometres: the included units change from 1,000 km to 1,500 km"]),
        ({("electricity", "scheme", "price"): Decimal("0.29")},
         ["Electricity: the price falls from 0.31 EUR to 0.29 EUR"]),
        ({("planned", "announced", "notice_hours"): 24},
         ["planned: planned work may now be announced 24 hours instead of 48 hours ahead"]),
        ({("planned", "allowance"): "none"},
         ["planned: allowance: hours 8.5 hours, per month, part of a period prorate → none"]),
        ({("uptime", "unknown_rule", "carry_seconds"): 1800},
         ["uptime: data that is missing, how long a value holds in silence: 900 seconds → 1,800 seconds"]),
        ({("uptime-supplier", "unknown_rule", "then"): "exclude"},
         ["uptime-supplier: data that is missing, time without data: up → exclude"]),
        ({("uptime", "exclusions"): [{"judge": "flood", "mode": "out", "causality": "overlap"}]},
         ["uptime: excluded time: now also judge flood, mode out, which outages it voids overlap; "
          "no longer judge planned, mode out, which outages it voids overlap and "
          "judge oil-change, mode void down, which outages it voids began within"]),
        ({("uptime", "service_hours"): "always"},
         ["uptime: service hours: weekly hours monday 06:00-12:00 and 13:00-22:00, saturday 00:00-24:00, "
          "closed days 26 December 2026 → always"]),
        ({("flood", "causes"): ["flood", "strike", "war"]}, ["flood: causes: now also war"]),
        ({("flood", "causes"): ["strike", "flood"]}, ["flood: causes: now in the order strike; flood"]),
        ({("oil-change", "due", "every"): 25000},
         ["oil-change: it is now due every 25,000 km instead of every 20,000 km"]),
        ({("inspection", "grace_days"): 1},
         ["inspection: a breach now begins 1 day instead of 0 days after the due date"]),
        ({("exit", "count"): 3}, ["exit: the right now arises after 3 instead of 2"]),
        ({("fee", "vat_percent"): None}, ["Truck: VAT: 7 % → nothing"]),
        ({("overloaded", "consequence"): {"effect": "suspend", "prices": ["thanks"], "where": "whole_month"}},
         ["Overload: consequence: surcharge, amount 25 EUR, per span → suspend, prices thanks, where whole month"]),
        ({("shared", "guarantee", "refund_max"): "none"},
         ["Share of the saving: guarantee, largest refund: 5,000 EUR → none"]),
        # the head
        ({("version",): 2, ("effective_from",): "2026-07-01"}, ["version 2 takes effect on 1 July 2026"]),
        ({("effective_until",): None}, ["the contract has no end, not on 1 January 2031"]),
        ({("effective_until",): "2032-01-01"}, ["the contract ends on 1 January 2032, not on 1 January 2031"]),
        ({("vat_percent",): 20}, ["VAT: 19 % → 20 %"]),
        # the assets
        (
            {("assets",): [*FULL["assets"], {"asset": "truck-3", "in_service_from": "2026-07-01"}]},
            ["asset truck-3 joins on 1 July 2026"],
        ),
        (
            {("assets",): [FULL["assets"][0]]},
            ["asset truck-2 is no longer covered"],
        ),
        ({("assets", 1, "in_service_until"): "2027-01-01"}, ["asset truck-2 leaves on 1 January 2027"]),
        ({("assets", 0, "in_service_until"): None},
         ["asset truck-1 stays until further notice, not on 30 June 2030, 12:00:00 CEST"]),
        ({("assets", 1, "in_service_from"): "2026-04-01"},
         ["asset truck-2 is in service from 1 April 2026, not from 1 March 2026"]),
        # parts
        ({("views",): []}, ["dropped: both-sides, view"]),
        (
            {("judges",): [*FULL["judges"], {**FULL["judges"][0], "id": "second", "percent": 50}]},
            ["new: second, promise"],
        ),
        (
            {("prices",): FULL["prices"][:-1]},
            ["dropped: late, correction of earlier months"],
        ),
        (
            {("late",): {**FULL["prices"][place("late")[1]], "id": "late", "cutoff_days": 7}},
            ["late: a month is now billed with what is known 7 days instead of 5 days after its end"],
        ),
        (
            {("stops", "excused_by"): []},
            ["stops: what excuses: no longer flood"],
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(changes: Changes, expected: list[str]) -> None:
    assert told(changes) == expected


def test_parts_in_another_order_are_told() -> None:
    first, second, *others = FULL["judges"]

    (line,) = told({("judges",): [second, first, *others]})
    assert line.startswith("order: response, promise, effectiveness")


def models(annotation: Any, seen: set[type[BaseModel]]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for info in annotation.model_fields.values():
            models(info.annotation, seen)
    for inner in getattr(annotation, "__args__", ()):
        if not isinstance(inner, str):
            models(inner, seen)


def test_every_key_and_kind_of_the_language_has_its_words() -> None:
    known: set[type[BaseModel]] = set()
    for kind in (AnyMeasure, AnyJudge, AnyPrice):
        models(kind, known)
    keys = {info.alias or name for model in known for name, info in model.model_fields.items()}

    assert keys - KEYS.keys() == set()
    assert {part["kind"] for one in ("measures", "judges", "prices") for part in FULL[one]} == NAMES.keys()
    assert {kind for kind, _ in SENTENCES} <= NAMES.keys()
    assert {part for _, keys in SENTENCES for part in keys.split(".")} <= KEYS.keys()

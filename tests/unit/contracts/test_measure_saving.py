"""Savings: the baseline of a window, its adjustments, and what was used."""

from datetime import date
from fractions import Fraction

import pytest

from contracts.facts.book import FactBook, book_at
from contracts.facts.file import parse_log
from contracts.measuring.saving import baseline_adjustments, saving
from contracts.terms import Saving
from contracts.value import State, Value
from tests.builders import utc
from vouch.period import Period

TERM = Saving.model_validate(
    {
        "id": "saved",
        "kind": "saving",
        "window": "month",
        "unit": "KWH",
        "actual": "energy",
        "baseline": {
            "constant_per_month": "1000",
            "drivers": [{"measure": "degree_days", "coefficient": "2.5"}],
            "model_version": "1",
        },
    }
)
WINDOW = Period(utc("2026-03-01"), utc("2026-04-01"))


def value(number: str | None, unit: str) -> Value:
    state = State.DEFINED if number else State.UNDEFINED
    return Value(state, Fraction(number) if number else None, unit, WINDOW)


def adjustment(fact: str, month: str, amount: str, *answers: str, measure: str = "saved") -> str:
    """The lines of an adjustment by the supplier and the customer's answers."""
    about = f'{{"measure":"{measure}","month":"{month}","amount":"{amount}"}}'
    head = f'"fact":"{fact}","recorded_at":"2026-04-0'
    lines = [
        f'{{{head}1T00:00:00Z","by":"supplier","says":"propose","kind":"baseline_adjustment","asset":null,"about":{about}}}'
    ]
    lines += [
        f'{{{head}{day}T00:00:00Z","by":"customer","says":"{says}","reason":"so"}}'
        for day, says in enumerate(answers, 2)
    ]
    return "\n".join(lines) + "\n"


def book(*facts: str) -> FactBook:
    return book_at(parse_log("".join(facts), "facts.jsonl"), utc("2026-05-01"))


@pytest.mark.parametrize(("energy", "unit", "saved"), [("900", "KWH", 600), ("1.2", "MWH", 300), ("1700", "KWH", -200)])
def test_a_saving_is_baseline_and_adjustments_less_what_was_used(energy: str, unit: str, saved: int) -> None:
    # 1,000 + 2.5 x 160 + 100 = 1,500
    values = {"energy": value(energy, unit), "degree_days": value("160", "C62")}

    assert saving(TERM, values, Fraction(1), Fraction(100)).amount == saved


def test_a_part_of_a_month_bears_its_share_of_the_constant() -> None:
    values = {"energy": value("0", "KWH"), "degree_days": value("0", "C62")}
    values = {name: Value(State.DEFINED, Fraction(0), one.unit, WINDOW) for name, one in values.items()}

    assert saving(TERM, values, Fraction(5, 2), Fraction(0)).amount == 2500


@pytest.mark.parametrize("unknown", ["energy", "degree_days"])
def test_without_what_was_used_or_a_driver_there_is_no_saving(unknown: str) -> None:
    values = {"energy": value("900", "KWH"), "degree_days": value("160", "C62")} | {unknown: value(None, "KWH")}

    assert saving(TERM, values, Fraction(1), Fraction(0)).amount is None


def test_only_adjustments_accepted_in_words_count_and_each_is_a_finding() -> None:
    facts = book(
        adjustment("a", "2026-01", "100", "accept"),
        adjustment("b", "2026-01", "20"),
        adjustment("c", "2026-02", "3", "reject"),
        adjustment("d", "2026-02", "-40", "dispute", "accept"),
        adjustment("e", "2026-03", "5", "dispute"),
    )

    total, findings = baseline_adjustments(TERM, facts, "hall", [date(2026, month, 1) for month in (1, 2, 3)])

    assert total == 60
    assert {one["fact"]: one["kind"] for one in findings} == {
        "a": "baseline_adjusted",
        "b": "adjustment_not_counted",
        "c": "adjustment_not_counted",
        "d": "baseline_adjusted",
        "e": "adjustment_not_counted",
    }
    told = {one["fact"]: one["text"] for one in findings}
    assert told["b"].endswith("that is not answered: not counted")
    assert told["c"].endswith("that is rejected: not counted")
    assert told["e"].endswith("that is disputed: not counted")


def test_adjustments_of_other_months_and_measures_are_not_asked_for() -> None:
    facts = book(
        adjustment("a", "2025-12", "100", "accept"),
        adjustment("b", "2026-01", "20", "accept", measure="water-saved"),
    )

    assert baseline_adjustments(TERM, facts, None, [date(2026, 1, 1)]) == (Fraction(0), [])

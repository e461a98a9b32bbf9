"""J5 streak: how often a promise has to be missed before a right arises."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judging.streak import judge_streak
from contracts.terms.judges.streak import Streak
from contracts.value import Judgment, State, Value, Verdict
from tests.judge_world import JUNE

LETTERS = {
    "M": Verdict.MISSED,
    "k": Verdict.MET,
    "?": Verdict.UNDEFINED,
    "i": Verdict.INSUFFICIENT,
    ".": Verdict.NOT_DUE,
}


def term(count: int, within: int, verdict: str = "missed") -> Streak:
    agreed = {"id": "exit", "kind": "streak", "judge": "promise", "verdict": verdict, "right": "may end the contract"}
    return Streak.model_validate(agreed | {"count": count, "within": within})


def months(letters: str) -> list[tuple[str, Judgment]]:
    """M missed, k kept, ? undefined, i insufficient, a dot not due; a letter a month, the first is January."""
    value = Value(State.UNDEFINED, None, "", JUNE)
    return [
        (f"2026-{i:02}", Judgment(LETTERS[letter], Fraction(1), None, value)) for i, letter in enumerate(letters, 1)
    ]


@pytest.mark.parametrize(
    ("letters", "count", "within", "arisen"),
    [
        ("kMMM", 3, 3, True),
        ("MMkM", 3, 3, False),
        ("MMMk", 3, 3, False),
        ("MM", 3, 3, False),
        ("MkkMkM", 3, 6, True),
        ("MkkMkMk", 3, 6, False),
        ("", 1, 1, False),
        ("M?M.iM", 3, 3, True),
        ("M?k.M", 2, 2, False),
    ],
    ids=[
        "three running",
        "broken",
        "over again",
        "too few so far",
        "three of six",
        "the first is too old",
        "no month yet",
        "months that do not count do not break it",
        "nor hide one that does",
    ],
)
def test_a_right_arises_where_the_last_so_many_were_missed_so_often(
    letters: str, count: int, within: int, arisen: bool
) -> None:
    assert judge_streak(term(count, within), months(letters)).arisen is arisen


def test_a_streak_may_be_of_promises_kept() -> None:
    assert judge_streak(term(2, 2, "met"), months("Mkk")).arisen
    assert not judge_streak(term(2, 2, "met"), months("kMM")).arisen


def test_what_was_counted_is_shown_oldest_first() -> None:
    right = judge_streak(term(2, 3), months("kM?kM"))

    assert right.counted == (("2026-02", Verdict.MISSED), ("2026-04", Verdict.MET), ("2026-05", Verdict.MISSED))
    assert right.arisen


@given(letters=st.text("Mk?i.", max_size=12), count=st.integers(1, 5), more=st.integers(0, 4))
def test_months_that_do_not_count_change_nothing(letters: str, count: int, more: int) -> None:
    counting = "".join(letter for letter in letters if letter in "Mk")
    streak = term(count, count + more)

    assert judge_streak(streak, months(letters)).arisen is judge_streak(streak, months(counting)).arisen
    assert judge_streak(streak, months(letters)).arisen is (counting[-(count + more) :].count("M") >= count)

"""J3 excusable event: what a declared event needs before it excuses anybody."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judging.excusable_event import judge_excusable_event
from contracts.scene import JudgedSpan
from contracts.terms.judges.excusable_event import ExcusableEvent
from tests.judge_world import HOUR, JUNE, at, during, granted, proposed, refused, said, scene
from vouch.period import iso

FLOOD = during("2026-06-10 06:00", "2026-06-12 18:00")


def term(**changes: Any) -> ExcusableEvent:
    agreed = {
        "id": "force-majeure",
        "kind": "excusable_event",
        "causes": ["flood", "strike"],
        "declared_by": ["supplier"],
        "notice_within_hours": 48,
        "evidence_required": False,
        "acceptance": "not_needed",
    }
    return ExcusableEvent.model_validate(agreed | changes)


def flood(fact: str = "F-1", known: str = "2026-06-11 06:00", **changes: Any) -> dict[str, Any]:
    own = {"since": "2026-06-10 06:00", "until": "2026-06-12 18:00", "about": {"cause": "flood"}}
    return proposed(fact, "excusable_event", known, **own | changes)


def test_an_event_declared_as_agreed_excuses_for_as_long_as_it_lasted() -> None:
    assert judge_excusable_event(term(), scene(flood())) == [JudgedSpan(FLOOD, True, "", "flood", "F-1")]


def test_an_event_is_clipped_to_the_part() -> None:
    spans = judge_excusable_event(term(), scene(flood(), part=during("2026-06-11", "2026-06-12")))

    assert granted(spans) == [during("2026-06-11", "2026-06-12")]


def test_an_event_of_another_month_or_asset_is_none_of_this_scene() -> None:
    other = flood("F-2", asset="truck-2")
    later = flood("F-3", since="2026-07-01 00:00", until="2026-07-02 00:00", known="2026-07-01 00:00")

    assert judge_excusable_event(term(), scene(other, later)) == []


def test_an_event_for_all_assets_excuses_each() -> None:
    assert granted(judge_excusable_event(term(), scene(flood(asset=None)))) == [FLOOD]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ("2026-06-12 06:00", ""),
        ("2026-06-12 06:01", "notice_too_late"),
        ("2026-06-09 00:00", ""),
    ],
    ids=["exactly 48 hours after the start", "a minute later", "foreseen"],
)
def test_an_event_has_to_be_known_within_the_notice(known: str, reason: str) -> None:
    (span,) = judge_excusable_event(term(), scene(flood(known=known)))

    assert (span.granted, span.reason) == (not reason, reason)


@pytest.mark.parametrize(
    ("agreed", "fact", "reason"),
    [
        ({}, {"about": {"cause": "laziness"}}, "cause_not_agreed"),
        ({}, {"by": "customer"}, "not_entitled"),
        ({"evidence_required": True}, {}, "no_evidence"),
        ({"evidence_required": True}, {"evidence": "  "}, "no_evidence"),
        ({"evidence_required": True}, {"evidence": "report 7"}, ""),
        ({"declared_by": ["supplier", "customer"]}, {"by": "customer"}, ""),
    ],
)
def test_cause_side_and_evidence_are_as_agreed(agreed: Any, fact: Any, reason: str) -> None:
    (span,) = judge_excusable_event(term(**agreed), scene(flood(**fact)))

    assert (span.granted, span.reason) == (not reason, reason)


def test_the_first_reason_counts() -> None:
    late = flood(known="2026-06-20", about={"cause": "laziness"}, by="customer")

    spans = judge_excusable_event(term(evidence_required=True), scene(late))

    assert refused(spans) == [(FLOOD, "cause_not_agreed")]


FORTNIGHT = {"acceptance": {"days": 14, "silence": "accepted"}}
REFUSED = {"acceptance": {"days": 14, "silence": "rejected"}}


@pytest.mark.parametrize(
    ("agreed", "answers", "known_at", "reason"),
    [
        (FORTNIGHT, [], "2026-06-25 05:59", "undecided"),
        (FORTNIGHT, [], "2026-06-25 06:00", ""),
        (REFUSED, [], "2026-06-25 06:00", "rejected"),
        (FORTNIGHT, ["accept"], "2026-06-13", ""),
        (FORTNIGHT, ["reject"], "2027-01-01", "rejected"),
        (FORTNIGHT, ["dispute"], "2027-01-01", "disputed"),
        ({}, ["reject"], "2027-01-01", ""),
    ],
    ids=["the clock runs", "silence accepts", "silence rejects", "accepted", "rejected", "disputed", "not needed"],
)
def test_the_other_side_answers_as_agreed(agreed: Any, answers: list[str], known_at: str, reason: str) -> None:
    replies = [said("F-1", says, "2026-06-12") for says in answers]

    (span,) = judge_excusable_event(term(**agreed), scene(flood(), *replies, known_at=at(known_at)))

    assert (span.granted, span.reason) == (not reason, reason)


def test_a_withdrawn_event_leaves_nothing() -> None:
    withdrawn = said("F-1", "withdraw", "2026-06-12", by="supplier")

    assert judge_excusable_event(term(), scene(flood(), withdrawn)) == []


def test_an_accepted_successor_takes_the_place_of_its_predecessor() -> None:
    shorter = flood("F-2", known="2026-06-11 12:00", until="2026-06-12 06:00", succeeds="F-1")

    spans = judge_excusable_event(term(), scene(flood(), shorter))

    assert [(span.fact, span.period) for span in spans] == [("F-2", during("2026-06-10 06:00", "2026-06-12 06:00"))]


EVENTS = st.lists(
    st.tuples(st.integers(-50, 800), st.integers(1, 200), st.integers(0, 60), st.sampled_from(["accept", "reject"])),
    max_size=6,
)


@given(events=EVENTS, later_by=st.integers(0, 10_000))
def test_what_is_known_later_changes_nothing_once_all_have_answered(
    events: list[tuple[int, int, int, str]], later_by: int
) -> None:
    entries = []
    for i, (start, length, notice, answer) in enumerate(events):
        begins = JUNE.start + start * HOUR
        ends, known, answered = (begins + h * HOUR for h in (length, notice, notice + 1))
        times = {"from": iso(begins), "until": iso(ends), "recorded_at": iso(known)}
        entries += [flood(f"F-{i}") | times, said(f"F-{i}", answer, "2026-06-01") | {"recorded_at": iso(answered)}]
    soon = at("2026-08-01")
    agreed = term(**FORTNIGHT)

    spans = judge_excusable_event(agreed, scene(*entries, known_at=soon))

    assert spans == judge_excusable_event(agreed, scene(*entries, known_at=soon + later_by * HOUR))
    assert all(JUNE.overlap(span.period) == span.period for span in spans)

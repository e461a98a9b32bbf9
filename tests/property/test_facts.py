"""Laws of the log of facts: the order of the lines is nothing, what comes later changes nothing that was known."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.facts.book import FactBook, LawBroken, StandingState, book_at, broken_laws, standing_under
from contracts.facts.entry import AnyEntry, FactLog
from contracts.facts.file import parse_log, write_log
from contracts.facts.kinds import FactKind
from contracts.terms.acceptance import AcceptanceClock, AcceptanceRule, Silence
from contracts.terms.side import Side
from tests.builders import T0
from vouch.period import DAY, iso

lawful = settings(max_examples=200, derandomize=True, deadline=None)

LATER = T0 + 10_000 * DAY
RULES: list[AcceptanceRule] = [
    "not_needed",
    *(AcceptanceClock(days=days, silence=silence) for days in (0, 3, 14) for silence in Silence),
]


@st.composite
def logs(draw: st.DrawFn) -> list[AnyEntry]:
    """A lawful log: whatever is drawn and breaks a law is left out. One entry a day."""
    entries: list[AnyEntry] = []
    for day in range(draw(st.integers(0, 14))):
        fact = f"F-{draw(st.integers(1, 4))}"
        says = draw(st.sampled_from(["propose", "propose", "accept", "reject", "dispute", "withdraw"]))
        entry: dict[str, Any] = {
            "fact": fact,
            "recorded_at": iso(T0 + day * DAY),
            "by": draw(st.sampled_from([side.value for side in Side])),
            "says": says,
        }
        if says == "propose":
            entry |= {
                "kind": draw(st.sampled_from(["planned_work", "planned_work", "gap_cause"])),
                "asset": draw(st.sampled_from(["truck-1", None])),
                "from": iso(T0 + draw(st.integers(0, 3)) * DAY),
                "until": iso(T0 + 4 * DAY),
                "succeeds": draw(st.sampled_from([None, "F-1", "F-2", "F-3"])),
            }
            entry["about"] = {"cause": "x"} if entry["kind"] == "planned_work" else {"cause": "x", "counts_as": "up"}
        else:
            entry["reason"] = "because"
        further = FactLog.model_validate([entry]).root
        if not broken_laws([*entries, *further]):
            entries += further
    return entries


instants = st.integers(0, 40).map(lambda half_days: T0 + half_days * DAY / 2)


def same(left: FactBook, right: FactBook) -> bool:
    return left == right and left.all() == right.all()


@given(logs(), st.randoms(use_true_random=False), instants)
@lawful
def test_the_order_of_the_lines_is_nothing_and_nor_are_repetitions(
    log: list[AnyEntry], random: Any, known_at: datetime
) -> None:
    shuffled = log + [entry for entry in log if random.random() < 0.3]
    random.shuffle(shuffled)

    assert same(book_at(shuffled, known_at), book_at(log, known_at))


@given(logs(), instants)
@lawful
def test_what_is_recorded_later_changes_nothing_that_was_known(log: list[AnyEntry], known_at: datetime) -> None:
    before = [entry for entry in log if entry.recorded_at and entry.recorded_at < known_at]

    assert same(book_at(log, known_at), book_at(before, known_at))


@given(logs(), instants, instants)
@lawful
def test_a_fact_once_known_keeps_what_it_says(log: list[AnyEntry], one: datetime, other: datetime) -> None:
    earlier, later = (book_at(log, at) for at in sorted((one, other)))

    for then, now in zip(earlier.all(), later.all(), strict=False):
        assert replace(now, answers=now.answers[: len(then.answers)]) == then
    assert len(earlier.all()) <= len(later.all())


@given(logs())
@lawful
def test_written_and_read_again_it_is_the_same_log(log: list[AnyEntry]) -> None:
    text = write_log(log)

    assert parse_log(text, "facts.jsonl") == log
    assert write_log(parse_log(text, "facts.jsonl")) == text


@given(logs(), instants, st.sampled_from(RULES))
@lawful
def test_of_a_line_of_successors_at_most_one_is_accepted(
    log: list[AnyEntry], known_at: datetime, rule: AcceptanceRule
) -> None:
    book = book_at(log, known_at)
    found = [one for kind in FactKind for asset in ("truck-1", None) for one in book.standings(kind, asset, rule)]
    accepted = {fact.id for fact, standing in found if standing.accepted}
    succeeds = {fact.id: fact.succeeds for fact in book.all()}

    for fact in accepted:
        older = succeeds[fact]
        while older is not None:
            assert older not in accepted
            older = succeeds[older]


@given(logs(), instants, st.sampled_from(RULES))
@lawful
def test_how_a_fact_stands_follows_from_what_was_said(
    log: list[AnyEntry], known_at: datetime, rule: AcceptanceRule
) -> None:
    for fact in book_at(log, known_at).all():
        standing = standing_under(fact, rule, known_at)
        assert fact.proposed_at <= standing.since <= known_at
        assert (standing.state is StandingState.WITHDRAWN) == (fact.withdrawn_at is not None)
        if fact.accepted_at:
            assert standing.accepted
        if rule != "not_needed" and fact.proposed_at + rule.days * DAY <= known_at and not fact.answers:
            assert standing.state is not StandingState.UNDECIDED


@given(logs(), st.sampled_from(RULES), instants, instants)
@lawful
def test_what_is_accepted_stays_accepted_unless_it_is_withdrawn(
    log: list[AnyEntry], rule: AcceptanceRule, one: datetime, other: datetime
) -> None:
    first, second = sorted((one, other))
    later = {fact.id: fact for fact in book_at(log, second).all()}

    for fact in book_at(log, first).all():
        before = standing_under(fact, rule, first)
        after = standing_under(later[fact.id], rule, second)
        if before.accepted and after.state is not StandingState.WITHDRAWN:
            assert after == before


@given(logs(), st.integers(0, 13))
@lawful
def test_a_law_broken_is_broken_in_any_order(log: list[AnyEntry], place: int) -> None:
    proposals = [entry for entry in log if entry.says == "propose"]
    if not proposals:
        return
    entry = proposals[place % len(proposals)]
    again = entry.model_copy(update={"evidence": "changed afterwards", "recorded_at": LATER - DAY})

    for lines in ([*log, again], [again, *log]):
        with pytest.raises(LawBroken, match="never changes"):
            book_at(lines, LATER)

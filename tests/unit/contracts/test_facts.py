"""Facts: what the log of two sides comes to, and how a fact stands under what a term says of silence."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts.facts.book import Fact, FactBook, LawBroken, Standing, StandingState, book_at, standing_under
from contracts.facts.entry import AnyEntry, FactLog
from contracts.facts.file import parse_log, parse_proposals, write_log
from contracts.facts.kinds import CounterCorrection, FactKind, Says
from contracts.terms.acceptance import AcceptanceClock, AcceptanceRule, Silence
from contracts.terms.side import Side
from tests.builders import span, utc
from vouch.canonical import canonical_json
from vouch.document import DocumentFaults
from vouch.errors import Invalid
from vouch.period import DAY, iso

FIRST = utc("2026-03-02 10:00")
LATER = utc("2030-01-01")
FORTNIGHT = AcceptanceClock(days=14, silence=Silence.ACCEPTED)
REFUSED = AcceptanceClock(days=14, silence=Silence.REJECTED)

# What each kind needs beside fact, by, says, kind and asset.
KINDS: dict[str, dict[str, Any]] = {
    "planned_work": {"about": {"cause": "service"}},
    "excusable_event": {"about": {"cause": "flood"}},
    "obligation_met": {"about": {"obligation": "oil"}},
    "obligation_breached": {"about": {"obligation": "oil"}},
    "maintenance_done": {"about": {"obligation": "oil"}},
    "counter_correction": {"about": {"metric": "km", "amount": "-12.5"}},
    "device_swap": {"about": {"metric": "km", "old_device": "a", "new_device": "b", "final": 10, "initial": 0}},
    "claim": {"about": {"price": "credit", "month": "2026-02"}},
    "gap_cause": {"about": {"counts_as": "up", "cause": "sim-card"}},
    "baseline_adjustment": {"about": {"measure": "saving", "month": "2026-02", "amount": 100}},
    "index_value": {"about": {"index": "wages", "month": "2026-02", "value": "104.2"}},
    "incident": {"from": "2026-03-10T06:00:00Z", "about": {"cause": "stuck", "responded_at": None}},
    "event_cancelled": {"about": {"device": "d-1", "metric": "kwh", "measured_at": "2026-03-10T06:00:00Z"}},
}
SPANS = ("planned_work", "excusable_event", "obligation_breached", "gap_cause")
INSTANTS = ("obligation_met", "maintenance_done", "counter_correction", "device_swap", "claim")
SPAN = {"from": "2026-03-10T06:00:00Z", "until": "2026-03-10T10:00:00Z"}


def written(fact: str, kind: str = "planned_work", day: float | None = 0, **changes: Any) -> dict[str, Any]:
    """A proposal as it stands in a file, known so many days after FIRST; None leaves out when."""
    own: dict[str, Any] = {"asset": None if kind == "index_value" else "truck-1", **KINDS[kind]}
    if kind in SPANS:
        own |= SPAN
    if kind in INSTANTS:
        own["at"] = "2026-03-10T06:00:00Z"
    known = {} if day is None else {"recorded_at": iso(FIRST + day * DAY)}
    return {"fact": fact, "by": "supplier", "says": "propose", "kind": kind} | known | own | changes


def said(says: str, fact: str = "F-1", day: float = 1, by: str | None = None, **changes: Any) -> dict[str, Any]:
    """An answer as it stands in a file, by the side that may give it to a proposal of the supplier."""
    by = by or ("supplier" if says == "withdraw" else "customer")
    return {"fact": fact, "recorded_at": iso(FIRST + day * DAY), "by": by, "says": says, "reason": "because"} | changes


def entries(*objects: dict[str, Any]) -> list[AnyEntry]:
    return FactLog.model_validate(list(objects)).root


def book(*objects: dict[str, Any], day: float = 1000) -> FactBook:
    return book_at(entries(*objects), FIRST + day * DAY)


def only(*objects: dict[str, Any]) -> Fact:
    (fact,) = book(*objects).all()
    return fact


def names(facts: Any) -> list[str]:
    return [fact.id for fact in facts]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_and_written_as_the_same_line(kind: str) -> None:
    text = write_log(entries(written("F-1", kind)))

    (entry,) = parse_log(text, "facts.jsonl")
    assert write_log([entry]) == text
    fact = book_at([entry], LATER).all()[0]
    assert fact.kind is FactKind(kind)
    assert (fact.period is not None) == (kind in SPANS)
    assert (fact.at is not None) == (kind in INSTANTS)


def test_the_kinds_of_this_test_are_all_there_are() -> None:
    assert list(KINDS) == list(FactKind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_no_fields_but_its_own(kind: str) -> None:
    about = KINDS[kind]["about"] | {"colour": "red"}
    with pytest.raises(DocumentFaults, match=r"about\.colour: unknown key"):
        parse_log(json.dumps([written("F-1", kind, about=about)]), "facts.yaml")


def test_a_fact_holds_what_was_proposed_and_what_was_said_since() -> None:
    fact = only(
        written("F-1", "counter_correction", evidence="ticket 881"),
        said("dispute", day=1, reason="show me"),
        said("accept", day=2, reason=None),
    )

    assert (fact.id, fact.asset, fact.evidence) == ("F-1", "truck-1", "ticket 881")
    assert (fact.proposed_by, fact.proposed_at) == (Side.SUPPLIER, FIRST)
    assert fact.at == utc("2026-03-10 06:00")
    assert fact.about == CounterCorrection(metric="km", amount=Decimal("-12.5"))
    assert [(answer.says, answer.by, answer.reason) for answer in fact.answers] == [
        (Says.DISPUTE, Side.CUSTOMER, "show me"),
        (Says.ACCEPT, Side.CUSTOMER, None),
    ]
    assert (fact.disputed_at, fact.accepted_at) == (FIRST + DAY, FIRST + 2 * DAY)
    assert (fact.rejected_at, fact.withdrawn_at) == (None, None)


def test_only_an_incident_may_be_open_and_then_holds_until_further_notice() -> None:
    fact = only(written("F-1", "incident"))

    assert fact.period is None
    assert fact.within(span("2026-03-01", "2026-03-11")) == span("2026-03-10 06:00", "2026-03-11")
    assert fact.within(span("2026-03-01", "2026-03-10 06:00")) is None
    with pytest.raises(ValidationError, match="until"):
        entries(written("F-1") | {"until": None})


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("planned_work", {"until": "2026-03-10T06:00:00Z"}, "'until' must be later than 'from'"),
        ("incident", {"until": "2026-03-10T05:00:00Z"}, "'until' must be later than 'from'"),
        ("incident", {"about": {"cause": "x", "responded_at": "2026-03-10T05:59:59Z"}}, "between 'from' and 'until'"),
        ("planned_work", {"from": "2026-03-10T06:00:00"}, "offset from UTC"),
        ("counter_correction", {"about": {"metric": "km", "amount": "1e3"}}, "plain decimal number"),
        ("counter_correction", {"about": {"metric": "km", "amount": 0.5}}, "exact number"),
        ("counter_correction", {"about": {"metric": "km", "amount": True}}, "plain decimal number"),
        ("counter_correction", {"about": {"metric": "km", "amount": Decimal("1e999999")}}, "30 digits"),
        ("claim", {"about": {"price": "credit", "month": "2026-13"}}, "a month such as 2026-10"),
        ("index_value", {"asset": "truck-1"}, "None"),
        ("planned_work", {"evidence": "a\x00b"}, "control characters"),
    ],
)
def test_a_proposal_that_cannot_be_right_is_refused(kind: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        entries(written("F-1", kind, **changes))


def test_a_swap_has_two_devices() -> None:
    about = KINDS["device_swap"]["about"] | {"new_device": "a"}
    with pytest.raises(ValidationError, match="two devices"):
        entries(written("F-1", "device_swap", about=about))


@pytest.mark.parametrize("says", ["reject", "dispute", "withdraw"])
def test_whoever_does_not_agree_says_why(says: str) -> None:
    with pytest.raises(ValidationError, match="reason"):
        entries(written("F-1"), said(says, reason=None))


# The laws of the log

UNLAWFUL: dict[str, tuple[list[dict[str, Any]], str]] = {
    "unknown fact answered": ([said("accept")], "'F-1' is not proposed before this"),
    "answered before it is proposed": ([written("F-1", day=2), said("accept")], "'F-1' is not proposed before this"),
    "proposed twice": ([written("F-1"), written("F-1", day=1)], "never changes"),
    "own fact accepted": ([written("F-1"), said("accept", by="supplier")], "the customer accepts, rejects or"),
    "own fact rejected": ([written("F-1", by="customer"), said("reject")], "the supplier accepts, rejects or"),
    "withdrawn by the other": ([written("F-1"), said("withdraw", by="customer")], "supplier, who alone may withdraw"),
    "accepted after rejection": ([written("F-1"), said("reject"), said("accept", day=2)], "was rejected at 2026-03-03"),
    "accepted after withdrawal": ([written("F-1"), said("withdraw"), said("accept", day=2)], "was withdrawn at"),
    "withdrawn after acceptance": ([written("F-1"), said("accept"), said("withdraw", day=2)], "one that succeeds it"),
    "disputed after acceptance": ([written("F-1"), said("accept"), said("dispute", day=2)], "was accepted at"),
    "disputed twice": ([written("F-1"), said("dispute"), said("dispute", day=2)], "was disputed at"),
    "successor of nothing": ([written("F-2", succeeds="F-1")], "'F-1' is not proposed before this"),
    "successor of itself": ([written("F-1", succeeds="F-1")], "'F-1' is not proposed before this"),
    "successor of another kind": (
        [written("F-1"), written("F-2", "gap_cause", day=1, succeeds="F-1")],
        "is of kind planned_work",
    ),
    "successor of a rejected one": (
        [written("F-1"), said("reject"), written("F-2", day=2, succeeds="F-1")],
        "was rejected: nothing is left",
    ),
    "successor of a withdrawn one": (
        [written("F-1"), said("withdraw"), written("F-2", day=2, succeeds="F-1")],
        "was withdrawn: nothing is left",
    ),
    "second successor": (
        [written("F-1"), written("F-2", day=1, succeeds="F-1"), written("F-3", day=2, succeeds="F-1")],
        "succeeded by 'F-2' already",
    ),
    "second successor after a grandchild": (
        [
            written("F-1"),
            written("F-2", day=1, succeeds="F-1"),
            written("F-3", day=2, succeeds="F-2"),
            said("reject", "F-2", day=3),
            written("F-4", day=4, succeeds="F-1"),
        ],
        "succeeded by 'F-3' already",
    ),
}


@pytest.mark.parametrize("law", UNLAWFUL)
def test_an_entry_that_breaks_a_law_is_refused(law: str) -> None:
    objects, message = UNLAWFUL[law]
    with pytest.raises(LawBroken, match=message):
        book(*objects)
    with pytest.raises(DocumentFaults, match=message):
        parse_log(json.dumps(objects), "facts.json")


def test_what_breaks_a_law_later_does_not_matter_earlier() -> None:
    assert names(book(written("F-1"), said("accept", by="supplier"), day=1).all()) == ["F-1"]


def test_the_proposer_withdraws_a_disputed_fact() -> None:
    found = book(written("F-1"), said("dispute"), said("withdraw", day=2))

    assert found.of(FactKind.PLANNED_WORK, "truck-1") == ()
    assert names(found.all()) == ["F-1"]


def test_the_same_entry_again_changes_nothing() -> None:
    once = [written("F-1"), said("dispute"), said("reject", day=2)]

    assert book(*once, *once) == book(*once)
    assert book(*once, *once).all() == book(*once).all()


def test_an_instant_divides_what_was_known_from_what_was_not() -> None:
    log = (written("F-1"), said("accept"))

    assert book(*log, day=0).all() == ()
    assert book(*log, day=1).all()[0].accepted_at is None
    assert book(*log, day=1.001).all()[0].accepted_at == FIRST + DAY


# Whom a fact concerns, and in which order


def test_facts_of_an_asset_and_of_all_assets_come_in_order_of_their_own_time() -> None:
    found = book(
        written("F-1", "maintenance_done", at="2026-03-09T00:00:00Z"),
        written("F-2", "maintenance_done", at="2026-03-07T00:00:00Z", asset=None),
        written("F-3", "maintenance_done", at="2026-03-08T00:00:00Z", asset="truck-2"),
        written("F-4", "obligation_met"),
    )

    assert names(found.of(FactKind.MAINTENANCE_DONE, "truck-1")) == ["F-2", "F-1"]
    assert names(found.of(FactKind.MAINTENANCE_DONE, "truck-2")) == ["F-2", "F-3"]
    assert names(found.of(FactKind.MAINTENANCE_DONE, None)) == ["F-2"]
    assert names(found.all()) == ["F-1", "F-2", "F-3", "F-4"]


def test_facts_about_a_month_or_an_event_come_in_its_order() -> None:
    index = KINDS["index_value"]["about"]
    event = KINDS["event_cancelled"]["about"]
    found = book(
        written("F-1", "index_value", about=index | {"month": "2026-03"}),
        written("F-2", "index_value", about=index),
        written("F-3", "event_cancelled", about=event),
        written("F-4", "event_cancelled", about=event | {"measured_at": "2026-03-01T00:00:00Z"}),
    )

    assert names(found.of(FactKind.INDEX_VALUE, None)) == ["F-2", "F-1"]
    assert names(found.of(FactKind.EVENT_CANCELLED, "truck-1")) == ["F-4", "F-3"]


# Succession

PLANNED = (FactKind.PLANNED_WORK, "truck-1")


def test_a_successor_takes_its_place_once_accepted_and_not_before() -> None:
    log = (written("F-1"), said("accept"), written("F-2", day=2, succeeds="F-1"), said("accept", "F-2", day=3))

    before, after = book(*log, day=3), book(*log)
    assert names(before.of(*PLANNED)) == ["F-1", "F-2"]
    assert before.successor(before.all()[0]) is None
    assert names(after.of(*PLANNED)) == ["F-2"]
    assert after.successor(after.all()[0]) == after.all()[1]


def test_a_successor_of_a_successor_takes_the_place_of_both() -> None:
    found = book(
        written("F-1"),
        written("F-2", day=1, succeeds="F-1"),
        written("F-3", day=2, succeeds="F-2"),
        said("accept", "F-3", day=3),
    )

    assert names(found.of(*PLANNED)) == ["F-3"]


def test_after_a_rejected_successor_another_may_be_proposed() -> None:
    found = book(
        written("F-1"),
        written("F-2", day=1, succeeds="F-1"),
        said("reject", "F-2", day=2),
        written("F-3", day=3, by="customer", succeeds="F-1"),
        said("accept", "F-3", day=4, by="supplier"),
    )

    assert names(found.of(*PLANNED)) == ["F-2", "F-3"]
    assert [fact.id for fact, standing in found.standings(*PLANNED, FORTNIGHT) if standing.accepted] == ["F-3"]


def test_silence_lets_a_successor_take_its_place_under_the_rule_that_says_so() -> None:
    log = (written("F-1"), written("F-2", day=2, succeeds="F-1"))

    def standing(rule: AcceptanceRule, day: float) -> list[tuple[str, str]]:
        return [(fact.id, standing.state.value) for fact, standing in book(*log, day=day).standings(*PLANNED, rule)]

    assert standing(FORTNIGHT, 15) == [("F-1", "accepted"), ("F-2", "undecided")]
    assert standing(FORTNIGHT, 16) == [("F-2", "accepted")]
    assert standing(REFUSED, 16) == [("F-1", "rejected"), ("F-2", "rejected")]
    assert standing("not_needed", 3) == [("F-2", "accepted")]
    assert names(book(*log, day=16).of(*PLANNED)) == ["F-1", "F-2"]


def test_where_no_acceptance_is_needed_a_side_replaces_its_own_facts_only() -> None:
    log = (written("F-1"), written("F-2", day=2, by="customer", succeeds="F-1"))
    agreed = said("accept", "F-2", day=3, by="supplier")

    before, after = (book(*said).standings(*PLANNED, "not_needed") for said in (log, (*log, agreed)))
    assert [(fact.id, standing.state.value) for fact, standing in before] == [("F-1", "accepted"), ("F-2", "undecided")]
    assert [(fact.id, standing.state.value) for fact, standing in after] == [("F-2", "accepted")]


# Acceptance

A, R, D, U = StandingState.ACCEPTED, StandingState.REJECTED, StandingState.DISPUTED, StandingState.UNDECIDED


@pytest.mark.parametrize(
    ("rule", "answers", "day", "state", "since"),
    [
        ("not_needed", [], 0.5, A, 0),
        ("not_needed", [said("reject")], 20, A, 0),
        (FORTNIGHT, [], 13.999, U, 0),
        (FORTNIGHT, [], 14, A, 14),
        (FORTNIGHT, [said("accept")], 2, A, 1),
        (FORTNIGHT, [said("accept", day=15)], 16, A, 14),
        (FORTNIGHT, [said("reject")], 20, R, 1),
        (FORTNIGHT, [said("reject", day=13.999)], 20, R, 13.999),
        (FORTNIGHT, [said("reject", day=14)], 20, A, 14),
        (FORTNIGHT, [said("dispute")], 20, D, 1),
        (FORTNIGHT, [said("dispute"), said("accept", day=30)], 40, A, 30),
        (FORTNIGHT, [said("dispute"), said("reject", day=30)], 40, R, 30),
        (FORTNIGHT, [said("dispute", day=15)], 20, A, 14),
        (REFUSED, [], 13.999, U, 0),
        (REFUSED, [], 14, R, 14),
        (REFUSED, [said("accept")], 20, A, 1),
        (REFUSED, [said("accept", day=15)], 15, R, 14),
        (REFUSED, [said("accept", day=15)], 16, A, 15),
        (REFUSED, [said("reject", day=15)], 16, R, 14),
        (REFUSED, [said("dispute")], 20, D, 1),
        (FORTNIGHT, [said("withdraw", day=20)], 19, A, 14),
        (FORTNIGHT, [said("withdraw", day=20)], 21, StandingState.WITHDRAWN, 20),
        ("not_needed", [said("withdraw", day=20)], 21, StandingState.WITHDRAWN, 20),
        (AcceptanceClock(days=0, silence=Silence.ACCEPTED), [said("reject")], 20, A, 0),
    ],
)
def test_how_a_fact_stands_under_what_the_term_says_of_silence(
    rule: AcceptanceRule, answers: list[dict[str, Any]], day: float, state: StandingState, since: float
) -> None:
    known = book(written("F-1"), *answers, day=day)

    found = standing_under(known.all()[0], rule, known.known_at)
    assert found == Standing(state, FIRST + timedelta(days=since))
    assert found.accepted == (state is A)


class Term(BaseModel):
    """A term that states a rule."""

    acceptance: AcceptanceRule


@pytest.mark.parametrize("rule", ["not_needed", {"days": 14, "silence": "accepted"}])
def test_a_term_writes_its_rule_and_reads_it_back(rule: Any) -> None:
    text = canonical_json(Term(acceptance=rule).model_dump(mode="json"))

    assert json.loads(text) == {"acceptance": rule}
    assert Term.model_validate_json(text) == Term(acceptance=rule)


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        ("needed", ("acceptance", "·word"), "not_needed"),
        (None, ("acceptance", "·given"), "AcceptanceClock"),
        ({"days": "14", "silence": "accepted"}, ("acceptance", "·given", "days"), "valid integer"),
        ({"days": 367, "silence": "accepted"}, ("acceptance", "·given", "days"), "366"),
        ({"days": 14}, ("acceptance", "·given", "silence"), "required"),
        ({"days": 14, "silence": "up"}, ("acceptance", "·given", "silence"), "accepted"),
    ],
)
def test_a_rule_that_is_not_one_is_refused(rule: Any, path: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Term).validate_python({"acceptance": rule})
    (error,) = raised.value.errors()
    assert error["loc"] == path
    assert message in error["msg"]


# Files

YAML = """\
- fact: F-1
  recorded_at: 2026-03-02T10:00:00Z
  by: supplier
  says: propose
  kind: counter_correction
  asset: truck-1
  at: 2026-03-01T00:00:00+01:00
  about: {metric: km, amount: -12.50}
- {fact: F-1, recorded_at: 2026-03-03T10:00:00Z, by: customer, says: accept}
"""


def test_a_yaml_list_and_json_lines_say_the_same() -> None:
    found = parse_log(YAML, "facts.yaml")

    lines = write_log(found)
    assert lines.splitlines()[0] == (
        '{"about":{"amount":"-12.5","metric":"km"},"asset":"truck-1","at":"2026-02-28T23:00:00Z","by":"supplier",'
        '"evidence":null,"fact":"F-1","kind":"counter_correction","recorded_at":"2026-03-02T10:00:00Z",'
        '"says":"propose","succeeds":null}'
    )
    assert parse_log(lines, "facts.jsonl") == found
    assert write_log(parse_log(lines, "facts.jsonl")) == lines


def test_a_mistake_is_named_with_file_line_and_path() -> None:
    def faults(text: str, name: str = "facts.yaml") -> list[str]:
        with pytest.raises(DocumentFaults) as raised:
            parse_log(text, name)
        return str(raised.value).splitlines()

    assert faults(YAML.replace("km, amount", "km, amuont")) == [
        "facts.yaml:8: [0].about.amuont: unknown key; did you mean 'amount'?",
    ]
    (wrong_kind,) = faults(YAML.replace("counter_correction", "counter"))
    assert wrong_kind.startswith("facts.yaml:5: [0].kind: found 'counter'; expected: 'baseline_adjustment', ")
    assert wrong_kind.endswith("; did you mean 'counter_correction'?")
    assert faults(YAML.replace("says: accept", "says: agree")) == [
        "facts.yaml:9: [1].says: found 'agree'; expected: 'accept', 'dispute', 'propose', 'reject' or 'withdraw'"
    ]
    assert faults(YAML.replace("  recorded_at: 2026-03-02T10:00:00Z\n", "")) == [
        "facts.yaml:1: [0].recorded_at: required, but missing"
    ]
    assert faults(YAML.replace("by: customer", "by: supplier")) == [
        "facts.yaml:9: [1].by: fact 'F-1' was proposed by the supplier, who alone may withdraw it; "
        "the customer accepts, rejects or disputes it"
    ]


def test_mistakes_in_json_lines_are_named_by_the_line_they_are_in() -> None:
    good = write_log(parse_log(YAML, "facts.yaml"))

    for text, message in (
        (f"{good}\n\n{{", r"f\.jsonl:5: not the JSON expected"),
        (f'{good}{{"a":1,"a":2}}', r"f\.jsonl:3: not the JSON expected: key 'a' is given twice"),
        (f'{good}{{"a":NaN}}', r"f\.jsonl:3: not the JSON expected: NaN is not a number"),
        (f"{good}{'[' * 100_000}", r"f\.jsonl:3: not the JSON expected"),
        (f"{good}3", r"f\.jsonl:3: \[2\]: found 3"),
        ("\n" + good.replace("customer", "supplier"), r"f\.jsonl:3: \[1\]\.by"),
    ):
        with pytest.raises(Invalid, match=message):
            parse_log(text, "f.jsonl")


def test_a_line_may_hold_what_python_takes_for_the_end_of_one() -> None:
    log = entries(written("F-1", evidence="before\u2028after"))

    assert parse_log(write_log(log), "facts.jsonl") == log


def test_an_empty_log_is_a_log() -> None:
    assert parse_log("", "facts.jsonl") == parse_log("[]", "facts.yaml") == []


def test_proposals_leave_it_to_the_database_when_they_became_known() -> None:
    document, (proposal,) = parse_proposals(json.dumps([written("F-1", day=None)]), "new.yaml")

    assert document.name == "new.yaml"
    assert "recorded_at" not in proposal.line()
    for objects, message in (
        ([written("F-1")], r"new\.yaml:1: \[0\]\.recorded_at: must be left out"),
        ([said("accept")], r"new\.yaml:1: \[0\]\.says: found 'accept'; expected 'propose'"),
        ([], "at least one proposal"),
    ):
        with pytest.raises(DocumentFaults, match=message):
            parse_proposals(json.dumps(objects), "new.yaml")

"""docs/facts.md: its log is one, its tables name what there is, its acceptance rules are rules."""

import re
from pathlib import Path
from typing import Final

import yaml
from pydantic import TypeAdapter

from contracts.facts.book import book_at
from contracts.facts.entry import Accept, Propose, ProposeInstant, ProposeSpan, Refuse
from contracts.facts.file import parse_log, parse_proposals, write_log
from contracts.facts.kinds import FactKind
from contracts.terms.acceptance import AcceptanceRule
from tests.builders import utc

PAGE: Final = (Path(__file__).parents[3] / "docs" / "facts.md").read_text()
LOG: Final = re.findall(r"```jsonl\n(.*?)```", PAGE, re.DOTALL)[0]


def table(heading: str) -> list[list[str]]:
    """The cells of a section's first table, its head left out."""
    rows = [line for line in PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0].splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_log_of_the_page_holds_every_kind() -> None:
    entries = parse_log(LOG, "docs/facts.jsonl")

    facts = book_at(entries, utc("2027-01-01")).all()
    assert [fact.kind for fact in facts] == list(FactKind)
    assert facts[0].accepted_at == utc("2026-10-03 09:00")
    assert parse_log(write_log(entries), "docs/facts.jsonl") == entries


def test_the_kinds_of_the_page_have_the_fields_that_it_names() -> None:
    log = parse_log(LOG, "docs/facts.jsonl")
    entries = {FactKind(entry.kind): entry for entry in log if isinstance(entry, Propose)}
    rows = {cells[0].strip("`"): cells for cells in table("Kinds")}

    assert list(rows) == list(FactKind)
    for kind, (_, when, about) in rows.items():
        fields = set(type(entries[FactKind(kind)].about).model_fields)
        assert fields == fields & set(re.findall(r"`([a-z_]+)`", about)), kind
        assert when.startswith("`at`") == isinstance(entries[FactKind(kind)], ProposeInstant), kind
        assert when.startswith("span") == (isinstance(entries[FactKind(kind)], ProposeSpan) or kind == "incident"), kind


def test_the_fields_of_the_page_are_those_of_entries() -> None:
    named = {name for cells in table("Entries") for name in re.findall(r"`([a-z_]+)`", cells[0])}
    have = {field for model in (Propose, Accept, Refuse, ProposeInstant) for field in model.model_fields}

    assert named == have | {"kind", "about", "from", "until"}


def test_the_rules_of_the_page_are_rules_and_its_proposals_can_be_proposed() -> None:
    rules = re.findall(r"^    acceptance: (.*?)(?:  #.*)?$", PAGE, re.MULTILINE)
    (file,) = re.findall(r"```yaml\n(# facts\.yaml\n.*?)```", PAGE, re.DOTALL)

    assert len(rules) == 2
    for rule in rules:
        TypeAdapter(AcceptanceRule).validate_python(yaml.safe_load(rule))
    assert [proposal.succeeds for proposal in parse_proposals(file, "facts.yaml")[1]] == [None, "F-1"]

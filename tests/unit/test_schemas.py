"""The published JSON Schemas: they are what the command prints, and real files of each kind are valid by them."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import fastjsonschema
import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from billing.statement import StatementDocument
from tests.templates.worked import TEMPLATES, evaluate, evidence_of
from vouch.__main__ import main
from vouch.canonical import plain
from vouch.document import parse_document

DOCS: Final = Path(__file__).parents[2] / "docs"
SCHEMAS: Final = DOCS / "schemas"
KINDS: Final = ["contract", "evidence", "fact", "invoice", "presence", "registry", "statement", "telemetry"]
CONTRACTS: Final = [*sorted(TEMPLATES.glob("*/contract*.yaml")), Path(__file__).parents[1] / "full_contract.yaml"]
SLUGS: Final = sorted({one.parent.name for one in CONTRACTS[:-1]})


@cache
def validator(which: str) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] = fastjsonschema.compile(json.loads((SCHEMAS / f"{which}.json").read_text()))
    return found


def content(file: Path) -> Any:
    """The file as any JSON reader sees it: decimals as numbers."""
    return json.loads(
        json.dumps(parse_document(file.read_text(), file.name).content, default=lambda d: float(plain(d)))
    )


def test_all_schemas_are_published() -> None:
    assert sorted(one.stem for one in SCHEMAS.iterdir()) == KINDS


@pytest.mark.parametrize("which", KINDS)
def test_a_published_schema_is_what_the_command_prints(which: str) -> None:
    assert (SCHEMAS / f"{which}.json").read_text() == CliRunner().invoke(main, ["schema", which]).stdout


@pytest.mark.parametrize("file", CONTRACTS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_contract_files_are_valid(file: Path) -> None:
    assert validator("contract")(content(file))


@pytest.mark.parametrize("slug", SLUGS)
def test_evidence_files_and_facts_are_valid(slug: str) -> None:
    for file in evidence_of(slug).glob("evidence.*"):
        assert validator("evidence")(content(file))
    for file in evidence_of(slug).glob("facts.yaml"):
        assert validator("fact")(content(file))
    for file in evidence_of(slug).glob("facts.jsonl"):
        assert validator("fact")([json.loads(line) for line in file.read_text().splitlines()])


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("vat_percent",), 101),
        (("prices", 0, "amount"), -1),
        (("prices", 0, "amount"), "1e3"),
        (("judges", 0, "comparison"), "at_lest"),
        (("measures", 0, "rounding"), "nono"),
        (("measures", 0, "colour"), "red"),
    ],
)
def test_a_mistake_is_not_valid(path: tuple[str | int, ...], to: Any) -> None:
    wrong = content(CONTRACTS[-1])
    around = wrong
    for part in path[:-1]:
        around = around[part]
    around[path[-1]] = to

    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        validator("contract")(wrong)


def months() -> list[tuple[str, str]]:
    """A month of each template for which there is evidence."""
    found = []
    for slug in SLUGS:
        first = parse_document((TEMPLATES / slug / "contract.yaml").read_text(), slug).content["effective_from"]
        found.append((slug, str(first)[:7]))
    return found


@pytest.mark.parametrize(("slug", "month"), months())
def test_statements_are_valid(slug: str, month: str) -> None:
    statement = evaluate(slug, month)

    assert validator("statement")(statement)
    assert TypeAdapter(StatementDocument).validate_json(json.dumps(statement)) == statement

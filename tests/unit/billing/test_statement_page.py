"""docs/statement.md: it names every field of a statement, and its check finds what was changed."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from typing_extensions import get_type_hints, is_typeddict

from billing.statement import StatementDocument
from tests.templates.worked import TEMPLATES, evaluate
from vouch.document import parse_document

PAGE: Final = (Path(__file__).parents[3] / "docs" / "statement.md").read_text()
(CHECK,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def forms(form: Any) -> Iterator[Any]:
    """The TypedDicts that a form is made of, itself first."""
    if is_typeddict(form):
        yield form
        for field in get_type_hints(form).values():
            yield from forms(field)
    for inner in get_args(form):
        yield from forms(inner)


@pytest.mark.parametrize("form", dict.fromkeys(forms(StatementDocument)), ids=lambda form: str(form.__name__))
def test_every_field_is_explained(form: Any) -> None:
    named = set(re.findall(r"^\| `([a-z_]+)` \| .+ \|$", PAGE, re.MULTILINE))

    assert set(get_type_hints(form)) <= named


def checked(statement: dict[str, Any]) -> tuple[int, str]:
    found = subprocess.run(
        [sys.executable, "-I", "-c", CHECK], input=json.dumps(statement), capture_output=True, text=True, check=False
    )
    return found.returncode, found.stdout


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*/contract.yaml")), ids=lambda file: file.parent.name)
def test_statements_pass_the_pages_own_check(file: Path) -> None:
    first = str(parse_document(file.read_text(), file.name).content["effective_from"])[:7]

    assert checked(evaluate(file.parent.name, first)) == (0, "digest and sums are right\n")


@pytest.mark.parametrize("name", ["net", "known_at", "month"])
def test_a_statement_that_was_changed_does_not_pass(name: str) -> None:
    statement = evaluate("uptime_truck", "2026-03")

    assert checked(statement | {name: "1"})[0] == 1

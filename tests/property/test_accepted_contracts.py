"""Whatever contract the check accepts can be evaluated: one choice of a contract with every kind of part is changed."""

import copy
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from billing.statement import StatementDocument, statement
from contracts.contract import linked
from contracts.document import ContractDocument, check_document, contract_of
from contracts.evidence.document import Evidence
from contracts.evidence.folder import read_evidence
from contracts.offline import FolderKnowledge, check_evidence
from tests import contract_files
from vouch.document import Document, DocumentFaults, parse_document
from vouch.expectation import place_of

FULL: Final = parse_document(contract_files.FULL, "full.yaml").content
LISTS: Final = ("measures", "judges", "prices")
IDS: Final = [part["id"] for several in LISTS for part in FULL[several]]
WINDOWS: Final = [
    {"kind": kind, "months": 2, "partial": partial}
    for kind in ("calendar", "contract", "rolling")
    for partial in ("judge", "wait")
] + [{"kind": "life", "partial": "judge"}]

STATEMENT: Final = TypeAdapter(StatementDocument)

Where = tuple[str | int, ...]


@cache
def evidence() -> Evidence:
    """Two months of both trucks: use, stops, heat and load, a reading every third day."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "evidence.yaml").write_text(contract_files.FULL_EVIDENCE)
        rows = [row for month in (2, 3) for day in range(1, 28, 3) for row in _readings(month, day)]
        (folder / "readings.csv").write_text("\n".join(["device,metric,measured_at,value", *rows]))
        return read_evidence(folder)


def _readings(month: int, day: int) -> Iterator[str]:
    values = {
        "odometer_km": month * 3000 + day * 90,
        "power_kw": 60 + day,
        "lost_kwh": day,
        "pages": day,
        "cabin_temperature": day,
        "axle_load": 11_000 + day * 50,
        "state": "DOWN" if day % 2 else "RUNNING",
    }
    for device in ("box-1", "box-2"):
        for metric, value in values.items():
            yield f"{device},{metric},2026-{month:02}-{day:02}T00:00:00Z,{value}"


def _choices(value: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    if where and where[0] not in ("contract", "version", "issuer", "customer", "currency"):
        yield from ((where, other) for other in _others(value, where) if other != value)
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inner:
            yield from _choices(one, (*where, key))


def _others(value: Any, where: Where) -> Iterator[Any]:
    """Other values that may be meant in the same place, if the rest of the contract allows it."""
    words = place_of(_location(where), ContractDocument, FULL).shape.values()
    yield from words
    if "month" in words:
        yield from WINDOWS
    match value:
        case bool():
            yield not value
        case int() | Decimal():
            yield from (0, 1, Decimal("0.5"), value * 2, 100)
        case str() if value in IDS:
            yield from IDS
        case list():
            yield from ([], value[:1])
            yield from ([name] for name in IDS if value and value[0] in IDS)


def _location(where: Where) -> Where:
    """The path with the branches that pydantic puts in between."""
    found: list[str | int] = []
    content: Any = FULL
    for part in where:
        found.append(part)
        content = content[part]
        if isinstance(content, dict):
            found += [content[key] for key in ("kind", "form", "model", "effect") if key in content][:1]
    return tuple(found)


CHOICES: Final = list(_choices(FULL))


# About one change in eight is accepted; to be refused with a fault is an answer too, and a quick one.
@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CHOICES))
def test_what_the_check_accepts_can_be_stated(choice: tuple[Where, Any]) -> None:
    where, to = choice
    content = copy.deepcopy(FULL)
    around = content
    for part in where[:-1]:
        around = around[part]
    around[where[-1]] = to
    document = Document("c.yaml", content, {})
    try:
        written = check_document(document)
        check_evidence(document, written, evidence())
    except DocumentFaults:
        return
    contract = contract_of(written)
    if contract.effective_within(contract.month(date(2026, 3, 1))) is None:
        return

    found = statement(FolderKnowledge(linked([contract]), evidence()), date(2026, 3, 1))

    STATEMENT.validate_python(found)
    assert sum(Decimal(line["amount"]) for line in found["lines"]) == Decimal(found["net"])

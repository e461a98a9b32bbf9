"""Contracts evaluated from texts: what `vouch evaluate` does with files, for tests."""

from datetime import date, datetime
from typing import Any

from billing.statement import statement
from contracts.evidence.document import Evidence, catalogue_of, parse_evidence
from contracts.evidence.readings import ReadingTable
from contracts.facts.file import parse_log
from contracts.offline import FolderKnowledge, read_versions

EVIDENCE = """
evidence: 1
contract: {contract}
metrics:
  odometer: {{kind: counter, unit: KMT, on_fall: reset, silence_seconds_max: 86400}}
  state: {{kind: state, states: {{up: 1, down: 2}}, silence_seconds_max: 86400}}
  load: {{kind: gauge, unit: KWT, silence_seconds_max: 86400}}
  sold: {{kind: amount, unit: C62, silence_seconds_max: 86400}}
assignments:
{assignments}
"""


def knowledge(
    contracts: list[str],
    readings: list[str],
    facts: str = "",
    *,
    assets: tuple[str, ...] = ("a-1",),
    known_at: str | None = None,
) -> FolderKnowledge:
    """`readings` are lines `metric,measured_at,value[,received_at]` of the first asset's device, or begin with the
    asset's name. Each asset is served by a device of its name since 2020."""
    name = contracts[0].split("contract:", 1)[1].split()[0]
    served = "".join(f"  - {{asset: {a}, device: {a}, serves_from: 2020-01-01T00:00:00Z}}\n" for a in assets)
    _, written = parse_evidence(EVIDENCE.format(contract=name, assignments=served), "evidence.yaml")
    catalogue = catalogue_of(written)
    table = ReadingTable(catalogue)
    rows = [row if row.split(",")[0] in assets else f"{assets[0]},{row}" for row in readings]
    table.add(["device,metric,measured_at,value,received_at", *(_received(row) for row in rows)], "readings.csv")
    evidence = Evidence(written, catalogue, table.finish(), (), tuple(parse_log(facts, "facts.jsonl")))
    assert not evidence.readings.rejected, evidence.readings.rejected
    versions = read_versions([(text, f"contract-{n}.yaml") for n, text in enumerate(contracts, start=1)], evidence)
    return FolderKnowledge(versions, evidence, datetime.fromisoformat(known_at) if known_at else None)


def _received(row: str) -> str:
    return row if row.count(",") == 4 else f"{row},{row.split(',')[2]}"


def stated(known: FolderKnowledge, month: str) -> dict[str, Any]:
    """The statement of a month such as `2026-03`."""
    return dict(statement(known, date.fromisoformat(f"{month}-01")))


def amounts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """(price, amount) of each line, a correction's price marked with its month."""
    return [(f"{line['price']} {line.get('corrects', '')}".rstrip(), line["amount"]) for line in found["lines"]]

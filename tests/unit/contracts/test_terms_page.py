"""The examples of docs/terms.md, from the readings that they list to the lines that they promise."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from billing.invoice import compose
from billing.rating import rate
from contracts.contract import Contract
from contracts.document import contract_of, parse_contract
from contracts.evaluate import evaluate
from contracts.source import Stream
from ingest.batch import Message, sort_out
from ingest.catalogue import Metric, Series
from ingest.formats.json import encode
from ingest.registry_file import MetricDocument
from ingest.topics import telemetry_topic
from tests.builders import LONG_AGO, by_asset, month, stream, utc
from vouch.canonical import plain
from vouch.document import parse_document
from vouch.period import Period

PAGE: Final = (Path(__file__).parents[3] / "docs" / "terms.md").read_text()
LATER: Final = utc("2030-01-01")
HEAD: Final = {
    "contract": "example",
    "version": 1,
    "issuer": "seller",
    "customer": "buyer",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "effective_from": "2026-01-01",
    "vat_percent": 19,
}

Example = dict[str, Any]


def examples() -> dict[str, Example]:
    """The fenced block of each heading."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        _, _, block = section.partition("```yaml\n")
        text, _, rest = block.partition("```")
        assert "```yaml" not in rest
        found[section.partition("\n")[0]] = parse_document(text, "docs/terms.md").content
    return found


def agreed(example: Example) -> Contract:
    file = HEAD | {"assets": example["assets"], "terms": example["terms"]}
    return contract_of(parse_contract(json.dumps(file, default=plain), "docs/terms.md")[1])


def metrics_of(example: Example) -> Iterator[Metric]:
    for entry in example.get("metrics", []):
        declared = MetricDocument.model_validate(entry)
        yield Metric(
            declared.name,
            declared.kind,
            declared.unit,
            None,
            None,
            None,
            declared.states or {},
            declared.on_fall,
            declared.silence_seconds_max,
        )


def messages(example: Example) -> Iterator[Message]:
    """Each asset's device goes by the asset's own name, followed by the number of its predecessors."""
    for entry in example.get("readings", []):
        values = {key: value for key, value in entry.items() if key not in ("asset", "at", "until", "every")}
        at, until = (datetime.fromisoformat(entry.get(key, entry["at"])) for key in ("at", "until"))
        while at <= until:
            changes = sum(at >= swapped for asset, swapped in swaps(example) if asset == entry["asset"])
            yield Message(telemetry_topic(f"{entry['asset']}.{changes}"), encode([(at, values)]))
            at += timedelta(seconds=entry.get("every", 1_000_000_000))


def swaps(example: Example) -> list[tuple[str, datetime]]:
    return [(entry["asset"], datetime.fromisoformat(entry["at"])) for entry in example.get("swaps", [])]


def streams(example: Example, contract: Contract, window: Period) -> Iterator[Stream]:
    metrics = list(metrics_of(example))
    served = []
    for covered in contract.assets:
        changes = [at.astimezone(window.start.tzinfo) for asset, at in swaps(example) if asset == covered.asset]
        bounds = [LONG_AGO, *changes, LATER]
        served += [(covered, f"{covered.asset}.{n}", Period(*bounds[n : n + 2])) for n in range(len(bounds) - 1)]
    numbers = [(device, metric) for _, device, _ in served for metric in metrics]
    catalogue = {
        device: {m.name: Series(i, device, m) for i, (of, m) in enumerate(numbers) if of == device}
        for _, device, _ in served
    }
    batch = sort_out(messages(example), catalogue, LATER)
    assert batch.rejections == []
    for covered, device, service in served:
        in_service = covered.within(window)
        part = in_service and in_service.overlap(service)
        for metric in metrics:
            said = [(r.measured_at, r.value) for r in batch.rows if r.series == numbers.index((device, metric))]
            carry = timedelta(seconds=900) if metric.states else None
            if part:
                yield stream(
                    said, part, metric, asset=covered.asset, device=device, serves_from=service.start, carry=carry
                )


@pytest.mark.parametrize("heading", examples())
def test_an_example_comes_to_the_lines_that_the_page_says(heading: str) -> None:
    example = examples()[heading]
    contract = agreed(example)
    window = contract.month(month("2026-10"))

    found = evaluate(contract, window, by_asset(*streams(example, contract, window)))

    body = compose(rate(found), range(len(found)), contract.currency)
    assert [(line.description, line.quantity, line.amount) for line in body.lines] == [
        (line["text"], line["quantity"], line["amount"]) for line in example["lines"]
    ]
    kinds = [finding["kind"] for one in found for finding in one.evidence.findings]
    assert kinds == example.get("findings", [])


def test_each_term_has_its_example() -> None:
    assert list(examples()) == ["Fixed fee", "Usage price", "Counters", "Uptime guarantee"]

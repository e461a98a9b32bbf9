"""What contracts measure is what a simulated fleet knows to be true: from bytes to evaluation, without a database.

Messages are sorted out, summarised by day, cut into streams and evaluated by the product's own pure code, in the
order the database would give them; the truth was counted by device_sim alone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from contracts.document import contract_of, parse_contract
from contracts.evaluate import Evaluator
from contracts.evidence.document import AssignmentDocument, Evidence, EvidenceDocument
from contracts.evidence.readings import Readings as Held
from contracts.evidence.readings import SeriesReadings
from contracts.evidence.source import EvidenceSource
from contracts.facts.book import book_at
from device_sim.fleet import FLEETS, Fleet, fleet, parse_months
from ingest.batch import sort_out
from ingest.catalogue import KnownDevice, Metric, Series
from ingest.message import Message
from ingest.registry.file import MetricDocument, RegistryDocument, parse_registry
from tests.builders import opened
from vouch.period import to_micros

Readings = Mapping[tuple[str, str], list[tuple[int, float]]]
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def metric_of(declared: MetricDocument) -> Metric:
    low, high = declared.plausible or (None, None)
    return Metric(
        name=declared.name,
        kind=declared.kind,
        unit=declared.unit,
        resolution=declared.resolution,
        value_min=low,
        value_max=high,
        states=declared.states or {},
        on_fall=declared.on_fall,
        silence_seconds_max=declared.silence_seconds_max,
    )


def stored(simulation: Fleet, registry: RegistryDocument) -> tuple[Readings, Mapping[str, Metric]]:
    """Every reading that ingest would have stored, by device and metric, in time order."""
    metrics = {m.name: metric_of(m) for product in registry.product_types for m in product.metrics}
    devices = {served.device for asset in registry.assets for served in asset.served_by}
    pairs = [(device, name) for device in sorted(devices) for name in metrics]
    known = {
        device: KnownDevice(
            device,
            None,
            {
                name: Series(number, device, metrics[name])
                for number, (owner, name) in enumerate(pairs)
                if owner == device
            },
        )
        for device in devices
    }
    sent = opened(*(Message(m.topic, m.payload) for m in simulation.messages))
    batch = sort_out(sent, known, to_micros(LATER))
    assert batch.rejections == []
    assert batch.received == simulation.truth["sent"]["readings"]
    assert len(batch.rows) == simulation.truth["sent"]["distinct_readings"]
    found: dict[tuple[str, str], list[tuple[int, float]]] = {pair: [] for pair in pairs}
    for row in batch.rows:
        found[pairs[row.series]].append((row.at, row.value))
    return {pair: sorted(readings) for pair, readings in found.items()}, metrics


def source_of(registry: RegistryDocument, readings: Readings, metrics: Mapping[str, Metric]) -> EvidenceSource:
    """All that was stored, and who served what."""
    numbers = {pair: number for number, pair in enumerate(readings, start=1)}
    catalogue: dict[str, dict[str, Series]] = {}
    for (device, name), number in numbers.items():
        catalogue.setdefault(device, {})[name] = Series(number, device, metrics[name])
    series = {}
    for pair, said in readings.items():
        instants = [at for at, _ in said]
        series[numbers[pair]] = SeriesReadings(instants, [value for _, value in said], instants)
    written = EvidenceDocument.model_construct(
        assignments=[
            AssignmentDocument.model_construct(
                asset=asset.id, device=one.device, serves_from=one.since, serves_until=one.until
            )
            for asset in registry.assets
            for one in asset.served_by
        ]
    )
    held = Held(series, sum(map(len, readings.values())), 0, 0, ())
    return EvidenceSource(Evidence(written, catalogue, held, (), ()), LATER)


@pytest.mark.parametrize("months", ["2026-03", "2026-09..2026-10"])
@pytest.mark.parametrize("name", FLEETS)
def test_every_measure_of_every_contract_is_the_truth(name: str, months: str) -> None:
    simulation = fleet(name, f"seed of {months}", None, parse_months(months))
    _, registry = parse_registry(simulation.registry, "registry.yaml")
    readings, metrics = stored(simulation, registry)
    source = source_of(registry, readings, metrics)
    truth = {
        (asset["asset"], month["month"]): month for asset in simulation.truth["assets"] for month in asset["months"]
    }
    compared = 0

    for key, text in simulation.contracts.items():
        contract = contract_of(parse_contract(text, key)[1])
        for month in parse_months(months):
            evaluator = Evaluator([contract], source, book_at([], LATER), month)
            (index,) = (n for n, part in enumerate(evaluator.parts) if part.first == month)
            for asset, _ in evaluator.served(index):
                true = truth[asset, f"{month:%Y-%m}"]
                used = evaluator.measured(index, "used", asset)
                assert used is not None
                assert {used.amount} == {Fraction(amount) for amount in true["use"].values()}, (asset, month)
                compared += 1
                if "state" in true:
                    availability = evaluator.measured(index, "availability", asset)
                    assert availability is not None
                    micros, state = availability.micros, true["state"]
                    assert {name: micros.get(name, 0) for name in state["counted"]} == {
                        name: seconds * 1_000_000 for name, seconds in state["counted"].items()
                    }
                    assert micros.get("planned", 0) == state["left_out"] * 1_000_000
    assert compared >= len(registry.assets) * len(parse_months(months))

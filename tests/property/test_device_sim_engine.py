"""What contracts measure is what a simulated fleet knows to be true: from bytes to evaluation, without a database.

Messages are sorted out, summarised by day, cut into streams and evaluated by the product's own pure code, in the
order the database would give them; the truth was counted by device_sim alone.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from contracts.contract import Contract
from contracts.document import contract_of, parse_contract
from contracts.evaluate import Uptime, Usage, evaluate
from contracts.source import Stream, clip_runs, needed_cuts, needed_days
from device_sim.fleet import FLEETS, Fleet, fleet, parse_months
from ingest.batch import Message, sort_out
from ingest.catalogue import Metric, Series
from ingest.reading import decimal_of
from ingest.registry_file import MetricDocument, RegistryDocument, parse_registry
from ingest.summary import Shown, summarise_days
from vouch.period import Period, from_micros, to_micros, utc_day

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
    catalogue = {
        device: {
            name: Series(number, device, metrics[name]) for number, (owner, name) in enumerate(pairs) if owner == device
        }
        for device in devices
    }
    batch = sort_out((Message(m.topic, m.payload) for m in simulation.messages), catalogue, LATER)
    assert batch.rejections == []
    assert batch.received == simulation.truth["sent"]["readings"]
    assert len(batch.rows) == simulation.truth["sent"]["distinct_readings"]
    found: dict[tuple[str, str], list[tuple[int, float]]] = {pair: [] for pair in pairs}
    for row in batch.rows:
        found[pairs[row.series]].append((to_micros(row.measured_at), row.value))
    return {pair: sorted(readings) for pair, readings in found.items()}, metrics


def stream_of(
    asset: str, device: str, metric: Metric, readings: Sequence[tuple[int, float]], since: datetime, part: Period
) -> Stream:
    """The device's stream, from summaries and the readings around each cut."""
    summaries = list(summarise_days(metric.kind, timedelta(seconds=metric.silence_seconds_max), readings))
    days = needed_days([day for day in summaries if day.day <= utc_day(part.end)], since, part)
    instants = [at for at, _ in readings]
    around = {}
    for cut in needed_cuts(days, since, part):
        i = bisect_right(instants, to_micros(cut))
        before, after = (Shown(from_micros(at), decimal_of(value)) for at, value in readings[i - 1 : i + 1])
        around[cut] = (before, after)
    return Stream(asset, device, metric, part, clip_runs(days, since, part, around), None, days)


def streams_of(
    registry: RegistryDocument, contract: Contract, window: Period, readings: Readings, metrics: Mapping[str, Metric]
) -> dict[tuple[str, str], list[Stream]]:
    served = {asset.id: asset.served_by for asset in registry.assets}
    found: dict[tuple[str, str], list[Stream]] = {}
    for covered in contract.assets:
        in_service = covered.within(window)
        for service in served[covered.asset]:
            part = in_service and in_service.overlap(Period(service.since, service.until or LATER))
            for name, metric in metrics.items():
                if part:
                    said = readings[service.device, name]
                    stream = stream_of(covered.asset, service.device, metric, said, service.since, part)
                    found.setdefault((covered.asset, name), []).append(stream)
    return found


@pytest.mark.parametrize("months", ["2026-03", "2026-09..2026-10"])
@pytest.mark.parametrize("name", FLEETS)
def test_every_measure_of_every_contract_is_the_truth(name: str, months: str) -> None:
    simulation = fleet(name, f"seed of {months}", None, parse_months(months))
    _, registry = parse_registry(simulation.registry, "registry.yaml")
    readings, metrics = stored(simulation, registry)
    zone = ZoneInfo(simulation.truth["time_zone"])
    truth = {
        (asset["asset"], month["month"]): month for asset in simulation.truth["assets"] for month in asset["months"]
    }
    compared = 0

    for key, text in simulation.contracts.items():
        contract = contract_of(parse_contract(text, key)[1])
        for month in parse_months(months):
            window = Period.month(month.year, month.month, zone)
            for evaluation in evaluate(contract, window, streams_of(registry, contract, window, readings, metrics)):
                match evaluation.result:
                    case Usage(by_asset=by_asset):
                        for asset, quantity in by_asset:
                            true_use = truth[asset, f"{month:%Y-%m}"]["use"]
                            assert {quantity} == {Decimal(used) for used in true_use.values()}, (asset, month)
                            compared += 1
                    case Uptime(micros=micros):
                        state = truth[evaluation.subject, f"{month:%Y-%m}"]["state"]
                        assert {name: micros[name] for name in state["counted"]} == {
                            name: seconds * 1_000_000 for name, seconds in state["counted"].items()
                        }
                        assert micros["planned"] == state["left_out"] * 1_000_000
                        compared += 1
                    case _:
                        pass
    assert compared >= len(registry.assets) * len(parse_months(months))

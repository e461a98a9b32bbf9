"""Whom the fuzzer's messages come from, and what is declared about them."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from ingest.catalogue import KnownDevice, Metric, MetricKind, Series
from ingest.sparkplug_topics import address_of
from tests.builders import metric, utc
from vouch.period import to_micros

DEVICE: Final = "press-7"
EDGE_NODE: Final = "plant/line-2"
NOW: Final = to_micros(utc("2026-11-22"))
NOW_SECONDS: Final = NOW // 1_000_000
INSTALLED: Final = to_micros(utc("2026-01-01"))

METRICS: Final[tuple[Metric, ...]] = (
    replace(metric(MetricKind.COUNTER, "energy_kwh", unit="KWH", plausible=("0", "1e9")), sent_as=("energy",)),
    replace(metric(MetricKind.COUNTER, "pieces", unit="C62"), sent_as=("Pieces/Total", "count")),
    replace(metric(MetricKind.GAUGE, "temperature", unit="CEL", plausible=("-50", "1000")), sent_as=("Temp", "Cel")),
    metric(MetricKind.AMOUNT, "flow_sum", unit="LTR"),
    replace(metric(MetricKind.GAUGE, "speed", unit="C94"), sent_as=("Speed",)),
    replace(metric(MetricKind.STATE, "state"), states={"RUNNING": 1, "FAULT": 2}, sent_as=("State", "Note")),
    replace(metric(MetricKind.STATE, "open"), states={"false": 0, "true": 1}),
    replace(metric(MetricKind.GAUGE, "fine", unit="MTR"), resolution=Decimal("0.001")),
)


def known_devices(first_series: int = 1) -> dict[str, KnownDevice]:
    """A press, by its id and behind its edge node; the node itself."""
    known: dict[str, KnownDevice] = {}
    for id_, address, installed in ((DEVICE, f"{EDGE_NODE}/{DEVICE}", INSTALLED), ("line-2", EDGE_NODE, None)):
        series: dict[str, Series] = {}
        for one in METRICS:
            numbered = Series(first_series, id_, one)
            first_series += 1
            series |= dict.fromkeys((one.name, *one.sent_as), numbered)
        known[id_] = known[address_of(address)] = KnownDevice(id_, installed, series)
    return known

"""Metrics: what an ingest process counts, as Prometheus reads it.

Shell. Every scrape takes one look at the tally, so that received = stored + duplicate + rejected + in flight holds in
it, exactly. Source: docs/operations.md#metrics.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from ingest.sparkplug.edge_nodes import SparkplugCounts
from ingest.tally import BOUNDS, Counts, Histogram
from ingest.vitals import BrokerCounters, Health, Status


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a process: who it is, what it counted, how it does, and what the broker says."""

    run: str
    client: str
    counts: Counts
    health: Health
    broker: BrokerCounters
    sparkplug: SparkplugCounts | None = None


class IngestCollector(Collector):
    """Turns a look at the process into metrics, each time somebody asks."""

    def __init__(self, look: Callable[[], Seen]) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        """All metrics of one moment."""
        seen = self._look()
        yield InfoMetricFamily("vouch_ingest", "The process.", value={"run": seen.run, "client": seen.client})
        yield from _counts(seen.counts)
        yield from _vitals(seen.health)
        yield from _broker(seen.broker)
        if seen.sparkplug is not None:
            yield from _sparkplug(seen.sparkplug)


def exposition(look: Callable[[], Seen]) -> Callable[[], bytes]:
    """A function that gives the text to be scraped: the process's own metrics, its memory and its time."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(IngestCollector(look))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


def _counts(counts: Counts) -> Iterator[Metric]:
    totals = (
        ("messages_received", "Messages that the broker handed over.", counts.messages_received),
        ("messages_settled", "Messages of which everything is committed.", counts.messages_settled),
        ("readings_received", "Readings and refused places decoded.", counts.received),
        ("readings_stored", "Readings stored for the first time.", counts.stored),
        ("readings_duplicate", "Readings that were stored already.", counts.duplicate),
        ("receipts", "Senders told what became of their message.", counts.receipts),
        ("database_errors", "Times the database was away when it was needed.", counts.database_errors),
        (
            "connections",
            "Times the broker let the session in; every one after the first is a reconnect.",
            counts.connections,
        ),
    )
    for name, words, value in totals:
        yield CounterMetricFamily(f"vouch_ingest_{name}", words, value=value)
    rejected = CounterMetricFamily("vouch_ingest_readings_rejected", "Readings and places refused.", labels=["reason"])
    for reason, value in sorted(counts.rejected.items()):
        rejected.add_metric([reason], value)
    yield rejected
    yield _gauge("readings_in_flight", "Decoded and not yet committed.", counts.in_flight)
    yield _gauge("messages_in_flight", "Handed over by the broker and not yet committed.", counts.messages_in_flight)
    yield _histogram("batch_seconds", "How long a batch took to be written.", counts.batch_seconds)
    yield _histogram("receipt_to_commit_seconds", "From a message's receipt to its commit.", counts.commit_seconds)
    yield SummaryMetricFamily(
        "vouch_ingest_batch_rows", "Rows stored by a batch.", count_value=counts.batches, sum_value=counts.stored
    )


def _histogram(name: str, words: str, histogram: Histogram) -> Metric:
    buckets, below = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), histogram.counts, strict=True):
        below += count
        buckets.append((bound, below))
    return HistogramMetricFamily(f"vouch_ingest_{name}", words, buckets=buckets, sum_value=histogram.total)


def _vitals(health: Health) -> Iterator[Metric]:
    vitals = health.vitals
    yield _gauge("healthy", "1: does its work; 0.5: with something wrong; 0: does not.", _LEVELS[health.status])
    yield _gauge("connected", "1 while the broker lets the session in.", vitals.connected)
    yield _gauge("subscribed", "1 while the broker has granted all that is subscribed to.", vitals.subscribed)
    yield _gauge("canary_age_seconds", "Age of the newest canary that is stored.", vitals.unproven_seconds)
    yield _gauge(
        "commit_wait_seconds", "How long messages in flight have waited for any commit.", vitals.waiting_seconds
    )
    yield _gauge("inbox_fill_ratio", "Share of the inbox in use.", vitals.queue_fill)


_LEVELS = {Status.OK: 1.0, Status.DEGRADED: 0.5, Status.FAILING: 0.0}


def _broker(broker: BrokerCounters) -> Iterator[Metric]:
    """What the broker says of itself; nothing where it says nothing."""
    if broker.dropped is not None:
        yield CounterMetricFamily(
            "vouch_broker_messages_dropped", "Messages some client's full queue had no room for.", value=broker.dropped
        )
    gauges = (
        ("messages_stored", "Messages kept for clients that are away or behind.", broker.stored_messages),
        ("stored_bytes", "Bytes of their payload.", broker.stored_bytes),
        ("heap_bytes", "Memory in use.", broker.heap_bytes),
        ("clients_connected", "Clients connected.", broker.clients_connected),
    )
    for name, words, value in gauges:
        if value is not None:
            yield GaugeMetricFamily(f"vouch_broker_{name}", words, value=value)


def _sparkplug(counts: SparkplugCounts) -> Iterator[Metric]:
    totals = (
        ("rebirths_requested", "Edge nodes asked to say everything again.", counts.rebirths_asked),
        ("births", "Births of edge nodes and devices.", counts.births),
        ("deaths", "Deaths of edge nodes and devices, those that did not count included.", counts.deaths),
        ("undecodable", "Messages that were no Sparkplug payload.", counts.undecodable),
    )
    for name, words, value in totals:
        yield CounterMetricFamily(f"vouch_sparkplug_{name}", words, value=value)
    yield GaugeMetricFamily(
        "vouch_sparkplug_host_online", "1 while the host has said STATE by its connection.", value=counts.host_online
    )
    yield GaugeMetricFamily(
        "vouch_sparkplug_edge_nodes_online", "Edge nodes with a session.", value=counts.edge_nodes_online
    )
    yield GaugeMetricFamily(
        "vouch_sparkplug_messages_held", "Messages that wait for others or for a birth.", value=counts.messages_held
    )


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"vouch_ingest_{name}", words, value=value)

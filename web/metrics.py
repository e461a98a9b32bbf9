"""Metrics of the installation as a whole, as Prometheus reads them: what the database knows, whoever is asked.

Shell. Served without signing in, and only where VOUCH_WEB_METRICS says so. Source: docs/operations.md#metrics.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg import Connection

from ingest.presence.listening_store import find_last_proof
from ingest.rejection_store import count_reasons
from ingest.store import load_balance
from ingest.summaries.store import count_stale
from ingest.watch.work_store import list_work
from vouch.settings import Settings
from web.connection import connection


def add_metrics(app: Flask, settings: Settings) -> None:
    """/metrics, where it is wanted."""
    if settings.web_metrics:
        app.add_url_rule("/metrics", "metrics", metrics)


def metrics() -> Response:
    """What there is to know at this moment."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Database(connection()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Database(Collector):
    def __init__(self, conn: Connection[Any]) -> None:
        self._conn = conn

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        conn = self._conn
        balance = load_balance(conn)
        for part in ("received", "stored", "duplicate", "rejected"):
            yield CounterMetricFamily(
                f"vouch_ledger_readings_{part}",
                f"Readings {part}, by all processes ever.",
                value=getattr(balance, part),
            )
        waiting = GaugeMetricFamily("vouch_rejections_waiting", "Refused places not mended yet.", labels=["reason"])
        for one in count_reasons(conn):
            waiting.add_metric([one.reason], one.places)
        yield waiting
        yield GaugeMetricFamily("vouch_summaries_stale", "Marks of days to be summarised.", value=count_stale(conn))
        proof = find_last_proof(conn)
        if proof is not None:
            age = (datetime.now(UTC) - proof).total_seconds()
            yield GaugeMetricFamily("vouch_listening_age_seconds", "Since any process proved that it hears.", value=age)
        yield from _work(conn)


def _work(conn: Connection[Any]) -> Iterator[Metric]:
    ended = GaugeMetricFamily("vouch_work_ended_timestamp_seconds", "When the work was last done.", labels=["work"])
    took = GaugeMetricFamily("vouch_work_seconds", "How long it took then.", labels=["work"])
    failed = GaugeMetricFamily("vouch_work_failed", "1 where it failed then.", labels=["work"])
    for one in list_work(conn):
        ended.add_metric([one.name], one.ended_at.timestamp())
        took.add_metric([one.name], one.took.total_seconds())
        failed.add_metric([one.name], one.error is not None)
    yield from (ended, took, failed)

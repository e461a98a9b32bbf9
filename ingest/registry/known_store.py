"""Storage of the registry for those who read it: what is declared of devices, metrics, and whom each device served.

Shell. The caller commits.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection

from ingest.catalogue import Assignment, Catalogue, Known, KnownDevice, Metric, Series
from ingest.registry.store import METRIC_COLUMNS, metric_of
from ingest.sparkplug_topics import address_of
from vouch.period import to_micros


def load_revision(conn: Connection[Any]) -> int:
    """A number that grows whenever the registry changes."""
    row = conn.execute("SELECT revision FROM ingest.registry_revision").fetchone()
    return int(row[0]) if row else 0


def load_catalogue(conn: Connection[Any], devices: list[str] | None = None) -> Catalogue:
    """The series of these devices (default: of all) by device and metric name."""
    query = f"""SELECT s.device, s.id, {METRIC_COLUMNS}
                  FROM ingest.series AS s
                  JOIN ingest.metric AS m ON (m.product_type, m.name) = (s.product_type, s.metric)
                 WHERE %(devices)s::text[] IS NULL OR s.device = ANY (%(devices)s)"""
    catalogue: dict[str, dict[str, Series]] = {}
    for device, key, *columns in conn.execute(query.encode(), {"devices": devices}).fetchall():
        metric = metric_of(columns)
        catalogue.setdefault(device, {})[metric.name] = Series(key, device, metric)
    return catalogue


def list_series(conn: Connection[Any], series: Collection[int]) -> dict[int, Series]:
    """Each of these series by its number."""
    query = f"""SELECT s.device, s.id, {METRIC_COLUMNS}
                  FROM ingest.series AS s
                  JOIN ingest.metric AS m ON (m.product_type, m.name) = (s.product_type, s.metric)
                 WHERE s.id = ANY (%s)"""
    rows = conn.execute(query.encode(), (list(series),)).fetchall()
    return {key: Series(key, device, metric_of(columns)) for device, key, *columns in rows}


_DEVICES: Final = "SELECT id, installed_at, sparkplug FROM ingest.device"
_SERIES_AFTER: Final = "SELECT id, device, product_type, metric FROM ingest.series WHERE id > %s ORDER BY id"


class KnownDevices:
    """All declared devices, kept in memory and brought up to date with little reading."""

    def __init__(self) -> None:
        self._known: Known = {}
        self._metrics: dict[tuple[str, str], tuple[Metric, tuple[str, ...]]] = {}
        self._series: dict[str, dict[str, Series]] = {}
        self._last = 0

    def load(self, conn: Connection[Any]) -> Known:
        """The devices by id and by Sparkplug address, as they are declared now.

        What was given before stays as it is.
        """
        metrics = _load_types(conn)
        if metrics != self._metrics:
            # A metric that changed is part of many series, which are made anew; this is rare.
            self._metrics, self._series, self._last = metrics, {}, 0
        # Series never change and their numbers only grow, as one process at a time changes the registry.
        for key, device, product_type, name in conn.execute(_SERIES_AFTER, (self._last,)):
            metric, others = metrics[product_type, name]
            series = Series(key, device, metric)
            self._series.setdefault(device, {}).update(dict.fromkeys((name, *others), series))
            self._last = key
        known: dict[str, KnownDevice] = {}
        for device, installed_at, sparkplug in conn.execute(_DEVICES):
            known[device] = self._device(device, to_micros(installed_at) if installed_at else None)
            if sparkplug:
                known[address_of(sparkplug)] = known[device]
        self._known = known
        return known

    def _device(self, device: str, installed_at: int | None) -> KnownDevice:
        series = self._series.setdefault(device, {})
        before = self._known.get(device)
        if before is not None and before.series is series and before.installed_at == installed_at:
            return before
        return KnownDevice(device, installed_at, series)


def _load_types(conn: Connection[Any]) -> dict[tuple[str, str], tuple[Metric, tuple[str, ...]]]:
    """Every metric, with the other names under which it is sent, by product type and name."""
    query = f"SELECT m.product_type, {METRIC_COLUMNS} FROM ingest.metric AS m"
    found = ((product, metric_of(columns)) for product, *columns in conn.execute(query.encode()))
    return {(product, metric.name): (metric, metric.sent_as) for product, metric in found}


def list_metrics(conn: Connection[Any], assets: list[str]) -> Mapping[str, Mapping[str, Metric]]:
    """The metric catalogue of each asset, by asset and metric name."""
    query = f"""SELECT a.id, {METRIC_COLUMNS}
                  FROM ingest.asset AS a JOIN ingest.metric AS m USING (product_type)
                 WHERE a.id = ANY (%s)"""
    found: dict[str, dict[str, Metric]] = {}
    for asset, *columns in conn.execute(query.encode(), (assets,)).fetchall():
        metric = metric_of(columns)
        found.setdefault(asset, {})[metric.name] = metric
    return found


def list_assignments(conn: Connection[Any], assets: list[str], known_at: datetime) -> list[Assignment]:
    """Who served these assets when, as it was recorded before `known_at`; by asset and time."""
    rows = conn.execute(
        """SELECT asset, device, lower(serves), upper(serves) FROM ingest.assignment
            WHERE asset = ANY (%(assets)s) AND recorded_at < %(known_at)s
              AND (withdrawn_at IS NULL OR withdrawn_at >= %(known_at)s)
            ORDER BY asset, serves""",
        {"assets": assets, "known_at": known_at},
    ).fetchall()
    return [
        Assignment(asset, device, start.astimezone(UTC), end.astimezone(UTC) if end else None)
        for asset, device, start, end in rows
    ]


@dataclass(frozen=True, slots=True)
class RecordedAssignment:
    """An assignment with the clock of the record: from when on, and until when, it was known."""

    asset: str
    device: str
    serves_from: datetime
    serves_until: datetime | None
    recorded_at: datetime
    withdrawn_at: datetime | None


def list_recorded_assignments(conn: Connection[Any], assets: list[str], known_at: datetime) -> list[RecordedAssignment]:
    """Everything recorded before `known_at` about who served these assets, withdrawn or not; by asset and time."""
    rows = conn.execute(
        """SELECT asset, device, lower(serves), upper(serves), recorded_at,
                  CASE WHEN withdrawn_at < %(known_at)s THEN withdrawn_at END
             FROM ingest.assignment
            WHERE asset = ANY (%(assets)s) AND recorded_at < %(known_at)s
            ORDER BY asset, serves, recorded_at""",
        {"assets": assets, "known_at": known_at},
    ).fetchall()
    return [
        RecordedAssignment(
            asset, device, start.astimezone(UTC), _utc(end), recorded_at.astimezone(UTC), _utc(withdrawn)
        )
        for asset, device, start, end, recorded_at, withdrawn in rows
    ]


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant else None

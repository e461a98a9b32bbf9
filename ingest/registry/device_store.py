"""Storage of devices as people and programs list them: whom each serves, and what it showed last.

Shell.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from vouch.errors import NotFound


class NoDevice(NotFound):
    """The registry has no such device."""

    def __init__(self, device: str) -> None:
        super().__init__(f"no device {device!r} in the registry")


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device, and which asset it serves now, since when and for whom."""

    id: str
    product_type: str
    installed_at: datetime | None
    sparkplug: str | None
    asset: str | None
    serves_since: datetime | None
    customer: str | None


_DEVICES: Final = """
    SELECT d.id, d.product_type, d.installed_at, d.sparkplug, s.asset, lower(s.serves) AS serves_since, a.customer
      FROM ingest.device AS d
      LEFT JOIN ingest.assignment AS s ON s.device = d.id AND s.withdrawn_at IS NULL AND s.serves @> clock_timestamp()
      LEFT JOIN ingest.asset AS a ON a.id = s.asset
     WHERE (%(customer)s::text IS NULL OR a.customer = %(customer)s)
"""
_AFTER: Final = "AND d.id > %(after)s ORDER BY d.id LIMIT %(limit)s"
_BY_ID: Final = "AND d.id = %(device)s"


def list_devices(conn: Connection[Any], customer: str | None, after: str, limit: int) -> list[DeviceRow]:
    """Devices by id, those behind `after`; with `customer`, those that serve its assets now."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cur:
        given = {"customer": customer, "after": after, "limit": limit}
        return cur.execute((_DEVICES + _AFTER).encode(), given).fetchall()


def load_device(conn: Connection[Any], device: str, customer: str | None) -> DeviceRow:
    """One device; with `customer`, if it serves one of its assets now. Raises NoDevice."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cur:
        row = cur.execute((_DEVICES + _BY_ID).encode(), {"customer": customer, "device": device}).fetchone()
    if row is None:
        raise NoDevice(device)
    return row


@dataclass(frozen=True, slots=True)
class LastReading:
    """A metric of a device and what it showed last; `value` is a state's name where the metric is one."""

    metric: str
    kind: str
    unit: str | None
    measured_at: datetime | None
    received_at: datetime | None
    value: float | str | None


_LAST: Final = """
    SELECT s.metric, m.kind, m.unit, r.measured_at, r.received_at, r.value, m.states
      FROM ingest.series AS s
      JOIN ingest.metric AS m ON (m.product_type, m.name) = (s.product_type, s.metric)
      LEFT JOIN LATERAL (
           SELECT measured_at, received_at, value FROM ingest.reading
            WHERE series = s.id AND measured_at >= %(since)s ORDER BY measured_at DESC LIMIT 1) AS r ON true
     WHERE s.device = %(device)s ORDER BY s.metric
"""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def list_last_readings(conn: Connection[Any], device: str, since: datetime | None) -> list[LastReading]:
    """Every metric of a device with its newest reading measured at `since` or later, if there is one."""
    rows = conn.execute(_LAST, {"device": device, "since": since or _BEGINNING}).fetchall()
    return [
        LastReading(metric, kind, unit, measured_at, received_at, _shown(value, states))
        for metric, kind, unit, measured_at, received_at, value, states in rows
    ]


def _shown(value: float | None, states: dict[str, int] | None) -> float | str | None:
    if value is None or states is None:
        return value
    return next((name for name, code in states.items() if code == value), None)

"""The registry: issuers, customers, product types, assets, devices, and which device serves which asset when.

Declared in a YAML file and applied as a whole or not at all; applying the same file twice changes nothing. What a
reading means (kind, unit, states, the meaning of a fall) is never changed once declared: declare another metric.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange

from ingest.catalogue import (
    Assignment,
    Catalogue,
    Known,
    KnownDevice,
    Metric,
    MetricKind,
    OnFall,
    Series,
    sparkplug_source,
)
from ingest.registry_file import AssetDocument, DeviceDocument, MetricDocument, RegistryDocument
from vouch.document import Document, Fault
from vouch.errors import Conflict
from vouch.knowledge import recording
from vouch.period import to_micros


class RegistryConflict(Conflict):
    """What a file declares contradicts what is stored."""


@dataclass(slots=True)
class Applied:
    """How many declarations were new or changed."""

    changed: int = 0


def apply_registry(conn: Connection[Any], document: Document, declared: RegistryDocument) -> int:
    """Declare all of it in one transaction; returns how many entries were new or changed."""
    applied = Applied()
    with recording(conn) as recorded_at:
        for i, issuer in enumerate(declared.issuers):
            with _Placed(document, ("issuers", i)):
                _put(conn, applied, "issuer", issuer.model_dump())
        for i, customer in enumerate(declared.customers):
            with _Placed(document, ("customers", i)):
                _put(conn, applied, "customer", customer.model_dump())
        for i, product in enumerate(declared.product_types):
            _put(conn, applied, "product_type", {"id": product.id, "name": product.name})
            for j, metric in enumerate(product.metrics):
                with _Placed(document, ("product_types", i, "metrics", j)):
                    _put_metric(conn, applied, product.id, metric)
            with _Placed(document, ("product_types", i, "metrics")):
                _check_names(conn, product.id)
        for i, device in enumerate(declared.devices):
            with _Placed(document, ("devices", i)):
                _put_device(conn, applied, device)
        for i, asset in enumerate(declared.assets):
            with _Placed(document, ("assets", i)):
                _put_asset(conn, applied, asset)
            for j, served in enumerate(asset.served_by):
                with _Placed(document, ("assets", i, "served_by", j)):
                    _put_served(conn, applied, served.device, asset.product_type)
            with _Placed(document, ("assets", i, "served_by")):
                _put_assignments(conn, applied, asset, recorded_at)
        _complete_series(conn)
        if applied.changed:
            conn.execute("UPDATE ingest.registry_revision SET revision = revision + 1")
    return applied.changed


class _Placed:
    """Turns what the database or we refuse inside into a message with file, line and path."""

    def __init__(self, document: Document, path: tuple[str | int, ...]) -> None:
        self.document, self.path = document, path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        message: str
        if isinstance(error, errors.ForeignKeyViolation):
            message = f"refers to something not declared: {error.diag.message_detail}"
        elif isinstance(error, errors.ExclusionViolation):
            message = f"{(error.diag.constraint_name or '').replace('_', ' ')}: {error.diag.message_detail}"
        elif isinstance(error, errors.UniqueViolation):
            message = f"taken already: {error.diag.message_detail}"
        elif isinstance(error, RegistryConflict):
            message = str(error)
        else:
            return
        raise RegistryConflict(str(self.document.faults([Fault(self.path, message)]))) from error


def _put(conn: Connection[Any], applied: Applied, table: str, values: dict[str, Any]) -> None:
    """Insert, or update where something differs."""
    columns = ", ".join(values)
    marks = ", ".join(f"%({name})s" for name in values)
    rest = [name for name in values if name != "id"]
    query = f"""
        INSERT INTO ingest.{table} AS t ({columns}) VALUES ({marks})
        ON CONFLICT (id) DO UPDATE SET ({", ".join(rest)}) = ROW ({", ".join(f"EXCLUDED.{n}" for n in rest)})
         WHERE ROW ({", ".join(f"t.{n}" for n in rest)})
               IS DISTINCT FROM ROW ({", ".join(f"EXCLUDED.{n}" for n in rest)})
    """
    applied.changed += conn.execute(query.encode(), values).rowcount


_METRIC: Final = """
    SELECT kind, unit, on_fall, modulus, jitter, step_max, states FROM ingest.metric
     WHERE product_type = %s AND name = %s
"""

_PUT_METRIC: Final = """
    INSERT INTO ingest.metric AS m (product_type, name, kind, unit, resolution, value_min, value_max, states, on_fall,
                                    modulus, jitter, step_max, silence_seconds_max, sent_as)
    VALUES (%(product)s, %(name)s, %(kind)s, %(unit)s, %(resolution)s, %(low)s, %(high)s, %(states)s, %(on_fall)s,
            %(modulus)s, %(jitter)s, %(step_max)s, %(silence)s, %(sent_as)s)
    ON CONFLICT (product_type, name) DO UPDATE
       SET resolution = EXCLUDED.resolution, value_min = EXCLUDED.value_min, value_max = EXCLUDED.value_max,
           states = EXCLUDED.states, silence_seconds_max = EXCLUDED.silence_seconds_max, sent_as = EXCLUDED.sent_as
     WHERE ROW (m.resolution, m.value_min, m.value_max, m.states, m.silence_seconds_max, m.sent_as)
           IS DISTINCT FROM
           ROW (EXCLUDED.resolution, EXCLUDED.value_min, EXCLUDED.value_max, EXCLUDED.states,
                EXCLUDED.silence_seconds_max, EXCLUDED.sent_as)
"""


def _put_metric(conn: Connection[Any], applied: Applied, product: str, written: MetricDocument) -> None:
    metric = written.metric(written.name)
    stored = conn.execute(_METRIC, (product, metric.name)).fetchone()
    if stored:
        *meaning, states = stored
        _check_meaning(metric, meaning, states)
    given = {
        "product": product,
        "name": metric.name,
        "kind": metric.kind,
        "unit": metric.unit,
        "resolution": metric.resolution,
        "low": metric.value_min,
        "high": metric.value_max,
        "states": Jsonb(metric.states) if metric.states else None,
        "on_fall": metric.on_fall,
        "modulus": metric.modulus,
        "jitter": metric.jitter,
        "step_max": metric.step_max,
        "silence": metric.silence_seconds_max,
        "sent_as": written.sent_as,
    }
    applied.changed += conn.execute(_PUT_METRIC, given).rowcount


_MEANING: Final = ("kind", "unit", "on_fall", "modulus", "jitter", "step_max")


def _check_meaning(metric: Metric, meaning: list[Any], states: dict[str, int] | None) -> None:
    """Raise RegistryConflict where the metric is declared to mean something else than what is stored."""
    if [getattr(metric, name) for name in _MEANING] != meaning:
        said = ", ".join(f"{name} {value}" for name, value in zip(_MEANING, meaning, strict=True) if value is not None)
        raise RegistryConflict(
            f"metric {metric.name!r} is already declared as {said}: its meaning never changes; declare another metric"
        )
    if states and any(metric.states.get(name) != code for name, code in states.items()):
        raise RegistryConflict(f"metric {metric.name!r}: declared states keep their codes: {states}")


_NAME_OF_TWO: Final = """
    SELECT named.name, array_agg(named.metric ORDER BY named.metric)
      FROM (SELECT name, name AS metric FROM ingest.metric WHERE product_type = %(product)s
             UNION ALL
            SELECT unnest(sent_as), name FROM ingest.metric WHERE product_type = %(product)s) AS named
     GROUP BY named.name HAVING count(*) > 1 LIMIT 1
"""


def _check_names(conn: Connection[Any], product: str) -> None:
    """A name under which a metric is sent means that one only, also where other files declared the others."""
    row = conn.execute(_NAME_OF_TWO, {"product": product}).fetchone()
    if row:
        raise RegistryConflict(f"{row[0]!r} would mean more than one metric: {', '.join(row[1])}")


def _put_asset(conn: Connection[Any], applied: Applied, asset: AssetDocument) -> None:
    stored = conn.execute("SELECT product_type, customer FROM ingest.asset WHERE id = %s", (asset.id,)).fetchone()
    if stored and stored != (asset.product_type, asset.customer):
        raise RegistryConflict(f"asset {asset.id!r} is a {stored[0]} of customer {stored[1]}")
    _put(conn, applied, "asset", asset.model_dump(exclude={"served_by"}))


def _put_device(conn: Connection[Any], applied: Applied, device: DeviceDocument) -> None:
    _check_type(conn, device.id, device.product_type)
    _put(conn, applied, "device", device.model_dump())


def _put_served(conn: Connection[Any], applied: Applied, device: str, product_type: str) -> None:
    if not _check_type(conn, device, product_type):
        _put(conn, applied, "device", {"id": device, "product_type": product_type})


def _check_type(conn: Connection[Any], device: str, product_type: str) -> bool:
    """Whether the device is declared; its product type never changes."""
    stored = conn.execute("SELECT product_type FROM ingest.device WHERE id = %s", (device,)).fetchone()
    if stored and stored[0] != product_type:
        raise RegistryConflict(f"device {device!r} is of product type {stored[0]}, not {product_type}")
    return stored is not None


def _put_assignments(conn: Connection[Any], applied: Applied, asset: AssetDocument, recorded_at: datetime) -> None:
    """Make the asset's live assignments those of the file: others are withdrawn, missing ones added."""
    wanted = {(s.device, TimestamptzRange(s.since, s.until, "[)")) for s in asset.served_by}
    stored = {
        (device, TimestamptzRange(serves.lower, serves.upper, "[)")): key
        for key, device, serves in conn.execute(
            "SELECT id, device, serves FROM ingest.assignment WHERE asset = %s AND withdrawn_at IS NULL",
            (asset.id,),
        )
    }
    for gone in stored.keys() - wanted:
        conn.execute(
            "UPDATE ingest.assignment SET withdrawn_at = %s WHERE id = %s",
            (recorded_at, stored[gone]),
        )
        applied.changed += 1
    for device, serves in sorted(wanted - stored.keys(), key=lambda w: str(w[1].lower)):
        conn.execute(
            """INSERT INTO ingest.assignment (asset, device, product_type, serves, recorded_at)
               VALUES (%s, %s, %s, %s, %s)""",
            (asset.id, device, asset.product_type, serves, recorded_at),
        )
        applied.changed += 1


def _complete_series(conn: Connection[Any]) -> None:
    """Every device has a series for each metric of its product type."""
    conn.execute(
        """INSERT INTO ingest.series (device, product_type, metric)
           SELECT d.id, d.product_type, m.name
             FROM ingest.device AS d JOIN ingest.metric AS m USING (product_type)
            ORDER BY d.id, m.name
           ON CONFLICT DO NOTHING"""
    )


# What is declared, for those who read


def load_revision(conn: Connection[Any]) -> int:
    """A number that grows whenever the registry changes."""
    row = conn.execute("SELECT revision FROM ingest.registry_revision").fetchone()
    return int(row[0]) if row else 0


_METRIC_COLUMNS: Final = """
    m.name, m.kind, m.unit, m.resolution, m.value_min, m.value_max, m.states, m.on_fall, m.silence_seconds_max,
    m.modulus, m.jitter, m.step_max, m.sent_as
"""


def load_catalogue(conn: Connection[Any], devices: list[str] | None = None) -> Catalogue:
    """The series of these devices (default: of all) by device and metric name."""
    query = f"""SELECT s.device, s.id, {_METRIC_COLUMNS}
                  FROM ingest.series AS s
                  JOIN ingest.metric AS m ON (m.product_type, m.name) = (s.product_type, s.metric)
                 WHERE %(devices)s::text[] IS NULL OR s.device = ANY (%(devices)s)"""
    catalogue: dict[str, dict[str, Series]] = {}
    for device, key, *columns in conn.execute(query.encode(), {"devices": devices}).fetchall():
        metric = _metric(columns)
        catalogue.setdefault(device, {})[metric.name] = Series(key, device, metric)
    return catalogue


def list_series(conn: Connection[Any], series: Collection[int]) -> dict[int, Series]:
    """Each of these series by its number."""
    query = f"""SELECT s.device, s.id, {_METRIC_COLUMNS}
                  FROM ingest.series AS s
                  JOIN ingest.metric AS m ON (m.product_type, m.name) = (s.product_type, s.metric)
                 WHERE s.id = ANY (%s)"""
    rows = conn.execute(query.encode(), (list(series),)).fetchall()
    return {key: Series(key, device, _metric(columns)) for device, key, *columns in rows}


_KNOWN: Final = """
    SELECT d.id, d.installed_at, d.sparkplug, s.id, s.product_type, s.metric
      FROM ingest.device AS d JOIN ingest.series AS s ON s.device = d.id
"""


def load_known(conn: Connection[Any]) -> Known:
    """All declared devices, by id and by Sparkplug address."""
    known: dict[str, KnownDevice] = {}
    metrics = _load_types(conn)
    series: dict[str, dict[str, Series]] = {}
    for device, installed_at, sparkplug, key, product_type, name in conn.execute(_KNOWN):
        metric = metrics[product_type, name]
        if device not in known:
            found = series[device] = {}
            known[device] = KnownDevice(device, to_micros(installed_at) if installed_at else None, found)
            if sparkplug:
                known[sparkplug_source(sparkplug)] = known[device]
        one = Series(key, device, metric)
        series[device][name] = one
        for other in metric.sent_as:
            series[device][other] = one
    return known


def _load_types(conn: Connection[Any]) -> dict[tuple[str, str], Metric]:
    """Every metric by product type and name."""
    query = f"SELECT m.product_type, {_METRIC_COLUMNS} FROM ingest.metric AS m"
    return {(product, columns[0]): _metric(columns) for product, *columns in conn.execute(query.encode())}


def list_metrics(conn: Connection[Any], assets: list[str]) -> Mapping[str, Mapping[str, Metric]]:
    """The metric catalogue of each asset, by asset and metric name."""
    query = f"""SELECT a.id, {_METRIC_COLUMNS}
                  FROM ingest.asset AS a JOIN ingest.metric AS m USING (product_type)
                 WHERE a.id = ANY (%s)"""
    found: dict[str, dict[str, Metric]] = {}
    for asset, *columns in conn.execute(query.encode(), (assets,)).fetchall():
        metric = _metric(columns)
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


def _metric(columns: list[Any]) -> Metric:
    name, kind, unit, resolution, low, high, states, on_fall, silence, modulus, jitter, step, names = columns
    return Metric(
        name=name,
        kind=MetricKind(kind),
        unit=unit,
        resolution=resolution,
        value_min=low,
        value_max=high,
        states=states or {},
        on_fall=OnFall(on_fall) if on_fall else None,
        silence_seconds_max=silence,
        modulus=modulus,
        jitter=jitter,
        step_max=step,
        sent_as=tuple(names),
    )

"""Storage of what a registry file declares: what is stored of it, and all of it written at once. The caller commits.

Shell. Rows travel as JSON and become rows of the table they are for, so that twenty thousand of them are a few
statements.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Jsonb

from ingest.catalogue import Assignment, Metric, MetricKind, OnFall
from ingest.registry.check import Stored
from ingest.registry.file import RegistryDocument

ROWS_MAX: Final = 5_000

METRIC_COLUMNS: Final = """
    m.name, m.kind, m.unit, m.resolution, m.value_min, m.value_max, m.states, m.on_fall, m.silence_seconds_max,
    m.modulus, m.jitter, m.step_max, m.sent_as
"""


def metric_of(columns: Sequence[Any]) -> Metric:
    """The metric that METRIC_COLUMNS are of."""
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


# What is stored


def lock_registry(conn: Connection[Any]) -> None:
    """One at a time changes the registry, until the end of its transaction."""
    conn.execute("SELECT FROM ingest.registry_revision FOR UPDATE")


def load_stored(conn: Connection[Any], declared: RegistryDocument) -> Stored:
    """What is stored of all that the file mentions."""
    products = {product.id for product in declared.product_types}
    assets = {asset.id for asset in declared.assets}
    devices = {served.device for asset in declared.assets for served in asset.served_by}
    devices |= {device.id for device in declared.devices}
    products |= {device.product_type for device in declared.devices}
    products |= {asset.product_type for asset in declared.assets}
    addresses = [device.sparkplug for device in declared.devices if device.sparkplug is not None]
    customers = {asset.customer for asset in declared.assets}
    return Stored(
        product_types=frozenset(_among(conn, "SELECT id FROM ingest.product_type WHERE id = ANY (%s)", products)),
        customers=frozenset(_among(conn, "SELECT id FROM ingest.customer WHERE id = ANY (%s)", customers)),
        metrics=_metrics(conn, products),
        devices=dict(_rows(conn, "SELECT id, product_type FROM ingest.device WHERE id = ANY (%s)", devices)),
        addresses=dict(_rows(conn, "SELECT sparkplug, id FROM ingest.device WHERE sparkplug = ANY (%s)", addresses)),
        assets={
            key: (product_type, customer)
            for key, product_type, customer in _rows(
                conn, "SELECT id, product_type, customer FROM ingest.asset WHERE id = ANY (%s)", assets
            )
        },
        serving=[one for one in _serving(conn, devices) if one.asset not in assets],
    )


def _rows(conn: Connection[Any], query: str, wanted: Iterable[str]) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode(), (sorted(wanted),)).fetchall()


def _among(conn: Connection[Any], query: str, wanted: Iterable[str]) -> Iterator[str]:
    return (row[0] for row in _rows(conn, query, wanted))


def _metrics(conn: Connection[Any], products: Collection[str]) -> dict[tuple[str, str], Metric]:
    query = f"SELECT m.product_type, {METRIC_COLUMNS} FROM ingest.metric AS m WHERE m.product_type = ANY (%s)"
    return {(product, columns[0]): metric_of(columns) for product, *columns in _rows(conn, query, products)}


_SERVING: Final = """
    SELECT asset, device, lower(serves), upper(serves) FROM ingest.assignment
     WHERE device = ANY (%s) AND withdrawn_at IS NULL
"""


def _serving(conn: Connection[Any], devices: Collection[str]) -> Iterator[Assignment]:
    for asset, device, start, end in _rows(conn, _SERVING, devices):
        yield Assignment(asset, device, start.astimezone(UTC), end.astimezone(UTC) if end else None)


# What is declared


def put_entries(conn: Connection[Any], table: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Insert rows with an `id`, or update those in which something differs; yields (rows, how many were new or changed)
    of each statement."""
    for some in _some(rows):
        columns = list(some[0])
        rest = [name for name in columns if name != "id"]
        query = f"""
            INSERT INTO ingest.{table} AS t ({", ".join(columns)})
            SELECT {", ".join(columns)} FROM jsonb_populate_recordset(NULL::ingest.{table}, %s)
            ON CONFLICT (id) DO UPDATE SET ({", ".join(rest)}) = ROW ({", ".join(f"EXCLUDED.{n}" for n in rest)})
             WHERE ROW ({", ".join(f"t.{n}" for n in rest)})
                   IS DISTINCT FROM ROW ({", ".join(f"EXCLUDED.{n}" for n in rest)})
        """
        yield len(some), conn.execute(query.encode(), (Jsonb(some),)).rowcount


def _some(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    known = list(rows)
    for start in range(0, len(known), ROWS_MAX):
        yield known[start : start + ROWS_MAX]


_PUT_METRICS: Final = """
    INSERT INTO ingest.metric AS m (product_type, name, kind, unit, resolution, value_min, value_max, states, on_fall,
                                    modulus, jitter, step_max, silence_seconds_max, sent_as)
    SELECT product_type, name, kind, unit, resolution, value_min, value_max, states, on_fall, modulus, jitter, step_max,
           silence_seconds_max, sent_as
      FROM jsonb_populate_recordset(NULL::ingest.metric, %s)
    ON CONFLICT (product_type, name) DO UPDATE
       SET resolution = EXCLUDED.resolution, value_min = EXCLUDED.value_min, value_max = EXCLUDED.value_max,
           states = EXCLUDED.states, silence_seconds_max = EXCLUDED.silence_seconds_max, sent_as = EXCLUDED.sent_as
     WHERE ROW (m.resolution, m.value_min, m.value_max, m.states, m.silence_seconds_max, m.sent_as)
           IS DISTINCT FROM
           ROW (EXCLUDED.resolution, EXCLUDED.value_min, EXCLUDED.value_max, EXCLUDED.states,
                EXCLUDED.silence_seconds_max, EXCLUDED.sent_as)
"""


def put_metrics(conn: Connection[Any], metrics: Iterable[tuple[str, Metric]]) -> Iterator[tuple[int, int]]:
    """Insert metrics of product types, or change what may change of them; yields as put_entries."""
    for some in _some(_metric_row(product, metric) for product, metric in metrics):
        yield len(some), conn.execute(_PUT_METRICS, (Jsonb(some),)).rowcount


def _metric_row(product: str, metric: Metric) -> dict[str, Any]:
    numbers = {
        name: None if (value := getattr(metric, name)) is None else str(value)
        for name in ("resolution", "value_min", "value_max", "modulus", "jitter", "step_max")
    }
    return numbers | {
        "product_type": product,
        "name": metric.name,
        "kind": metric.kind,
        "unit": metric.unit,
        "states": dict(metric.states) or None,
        "on_fall": metric.on_fall,
        "silence_seconds_max": metric.silence_seconds_max,
        "sent_as": list(metric.sent_as),
    }


_LEAVE_ADDRESSES: Final = """
    UPDATE ingest.device AS d SET sparkplug = NULL
      FROM unnest(%s::text[], %s::text[]) AS said (id, sparkplug)
     WHERE d.id = said.id AND d.sparkplug IS DISTINCT FROM said.sparkplug
"""


def leave_addresses(conn: Connection[Any], addresses: Mapping[str, str | None]) -> None:
    """Have devices leave the addresses that are no longer theirs, so that others of the same file may take them."""
    conn.execute(_LEAVE_ADDRESSES, (list(addresses), list(addresses.values())))


_ADD_DEVICES: Final = """
    INSERT INTO ingest.device (id, product_type) SELECT * FROM unnest(%s::text[], %s::text[])
    ON CONFLICT (id) DO NOTHING
"""


def add_devices(conn: Connection[Any], types: Mapping[str, str]) -> int:
    """Declare devices of these product types, by id, where they are not; returns how many are new."""
    return conn.execute(_ADD_DEVICES, (list(types), list(types.values()))).rowcount


_LIVE: Final = """
    SELECT id, asset, device, lower(serves), upper(serves) FROM ingest.assignment
     WHERE asset = ANY (%s) AND withdrawn_at IS NULL
"""

_WITHDRAW: Final = "UPDATE ingest.assignment SET withdrawn_at = %s WHERE id = ANY (%s)"

_ASSIGN: Final = """
    INSERT INTO ingest.assignment (asset, device, product_type, serves, recorded_at)
    SELECT said.asset, said.device, a.product_type, tstzrange(said.start, said.until, '[)'), %(at)s
      FROM unnest(%(assets)s::text[], %(devices)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
           WITH ORDINALITY AS said (asset, device, start, until, n)
      JOIN ingest.asset AS a ON a.id = said.asset
     ORDER BY said.n
"""


def put_assignments(
    conn: Connection[Any], assets: Iterable[str], wanted: Iterable[Assignment], recorded_at: datetime
) -> int:
    """Make the assets' live assignments the wanted ones: others are withdrawn, missing ones added; returns how many."""
    stored = {
        Assignment(asset, device, start.astimezone(UTC), end.astimezone(UTC) if end else None): key
        for key, asset, device, start, end in conn.execute(_LIVE, (list(assets),)).fetchall()
    }
    said = dict.fromkeys(wanted)
    gone = sorted(key for one, key in stored.items() if one not in said)
    new = [one for one in said if one not in stored]
    if gone:
        conn.execute(_WITHDRAW, (recorded_at, gone))
    if new:
        given = {
            "assets": [one.asset for one in new],
            "devices": [one.device for one in new],
            "starts": [one.serves_from for one in new],
            "ends": [one.serves_until for one in new],
            "at": recorded_at,
        }
        conn.execute(_ASSIGN, given)
    return len(gone) + len(new)


_COMPLETE: Final = """
    INSERT INTO ingest.series (device, product_type, metric)
    SELECT d.id, d.product_type, m.name
      FROM ingest.device AS d JOIN ingest.metric AS m USING (product_type)
     WHERE NOT EXISTS (SELECT FROM ingest.series AS s WHERE s.device = d.id AND s.metric = m.name)
     ORDER BY d.id, m.name
"""


def complete_series(conn: Connection[Any]) -> None:
    """Every device has a series for each metric of its product type."""
    conn.execute(_COMPLETE)


def mark_changed(conn: Connection[Any]) -> None:
    """Have whoever keeps the registry in memory load it again."""
    conn.execute("UPDATE ingest.registry_revision SET revision = revision + 1")

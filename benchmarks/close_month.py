"""Closing a month of devices that report once a minute, beside one sequential scan of the same readings.

Readings are put into the hypertable by the database itself, because how fast they arrive is another benchmark; from
then on everything is the product's path: marks, summaries, snapshot, evaluation, rating, draft. A second group of
devices reports once in ten minutes: closing its month should take as long, for cost follows days and not readings.
"""

import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from psycopg import Connection

from billing.run import Outcome, close_month
from ingest.summaries.summariser import summarise_stale
from vouch.commands.fleets import declare_on
from vouch.database import connect
from vouch.running import up

MONTH: Final = date(2026, 10, 1)
STARTS: Final = datetime(2026, 9, 30, 22, tzinfo=UTC)
ENDS: Final = datetime(2026, 10, 31, 23, tzinfo=UTC)

# Loading is not what is measured.
_POSTGRESQL: Final = """
synchronous_commit = off
max_wal_size = 16GB
shared_buffers = 2GB
"""

_HEAD: Final = """
registry: 1
issuers:
  - {id: seller, legal_name: Seller GmbH, address: [Street 1], country: DE, time_zone: Europe/Berlin, payment_days: 14}
customers:
  - {id: buyer, legal_name: Buyer AG, address: [Way 2], country: DE}
product_types:
  - id: truck
    name: Truck
    metrics:
      - {name: odometer_km, kind: counter, unit: KMT, resolution: 0.1, on_fall: reset, silence_seconds_max: 1800}
      - {name: state, kind: state, states: {RUNNING: 1, FAULT: 2}, silence_seconds_max: 1800}
assets:
"""

_ASSET: Final = (
    '  - {{id: "{0}", name: "{0}", customer: buyer, product_type: truck, '
    'served_by: [{{device: "{0}", since: "2026-09-01T00:00:00Z"}}]}}\n'
)

_CONTRACT: Final = """
contract: {name}
version: 1
issuer: seller
customer: buyer
currency: EUR
time_zone: Europe/Berlin
effective_from: 2026-09-01
vat_percent: 19
assets:
{assets}
measures:
  - {{id: distance, kind: counter, window: month, metric: odometer_km, unit: KMT, scope: asset, on_fall: reset,
     jitter: 0, step_max: none, attribution: at_reading, rounding: none, missing: none, acceptance: not_needed}}
  - id: availability
    kind: availability
    window: month
    metric: state
    scope: asset
    up: [RUNNING]
    down: [FAULT]
    unknown: []
    out: []
    degraded: {{}}
    service_hours: {{weekly: {{monday: ["06:00-22:00"], tuesday: ["06:00-22:00"], wednesday: ["06:00-22:00"],
                    thursday: ["06:00-22:00"], friday: ["06:00-22:00"], saturday: ["06:00-14:00"]}}, closed_on: []}}
    exclusions: [{{judge: planned, mode: out, causality: overlap}}]
    shaping: none
    unknown_rule: {{carry_seconds: 1800, then: exclude, coverage_min_percent: none}}
    denominator: counted
judges:
  - id: planned
    kind: planned_window
    weekly: [{{weekday: wednesday, from: "20:00", until: "22:00"}}]
    announced: none
    service_hours: {{weekly: {{monday: ["06:00-22:00"], tuesday: ["06:00-22:00"], wednesday: ["06:00-22:00"],
                    thursday: ["06:00-22:00"], friday: ["06:00-22:00"], saturday: ["06:00-14:00"]}}, closed_on: []}}
    allowance: {{hours: 6, per: month, partial_period: whole}}
  - {{id: promise, kind: threshold, measure: availability, comparison: at_least, percent: 98}}
prices:
  - {{id: fee, kind: fixed_fee, text: Truck, amount: 890.00, per: asset, interval_months: 1, billed: in_arrears,
     proration: seconds, free_of_charge: []}}
  - {{id: km, kind: usage_price, text: Kilometres, of: [{{measure: distance, weight: 1}}], unit: KMT,
     scheme: {{model: graduated, tiers: [{{up_to: 5000, price: 0.12}}, {{price: 0.10}}]}}, included: 0, rollover: none,
     multiplier: none, tiers_over: month, partial_period: whole, negative: credit}}
  - id: uptime
    kind: remedy
    text: Uptime
    of: promise
    credit: {{form: ladder, tiers: [{{below: 98, percent: 5}}, {{below: 95, percent: 20}}], base: [fee],
             cap_percent: 20}}
views: []
"""

# A day at a time; 0.7 km a minute, and every device is down for forty minutes in every four thousand.
_LOAD: Final = """
    INSERT INTO ingest.reading (measured_at, series, value, received_at)
    SELECT at, s.id,
           CASE WHEN s.metric = 'state'
                THEN CASE WHEN (extract(epoch FROM at)::bigint / 60 + s.id * 37) %% 4000 < 40 THEN 2 ELSE 1 END
                ELSE round((extract(epoch FROM at)::numeric - 1.79e9) / 60 * 0.7, 1) END, now()
      FROM generate_series(%(from)s::timestamptz, %(to)s::timestamptz - interval '1 microsecond',
                           make_interval(mins => %(minutes)s)) AS at,
           ingest.series AS s
     WHERE s.device LIKE %(devices)s
"""

_MARK: Final = """
    INSERT INTO ingest.stale_mark
    SELECT s.id, day::date FROM ingest.series AS s, generate_series(%s::date, %s::date, '1 day') AS day
"""

_SCAN: Final = "SELECT count(*), sum(value) FROM ingest.reading"


def run(devices: int, rounds: int) -> str:
    """Set up, measure, and report; everything is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="vouch-bench-"))
    folder.chmod(0o755)
    home = folder / ".vouch"
    home.mkdir(mode=0o755)
    (home / "postgresql.conf").write_text(_POSTGRESQL)
    try:
        with up.embedded(home) as settings, connect(settings.database_url) as conn:
            return _measure(conn, devices, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(conn: Connection[Any], devices: int, rounds: int) -> str:
    groups = {"dense": 1, "sparse": 10}
    _declare(conn, devices, rounds, groups)
    load = _timed(lambda: _load(conn, groups))
    (readings,) = conn.execute("SELECT count(*) FROM ingest.reading").fetchone() or (0,)
    click.echo(f"{readings:,} readings loaded in {load:.0f} s")
    summarised = _timed(lambda: summarise_stale(conn))
    conn.commit()
    click.echo(f"summarised in {summarised:.0f} s")
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE ingest.reading")
    conn.execute("ANALYZE")
    conn.autocommit = False

    scans: list[float] = []
    parallel: list[float] = []
    closes: dict[str, list[float]] = {name: [] for name in groups}
    for n in range(rounds):
        scans.append(_timed(lambda: _scan(conn, workers=0)))
        parallel.append(_timed(lambda: _scan(conn, workers=2)))
        for name in groups:
            closes[name].append(_timed(partial(_close, conn, f"{name}-{n}")))
    scan, beside = statistics.median(scans), statistics.median(parallel)
    dense, sparse = (statistics.median(closes[name]) for name in groups)
    return "\n".join(
        [
            f"Closing a month of {devices:,} devices, one state and one counter reading a minute each",
            f"(contract with fee, graduated kilometres and uptime guarantee; median of {rounds};"
            f" {os.cpu_count()} cores, {platform.machine()})",
            "",
            f"readings in the table                    {readings:>14,}",
            f"one sequential scan, one process         {scan:>14.2f} s",
            f"the same scan with parallel workers      {beside:>14.2f} s",
            f"close, one reading a minute              {dense:>14.2f} s   {dense / scan:.2f} of the scan",
            f"close, one reading in ten minutes        {sparse:>14.2f} s   {sparse / scan:.2f} of the scan",
            f"summaries, once, as readings come        {summarised:>14.0f} s   {readings / summarised:,.0f} readings/s",
        ]
    )


def _declare(conn: Connection[Any], devices: int, rounds: int, groups: dict[str, int]) -> None:
    names = {group: [f"{group}-{n}" for n in range(devices)] for group in groups}
    registry = _HEAD + "".join(_ASSET.format(name) for group in names.values() for name in group)
    contracts = {}
    for group, assets in names.items():
        covered = "\n".join(f'  - {{asset: "{asset}", in_service_from: 2026-09-01}}' for asset in assets)
        for n in range(rounds):
            contracts[f"{group}-{n}"] = _CONTRACT.format(name=f"{group}-{n}", assets=covered)
    declare_on(conn, "benchmark", registry, contracts)


def _load(conn: Connection[Any], groups: dict[str, int]) -> None:
    start = STARTS
    while start < ENDS:
        end = min(start + timedelta(days=1), ENDS)
        for group, minutes in groups.items():
            conn.execute(_LOAD, {"from": start, "to": end, "minutes": minutes, "devices": f"{group}-%"})
        conn.commit()
        start = end
    conn.execute(_MARK, (STARTS.date(), ENDS.date()))
    conn.commit()


def _scan(conn: Connection[Any], workers: int) -> None:
    conn.execute(f"SET max_parallel_workers_per_gather = {workers}".encode())
    conn.execute(_SCAN)
    conn.execute("RESET max_parallel_workers_per_gather")
    conn.commit()


def _close(conn: Connection[Any], contract: str) -> None:
    (closed,) = close_month(conn, MONTH, [contract])
    assert closed.outcome == Outcome.DRAFTED


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

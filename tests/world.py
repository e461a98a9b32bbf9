"""A small world for tests that need a database: one seller, one customer, two trucks, one contract."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import Connection

from contracts.document import parse_contract
from contracts.run import apply_contract
from ingest.formats.json import encode
from ingest.message import Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.topics import telemetry_topic
from ingest.writer import Writer, Written
from tests.builders import opened

OCTOBER = date(2026, 10, 1)
OCTOBER_STARTS = datetime(2026, 9, 30, 22, tzinfo=UTC)
OCTOBER_ENDS = datetime(2026, 10, 31, 23, tzinfo=UTC)
HOURS_OF_OCTOBER = 745

REGISTRY = """
registry: 1
issuers:
  - {id: seller, legal_name: Seller GmbH, address: [Street 1, 10115 Berlin], country: DE, vat_id: DE123456788,
     time_zone: Europe/Berlin, payment_days: 14}
customers:
  - {id: buyer, legal_name: Buyer AG, address: [Way 2, 20457 Hamburg], country: DE}
product_types:
  - id: truck
    name: Truck
    metrics:
      - {name: odometer_km, kind: counter, unit: KMT, resolution: 0.1, plausible: [0, 5000000], on_fall: reset,
         silence_seconds_max: 7200}
      - {name: state, kind: state, states: {RUNNING: 1, FAULT: 2}, silence_seconds_max: 7200}
assets:
  - {id: truck-1, name: First truck, customer: buyer, product_type: truck,
     served_by: [{device: device-1, since: "2026-09-01T00:00:00+02:00"}]}
  - {id: truck-2, name: Second truck, customer: buyer, product_type: truck,
     served_by: [{device: device-2, since: "2026-09-01T00:00:00+02:00"}]}
"""

CONTRACT = """
contract: trucks
version: 1
issuer: seller
customer: buyer
currency: EUR
time_zone: Europe/Berlin
effective_from: 2026-09-01
vat_percent: 19
assets:
  - {asset: truck-1, in_service_from: 2026-09-01}
measures:
  - {id: distance, kind: counter, window: month, metric: odometer_km, unit: KMT, scope: asset, on_fall: reset,
     jitter: 0, step_max: none, attribution: at_reading, rounding: none, missing: none, acceptance: not_needed}
  - id: availability
    kind: availability
    window: month
    metric: state
    scope: asset
    up: [RUNNING]
    down: [FAULT]
    unknown: []
    out: []
    degraded: {}
    service_hours: always
    exclusions: []
    shaping: none
    unknown_rule: {carry_seconds: 3600, then: exclude, coverage_min_percent: none}
    denominator: counted
judges:
  - {id: promise, kind: threshold, measure: availability, comparison: at_least, percent: 99}
prices:
  - {id: fee, kind: fixed_fee, text: Truck, amount: 745.00, per: asset, interval_months: 1, billed: in_arrears,
     proration: seconds, free_of_charge: []}
  - {id: km, kind: usage_price, text: Kilometres, of: [{measure: distance, weight: 1}], unit: KMT,
     scheme: {model: flat, price: 0.10}, included: 0, rollover: none, multiplier: none, tiers_over: month,
     partial_period: whole, negative: credit}
  - id: uptime
    kind: remedy
    text: Uptime
    of: promise
    credit: {form: ladder, tiers: [{below: 99, percent: 5}, {below: 95, percent: 20}], base: [fee], cap_percent: 20}
views: []
"""


def declare_world(conn: Connection[Any], registry: str = REGISTRY, contract: str = CONTRACT) -> None:
    """Registry and contract, committed."""
    apply_registry(conn, *parse_registry(registry, "registry.yaml"))
    agree(conn, contract)


def agree(conn: Connection[Any], contract: str) -> bool:
    """A further contract or version, committed; whether it was new."""
    new = apply_contract(conn, *parse_contract(contract, "contract.yaml"))
    conn.commit()
    return new


def message(device: str, at: datetime, **values: Decimal | str | int) -> Message:
    """One message of one reading of each metric."""
    spelled: Mapping[str, Decimal | str] = {
        name: value if isinstance(value, str) else Decimal(value) for name, value in values.items()
    }
    return Message(telemetry_topic(device), encode([(at, spelled)]))


def write(conn: Connection[Any], messages: Iterable[Message]) -> Written:
    """Through the writer, committed."""
    written = Writer(uuid.uuid4()).write(conn, opened(*messages))
    conn.commit()
    return written


def hourly(device: str, start: datetime, hours: int, **first: int) -> list[Message]:
    """A reading at `start` and each full hour after it, `hours` in all: one kilometre an hour, always running."""
    km = first.get("km", 1000)
    return [message(device, start + timedelta(hours=n), odometer_km=km + n, state="RUNNING") for n in range(hours)]


def write_october(conn: Connection[Any], device: str = "device-1") -> Written:
    """From a day before October to an hour after it: 745 km and never down."""
    return write(conn, hourly(device, OCTOBER_STARTS - timedelta(days=1), 24 + HOURS_OF_OCTOBER + 2))

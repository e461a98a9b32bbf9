"""The registry in the database: what is declared is what ingest knows."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg import Connection, errors

from ingest.catalogue import OnFall
from ingest.registry.apply import RegistryConflict, apply_registry
from ingest.registry.file import parse_registry
from ingest.registry.known_store import KnownDevices, load_revision
from vouch.database import connect
from vouch.period import to_micros

TYPES = """
product_types:
  - id: pump
    name: Pump
    metrics:
      - {name: flow, kind: gauge, unit: MTQ, silence_seconds_max: 60, sent_as: [Flow/Total, F1]}
      - {name: running, kind: state, states: {"true": 1, "false": 0}, silence_seconds_max: 60}
"""

DEVICES = """
devices:
  - {id: p-1, product_type: pump, installed_at: "2026-09-01T00:00:00Z", sparkplug: Plant/Line-1/p-1}
  - {id: p-2, product_type: pump}
"""


def declare(conn: Connection[Any], text: str) -> int:
    """Applied and committed; how many declarations were new or changed."""
    changed = apply_registry(conn, *parse_registry(text, "r.yaml"))
    conn.commit()
    return changed


def refused(conn: Connection[Any], text: str) -> str:
    """Why the file is refused."""
    with pytest.raises(RegistryConflict) as raised:
        declare(conn, text)
    conn.rollback()
    return str(raised.value)


def test_a_known_device_has_its_series_under_every_name_it_may_send(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)

    known = KnownDevices().load(conn)

    first = known["p-1"]
    assert first.installed_at == to_micros(datetime(2026, 9, 1, tzinfo=UTC))
    assert known["p-2"].installed_at is None
    assert first.series.keys() == {"flow", "Flow/Total", "F1", "running"}
    assert first.series["F1"] is first.series["flow"]
    assert first.series["flow"].metric.unit == "MTQ"
    assert first.series["flow"].id != known["p-2"].series["flow"].id


def test_a_known_device_is_found_by_its_sparkplug_address(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)

    known = KnownDevices().load(conn)

    assert known.keys() == {"p-1", "p-2", "spBv1.0/Plant/Line-1/p-1"}
    assert known["spBv1.0/Plant/Line-1/p-1"] is known["p-1"]


def test_the_same_devices_again_change_nothing(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)
    revision = load_revision(conn)

    assert declare(conn, TYPES + DEVICES) == 0
    assert load_revision(conn) == revision


def test_a_device_may_move_to_another_address(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)

    assert declare(conn, DEVICES.replace("Line-1", "Line-2")) == 1

    assert "spBv1.0/Plant/Line-2/p-1" in KnownDevices().load(conn)


def test_a_sparkplug_address_belongs_to_one_device_across_files(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)

    fault = refused(conn, "devices:\n  - {id: p-3, product_type: pump, sparkplug: Plant/Line-1/p-1}")

    assert fault == "r.yaml:2: devices[0].sparkplug: 'Plant/Line-1/p-1' is the address of p-1 already"


def test_a_device_keeps_its_product_type(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)

    fault = refused(
        conn, TYPES.replace("pump", "fan") + DEVICES.replace("p-1, product_type: pump", "p-1, product_type: fan")
    )

    assert "'p-1' is of product type pump, not fan" in fault


def test_a_device_of_an_unknown_product_type_is_one_line(conn: Connection[Any]) -> None:
    assert refused(conn, DEVICES).splitlines() == [
        "r.yaml:3: devices[0].product_type: product type 'pump' is not declared",
        "r.yaml:4: devices[1].product_type: product type 'pump' is not declared",
    ]


def test_a_name_means_one_metric_across_files(conn: Connection[Any]) -> None:
    declare(conn, TYPES)
    more = """
product_types:
  - id: pump
    name: Pump
    metrics:
      - {name: level, kind: gauge, unit: MTQ, silence_seconds_max: 60, sent_as: [F1]}
"""

    fault = refused(conn, more)

    assert "'F1' would mean more than one metric: flow, level" in fault


METER = """
product_types:
  - id: meter
    name: Meter
    metrics:
      - {name: kwh, kind: counter, unit: KWH, on_fall: rollover, modulus: 100000, jitter: 0.5, step_max: 200,
         silence_seconds_max: 60}
devices: [{id: m-1, product_type: meter}]
"""


def test_a_counters_policy_is_known_as_it_was_declared(conn: Connection[Any]) -> None:
    declare(conn, METER)

    kwh = KnownDevices().load(conn)["m-1"].series["kwh"].metric

    assert kwh.on_fall is OnFall.ROLLOVER
    assert (kwh.modulus, kwh.jitter, kwh.step_max) == (Decimal(100_000), Decimal("0.5"), Decimal(200))
    assert declare(conn, METER.replace("jitter: 0.5", "jitter: 0.50")) == 0


@pytest.mark.parametrize(
    ("said", "now"),
    [
        ("modulus: 100000", "modulus: 1000000"),
        ("jitter: 0.5", "jitter: 1"),
        ("step_max: 200,", ""),
        ("on_fall: rollover, modulus: 100000", "on_fall: signed"),
    ],
)
def test_the_meaning_of_a_fall_never_changes(conn: Connection[Any], said: str, now: str) -> None:
    declare(conn, METER)

    fault = refused(conn, METER.replace(said, now))

    assert fault.startswith("r.yaml:6: product_types[0].metrics[0]: metric 'kwh' is already declared as kind counter")
    assert "on_fall rollover, modulus 100000, jitter 0.5, step_max 200" in fault


def test_devices_may_exchange_their_addresses_in_one_file(conn: Connection[Any]) -> None:
    both = """
devices:
  - {id: p-1, product_type: pump, sparkplug: G/E/A}
  - {id: p-2, product_type: pump, sparkplug: G/E/B}
"""
    declare(conn, TYPES + both)

    assert declare(conn, both.replace("E/A", "E/X").replace("E/B", "E/A").replace("E/X", "E/B")) == 2

    assert KnownDevices().load(conn)["spBv1.0/G/E/A"].id == "p-2"


FLEET = """
customers:
  - {id: buyer, legal_name: Buyer AG, address: [Way 2], country: DE}
assets:
  - id: plant-1
    name: Plant 1
    customer: buyer
    product_type: pump
    served_by:
      - {device: p-1, since: "2026-09-01T00:00:00Z", until: "2026-10-01T00:00:00Z"}
      - {device: p-2, since: "2026-10-01T00:00:00Z"}
  - id: plant-2
    name: Plant 2
    customer: buyer
    product_type: pump
    served_by:
      - {device: p-1, since: "2026-10-01T00:00:00Z"}
"""


def test_a_series_keeps_its_number_and_no_number_is_wasted(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES + FLEET)
    before = KnownDevices().load(conn)["p-1"].series["flow"].id

    declare(conn, FLEET.replace("name: Plant 1", "name: Plant One"))
    declare(conn, "devices: [{id: p-9, product_type: pump}]")

    known = KnownDevices().load(conn)
    assert known["p-1"].series["flow"].id == before
    assert {known["p-9"].series[name].id for name in ("flow", "running")} == {5, 6}


def test_an_assignment_that_a_file_no_longer_has_is_withdrawn(conn: Connection[Any]) -> None:
    declare(conn, TYPES + FLEET)
    last = FLEET.replace('      - {device: p-2, since: "2026-10-01T00:00:00Z"}\n', "")

    assert declare(conn, last) == 1
    assert declare(conn, last) == 0
    assert conn.execute("SELECT count(*) FROM ingest.assignment WHERE withdrawn_at IS NULL").fetchone() == (2,)
    assert conn.execute("SELECT count(*) FROM ingest.assignment").fetchone() == (3,)


@pytest.mark.parametrize(
    ("said", "now", "fault"),
    [
        (
            'until: "2026-10-01T00:00:00Z"',
            'until: "2026-10-02T00:00:00Z"',
            [
                "r.yaml:11: assets[0].served_by[1]: p-1 serves plant-1 at the same time",
                "r.yaml:17: assets[1].served_by[0]: "
                "p-1 serves plant-1 from 2026-09-01T00:00:00Z until 2026-10-02T00:00:00Z already",
            ],
        ),
        ("customer: buyer", "customer: byer", ["r.yaml:7: assets[0].customer: customer 'byer' is not declared"]),
        (
            "product_type: pump",
            "product_type: fan",
            ["r.yaml:8: assets[0].product_type: product type 'fan' is not declared"],
        ),
    ],
)
def test_an_asset_that_does_not_fit_is_refused_with_its_line(
    conn: Connection[Any], said: str, now: str, fault: list[str]
) -> None:
    declare(conn, TYPES)

    found = refused(conn, FLEET.replace(said, now, 1)).splitlines()

    assert found[: len(fault)] == fault


def test_a_device_serves_one_asset_across_files(conn: Connection[Any]) -> None:
    declare(conn, TYPES + FLEET)
    third = """
assets:
  - id: plant-3
    name: Plant 3
    customer: buyer
    product_type: pump
    served_by: [{device: p-1, since: "2026-11-01T00:00:00Z"}]
"""

    assert refused(conn, third) == (
        "r.yaml:7: assets[0].served_by[0]: p-1 serves plant-2 from 2026-10-01T00:00:00Z already"
    )


def test_an_asset_stays_what_it_is_and_whose_it_is(conn: Connection[Any]) -> None:
    declare(conn, TYPES + FLEET)

    other = FLEET.replace("id: buyer,", "id: other,").replace("customer: buyer", "customer: other")

    assert refused(conn, other).splitlines()[0] == "r.yaml:5: assets[0]: asset 'plant-1' is a pump of customer buyer"


def test_many_entries_are_counted_as_they_go(conn: Connection[Any]) -> None:
    declare(conn, TYPES)
    many = "devices:\n" + "".join(f"  - {{id: p-{n}, product_type: pump}}\n" for n in range(12_000))
    seen: list[tuple[int, int]] = []

    changed = apply_registry(conn, *parse_registry(many, "r.yaml"), progress=lambda *done: seen.append(done))

    assert changed == 12_000
    assert seen[0] == (5_000, 12_000)
    assert seen[-1] == (12_000, 12_000)


def test_known_devices_are_brought_up_to_date(conn: Connection[Any]) -> None:
    declare(conn, TYPES + DEVICES)
    devices = KnownDevices()
    before = devices.load(conn)

    declare(conn, "devices: [{id: p-3, product_type: pump}, {id: p-1, product_type: pump, sparkplug: G/E/moved}]")
    after = devices.load(conn)

    assert before.keys() == {"p-1", "p-2", "spBv1.0/Plant/Line-1/p-1"}
    assert after.keys() == {"p-1", "p-2", "p-3", "spBv1.0/G/E/moved"}
    assert after["p-2"] is before["p-2"]
    assert (before["p-1"].installed_at is None, after["p-1"].installed_at) == (False, None)
    assert after == KnownDevices().load(conn)


@pytest.mark.parametrize(
    ("said", "now"),
    [
        ("sent_as: [Flow/Total, F1]", "sent_as: [F2]"),
        ("silence_seconds_max: 60, sent_as", "silence_seconds_max: 90, sent_as"),
        ("metrics:", "metrics:\n      - {name: level, kind: gauge, unit: MTR, silence_seconds_max: 60}"),
    ],
)
def test_a_metric_that_changed_is_known_by_every_device(conn: Connection[Any], said: str, now: str) -> None:
    declare(conn, TYPES + DEVICES)
    devices = KnownDevices()
    before = devices.load(conn)["p-2"]

    declare(conn, TYPES.replace(said, now))
    after = devices.load(conn)["p-2"]

    assert after.series != before.series or after.series["F2"].metric.sent_as == ("F2",)
    assert KnownDevices().load(conn)["p-2"] == after


def test_changes_of_the_registry_wait_for_each_other(conn: Connection[Any], database: str) -> None:
    conn.execute("SELECT 1")
    apply_registry(conn, *parse_registry(TYPES, "r.yaml"))

    with connect(database) as other:
        other.execute("SET lock_timeout = '100ms'")
        other.commit()
        with pytest.raises(errors.LockNotAvailable):
            declare(other, TYPES + DEVICES)
        other.rollback()
        conn.commit()
        assert declare(other, TYPES + DEVICES) == 2

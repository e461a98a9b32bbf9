"""SenML on its way into the table: by topic, in the metric's own unit, and once even where times are relative."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from psycopg import Connection

from ingest.decoding import open_message
from ingest.message import Arrived, Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.rejection_store import list_rejected
from ingest.writer import Writer, Written, replay_rejected
from tests.world import declare_world
from vouch.period import to_micros

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
JSON = "vouch/v1/device-1/senml/json"
CBOR = "vouch/v1/device-1/senml/cbor"
DOORS = """
registry: 1
product_types:
  - {id: truck, name: Truck, metrics: [{name: doors, kind: gauge, unit: C62, silence_seconds_max: 60}]}
"""


def take(conn: Connection[Any], topic: str, payload: bytes, at: datetime = NOON, dup: bool = False) -> Written:
    """One message through the writer, committed."""
    opened = open_message(Arrived(Message(topic, payload), to_micros(at), dup=dup))
    written = Writer(uuid.uuid4()).write(conn, [opened])
    conn.commit()
    return written


def readings(conn: Connection[Any]) -> list[tuple[str, datetime, float]]:
    """(metric, when, value) of all that is stored."""
    return conn.execute(
        """SELECT s.metric, r.measured_at, r.value FROM ingest.reading AS r JOIN ingest.series AS s ON s.id = r.series
            ORDER BY r.measured_at, s.metric"""
    ).fetchall()


def test_a_pack_is_stored_in_the_metrics_own_units_and_again_changes_nothing(conn: Connection[Any]) -> None:
    declare_world(conn)
    pack = b"""[{"bn": "urn:dev:ops:32473-device-1:", "bt": 1791201600, "n": "odometer_km", "u": "m", "v": 48211400},
                {"n": "state", "t": 60, "vs": "RUNNING"}, {"n": "odometer_km", "u": "kWh", "t": 60, "v": 1}]"""

    written = take(conn, JSON, pack)

    assert readings(conn) == [("odometer_km", NOON, 48211.4), ("state", NOON + timedelta(minutes=1), 1.0)]
    assert [(r.place, r.reason) for r in written.refusals] == [("$[2]", "unit")]
    in_cbor = [{0: "device-1/odometer_km", 1: "km", 2: 48211.4, 6: 1791201600}]
    assert take(conn, CBOR, cbor2.dumps(in_cbor)).duplicate == 1


def test_a_relative_time_is_the_same_instant_when_its_message_is_replayed(conn: Connection[Any]) -> None:
    declare_world(conn)
    take(conn, JSON, b'[{"n": "odometer_km", "t": -60, "v": 5}, {"n": "doors", "t": -60, "v": 2}]')
    apply_registry(conn, *parse_registry(DOORS, "doors.yaml"))

    assert replay_rejected(conn, Writer(uuid.uuid4()), 10) == (1, 0, None)
    minute_before = NOON - timedelta(minutes=1)
    assert readings(conn) == [("doors", minute_before, 2), ("odometer_km", minute_before, 5)]


def test_a_relative_time_delivered_again_is_refused_now_and_at_every_replay(conn: Connection[Any]) -> None:
    declare_world(conn)
    pack = b'[{"n": "odometer_km", "v": 5}]'
    take(conn, JSON, pack)

    again = take(conn, JSON, pack, NOON + timedelta(seconds=9), dup=True)

    assert [r.reason for r in again.refusals] == ["uncertain_time"]
    assert replay_rejected(conn, Writer(uuid.uuid4()), 10) == (0, 1, None)
    assert len(list_rejected(conn, 10)) == 1
    assert readings(conn) == [("odometer_km", NOON, 5)]


def test_equal_bytes_with_relative_times_are_as_many_messages_as_came(conn: Connection[Any]) -> None:
    declare_world(conn)
    pack = b'[{"n": "doors", "v": 2}]'
    minutes = [NOON + timedelta(minutes=n) for n in range(3)]
    for at in minutes:
        take(conn, JSON, pack, at)
    apply_registry(conn, *parse_registry(DOORS, "doors.yaml"))

    assert replay_rejected(conn, Writer(uuid.uuid4()), 10)[:2] == (3, 0)
    assert [at for _, at, _ in readings(conn)] == minutes

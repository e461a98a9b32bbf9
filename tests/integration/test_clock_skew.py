"""Clock offsets in the database: one row a device and hour, from any number of processes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from ingest.clocks.skew import HourOffset
from ingest.clocks.store import KEPT, find_estimate, list_offsets, put_offsets
from tests.world import declare_world
from vouch.period import to_micros

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
NOW = NOON + timedelta(minutes=30)


def hour(offset: int, readings: int = 1, device: str = "device-1", back: int = 0) -> HourOffset:
    return HourOffset(device, to_micros(NOON - timedelta(hours=back)), offset, readings)


def test_processes_add_to_one_hour(conn: Connection[Any]) -> None:
    declare_world(conn)

    put_offsets(conn, [hour(50, 3), hour(7, 1, "device-2")], NOW)
    put_offsets(conn, [hour(-20, 2)], NOW)
    put_offsets(conn, [hour(90, 1)], NOW)

    assert list_offsets(conn, "device-1", NOON) == [hour(-20, 6)]


def test_an_estimate_looks_back_a_day(conn: Connection[Any]) -> None:
    declare_world(conn)
    put_offsets(conn, [hour(5), hour(9, back=3), hour(1, back=25)], NOW)

    found = find_estimate(conn, "device-1", NOW)

    assert found is not None
    assert (found.offset, found.readings) == (5, 2)
    assert find_estimate(conn, "device-2", NOW) is None


def test_old_hours_are_dropped(conn: Connection[Any]) -> None:
    declare_world(conn)
    put_offsets(conn, [hour(5), hour(9, back=3)], NOW)

    put_offsets(conn, [], NOW + KEPT)

    assert list_offsets(conn, "device-1", NOON - timedelta(days=1)) == []

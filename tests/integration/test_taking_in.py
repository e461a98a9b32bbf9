"""Promises 1 to 3 at the writer: once, nothing disappears, late readings mark their own day only."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from psycopg import Connection, errors

from ingest.clocks.store import find_estimate
from ingest.message import Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.rejection_store import list_rejected
from ingest.store import load_balance
from ingest.summaries.finding_store import list_findings
from ingest.summaries.summariser import summarise_stale
from ingest.topics import telemetry_topic
from ingest.writer import Writer, replay_rejected
from tests.builders import opened
from tests.world import REGISTRY, declare_world, hourly, message, write
from vouch.database import connect

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def count_readings(conn: Connection[Any]) -> int:
    """Rows in the hypertable."""
    (count,) = conn.execute("SELECT count(*) FROM ingest.reading").fetchone() or (0,)
    conn.commit()
    return int(count)


def test_the_same_reading_again_changes_nothing(conn: Connection[Any]) -> None:
    declare_world(conn)
    first = write(conn, hourly("device-1", NOON, 10))

    again = write(conn, hourly("device-1", NOON - timedelta(hours=5), 20, km=995))

    assert (first.stored, first.duplicate) == (20, 0)
    assert (again.stored, again.duplicate, again.refusals) == (20, 20, [])
    assert count_readings(conn) == 40


def test_another_value_at_a_taken_instant_is_refused_and_the_first_one_stays(conn: Connection[Any]) -> None:
    declare_world(conn)
    write(conn, [message("device-1", NOON, odometer_km=1000)])

    written = write(conn, [message("device-1", NOON, odometer_km=1001), message("device-1", NOON, odometer_km=1000)])

    assert written.stored == 0
    assert {refusal.reason for refusal in written.refusals} == {"conflicting_value"}
    assert conn.execute("SELECT value FROM ingest.reading").fetchall() == [(1000.0,)]


def test_a_clock_that_stands_still_is_found_by_its_second_refusal(conn: Connection[Any]) -> None:
    declare_world(conn)
    for km in (1000, 1001, 1001, 1000):
        write(conn, [message("device-1", NOON, odometer_km=km)])
    writer = Writer(uuid.uuid4())
    for km in (1001, 1000, 1002, 1003, 1003):
        writer.write(conn, opened(message("device-1", NOON, odometer_km=km)))

    (found,) = list_findings(conn)
    assert (found.source, found.kind, found.at) == ("device-1", "frozen_clock", NOON)
    assert "1001.0 at an instant that already holds 1000.0" in found.detail
    assert "1002.0" in found.detail
    assert count_readings(conn) == 1


def test_how_far_a_clock_is_off_is_estimated_from_what_is_sent(
    conn: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.writer.CLOCK_SECONDS", 0.0)
    declare_world(conn)
    writer = Writer(uuid.uuid4())
    now = datetime.now(UTC)
    for delay in (90, 40, 3600):
        sent = hourly("device-1", now - timedelta(seconds=2 * delay), 1)
        writer.write(conn, opened(*sent, at=now - timedelta(seconds=delay)))

    estimate = find_estimate(conn, "device-1", now)

    assert estimate is not None
    assert (estimate.behind_at_most, estimate.ahead_at_least, estimate.readings) == (40_000_000, 0, 6)


def test_the_table_itself_refuses_a_second_reading_of_one_identity(conn: Connection[Any]) -> None:
    declare_world(conn)
    write(conn, [message("device-1", NOON, odometer_km=1000)])

    with pytest.raises(errors.UniqueViolation):
        conn.execute("INSERT INTO ingest.reading SELECT measured_at, series, value + 1, now() FROM ingest.reading")


def test_one_bad_reading_is_refused_alone_and_its_bytes_are_kept(conn: Connection[Any]) -> None:
    declare_world(conn)
    payload = (
        b'{"readings":[{"measured_at":"2026-10-05T12:00:00Z","values":{"odometer_km":5,"state":"BROKEN"}},'
        b'{"measured_at":"yesterday","values":{"odometer_km":6}}]}'
    )

    written = write(conn, [Message(telemetry_topic("device-1"), payload)])
    (kept,) = list_rejected(conn, 10)

    assert written.stored == 1
    assert bytes(kept.payload) == payload
    assert [(r.place, r.reason) for r in written.refusals] == [
        ("$.readings[1].values.odometer_km", "malformed_time"),
        ("$.readings[0].values.state", "unknown_state"),
    ]


def test_the_ledger_balances_whatever_comes(conn: Connection[Any]) -> None:
    declare_world(conn)
    rubbish = [Message(telemetry_topic("device-1"), bytes([n])) for n in range(256)]
    rubbish += [Message("somewhere/else", b"{}"), Message(telemetry_topic("nobody"), b"{}")]

    written = [
        write(conn, hourly("device-1", NOON, 50)),
        write(conn, rubbish),
        write(conn, hourly("device-1", NOON, 60)),
    ]
    balance = load_balance(conn)

    assert balance.received == balance.stored + balance.duplicate + balance.rejected
    assert balance.stored == count_readings(conn) == 120
    assert balance.duplicate == 100
    assert balance.rejected == sum(len(w.refusals) for w in written) == 258


def test_two_refusals_of_one_message_are_two_rows_however_long_the_names(conn: Connection[Any]) -> None:
    declare_world(conn)
    names = ["x" * 200 + "a", "x" * 200 + "b", "ä", "ä "]
    values = ",".join(f'"{name}":1' for name in names)
    payload = f'{{"measured_at":"2026-10-05T12:00:00Z","values":{{{values}}}}}'.encode()

    written = write(conn, [Message(telemetry_topic("device-1"), payload)])

    assert len(written.refusals) == 4
    assert conn.execute("SELECT count(*) FROM ingest.rejection").fetchone() == (4,)


def test_the_ledger_table_refuses_what_does_not_balance(conn: Connection[Any]) -> None:
    with pytest.raises(errors.CheckViolation):
        conn.execute("INSERT INTO ingest.ledger VALUES (gen_random_uuid(), now(), 1, 3, 1, 1, 0)")


def test_a_refused_message_is_stored_once_its_device_is_declared(conn: Connection[Any]) -> None:
    declare_world(conn)
    write(conn, [message("device-3", NOON, odometer_km=7, state="RUNNING")])
    third = """
assets:
  - {id: truck-3, name: Third, customer: buyer, product_type: truck,
     served_by: [{device: device-3, since: "2026-09-01T00:00:00Z"}]}
"""
    apply_registry(conn, *parse_registry(third, "third.yaml"))

    writer = Writer(uuid.uuid4())
    assert replay_rejected(conn, writer, 10) == (2, 0, None)
    assert replay_rejected(conn, writer, 10) == (0, 0, None)
    assert count_readings(conn) == 2


def test_what_cannot_be_mended_does_not_hide_what_comes_behind_it(conn: Connection[Any]) -> None:
    declare_world(conn)
    others = [message(f"device-{n}", NOON, odometer_km=n) for n in (5, 6, 7)]
    write(conn, [*others, message("device-3", NOON, odometer_km=7)])
    conn.execute("INSERT INTO ingest.device (id, product_type) VALUES ('device-3', 'truck')")
    conn.execute("INSERT INTO ingest.series (device, product_type, metric) VALUES ('device-3', 'truck', 'odometer_km')")
    conn.execute("UPDATE ingest.registry_revision SET revision = revision + 1")
    conn.commit()

    writer = Writer(uuid.uuid4())
    first = replay_rejected(conn, writer, 3)
    assert (first.stored, first.refused) == (0, 3)
    assert first.next is not None
    assert replay_rejected(conn, writer, 3, first.next) == (1, 0, None)


def test_a_message_the_database_cannot_take_does_not_stop_the_others(conn: Connection[Any]) -> None:
    declare_world(conn)
    conn.execute("ALTER TABLE ingest.reading ADD CONSTRAINT no_thirteen CHECK (value <> 13)")
    conn.commit()

    written = write(conn, [message("device-1", NOON + timedelta(hours=n), odometer_km=n) for n in range(10, 20)])

    assert written.stored == 9
    assert [refusal.reason for refusal in written.refusals] == ["unstorable"]
    balance = load_balance(conn)
    assert balance.received == 10


def test_fifteen_digits_come_back_as_they_were_sent(conn: Connection[Any]) -> None:
    declare_world(conn)
    sent = [Decimal("0.1"), Decimal("123456.789012345"), Decimal("4999999.99999999")]

    write(conn, [message("device-1", NOON + timedelta(hours=n), odometer_km=v) for n, v in enumerate(sent)])

    rows = conn.execute("SELECT value, value::numeric FROM ingest.reading ORDER BY measured_at").fetchall()
    assert [Decimal(repr(value)) for value, _ in rows] == sent
    assert [numeric for _, numeric in rows] == sent


def test_a_late_reading_has_only_its_own_day_summarised_again(conn: Connection[Any]) -> None:
    declare_world(conn)
    write(conn, hourly("device-1", NOON, 200))
    assert summarise_stale(conn) > 10
    conn.commit()
    before = _summary_versions(conn)

    write(conn, [message("device-1", NOON + timedelta(days=3, minutes=30), odometer_km=1072)])
    assert summarise_stale(conn) == 1
    after = _summary_versions(conn)

    changed = {key for key in after if after[key] != before.get(key)}
    assert {day for _, day in changed} == {date(2026, 10, 8)}
    assert len(changed) == 1


def _summary_versions(conn: Connection[Any]) -> dict[tuple[int, date], str]:
    """Which transaction wrote each summary."""
    rows = conn.execute("SELECT series, day, xmin::text FROM ingest.summary").fetchall()
    conn.commit()
    return {(series, day): version for series, day, version in rows}


def test_marks_written_while_the_summariser_works_are_not_lost(database: str, conn: Connection[Any]) -> None:
    declare_world(conn)
    write(conn, hourly("device-1", NOON, 2))
    with connect(database) as other, other.transaction():
        other.execute("DELETE FROM ingest.stale_mark")
        other.execute("SELECT count(*) FROM ingest.reading")
        write(conn, [message("device-1", NOON + timedelta(hours=5), odometer_km=1005)])

    assert summarise_stale(conn) == 1


def test_applying_a_registry_twice_changes_nothing(conn: Connection[Any]) -> None:
    declared = parse_registry(REGISTRY, "registry.yaml")

    assert apply_registry(conn, *declared) > 0
    assert apply_registry(conn, *declared) == 0

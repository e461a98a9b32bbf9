"""Findings in the database: what was inferred, once each, for whoever asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from ingest.finding_store import add_findings, list_findings
from ingest.notes import FindingNote
from tests.world import declare_world
from vouch.period import to_micros

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def note(
    source: str = "device-1", metric: str | None = None, kind: str = "frozen_clock", hours: int = 0
) -> FindingNote:
    return FindingNote(source, metric, kind, to_micros(NOON + timedelta(hours=hours)), "stood still")


def test_what_was_noted_about_a_message_is_kept_once(conn: Connection[Any]) -> None:
    declare_world(conn)

    assert add_findings(conn, [note(), note(), note(metric="odometer_km")]) == 2
    assert add_findings(conn, [note(), note(hours=1)]) == 1
    assert len(list_findings(conn)) == 3


def test_an_address_is_kept_as_the_device_it_belongs_to(conn: Connection[Any]) -> None:
    declare_world(conn)
    conn.execute("UPDATE ingest.device SET sparkplug = 'G/E/D' WHERE id = 'device-1'")

    add_findings(conn, [note("spBv1.0/G/E/D"), note("spBv1.0/G/E")])

    assert [finding.source for finding in list_findings(conn)] == ["device-1", "spBv1.0/G/E"]


def test_findings_are_asked_for_by_device_instant_and_kind(conn: Connection[Any]) -> None:
    declare_world(conn)
    add_findings(conn, [note(hours=n) for n in range(3)] + [note("device-2", kind="frozen_timestamp")])

    assert [finding.at for finding in list_findings(conn, source="device-1", since=NOON + timedelta(hours=1))] == [
        NOON + timedelta(hours=2),
        NOON + timedelta(hours=1),
    ]
    assert [finding.source for finding in list_findings(conn, kind="frozen_timestamp")] == ["device-2"]
    assert len(list_findings(conn, limit=2)) == 2


def test_texts_and_instants_of_devices_never_stop_a_batch(conn: Connection[Any]) -> None:
    odd = FindingNote("device-1\x00", "m\ud800", "frozen_clock", 2**70, "x" * 10_000)

    assert add_findings(conn, [odd]) == 1

    (kept,) = list_findings(conn)
    assert (kept.source, kept.metric, kept.at.year, len(kept.detail)) == ("device-1\ufffd", "m?", 9999, 500)

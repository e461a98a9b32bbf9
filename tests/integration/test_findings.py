"""Findings in the database: what was inferred, once each, for whoever asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from ingest.notes import FindingNote
from ingest.summaries.finding_store import add_findings, list_findings
from ingest.summaries.summariser import summarise_stale
from tests.builders import HOUR
from tests.world import CONTRACT, REGISTRY, declare_world, message, write
from vouch.period import DAY, to_micros

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


STEPS = REGISTRY.replace("on_fall: reset,", "on_fall: reset, step_max: 500,")
STEPPED = CONTRACT.replace("step_max: none", "step_max: 500")


def show(conn: Connection[Any], *readings: tuple[datetime, int]) -> list[tuple[str, list[str]]]:
    """Kind and values of each finding, oldest first, once these readings are stored and summarised."""
    write(conn, [message("device-1", at, odometer_km=km) for at, km in readings])
    summarise_stale(conn)
    found = list_findings(conn, source="device-1")
    return [(one.kind, [str(shown.value) for shown in one.readings]) for one in reversed(found)]


def test_a_fall_is_found_with_the_readings_on_both_sides(conn: Connection[Any]) -> None:
    declare_world(conn)

    assert show(conn, (NOON, 1000), (NOON + HOUR, 3), (NOON + 2 * HOUR, 4)) == [("reset", ["1000.0", "3.0"])]

    (found,) = list_findings(conn)
    assert (found.source, found.metric, found.at) == ("device-1", "odometer_km", NOON + HOUR)
    assert [shown.at for shown in found.readings] == [NOON, NOON + HOUR]


def test_a_fall_over_midnight_is_found(conn: Connection[Any]) -> None:
    declare_world(conn)
    show(conn, (NOON, 1000))

    assert show(conn, (NOON + 3 * DAY, 3)) == [("reset", ["1000.0", "3.0"])]


def test_a_late_reading_changes_what_was_found_on_its_day_and_the_next_one(conn: Connection[Any]) -> None:
    declare_world(conn)
    show(conn, (NOON, 1000), (NOON + 3 * DAY, 3))

    assert show(conn, (NOON + HOUR, 2)) == [("reset", ["1000.0", "2.0"])]
    assert show(conn, (NOON + DAY, 1500)) == [("reset", ["1000.0", "2.0"]), ("reset", ["1500.0", "3.0"])]


def test_a_spike_is_in_doubt_until_a_later_day_shows_what_it_was(conn: Connection[Any]) -> None:
    declare_world(conn, STEPS, STEPPED)

    assert show(conn, (NOON, 1000), (NOON + HOUR, 9000)) == [("spike_unconfirmed", ["1000.0", "9000.0"])]
    assert show(conn, (NOON + DAY, 1001)) == [("spike_disregarded", ["1000.0", "9000.0", "1001.0"])]


def test_summarising_again_finds_the_same(conn: Connection[Any]) -> None:
    declare_world(conn, STEPS, STEPPED)
    readings = [(NOON, 1000), (NOON + HOUR, 9000), (NOON + DAY, 9001), (NOON + 2 * DAY, 5)]
    found = show(conn, *readings)

    conn.execute("INSERT INTO ingest.stale_mark SELECT series, day FROM ingest.summary")

    assert [kind for kind, _ in found] == ["spike_confirmed", "reset"]
    assert show(conn) == found

"""Presence and listening as they are kept: written with readings, read back as intervals."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from ingest.message import Message
from ingest.notes import Clue, PresenceNote
from ingest.presence.intervals import Presence, intervals
from ingest.presence.listening import Stretch
from ingest.presence.listening_store import list_gaps, list_listened, put_stretch
from ingest.presence.store import add_presence, list_last_said, load_record
from ingest.registry.apply import apply_registry
from ingest.registry.device_store import NoDevice
from ingest.registry.file import parse_registry
from ingest.summaries.summariser import summarise_stale
from ingest.topics import PRESENCE, device_topic
from ingest.writer import Writer, replay_rejected
from tests.builders import opened
from tests.world import declare_world, message, write
from vouch.knowledge import recording
from vouch.period import Period, to_micros

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Period(NOON, NOON + 12 * HOUR)
LATER = NOON + 48 * HOUR


def at(hour: float) -> datetime:
    return NOON + hour * HOUR


def note(hour: float | None, evidence: Clue, online: bool | None = None) -> PresenceNote:
    there = evidence is Clue.BIRTH if online is None else online
    return PresenceNote("device-1", None if hour is None else to_micros(at(hour)), there, evidence, "test")


def say(conn: Connection[Any], *notes: PresenceNote, received: float | None = None) -> int:
    """Each received when it was said, unless told otherwise."""
    with recording(conn) as recorded_at:
        heard = [
            (to_micros(at(received)) if received is not None else one.at or to_micros(recorded_at), one)
            for one in notes
        ]
        return add_presence(conn, heard, recorded_at, {"device-1": "device-1"}.get)


def measure(conn: Connection[Any], hours: Iterable[float]) -> None:
    write(conn, [message("device-1", at(hour), state="RUNNING") for hour in hours])


def drawn(conn: Connection[Any], window: Period = DAY) -> str:
    found = intervals(load_record(conn, "device-1", window, LATER), window)
    return " ".join(f"{one.presence}@{(one.period.start - NOON) / HOUR:g}" for one in found)


def test_what_was_said_and_what_was_measured_make_intervals(conn: Connection[Any]) -> None:
    declare_world(conn)
    say(conn, note(1, Clue.BIRTH), note(6, Clue.WILL))
    measure(conn, [1.5, 3, 4.5])

    # Two hours of silence are allowed.
    assert drawn(conn) == "unknown@0 online@1 offline@6"


def test_a_late_reading_repairs_a_silence(conn: Connection[Any]) -> None:
    declare_world(conn)
    measure(conn, [0, 1, 8, 9, 10])
    summarise_stale(conn)
    conn.commit()

    assert drawn(conn) == "online@0 silent@3 online@8"

    measure(conn, [2.5, 4, 5.5, 7])

    assert drawn(conn) == "online@0"


def test_the_last_reading_before_the_window_counts(conn: Connection[Any]) -> None:
    declare_world(conn)
    measure(conn, [-1])
    summarise_stale(conn)

    assert drawn(conn) == "online@0 silent@1"


def test_the_same_word_again_changes_nothing(conn: Connection[Any]) -> None:
    declare_world(conn)

    assert say(conn, note(1, Clue.BIRTH)) == 1
    assert say(conn, note(1, Clue.BIRTH), received=3) == 0


def test_what_the_broker_kept_changes_nothing_where_it_is_known(conn: Connection[Any]) -> None:
    declare_world(conn)
    say(conn, note(1, Clue.BIRTH))

    assert say(conn, note(None, Clue.DECLARED, online=True)) == 0
    assert say(conn, note(None, Clue.DECLARED, online=False)) == 1
    assert say(conn, note(None, Clue.DECLARED, online=False)) == 0


def test_who_is_not_in_the_registry_is_left_out(conn: Connection[Any]) -> None:
    declare_world(conn)

    with recording(conn) as recorded_at:
        assert add_presence(conn, [(0, note(1, Clue.BIRTH))], recorded_at, lambda _: None) == 0
    with pytest.raises(NoDevice, match="device-77"):
        load_record(conn, "device-77", DAY, LATER)


def test_a_reading_received_after_a_will_brings_a_device_back_that_sends_no_birth(conn: Connection[Any]) -> None:
    declare_world(conn)
    measure(conn, [0, 1.5])
    say(conn, note(2, Clue.WILL))
    measure(conn, [3, 4])

    assert drawn(conn, Period(NOON, at(5))) == "online@0 offline@2 online@3"


def test_what_a_device_measured_while_it_was_gone_does_not_bring_it_back(conn: Connection[Any]) -> None:
    declare_world(conn)
    measure(conn, [0, 1.5])
    say(conn, note(2, Clue.WILL))
    say(conn, note(4, Clue.BIRTH))
    measure(conn, [2.5, 3, 3.5, 4.5])

    assert drawn(conn, Period(NOON, at(5))) == "online@0 offline@2 online@4"


def test_an_impossible_time_counts_from_its_receipt(conn: Connection[Any]) -> None:
    declare_world(conn)
    never = PresenceNote("device-1", -(2**62), True, Clue.BIRTH, "a\x00b")
    say(conn, never, received=1)

    assert drawn(conn) == "unknown@0 online@1 silent@3"


def test_the_last_word_about_each_device(conn: Connection[Any]) -> None:
    declare_world(conn)
    say(conn, note(1, Clue.BIRTH), note(2, Clue.WILL))

    last = list_last_said(conn, ["device-1", "device-2"])

    assert list(last) == ["device-1"]
    assert (last["device-1"].online, last["device-1"].evidence) == (False, "will")


def listen(conn: Connection[Any], since: float, until: float, run: UUID | None = None, client: str = "one") -> None:
    put_stretch(conn, Stretch(run or uuid4(), client, to_micros(at(since)), to_micros(at(until))))


def test_a_stretch_of_listening_grows_and_never_shrinks(conn: Connection[Any]) -> None:
    run = uuid4()
    for until in (1, 3, 2):
        listen(conn, 0, until, run)

    (kept,) = list_listened(conn, DAY)

    assert kept.period == Period(at(0), at(3))


def test_vouch_was_not_listening_where_none_of_its_processes_was(conn: Connection[Any]) -> None:
    for since, until, client in ((-3, -1, "one"), (1, 3, "one"), (2, 5, "two"), (6, 24, "one")):
        listen(conn, since, until, client=client)

    assert list_gaps(conn, DAY, LATER) == [Period(at(0), at(1)), Period(at(5), at(6))]
    assert list_gaps(conn, Period(at(-10), at(0.5)), LATER) == [Period(at(-1), at(0.5))]
    assert list_gaps(conn, Period(at(7), at(23)), LATER) == []


def test_the_last_minute_is_not_a_gap_yet(conn: Connection[Any]) -> None:
    listen(conn, 0, 2)

    assert list_gaps(conn, DAY, at(2) + timedelta(seconds=30)) == []
    assert list_gaps(conn, DAY, at(3)) == [Period(at(2), at(3) - timedelta(minutes=1))]


def test_where_there_is_no_record_nothing_is_said_about_listening(conn: Connection[Any]) -> None:
    assert list_gaps(conn, DAY, LATER) == []


def test_our_outage_is_told_apart_from_the_devices_silence(conn: Connection[Any]) -> None:
    declare_world(conn)
    measure(conn, [0, 1, 11])
    listen(conn, -1, 4)
    listen(conn, 6, 24)

    found = intervals(load_record(conn, "device-1", DAY, LATER), DAY)

    assert drawn(conn) == "online@0 silent@3 not_listening@4 silent@8 online@11"
    assert "from 2026-10-05T16:00:00Z to 2026-10-05T18:00:00Z" in found[2].begins.detail
    assert found[2].presence is Presence.NOT_LISTENING


def test_presence_of_a_device_declared_later_is_replayed_as_it_came(conn: Connection[Any]) -> None:
    declare_world(conn)
    writer = Writer(uuid4())
    for hour, payload in ((1, b'{"online": true}'), (2, b'{"online": false}'), (5, b'{"online": true}')):
        writer.write(conn, opened(Message(device_topic("device-3", PRESENCE), payload), at=at(hour)))
    conn.commit()
    third = """
assets:
  - {id: truck-3, name: Third, customer: buyer, product_type: truck,
     served_by: [{device: device-3, since: "2026-09-01T00:00:00Z"}]}
"""
    apply_registry(conn, *parse_registry(third, "third.yaml"))

    replay_rejected(conn, writer, 10)

    found = intervals(load_record(conn, "device-3", DAY, LATER), DAY)
    assert [(one.presence, (one.period.start - NOON) / HOUR) for one in found][:4] == [
        ("unknown", 0),
        ("online", 1),
        ("offline", 2),
        ("online", 5),
    ]

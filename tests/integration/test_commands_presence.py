"""The commands about presence, listening and single refused messages."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from psycopg import Connection

from ingest.message import Message
from ingest.presence.listening import Stretch
from ingest.presence.listening_store import put_stretch
from tests.world import declare_world, message, write
from vouch.__main__ import main
from vouch.period import to_micros

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = ("--since", "2026-10-05T12:00:00Z", "--until", "2026-10-06T00:00:00Z")
Run = Callable[..., Result]


@pytest.fixture
def run(database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a database of its own."""
    monkeypatch.setenv("VOUCH_DATABASE_URL", database)
    return lambda *words: CliRunner().invoke(main, list(words))


def test_presence_is_told_with_its_evidence(run: Run, conn: Connection[Any]) -> None:
    declare_world(conn)
    write(conn, [message("device-1", NOON + n * HOUR, state="RUNNING") for n in (0, 1, 11)])
    for since, until in ((-1, 4), (6, 24)):
        put_stretch(
            conn, Stretch(uuid4(), "vouch-ingest", to_micros(NOON + since * HOUR), to_micros(NOON + until * HOUR))
        )
    conn.commit()

    shown = run("presence", "device-1", *DAY).output

    for words in ("online", "silent", "not listening", "a reading was measured", "nothing heard for 2:00:00"):
        assert words in shown
    assert "2026-10-05 16:00:00Z" in run("listening", *DAY).output


def test_what_cannot_be_asked_is_said(run: Run, conn: Connection[Any]) -> None:
    declare_world(conn)
    conn.commit()

    assert (run("presence", "device-77").exit_code, run("rejections", "show", "12").exit_code) == (3, 3)
    assert run("presence", "device-1", "--since", "2100-01-01T00:00:00Z").exit_code == 2


def test_one_refused_message_is_shown_and_replayed_alone(run: Run, conn: Connection[Any]) -> None:
    early = message("device-1", NOON, state="RUNNING")
    write(conn, [early, Message("vouch/v1/device-2/telemetry", b"\xff\x00")])
    (first, second) = [row[0] for row in conn.execute("SELECT id FROM ingest.rejected_message ORDER BY topic")]

    told = run("rejections", "show", str(first)).output
    assert "vouch/v1/device-1/telemetry" in told
    assert "unknown_device" in told
    assert early.payload.decode() in told.replace("\n", "")
    assert "00000000  ff 00" in run("rejections", "show", str(second)).output
    raw = run("rejections", "show", str(first), "--raw")
    assert json.loads(raw.output) == json.loads(early.payload)

    declare_world(conn)
    conn.commit()
    assert "1 readings stored, 0 places refused again" in run("rejections", "replay", "--message", str(first)).output
    assert "taken in since" in run("rejections", "show", str(first)).output
    assert "0 readings stored" in run("rejections", "replay", "--message", str(first)).output

"""Several processes take each message once between them; one comes and one goes, and nothing is lost.

Nobody waits for receipts: what the broker keeps for an absent process is answered when it comes back.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from device_sim.message import Message
from device_sim.publisher import publish
from ingest.broker.session import session_of
from ingest.store import load_balance
from tests.world import declare_world
from vouch.database import connect
from vouch.settings import Settings

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
COUNT = 600


def said(first: int, count: int) -> Iterator[tuple[float, Message]]:
    for n in range(first, first + count):
        at = NOON + timedelta(seconds=n)
        yield 0.0, Message(f"device-{n % 2 + 1}", at, ((at, {"odometer_km": Decimal(1000 + n)}),))


@pytest.fixture
def environment(services: Settings, database: str, tmp_path: Path) -> dict[str, str]:
    """Settings of ingest processes on a database, and sessions, of the test's own."""
    return os.environ | {
        "VOUCH_HOME": str(tmp_path),
        "VOUCH_DATABASE_URL": database,
        "VOUCH_MQTT_URL": services.mqtt_url,
        "VOUCH_MQTT_CLIENT_ID": f"share-{uuid4().hex[:8]}",
    }


def command(environment: dict[str, str], words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-m", "vouch", "ingest", *words]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def running(environment: dict[str, str], log: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """An ingest process, subscribed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vouch", "ingest", *words], env=environment, stdout=output, stderr=output
        )
    try:
        wait(lambda: "subscribed" in log.read_text(), log.read_text)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait(done: Callable[[], bool], told: Callable[[], object]) -> None:
    deadline = time.monotonic() + 40
    while not done():
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)


def balance(database: str) -> tuple[int, int, int]:
    with connect(database) as conn:
        found = load_balance(conn)
        return found.received, found.stored, found.duplicate


def test_processes_come_and_go_and_every_reading_is_stored_once(
    services: Settings, database: str, environment: dict[str, str], tmp_path: Path
) -> None:
    with connect(database) as conn:
        declare_world(conn)
    with ExitStack() as first:
        first.enter_context(running(environment, tmp_path / "1.log", "--shared", "--slot", "1"))
        with running(environment, tmp_path / "2.log", "--shared", "--slot", "2"):
            publish(services.simulator_mqtt_url, said(0, COUNT), COUNT, receipts=False)
            wait(lambda: balance(database)[1] == COUNT, lambda: balance(database))
        # The second is away, and the broker goes on to keep its share.
        publish(services.simulator_mqtt_url, said(COUNT, COUNT), COUNT, receipts=False)
        wait(lambda: balance(database)[1] == COUNT + COUNT // 2, lambda: balance(database))
        left = command(environment, ("--leave", "--slot", "2"))
        assert left.returncode == 0, left.stderr
        assert f"{COUNT // 2} messages taken in" in left.stdout
        assert balance(database) == (2 * COUNT, 2 * COUNT, 0)
        # Nobody keeps a share for it any more.
        publish(services.simulator_mqtt_url, said(2 * COUNT, COUNT), COUNT, receipts=False)
        wait(lambda: balance(database)[1] == 3 * COUNT, lambda: balance(database))
    assert command(environment, ("--leave", "--slot", "1")).returncode == 0
    assert balance(database) == (3 * COUNT, 3 * COUNT, 0)


def test_a_slot_says_which_it_is(environment: dict[str, str]) -> None:
    refused = command(environment, ("--shared",))

    assert refused.returncode == 2
    assert "--slot" in refused.stderr
    assert session_of("a", 2).client_id == "a-2"

"""A real ingest process on a database of the test's own, and the recorded sets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device_sim.outbox import Delivery
from ingest.store import load_balance
from vouch.broker_address import parse_broker
from vouch.database import connect
from vouch.settings import Settings

_STALLED_SECONDS = 60.0


class IngestProcess:
    """`vouch ingest` under one fixed client id, so that killing and starting it again continues the same session."""

    def __init__(self, settings: Settings, database: str, folder: Path, **chosen: str) -> None:
        self.database = database
        self.mqtt_url = settings.simulator_mqtt_url
        self.client_id = f"ingest-{uuid4()}"
        self._session_url = settings.mqtt_url
        self._log = folder / "ingest.log"
        self._environment = (
            os.environ
            | chosen
            | {
                "VOUCH_HOME": str(folder),
                "VOUCH_DATABASE_URL": database,
                "VOUCH_MQTT_URL": settings.mqtt_url,
                "VOUCH_MQTT_CLIENT_ID": self.client_id,
            }
        )
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "vouch", "ingest"]
            return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill_and_restart(self) -> None:
        """SIGKILL, then a new process."""
        self.process.kill()
        assert self.process.wait() == -signal.SIGKILL
        self.process = self._start()

    def start_again(self) -> None:
        """A new process, where the one before was stopped."""
        self.process = self._start()

    def wait_subscribed(self) -> None:
        """Wait until the broker holds the session, so that nothing is published past it."""
        deadline = time.monotonic() + 30
        while "connected to broker" not in self._log.read_text():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)
        time.sleep(0.3)

    def wait_taken_in(self, expected: int) -> None:
        """Wait until the ledger holds at least `expected` readings and places refused."""
        seen, moved = -1, time.monotonic()
        with connect(self.database) as conn:
            while True:
                received = load_balance(conn).received
                conn.commit()
                if received >= expected:
                    return
                if received != seen:
                    seen, moved = received, time.monotonic()
                assert time.monotonic() - moved < _STALLED_SECONDS, f"stalled at {received} of {expected}"
                time.sleep(0.1)

    def take_in(self, publish: Callable[[str], Delivery]) -> Delivery:
        """Run `publish` with the broker's address and wait until all it delivered is stored."""
        delivery = publish(self.mqtt_url)
        self.wait_taken_in(delivery.readings)
        return delivery

    def stop(self) -> None:
        """End process and session."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        finally:
            self.process.kill()
        address = parse_broker(self._session_url)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.client_id, protocol=mqtt.MQTTv5)
        client.username_pw_set(address.username, address.password)
        client.connect(address.host, address.port, clean_start=True)
        client.loop_start()
        deadline = time.monotonic() + 5
        while not client.is_connected() and time.monotonic() < deadline:
            time.sleep(0.02)
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def ingesting(services: Settings, database: str, tmp_path: Path) -> Iterator[IngestProcess]:
    """Ingest runs on an empty database of its own."""
    process = IngestProcess(services, database, tmp_path)
    try:
        process.wait_subscribed()
        yield process
    finally:
        process.stop()


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded sets, which is not part of the repository."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("VOUCH_DATA", beside))
    if not (folder / "db_elevators").is_dir():
        pytest.skip(f"the recorded sets are not on this machine ({folder}); VOUCH_DATA names another place")
    return folder

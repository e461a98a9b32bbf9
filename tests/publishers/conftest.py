"""Devices written by others, each with its own account at the broker, and what vouch stored of them."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.access.credentials import add_device
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.store import Balance, load_balance
from tests.end_to_end.conftest import IngestProcess, ingesting
from tests.publishers.environments import node_modules_of, python_of
from vouch.broker_address import parse_broker
from vouch.database import connect
from vouch.mqtt import prepare_client
from vouch.running.embedded.broker import can_log_in
from vouch.settings import Settings

__all__ = ["ingesting"]

PROGRAMS: Final = Path(__file__).parent / "programs"
_NUMBERS: Final = count(1)
_LOGIN_SECONDS_MAX: Final = 10.0
_PROGRAM_SECONDS_MAX: Final = 60.0
_STALLED_SECONDS_MAX: Final = 30.0
STATES: Final = {"RUNNING": 1, "FAULT": 2}

_REGISTRY: Final = """
registry: 1
issuers:
  - {id: seller, legal_name: Seller GmbH, address: [Street 1, 10115 Berlin], country: DE, vat_id: DE123456788,
     time_zone: Europe/Berlin, payment_days: 14}
customers:
  - {id: buyer, legal_name: Buyer AG, address: [Way 2, 20457 Hamburg], country: DE}
product_types:
  - id: press
    name: Press
    metrics:
      - {name: strokes, kind: counter, unit: C62, resolution: 1, on_fall: reset, silence_seconds_max: 7200,
         sent_as: [DATA/strokes]}
      - {name: oil_celsius, kind: gauge, unit: CEL, silence_seconds_max: 7200, sent_as: [DATA/oil_celsius]}
      - {name: tilt, kind: gauge, unit: DD, silence_seconds_max: 7200, sent_as: [DATA/tilt]}
      - {name: state, kind: state, states: {RUNNING: 1, FAULT: 2}, silence_seconds_max: 7200, sent_as: [DATA/state]}
devices:
  - {id: DEVICE, product_type: press, sparkplug: plant-DEVICE/DEVICE/press}
  - {id: DEVICE-node, product_type: press, sparkplug: plant-DEVICE/DEVICE}
assets:
  - {id: press, name: Press, customer: buyer, product_type: press,
     served_by: [{device: DEVICE, since: "2020-01-01T00:00:00Z"}]}
"""

# One reading, as a device or the database says it: metric, instant, value as a number's shortest text or a state.
Said = tuple[str, datetime, str]


@dataclass(frozen=True)
class Device:
    """A declared device with an account of its own, and the vouch that listens to it."""

    name: str
    password: str = field(repr=False)
    host: str
    port: int
    ingesting: IngestProcess

    @property
    def node(self) -> str:
        """The edge node that it is behind, where it speaks Sparkplug; its account is that of the device."""
        return f"{self.name}-node"

    @property
    def group(self) -> str:
        """Its Sparkplug group."""
        return f"plant-{self.name}"

    def run(self, program: str, environment: str, **asked: Any) -> dict[str, Any]:
        """Run one of the programs beside this file and return its account, the last line that it printed."""
        given = {"host": self.host, "port": self.port, "device": self.name, "password": self.password} | asked
        if program.endswith(".cjs"):
            command, modules = ["node"], {"NODE_PATH": str(node_modules_of(environment))}
        else:
            command, modules = [str(python_of(environment))], {}
        done = subprocess.run(
            [*command, str(PROGRAMS / program), json.dumps(given)],
            env=os.environ | modules,
            capture_output=True,
            text=True,
            timeout=_PROGRAM_SECONDS_MAX,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        account: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return account

    def stored(self, expected: int = 0, of: str | None = None) -> set[Said]:
        """All that vouch has `of` it, once that are `expected` readings in all; fails where one is there twice."""
        self._wait_stored(expected)
        names = {code: state for state, code in STATES.items()}
        with connect(self.ingesting.database) as conn:
            rows = conn.execute(
                """SELECT metric, measured_at, value FROM ingest.reading AS r JOIN ingest.series AS s ON s.id = r.series
                    WHERE device = %s""",
                (of or self.name,),
            ).fetchall()
        found = {
            (metric, at.astimezone(UTC), names[int(value)] if metric == "state" else text_of(Decimal(repr(value))))
            for metric, at, value in rows
        }
        assert len(found) == len(rows)
        return found

    def _wait_stored(self, expected: int) -> None:
        """What came twice counts once, so the ledger's `received` would say too early that all is there."""
        stored, moved = -1, time.monotonic()
        while (now := self.balance().stored) < expected:
            if now != stored:
                stored, moved = now, time.monotonic()
            stalled = f"stalled at {stored} of {expected}; refused: {self._refused()}"
            assert time.monotonic() - moved < _STALLED_SECONDS_MAX, stalled
            time.sleep(0.1)

    def _refused(self) -> list[Any]:
        with connect(self.ingesting.database) as conn:
            return conn.execute("SELECT reason, detail, count(*) FROM ingest.rejection GROUP BY 1, 2").fetchall()

    def presence(self, of: str | None = None) -> list[tuple[bool, str]]:
        """What was said about its presence, in order: whether it is online, and by which evidence."""
        query = "SELECT online, evidence FROM ingest.presence WHERE device = %s ORDER BY id"
        with connect(self.ingesting.database) as conn:
            rows = conn.execute(query, (of or self.name,)).fetchall()
        return [(online, evidence) for online, evidence in rows]

    def findings(self) -> set[str]:
        """The kinds of what was noted about messages."""
        with connect(self.ingesting.database) as conn:
            rows = conn.execute("SELECT DISTINCT kind FROM ingest.finding").fetchall()
        return {kind for (kind,) in rows}

    def balance(self) -> Balance:
        """The ledger's sums."""
        with connect(self.ingesting.database) as conn:
            return load_balance(conn)


def said_in(account: list[list[str]]) -> set[Said]:
    """The readings of a program's account: triples of metric, instant and value."""
    found = {
        (metric, datetime.fromisoformat(at).astimezone(UTC), value if metric == "state" else text_of(Decimal(value)))
        for metric, at, value in account
    }
    assert len(found) == len(account)
    return found


def text_of(number: Decimal) -> str:
    """One spelling for each number."""
    return f"{number.normalize():f}"


@pytest.fixture
def device(services: Settings, ingesting: IngestProcess) -> Device:
    """A press that vouch knows and the broker lets in."""
    name = f"press-{next(_NUMBERS)}"
    with connect(ingesting.database) as conn:
        apply_registry(conn, *parse_registry(_REGISTRY.replace("DEVICE", name), "registry.yaml"))
        conn.commit()
    password = add_device(services, name)
    at = parse_broker(services.device_mqtt_url)
    # The broker reads its files again soon after it is told to.
    wait_until(lambda: can_log_in(at.host, at.port, name, password), _LOGIN_SECONDS_MAX)
    return Device(name, password, at.host, at.port, ingesting)


def wait_heard(url: str, topics: str) -> None:
    """Wait for the next message on one of `topics`."""
    broker, heard = parse_broker(url), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    prepare_client(client, broker)
    client.on_connect = lambda it, *_: it.subscribe(topics)
    client.on_message = lambda *_: heard.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        assert heard.wait(_PROGRAM_SECONDS_MAX), f"nothing came on {topics}"
    finally:
        client.disconnect()
        client.loop_stop()


def wait_until(happens: Callable[[], bool], seconds: float) -> None:
    """Wait for it, and fail where it does not happen in time."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"it did not happen within {seconds:g} s"
        time.sleep(0.05)

"""A run: everything is started, devices publish while services are killed, and then the database is looked at."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import psycopg
from psycopg import Connection

from device_sim.message import Message
from device_sim.outbox import Delivery
from device_sim.publisher import publish
from device_sim.receipt import Receipt
from ingest.access.credentials import add_devices, generate_password
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from tests.faults import checking
from tests.faults.killing import Killer
from tests.faults.plan import Plan, answered
from vouch.broker_address import parse_broker
from vouch.database import connect
from vouch.errors import Unavailable
from vouch.running import up
from vouch.settings import Settings

SERVERS: Final = ("database", "broker")
GATEWAYS: Final = 4
OWN_CONNECTIONS: Final = 8
PATIENCE_SECONDS: Final = 180.0
_GAP_SECONDS_MAX: Final = 1.0
_WITHOUT_LAST: Final = 0.9
_SETTLE_SECONDS: Final = 2.5
_QUIET_SECONDS: Final = 3.0
_READY_SECONDS_MAX: Final = 120.0
_SHOW_SECONDS: Final = 5.0
_SHOWN_MAX: Final = 20

Say = Callable[[str], None]


@dataclass
class Report:
    """What came of a run; `faults` is empty where every promise was kept."""

    plan: Plan
    connections: int
    kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    runs: int = 0
    messages: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    sent_again: int = 0
    lost_by_broker: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, delivery: Delivery) -> None:
        """Count one connection's delivery in."""
        for name in ("messages", "stored", "duplicate", "rejected", "sent_again", "lost_by_broker"):
            setattr(self, name, getattr(self, name) + getattr(delivery, name))

    def __str__(self) -> str:
        plan, kills = self.plan, ", ".join(f"{service} {count} times" for service, count in self.kills.items())
        lines = [
            f"seed {plan.seed}: {plan.readings:,} readings of {plan.devices} devices, in {self.messages:,} messages "
            f"over {self.connections} connections, in {self.seconds:.0f} s",
            f"killed with SIGKILL meanwhile: {kills}",
            f"receipts: {self.stored:,} stored, {self.duplicate:,} stored before, {self.rejected:,} refused",
            f"sent again for want of a receipt: {self.sent_again:,} messages",
            f"of these the broker had acknowledged and then lost: {self.lost_by_broker:,}",
            f"ledger: {self.runs} process runs have stored something",
        ]
        if self.faults:
            shown = (f"  {fault}" for fault in self.faults[:_SHOWN_MAX])
            return "\n".join([*lines, f"{len(self.faults)} FAULTS, such as", *shown])
        good = "each reading is there once, with its value, and nothing else; each refusal is kept; the ledger balances"
        return "\n".join([*lines, f"no fault: {good}"])


def run(plan: Plan, kills: int, home: Path, say: Say, processes: int = 1) -> Report:
    """Do all of it in the data folder `home`, with so many ingest processes, which share the work.

    Raises Unavailable where the services do not come up.
    """
    began = time.monotonic()

    def tell(text: str) -> None:
        say(f"{time.monotonic() - began:6.1f} s  {text}")

    ingest = _ingest(processes)
    with up.embedded(home, ingest) as settings:
        with connect(settings.database_url) as conn:
            apply_registry(conn, *parse_registry(plan.registry, "registry.yaml"))
            conn.commit()
        stream = _Stream(plan, settings)
        for service in (*(command.name for command in ingest), *SERVERS):
            stream.killers.append(Killer(settings, service, kills, plan.seed, stream.delivered, tell))
        # The broker writes down once a second that ingest has subscribed.
        time.sleep(_SETTLE_SECONDS)
        report = stream.publish_all(tell)
        report.seconds = time.monotonic() - began
        with _connect_surely(settings) as conn:
            _wait_quiet(conn)
            report.runs = checking.count_runs(conn)
            tell("looking at the database")
            report.faults += checking.faults_in_readings(conn, plan)
            report.faults += checking.faults_in_rejections(conn, plan)
            report.faults += checking.faults_in_ledger(conn)
    return report


def _ingest(processes: int) -> tuple[up.Command, ...]:
    if processes == 1:
        return (up.INGEST,)
    return tuple(
        up.Command(f"ingest {slot}", (*up.INGEST.words, "--shared", "--slot", str(slot)))
        for slot in range(1, processes + 1)
    )


class _Stream:
    """The connections and what they are told."""

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self.killers: list[Killer] = []
        self._plan = plan
        self._connections = _connections(plan, settings)
        self._report = Report(plan, len(self._connections))
        self._lock = threading.Lock()
        self._messages = self._connected = 0

    def delivered(self) -> int:
        """Messages that have their receipts."""
        return self._messages

    def publish_all(self, tell: Say) -> Report:
        """Publish everything while the killers work; returns when each message has its receipt."""
        threads = [
            threading.Thread(target=self._publish, args=one, name=f"publish {n}")
            for n, one in enumerate(self._connections)
        ]
        for thread in threads:
            thread.start()
        # Who has never been let in gives up at once, as any program would; a line that is cut later is another matter.
        while self._connected < sum(thread.is_alive() for thread in threads):
            time.sleep(0.1)
        tell(f"{self._connected} connections are there")
        killing = [killer.start() for killer in self.killers]
        shown = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.1)
            if time.monotonic() - shown > _SHOW_SECONDS:
                shown = time.monotonic()
                tell(f"{self._messages:,} messages have their receipts")
        for killer in self.killers:
            if killer.done < killer.wanted:
                self._fault(
                    f"{killer.service} was killed {killer.done} of {killer.wanted} times while devices published"
                )
            killer.stopping.set()
        for one in killing:
            one.join()
        self._report.kills = {killer.service: killer.done for killer in self.killers}
        return self._report

    def _publish(self, url: str, client_id: str | None, devices: list[str]) -> None:
        said: dict[str, int] = dict.fromkeys(devices, 0)

        def on_receipt(message: Message, receipt: Receipt) -> None:
            said[message.device] += 1
            with self._lock:
                self._messages += 1
            good, bad = answered(message)
            if (receipt.stored + receipt.duplicate, receipt.rejected) != (good, bad):
                self._fault(f"{message.device}: {good} good and {bad} bad readings had the receipt {receipt}")

        messages = [list(self._plan.messages(device)) for device in devices]
        mixed = [message for round_ in _rounds(messages) for message in round_]
        try:
            paced = self._paced(mixed)
            delivery = publish(
                url, paced, len(mixed), None, PATIENCE_SECONDS, on_receipt=on_receipt, client_id=client_id
            )
        except Unavailable as error:
            self._fault(str(error))
            return
        with self._lock:
            self._report.add(delivery)
        for device, of_device in zip(devices, messages, strict=True):
            if said[device] < len(of_device):
                self._fault(f"{device}: {said[device]} receipts for {len(of_device)} messages")

    def _paced(self, messages: list[Message]) -> Iterator[tuple[float, Message]]:
        """As slowly as much is left to kill. The last ones wait for the last kill; meanwhile others come again."""
        with self._lock:
            self._connected += 1
        begins, chance = time.monotonic(), Random(self._plan.seed)
        for n, message in enumerate(messages):
            while (left := self._seconds_left()) and n >= _WITHOUT_LAST * len(messages):
                yield time.monotonic() - begins + _GAP_SECONDS_MAX, chance.choice(messages[: n + 1])
            yield time.monotonic() - begins + min(_GAP_SECONDS_MAX, left / (len(messages) - n)), message

    def _seconds_left(self) -> float:
        """About how long the killers still take; 0 when they are done."""
        return max(killer.seconds_left for killer in self.killers)

    def _fault(self, text: str) -> None:
        with self._lock:
            self._report.faults.append(text)


def _connections(plan: Plan, settings: Settings) -> list[tuple[str, str | None, list[str]]]:
    """(address, client id, devices): some devices have an account and connection of their own, gateways the others."""
    own, others = plan.names[:OWN_CONNECTIONS], plan.names[OWN_CONNECTIONS:]
    passwords = {device: generate_password() for device in own}
    add_devices(settings, passwords)
    at = parse_broker(settings.device_mqtt_url)
    found: list[tuple[str, str | None, list[str]]] = [
        (f"mqtt://{device}:{passwords[device]}@{at}", device, [device]) for device in own
    ]
    return found + [(settings.simulator_mqtt_url, None, others[n::GATEWAYS]) for n in range(GATEWAYS) if others[n:]]


def _rounds(messages: list[list[Message]]) -> Iterator[list[Message]]:
    """One message of each device, then the next one of each, until none has any."""
    for n in range(max(map(len, messages))):
        yield [of_device[n] for of_device in messages if n < len(of_device)]


def _connect_surely(settings: Settings) -> Connection[Any]:
    """A connection, as soon as the database has recovered."""
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while True:
        try:
            conn = connect(settings.database_url, "vouch-faults")
            conn.autocommit = True
        except (Unavailable, psycopg.OperationalError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return conn


def _wait_quiet(conn: Connection[Any]) -> None:
    """Until nothing has come for a while: what was sent again may still be on its way to ingest."""
    before, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET_SECONDS:
        now = checking.count_received(conn)
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.2)

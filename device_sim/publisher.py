"""Publishing as a gateway does: one MQTT 5 connection for many devices, QoS 1, every message answered for.

A message counts as delivered when its PUBACK says so. "No matching subscribers" is not delivered: somebody has to be
there who keeps it. Such messages, and those the broker refuses, are sent again until patience ends; what was under way
when the connection broke goes out again with the next one. So a message may arrive twice, and never not at all.
"""

import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from device_sim.fleet import fleet, parse_months
from device_sim.message import Message
from device_sim.pace import due_offsets
from vouch.broker_address import SYSTEM_TLS, BrokerAddress, TlsFiles, parse_broker
from vouch.errors import Invalid, Unavailable
from vouch.mqtt import prepare_client

Progress = Callable[[int, int], None]

IN_FLIGHT_MAX: Final = 500
PATIENCE_SECONDS: Final = 60.0
_NO_MATCHING_SUBSCRIBERS: Final = 16
_CONNECT_SECONDS: Final = 10.0
_KEEPALIVE_SECONDS: Final = 30
_POLL_SECONDS: Final = 0.2
_PROGRESS_SECONDS: Final = 0.2
_BACKOFF_SECONDS: Final = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Account:
    """What was delivered, and how many messages had to be sent once more because the broker did not take them."""

    messages: int
    readings: int
    sent_again: int


class NotDelivered(Unavailable):
    """The broker did not take a message for as long as patience lasts."""

    def __init__(self, broker: object, waiting: int, seconds: float, trouble: str) -> None:
        super().__init__(
            f"the MQTT broker at {broker} took no message for {seconds:g} s, {waiting} are waiting: {trouble}"
        )


def simulate(
    mqtt_url: str,
    fleet_name: str,
    seed: str,
    size: int | None,
    months: str,
    truth_path: Path | None,
    rate: float = 0.0,
    progress: Progress | None = None,
    speed: float = 0.0,
    files: TlsFiles = SYSTEM_TLS,
) -> Account:
    """Write a fleet's truth to `truth_path`, then publish all that its devices say in `months`.

    `months` is `2026-10` or `2026-09..2026-10`; `size` None is the fleet's usual one. `rate` is in messages a second
    and `speed` in simulated seconds a second; 0 is as fast as the broker takes it. A month that is not over needs a
    speed: what is past goes at once, the rest in its own time. The registry must know the devices
    (`fleet(...).registry`). Raises NoFleet, Invalid, Unavailable.
    """
    simulated = fleet(fleet_name, seed, size, parse_months(months))
    now = datetime.now(UTC)
    unfinished = simulated.ends_at > now
    if unfinished and not speed:
        raise Invalid(f"{months} is not over: readings from the future would be refused; give a speed to follow it")
    if truth_path is not None:
        truth_path.write_text(simulated.truth_text, encoding="utf-8")
    live_from = now if unfinished else None
    paced = due_offsets(simulated.messages, rate, speed, live_from)
    return publish(mqtt_url, paced, len(simulated.messages), progress, files=files)


def publish(
    mqtt_url: str,
    paced: Iterable[tuple[float, Message]],
    total: int,
    progress: Progress | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    files: TlsFiles = SYSTEM_TLS,
) -> Account:
    """Deliver messages and return when each is answered for.

    `paced` gives each message with the seconds from now before which it does not go, in rising order.
    `progress(done, total)` is called from this thread a few times a second and at the end. Raises Invalid for a bad
    address, Unavailable where no broker lets us in, and NotDelivered when nothing was delivered for
    `patience_seconds` though something was waiting.
    """
    outbox = _Outbox(parse_broker(mqtt_url, files), patience_seconds)
    outbox.connect()
    try:
        return outbox.deliver(iter(paced), total, progress or _silent)
    finally:
        outbox.disconnect()


def _silent(done: int, total: int) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message on its way; `attempts` is how often the broker has not taken it."""

    message: Message
    attempts: int = 0


class _Outbox:
    """The connection and what is under way on it.

    paho's network thread only puts answers into a queue; the rest happens in the caller's thread, so that nothing
    needs a lock. After a reconnect paho itself sends again what has no answer yet.
    """

    def __init__(self, address: BrokerAddress, patience_seconds: float) -> None:
        self._address = address
        self._patience = patience_seconds
        self._answers: queue.SimpleQueue[tuple[int, ReasonCode] | None] = queue.SimpleQueue()
        self._under_way: dict[int, _Parcel] = {}
        self._refused: deque[tuple[float, _Parcel]] = deque()
        self._window = IN_FLIGHT_MAX
        self._online = False
        self._turned_away = False
        self._trouble = "it does not answer"
        self._delivered_at = time.monotonic()
        self._messages = self._readings = self._sent_again = 0
        self._client = self._make_client()

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._address.username or 'vouch-sim'}-{uuid4().hex[:8]}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        prepare_client(client, self._address)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.reconnect_delay_set(1, 5)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    # In paho's network thread

    def _on_connect(
        self, client: Client, userdata: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._turned_away = reason.is_failure
        if reason.is_failure:
            self._trouble = f"it says {str(reason)!r}"
        else:
            offered = getattr(properties, "ReceiveMaximum", IN_FLIGHT_MAX)
            self._window = min(IN_FLIGHT_MAX, offered)
            self._online = True
        self._answers.put(None)

    def _on_disconnect(
        self, client: Client, userdata: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if self._online:
            self._trouble = f"the connection was lost ({reason})"
        self._online = False
        self._answers.put(None)

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._answers.put((mid, reason))

    # In the caller's thread

    def connect(self) -> None:
        """Connect and wait for the broker's answer. Raises Unavailable."""
        try:
            self._client.connect(self._address.host, self._address.port, _KEEPALIVE_SECONDS, clean_start=True)
        except OSError as error:
            raise Unavailable(f"no MQTT broker answers at {self._address}: {error}") from error
        self._client.loop_start()
        deadline = time.monotonic() + _CONNECT_SECONDS
        while not (self._online or self._turned_away) and time.monotonic() < deadline:
            self._settle(0.1)
        if not self._online:
            self.disconnect()
            raise Unavailable(f"the MQTT broker at {self._address} does not let us in: {self._trouble}")

    def disconnect(self) -> None:
        """Leave; whatever has no answer yet is given up."""
        self._client.disconnect()
        self._client.loop_stop()

    def deliver(self, paced: Iterator[tuple[float, Message]], total: int, progress: Progress) -> Account:
        """Send everything and wait for every answer."""
        begins = time.monotonic()
        upcoming = next(paced, None)
        told_at = begins
        while upcoming or self._under_way or self._refused:
            self._send_refused()
            while upcoming and self._may_send() and begins + upcoming[0] <= time.monotonic():
                self._send(_Parcel(upcoming[1]))
                upcoming = next(paced, None)
            next_at = begins + upcoming[0] if upcoming and self._may_send() else None
            self._settle(_POLL_SECONDS if next_at is None else min(_POLL_SECONDS, next_at - time.monotonic()))
            self._check_patience()
            if time.monotonic() - told_at >= _PROGRESS_SECONDS:
                told_at = time.monotonic()
                progress(self._messages, total)
        progress(self._messages, total)
        return Account(self._messages, self._readings, self._sent_again)

    def _may_send(self) -> bool:
        """What the broker does not take holds back the rest, so that no more than the window is ever waiting."""
        return self._online and not self._refused and len(self._under_way) < self._window

    def _send_refused(self) -> None:
        while (
            self._online
            and self._refused
            and self._refused[0][0] <= time.monotonic()
            and len(self._under_way) < self._window
        ):
            self._sent_again += 1
            self._send(self._refused.popleft()[1])

    def _send(self, parcel: _Parcel) -> None:
        info = self._client.publish(parcel.message.topic, parcel.message.payload, qos=1)
        # Without a connection paho keeps the message and sends it with the next one.
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise Unavailable(f"the MQTT client takes no message: {error_string(info.rc)}")
        self._under_way[info.mid] = parcel

    def _settle(self, wait_seconds: float) -> None:
        """Take in the answers there are, after waiting for the first one."""
        try:
            answer = self._answers.get(timeout=max(0.0, wait_seconds))
            while True:
                if answer is not None:
                    self._take_in(*answer)
                answer = self._answers.get_nowait()
        except queue.Empty:
            return

    def _take_in(self, mid: int, reason: ReasonCode) -> None:
        parcel = self._under_way.pop(mid, None)
        if parcel is None:
            return
        if reason.value == _NO_MATCHING_SUBSCRIBERS or reason.is_failure:
            self._trouble = f"it answers {str(reason)!r} to {parcel.message.topic}"
            shortest, longest = _BACKOFF_SECONDS
            wait = min(longest, shortest * 2 ** min(parcel.attempts, 10))
            self._refused.append((time.monotonic() + wait, _Parcel(parcel.message, parcel.attempts + 1)))
            return
        self._delivered_at = time.monotonic()
        self._messages += 1
        self._readings += parcel.message.readings

    def _check_patience(self) -> None:
        waiting = len(self._under_way) + len(self._refused)
        now = time.monotonic()
        if self._online and not waiting:
            self._delivered_at = now
        elif now - self._delivered_at > self._patience:
            raise NotDelivered(self._address, waiting, self._patience, self._trouble)

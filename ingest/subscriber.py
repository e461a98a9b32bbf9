"""The subscriber: a persistent session whose messages are acknowledged after their commit, and never before.

Two threads. The network thread only puts messages into a bounded queue; the main thread takes batches from it, has
them written, and acknowledges. A message carries the number of the connection it came by: an acknowledgement left
over from an earlier connection is dropped, because message ids start again and it would confirm another message.
"""

import logging
import queue
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from psycopg import Connection

from ingest.message import Message
from ingest.topics import TELEMETRY_FILTER
from ingest.writer import Writer
from vouch import database
from vouch.errors import Unavailable
from vouch.mqtt import broker_of, prepare_client
from vouch.settings import Settings

log = logging.getLogger(__name__)

# The broker keeps the session, and what it could not deliver, for as long as MQTT 5 can say: for ever.
SESSION_SECONDS: Final = 0xFFFFFFFF
RETRY_SECONDS_MAX: Final = 15.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as it was handed over, with what is needed to acknowledge it."""

    message: Message
    mid: int
    qos: int
    connection: int


class Subscriber:
    """One persistent MQTT session: delivers messages, takes acknowledgements."""

    def __init__(self, settings: Settings) -> None:
        self._unacknowledged_max = settings.unacknowledged_max
        self.inbox: queue.Queue[Delivered] = queue.Queue(maxsize=2 * settings.unacknowledged_max)
        self.failed: Exception | None = None
        self._connection = 0
        self._lock = threading.Lock()
        self._client = self._build_client(settings)

    def start(self) -> None:
        """Connect and deliver in a thread of its own, reconnecting for ever."""
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = SESSION_SECONDS
        session.ReceiveMaximum = self._unacknowledged_max
        self._client.connect_async(*self._address, keepalive=30, clean_start=False, properties=session)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect; the session and all that is unacknowledged stay with the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, delivered: Iterable[Delivered]) -> int:
        """Acknowledge what came by the connection that is up now; returns how many that was."""
        with self._lock:
            current = [item for item in delivered if item.connection == self._connection]
            for item in current:
                self._client.ack(item.mid, item.qos)
        return len(current)

    def check(self) -> None:
        """Raise if the session can never work, or the network thread has died: better dead than deaf."""
        if self.failed is not None:
            raise self.failed
        thread = self._client._thread
        if thread is not None and not thread.is_alive():
            raise Unavailable("the MQTT network thread has died")

    def _build_client(self, settings: Settings) -> mqtt.Client:
        address = broker_of(settings)
        self._address = (address.host, address.port)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.mqtt_client_id,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        prepare_client(client, address)
        client.reconnect_delay_set(1, int(RETRY_SECONDS_MAX))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect_timeout = 10
        return client

    def _on_connect(self, client: mqtt.Client, _: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, __: Any) -> None:
        if reason.is_failure:
            log.error("broker refused the connection", extra={"reason": str(reason)})
            return
        with self._lock:
            self._connection += 1
        log.info("connected to broker", extra={"session_present": flags.session_present})
        # Subscribing again where the session is present costs nothing and mends a lost subscription.
        client.subscribe(TELEMETRY_FILTER, qos=1)

    def _on_disconnect(self, _: mqtt.Client, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        with self._lock:
            self._connection += 1
        if reason.is_failure:
            log.warning("connection to broker lost", extra={"reason": str(reason)})

    def _on_subscribe(self, _: mqtt.Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Any) -> None:
        if any(reason.is_failure or reason.value != 1 for reason in reasons):
            words = ", ".join(map(str, reasons))
            self.failed = Unavailable(f"the broker does not grant {TELEMETRY_FILTER} at QoS 1: {words}")

    def _on_message(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        # Blocks while the writer is behind: the broker then holds what it may not send (receive maximum).
        self.inbox.put(
            Delivered(Message(message.topic, bytes(message.payload)), message.mid, message.qos, self._connection)
        )


def run_ingest(settings: Settings, stopping: threading.Event) -> None:
    """Take in messages until `stopping` is set. Raises Unavailable where broker or database cannot be used at all."""
    with database.connect(settings.database_url, "vouch-ingest") as first:
        database.check_server(first)
    subscriber = Subscriber(settings)
    writer = Writer(uuid.uuid4())
    subscriber.start()
    log.info("ingest started", extra={"run": str(writer.run)})
    conn: Connection[Any] | None = None
    try:
        while not stopping.is_set():
            subscriber.check()
            batch = _next_batch(subscriber.inbox, settings)
            if batch:
                conn = _write_surely(settings, conn, writer, batch, stopping)
                if conn is not None:
                    subscriber.acknowledge(batch)
    finally:
        subscriber.stop()
        if conn is not None:
            conn.close()


def _next_batch(inbox: "queue.Queue[Delivered]", settings: Settings) -> list[Delivered]:
    """What arrives within `batch_seconds_max` of the first message, bounded in messages and in bytes."""
    try:
        batch = [inbox.get(timeout=0.5)]
    except queue.Empty:
        return []
    due = time.monotonic() + settings.batch_seconds_max
    size = len(batch[0].message.payload)
    while len(batch) < settings.unacknowledged_max and size < settings.batch_bytes_max:
        wait = due - time.monotonic()
        try:
            batch.append(inbox.get(timeout=wait) if wait > 0 else inbox.get_nowait())
        except queue.Empty:
            break
        size += len(batch[-1].message.payload)
    return batch


def _write_surely(
    settings: Settings,
    conn: Connection[Any] | None,
    writer: Writer,
    batch: list[Delivered],
    stopping: threading.Event,
) -> Connection[Any] | None:
    """Write the batch, however often the database goes away; None if we were told to stop before it came back."""
    delay = 0.5
    messages = [item.message for item in batch]
    while not stopping.is_set():
        try:
            if conn is None or conn.closed:
                conn = database.connect(settings.database_url, "vouch-ingest")
            started = time.monotonic()
            written = writer.write(conn, messages)
        except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as error:
            log.warning("database away, batch kept", extra={"error": str(error), "messages": len(batch)})
            if conn is not None:
                conn.close()
            conn = None
            stopping.wait(delay)
            delay = min(2 * delay, RETRY_SECONDS_MAX)
            continue
        log.info(
            "batch written",
            extra={
                "messages": written.messages,
                "stored": written.stored,
                "duplicate": written.duplicate,
                "rejected": len(written.refusals),
                "seconds": round(time.monotonic() - started, 4),
            },
        )
        return conn
    return None

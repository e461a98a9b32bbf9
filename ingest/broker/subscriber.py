"""The subscriber: a persistent session whose messages are acknowledged after their commit, and never before.

Shell. Its network thread only puts messages into the inbox. What takes them from there acknowledges them here.
"""

import logging
import random
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.broker.inbox import Inbox
from ingest.broker.session import Session
from ingest.broker.wire_client import WireClient
from ingest.message import Arrived, broken_link
from ingest.tally import Tally
from vouch.errors import Unavailable
from vouch.mqtt import broker_of, prepare_client
from vouch.settings import Settings

log = logging.getLogger(__name__)

# The broker keeps the session, and what it could not deliver, for as long as MQTT 5 can say: for ever.
SESSION_SECONDS: Final = 0xFFFFFFFF
_RETRY_SECONDS_MAX: Final = 15
_KEEPALIVE_SECONDS: Final = 30
_CONNECT_SECONDS_MAX: Final = 10


class Subscriber:
    """One persistent MQTT session: delivers messages into `inbox`, takes acknowledgements."""

    def __init__(self, settings: Settings, session: Session, tally: Tally) -> None:
        self.session = session
        # Twice what may be unacknowledged: more than a broker may have under way, so it never fills.
        self.inbox = Inbox(2 * settings.unacknowledged_max, settings.inbox_bytes_max)
        self.subscribed = threading.Event()
        self.failed: Exception | None = None
        self._receive_max = settings.unacknowledged_max
        self._tally = tally
        self._client = self._build_client(settings)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has let us in."""
        return self._client.is_connected()

    def start(self) -> None:
        """Connect and deliver in a thread of its own, reconnecting for ever."""
        self._client.connect_async(*self._address, **self._connect_words())
        self._client.loop_start()

    @property
    def is_alive(self) -> bool:
        """Whether the network thread works."""
        thread = self._client._thread
        return thread is not None and thread.is_alive()

    def reconnect(self) -> None:
        """Cut the connection; the network thread makes a new one and subscribes again."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Disconnect; the session and all that is unacknowledged stay with the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def unsubscribe(self) -> None:
        """Take nothing new, apart from the canary: what the broker holds for this session still comes."""
        for filter_ in self.session.filters:
            if filter_ != self.session.canary:
                self._client.unsubscribe(filter_)

    def end_session(self) -> None:
        """Disconnect and have the broker forget the session with all that it holds."""
        words = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
        words.SessionExpiryInterval = 0
        self._client.disconnect(properties=words)
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 by this session's own connection."""
        self._client.publish(topic, payload, qos=1)

    def acknowledge(self, arrived: Iterable[Arrived], answers: bytes = b"") -> int:
        """Send `answers`, then acknowledge what came by the connection that is up; returns how many that was."""
        return self._client.acknowledge(arrived, answers)

    def check(self) -> None:
        """Raise if the session can never work, or the network thread has died: better dead than deaf."""
        if self.failed is not None:
            raise self.failed
        if self._client._thread is not None and not self.is_alive:
            raise Unavailable("the MQTT network thread has died")

    def _build_client(self, settings: Settings) -> WireClient:
        broker = broker_of(settings)
        self._address = (broker.host, broker.port)
        client = WireClient(self.session.client_id, self.deliver, lambda: self.inbox.is_full)
        prepare_client(client, broker)
        # Not all at once after the broker was away.
        client.reconnect_delay_set(1, _RETRY_SECONDS_MAX + random.randrange(_RETRY_SECONDS_MAX))  # noqa: S311
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.connect_timeout = _CONNECT_SECONDS_MAX
        return client

    def _connect_words(self) -> dict[str, Any]:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        kept.SessionExpiryInterval = SESSION_SECONDS
        kept.ReceiveMaximum = self._receive_max
        return {"keepalive": _KEEPALIVE_SECONDS, "clean_start": False, "properties": kept}

    def deliver(self, block: list[Arrived]) -> None:
        """Take these in; never waits."""
        self._tally.arrived(len(block))
        self.inbox.put(block)

    def mark_broken_link(self) -> None:
        """What comes from now on may not follow on what came before."""
        self.inbox.put([broken_link(time.time_ns() // 1000)])

    def _on_connect(self, client: mqtt.Client, _: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, __: Any) -> None:
        if reason.is_failure:
            log.error("broker refused the connection", extra={"reason": str(reason)})
            return
        self._tally.connected()
        log.info("connected to broker", extra={"session_present": flags.session_present})
        if not flags.session_present:
            self.mark_broken_link()
        elif self.session.dropped:
            client.unsubscribe(list(self.session.dropped))
        # Subscribing again where the session is present costs nothing and mends a lost subscription.
        client.subscribe([(filter_, SubscribeOptions(qos=1)) for filter_ in self.session.filters])

    def _on_disconnect(self, _: mqtt.Client, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        self.subscribed.clear()
        self._client.expire()
        if reason.is_failure:
            log.warning("connection to broker lost", extra={"reason": str(reason)})

    def _on_subscribe(self, _: mqtt.Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Any) -> None:
        refused = [
            f"{filter_} ({reason})"
            for filter_, reason in zip(self.session.filters, reasons, strict=False)
            if reason.is_failure or reason.value != 1
        ]
        if refused:
            self.failed = Unavailable(f"the broker does not grant, at QoS 1: {', '.join(refused)}")
        else:
            log.info("subscribed", extra={"filters": len(reasons)})
            self.subscribed.set()

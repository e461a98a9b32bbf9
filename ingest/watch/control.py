"""The control connection: canaries out, the broker's own counters in.

Shell. A connection of its own with a clean session, so that a trouble of the session that brings telemetry is not
shared by what watches it. The counters are Mosquitto's `$SYS` topics; another broker may have none of them, and then
they stay unknown.
"""

import logging
import threading
import time
from dataclasses import replace
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.presence.listening import Listening
from ingest.vitals import BrokerCounters
from vouch.mqtt import broker_of, prepare_client
from vouch.settings import Settings

log = logging.getLogger(__name__)

_KEEPALIVE_SECONDS: Final = 30
_CONNECT_SECONDS_MAX: Final = 10.0
_RETRY_SECONDS_MAX: Final = 15
_UNANSWERED_MAX: Final = 100
_POLL_SECONDS: Final = 0.2

_VERSION: Final = "$SYS/broker/version"
# Topic and the field that it fills; all are whole numbers.
_NUMBERS: Final = {
    "$SYS/broker/publish/messages/dropped": "dropped",
    "$SYS/broker/store/messages/count": "stored_messages",
    "$SYS/broker/store/messages/bytes": "stored_bytes",
    "$SYS/broker/heap/current": "heap_bytes",
    "$SYS/broker/clients/connected": "clients_connected",
}


class Control:
    """Publishes `listening`'s canaries on `topic` and keeps the broker's counters, in threads of its own."""

    def __init__(self, settings: Settings, listening: Listening, topic: str) -> None:
        self.broker = BrokerCounters()
        self._listening = listening
        self._topic = topic
        self._period = settings.canary_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._publish, name="vouch-control", daemon=True)
        self._client = self._build_client(settings)

    @property
    def is_connected(self) -> bool:
        """Whether canaries can be published."""
        return self._client.is_connected()

    def start(self) -> None:
        """Connect, and reconnect for ever."""
        self._client.connect_async(*self._address, keepalive=_KEEPALIVE_SECONDS)
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Disconnect."""
        self._stopping.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _build_client(self, settings: Settings) -> mqtt.Client:
        broker = broker_of(settings)
        self._address = (broker.host, broker.port)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{self._listening.client}-control", protocol=mqtt.MQTTv5
        )
        prepare_client(client, broker)
        client.reconnect_delay_set(1, _RETRY_SECONDS_MAX)
        client.max_queued_messages_set(_UNANSWERED_MAX)
        client.connect_timeout = _CONNECT_SECONDS_MAX
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = lambda *_: self._listening.published()
        return client

    def _publish(self) -> None:
        """A canary as soon as there is a connection, then one each period; without one it would only be late."""
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = min(self._period, _POLL_SECONDS)
            if self._client.is_connected():
                self._client.publish(self._topic, self._listening.canary(time.time_ns() // 1000), qos=1)
                wait = self._period

    def _on_connect(self, client: mqtt.Client, _: Any, __: mqtt.ConnectFlags, reason: ReasonCode, ___: Any) -> None:
        if reason.is_failure:
            log.error("broker refused the control connection", extra={"reason": str(reason)})
            return
        client.subscribe([(topic, 0) for topic in (_VERSION, *_NUMBERS)])

    def _on_disconnect(self, _: mqtt.Client, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        if reason.is_failure:
            log.warning("control connection to broker lost", extra={"reason": str(reason)})

    def _on_message(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        text = message.payload[:200].decode(errors="replace")
        if message.topic == _VERSION:
            self.broker = replace(self.broker, version=text)
        elif message.topic in _NUMBERS and text.isascii() and text.isdecimal():
            field = _NUMBERS[message.topic]
            if field == "dropped":
                self._watch_dropped(int(text), now=not message.retain)
            said: dict[str, Any] = {field: int(text)}
            self.broker = replace(self.broker, **said)

    def _watch_dropped(self, dropped: int, *, now: bool) -> None:
        """A counter that grows is lost data; one that falls is a broker that has started again.

        Mosquitto says a counter when it changes and keeps what it said for a minute: the first word may be that it
        has changed just `now`, by one at least.
        """
        known = self.broker.dropped
        grown = dropped - known if known is not None else int(now and dropped > 0)
        if grown > 0:
            log.warning("broker dropped messages", extra={"dropped": grown, "since_its_start": dropped})
            self.broker = replace(
                self.broker, dropped_here=self.broker.dropped_here + grown, dropped_at=time.monotonic()
            )

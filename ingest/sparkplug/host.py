"""The Sparkplug host application's own connection: its STATE, and the commands that it sends.

Shell. It is what the standard asks for, whichever way the data comes: a clean session, a will that is made anew for
each CONNECT, and a birth as the first thing published. With an inlet the data comes by it too, as the letter has it;
without, by ingest's durable session, and the birth waits until that one has its subscription. Source: Sparkplug 3.0,
chapters 5.4 and 6.4.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.broker.subscriber import Subscriber as Inlet
from ingest.message import Arrived, Message
from ingest.sparkplug.edge_nodes import Command
from ingest.sparkplug_topics import EVERYTHING, state_topic
from vouch.mqtt import broker_of, prepare_client
from vouch.settings import Settings

log = logging.getLogger(__name__)

_KEEPALIVE_SECONDS: Final = 30
_CONNECT_SECONDS_MAX: Final = 10.0
_RETRY_SECONDS_MAX: Final = 15
_DEATH_SECONDS_MAX: Final = 5.0
_PAUSE_SECONDS: Final = 0.005
# What comes by this connection is never acknowledged by the other one.
_CONNECTION: Final = -1


class SparkplugHost:
    """One connection as a host application; `step` is called again and again.

    `ready`: whether what edge nodes publish is subscribed to. `inlet` takes it, where it comes by this connection.
    """

    def __init__(
        self,
        settings: Settings,
        client_id: str,
        ready: Callable[[], bool],
        inlet: Inlet | None = None,
    ) -> None:
        self._topic = state_topic(settings.sparkplug_host_id)
        self._ready = ready
        self._inlet = inlet
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._connected_at = 0  # milliseconds since 1970, of this connection's CONNECT
        self._granted = self._born = False
        self._client = self._build_client(settings, client_id)

    @property
    def is_born(self) -> bool:
        """Whether it has said by this connection that it is there."""
        return self._born

    def start(self) -> None:
        """Connect, and reconnect for ever, in a thread of its own."""
        ends = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        ends.SessionExpiryInterval = 0
        self._client.connect_async(*self._address, _KEEPALIVE_SECONDS, clean_start=True, properties=ends)
        self._client.loop_start()

    def step(self) -> None:
        """Say that it is there, as soon as it is."""
        with self._lock:
            if self._granted and not self._born and self._ready():
                self._say(online=True)
                self._born = True

    def send(self, commands: Iterable[Command]) -> None:
        """Publish commands at QoS 0, not retained."""
        for command in commands:
            self._client.publish(command.topic, command.payload, qos=0, retain=False)

    def stop(self) -> None:
        """Say that it goes, and disconnect once the broker has heard it."""
        self._stopping.set()
        if self._client.is_connected():
            with self._lock:
                self._born = self._granted = False
                self._connected_at = _now()
                said = self._say(online=False)
            try:
                said.wait_for_publish(_DEATH_SECONDS_MAX)
            except RuntimeError:
                log.warning("broker lost before the host's death was published; its will says it")
        self._client.disconnect()
        self._client.loop_stop()

    def _build_client(self, settings: Settings, client_id: str) -> mqtt.Client:
        broker = broker_of(settings)
        self._address = (broker.host, broker.port)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        prepare_client(client, broker)
        client.reconnect_delay_set(1, _RETRY_SECONDS_MAX)
        client.max_queued_messages_set(1000)
        client.connect_timeout = _CONNECT_SECONDS_MAX
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.message_callback_add(self._topic, self._on_state)
        client.on_message = self._on_message
        return client

    def _on_pre_connect(self, client: mqtt.Client, _: Any) -> None:
        """paho connects again with the will it had; a host's will has the time of its own CONNECT."""
        with self._lock:
            self._connected_at = _now()
            self._granted = self._born = False
        client.will_set(self._topic, self._state(online=False), qos=1, retain=True)

    def _on_connect(self, client: mqtt.Client, _: Any, __: mqtt.ConnectFlags, reason: ReasonCode, ___: Any) -> None:
        if reason.is_failure:
            log.error("broker refused the host's connection", extra={"reason": str(reason)})
            return
        filters: tuple[str, ...] = (self._topic,)
        if self._inlet is not None:
            self._inlet.mark_broken_link()
            filters += (EVERYTHING,)
        client.subscribe([(filter_, 1) for filter_ in filters])

    def _on_disconnect(self, _: mqtt.Client, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        with self._lock:
            self._granted = self._born = False
        if reason.is_failure:
            log.warning("the host's connection to the broker is lost", extra={"reason": str(reason)})

    def _on_subscribe(self, _: mqtt.Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("broker refuses the host's subscription", extra={"reasons": [str(reason) for reason in reasons]})
            return
        with self._lock:
            self._granted = True
        self.step()

    def _on_state(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        """Somebody said that we are gone: an older connection's will, or a stranger. We are not."""
        with self._lock:
            if self._born and _says_offline(message.payload):
                log.info("contradicting a STATE that says offline")
                self._say(online=True)

    def _on_message(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        if self._inlet is None:
            return
        # What waits here is kept by the broker for as long as its own buffer for us lasts.
        while self._inlet.inbox.is_full and not self._stopping.is_set():
            time.sleep(_PAUSE_SECONDS)
        taken = Message(message.topic, bytes(message.payload))
        self._inlet.deliver([Arrived(taken, time.time_ns() // 1000, connection=_CONNECTION, retained=message.retain)])

    def _say(self, *, online: bool) -> mqtt.MQTTMessageInfo:
        return self._client.publish(self._topic, self._state(online=online), qos=1, retain=True)

    def _state(self, *, online: bool) -> bytes:
        return json.dumps({"online": online, "timestamp": self._connected_at}).encode()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _says_offline(payload: bytes | bytearray) -> bool:
    try:
        state = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(state, dict) and state.get("online") is False

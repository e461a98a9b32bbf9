"""One MQTT 5 connection of a gateway: publishes at QoS 1, and hears acknowledgements and receipts.

Shell. It lives until the line is cut and never connects again: what goes out once more is its owner's business.
"""

import queue
import struct
from typing import Any, Final, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode

from vouch.broker_address import BrokerAddress
from vouch.errors import Unavailable
from vouch.mqtt import prepare_client

IN_FLIGHT_MAX: Final = 500
_KEEPALIVE_SECONDS: Final = 30
_CONNECT_SECONDS: Final = 10.0


class Acknowledged(NamedTuple):
    """The broker's answer to a publish of that connection."""

    connection: "Connection"
    mid: int
    reason: ReasonCode


class Receipted(NamedTuple):
    """A message on our receipt topic."""

    correlation: bytes
    payload: bytes


# None: the connection's state has changed.
Answers = queue.SimpleQueue[Acknowledged | Receipted | None]


class _AskReceipt(Properties):
    """Response topic and correlation data. Source: OASIS MQTT 5.0, section 3.3.2.3.

    Packed here, because paho looks at every property there is for each message: a tenth of a millisecond.
    """

    def __init__(self, topic: str, correlation: bytes) -> None:
        name = topic.encode()
        packed = struct.pack("!BH", 8, len(name)) + name + struct.pack("!BH", 9, len(correlation)) + correlation
        # Properties has a __setattr__ that knows the names of properties only.
        length: bytes = VariableByteIntegers.encode(len(packed))  # type: ignore[no-untyped-call]
        object.__setattr__(self, "_packed", length + packed)

    def pack(self) -> bytes:
        """The properties as they go over the wire."""
        packed: bytes = object.__getattribute__(self, "_packed")
        return packed


class Connection:
    """paho's network thread only puts what it hears into `answers`, so that nothing needs a lock.

    Without a receipt topic it is online when the broker lets it in, else when it hears that topic too. `window` is how
    many publishes may be unacknowledged.
    """

    def __init__(self, address: BrokerAddress, client_id: str, receipt_topic: str | None, answers: Answers) -> None:
        self.online = False
        self.closed = False
        self.turned_away = False
        self.trouble = ""
        self.window = IN_FLIGHT_MAX
        self._address = address
        self._receipt_topic = receipt_topic
        self._answers = answers
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        prepare_client(client, address)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.connect_timeout = _CONNECT_SECONDS
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def open(self) -> None:
        """Begin to connect; `answers` tells when something has come of it. Raises Unavailable where nobody answers."""
        try:
            self._client.connect(self._address.host, self._address.port, _KEEPALIVE_SECONDS, clean_start=True)
        except OSError as error:
            self.closed = True
            raise Unavailable(f"no MQTT broker answers at {self._address}: {error}") from error
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, correlation: bytes) -> int:
        """Send at QoS 1, asking for a receipt if we hear them; returns the message id. Raises Unavailable."""
        properties = _AskReceipt(self._receipt_topic, correlation) if self._receipt_topic is not None else None
        info = self._client.publish(topic, payload, qos=1, properties=properties)
        # Where the line was cut just now, nobody acknowledges it and its owner sends it again.
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise Unavailable(f"the MQTT client takes no message: {error_string(info.rc)}")
        return info.mid

    def close(self) -> None:
        """Leave; whatever has no answer yet is given up."""
        self._client.disconnect()
        self._client.loop_stop()
        self.online = False
        self.closed = True

    # In paho's network thread

    def _on_connect(
        self, client: Client, userdata: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.turned_away = True
            self.trouble = f"it says {str(reason)!r}"
        else:
            self.window = min(IN_FLIGHT_MAX, getattr(properties, "ReceiveMaximum", IN_FLIGHT_MAX))
            if self._receipt_topic is None:
                self.online = True
            else:
                client.subscribe(self._receipt_topic)
        self._answers.put(None)

    def _on_subscribe(
        self, client: Client, userdata: Any, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        self.turned_away = any(reason.is_failure for reason in reasons)
        if self.turned_away:
            self.trouble = f"it says {str(reasons[0])!r} to a subscription to {self._receipt_topic}"
        self.online = not self.turned_away
        self._answers.put(None)

    def _on_disconnect(
        self, client: Client, userdata: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.trouble = self.trouble or f"the connection was lost ({reason})"
        self.online = False
        self.closed = True
        self._answers.put(None)

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._answers.put(Acknowledged(self, mid, reason))

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        found = getattr(message.properties, "CorrelationData", b"")
        self._answers.put(Receipted(found, bytes(message.payload)))

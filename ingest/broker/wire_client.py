"""The wire client: paho's MQTT client, with its reading and acknowledging of messages done in blocks.

Shell. paho reads byte by byte and calls back message by message, which costs more than everything else that ingest
does. Connecting, subscribing, keepalive, TLS and reconnecting stay paho's. What is overridden is private to paho: the
tests of this module say whether a new release still fits.
"""

import time
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from ingest.broker.wire import PUBACK, BrokenPacket, TopicNames, acknowledgements, take_packets
from ingest.message import Arrived

BLOCK_BYTES: Final = 262_144
_PAUSE_SECONDS: Final = 0.005


class WireClient(mqtt.Client):
    """Hands over blocks of messages, and acknowledges only what came by the connection that is up.

    `deliver` is called in the network thread and must not wait. While `is_full` says so nothing is read, so that the
    broker keeps what it has; keepalive goes on.
    """

    def __init__(
        self,
        client_id: str,
        deliver: Callable[[list[Arrived]], None],
        is_full: Callable[[], bool],
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        self.connection = 0
        self._deliver = deliver
        self._is_full = is_full
        self._rest = b""
        self._topics = TopicNames()
        self._turn = RLock()

    def acknowledge(self, arrived: Iterable[Arrived], answers: bytes = b"") -> int:
        """Acknowledge what came by the connection that is up, and send `answers`, whole packets, before.

        Returns how many that was. Message ids start again with each connection, so that an acknowledgement kept from
        an earlier one would confirm another message.
        """
        with self._turn:
            mids = [one.mid for one in arrived if one.qos and one.connection == self.connection]
            packets = answers + acknowledgements(mids)
            if packets and self.is_connected():
                # Many packets in one write; paho looks at the kind only for what must follow, here nothing.
                self._packet_queue(PUBACK, packets, 0, 0)
        return len(mids)

    def expire(self) -> None:
        """Whatever has arrived so far can no longer be acknowledged."""
        with self._turn:
            self.connection += 1

    # Overridden in paho

    def reconnect(self) -> MQTTErrorCode:
        """Begin a new connection, which shares no bytes and no message ids with the one before."""
        self._rest = b""
        self.expire()
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Take in what the socket has, unless there is no room for it."""
        if self._is_full():
            time.sleep(_PAUSE_SECONDS)
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super().loop_read(max_packets)

    def _packet_read(self) -> MQTTErrorCode:
        try:
            block = self._sock_recv(BLOCK_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not block:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        try:
            return self._take(self._rest + block if self._rest else block)
        except BrokenPacket:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _take(self, block: bytes) -> MQTTErrorCode:
        now = time.time_ns() // 1000
        used = 0
        while True:
            taken = take_packets(block[used:] if used else block, self.connection, now, self._topics)
            used += taken.used
            if taken.arrived:
                self._deliver(taken.arrived)
            if taken.other is None:
                self._rest = block[used:]
                return MQTTErrorCode.MQTT_ERR_AGAIN
            result = self._handle(*taken.other)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return result

    def _handle(self, command: int, body: bytes) -> MQTTErrorCode:
        """Have paho handle a packet that is no PUBLISH."""
        packet: dict[str, Any] = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        self._in_packet = packet  # type: ignore[assignment]
        try:
            return self._packet_handle()
        finally:
            self._in_packet = packet | {"command": 0, "packet": bytearray()}  # type: ignore[assignment]

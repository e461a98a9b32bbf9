"""The wire client on the real broker: what paho keeps private still fits, and no acknowledgement goes astray."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.publish import multiple

from ingest.broker.wire_client import WireClient
from ingest.message import Arrived
from vouch.broker_address import parse_broker
from vouch.settings import Settings


class Reader:
    """A wire client with a session of its own that takes one topic, and what it was handed."""

    def __init__(self, services: Settings, name: str | None = None) -> None:
        self.name = name or f"wire-{uuid4().hex[:8]}"
        self.topic = f"vouch/v1/{self.name}/telemetry"
        self.taken: list[Arrived] = []
        self.full = False
        self.connections = 0
        self.client = WireClient(self.name, self.taken.extend, lambda: self.full)
        self.address = parse_broker(services.mqtt_url)
        self.client.username_pw_set(self.address.username or "", self.address.password)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.client.expire()

    def start(self, keepalive: int = 30) -> None:
        """Connect to the kept session."""
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        kept.SessionExpiryInterval = 600
        self.client.connect(self.address.host, self.address.port, keepalive, clean_start=False, properties=kept)
        self.client.loop_start()
        wait(lambda: self.connections > 0)

    def stop(self) -> None:
        """Leave; the session stays."""
        self.client.disconnect()
        self.client.loop_stop()

    def publish(self, payloads: list[bytes]) -> None:
        """Have somebody publish these to our topic."""
        multiple(
            [{"topic": self.topic, "payload": payload, "qos": 1} for payload in payloads],
            self.address.host,
            self.address.port,
            auth={"username": self.address.username or "", "password": self.address.password or ""},
        )

    def break_off(self) -> None:
        """Lose the connection without a word, and have another one."""
        before = self.connections
        sock = self.client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        wait(lambda: self.connections > before)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(self.topic, qos=1)
        self.connections += 1


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def reading(services: Settings, name: str | None = None, keepalive: int = 30) -> Iterator[Reader]:
    reader = Reader(services, name)
    reader.start(keepalive)
    time.sleep(0.3)
    try:
        yield reader
    finally:
        reader.stop()


def payloads(taken: list[Arrived]) -> list[bytes]:
    return [one.message.payload for one in taken]


def test_an_acknowledgement_from_before_a_reconnect_confirms_nothing(services: Settings) -> None:
    with reading(services) as reader:
        reader.publish([b"1", b"2", b"3"])
        wait(lambda: len(reader.taken) == 3)
        before = list(reader.taken)
        reader.break_off()
        wait(lambda: len(reader.taken) == 6)
        after = reader.taken[3:]

        assert [one.mid for one in after] == [one.mid for one in before]
        assert all(one.dup for one in after)
        assert reader.client.acknowledge(before) == 0
    with reading(services, reader.name) as again:
        wait(lambda: len(again.taken) == 3)
        assert payloads(again.taken) == [b"1", b"2", b"3"]
        assert again.client.acknowledge(again.taken) == 3
        time.sleep(0.3)
    with reading(services, reader.name) as last:
        time.sleep(0.7)
        assert last.taken == []


def test_messages_of_any_size_arrive_whole_and_in_order(services: Settings) -> None:
    sizes = [0, 1, 100, 127, 128, 16_383, 16_384, 300_000, 900_000, 5, 0]
    with reading(services) as reader:
        reader.publish([bytes([n]) * size for n, size in enumerate(sizes)])
        wait(lambda: len(reader.taken) == len(sizes))

        assert payloads(reader.taken) == [bytes([n]) * size for n, size in enumerate(sizes)]
        assert {one.message.topic for one in reader.taken} == {reader.topic}
        reader.client.acknowledge(reader.taken)
        time.sleep(0.3)


def test_a_full_reader_stays_connected_and_goes_on_later(services: Settings) -> None:
    with reading(services, keepalive=2) as reader:
        reader.full = True
        reader.publish([b"waits"] * 50)
        time.sleep(3.5)
        assert reader.taken == []
        reader.full = False
        wait(lambda: len(reader.taken) == 50)
        reader.client.acknowledge(reader.taken)

        assert reader.client.is_connected()
        assert reader.connections == 1
        time.sleep(0.3)

"""The private broker: whom it lets do what, and what it still has after a kill."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.access.credentials import add_device, remove_device
from vouch.broker_address import parse_broker
from vouch.running import up
from vouch.settings import Settings

SECONDS_MAX = 5.0
NOT_AUTHORIZED = 135
NO_SUBSCRIBER = 16


class Client:
    """One connection to the broker that remembers what it was told and sent."""

    def __init__(self, url: str, user: str = "", password: str = "", *, name: str = "", version: int = 5) -> None:
        at = parse_broker(url)
        self.received: list[str] = []
        self.connected: int | None = None
        self.closed = False
        self._published: dict[int, int] = {}
        self._subscribed = False
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name or f"test-{user or at.username}-{time.monotonic_ns()}",
            protocol=MQTTProtocolVersion.MQTTv5 if version == 5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        if user or at.username:
            self._client.username_pw_set(user or at.username, password or at.password)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = 600
        kept: dict[str, Any] = {"clean_start": False, "properties": session} if version == 5 and name else {}
        self._client.connect(at.host, at.port, **kept)
        self._client.loop_start()
        wait_until(lambda: self.connected is not None)

    def publish(self, topic: str, *payloads: str) -> list[int]:
        """The reasons with which the broker acknowledges each message."""
        mids = [self._client.publish(topic, payload, qos=1).mid for payload in payloads]
        wait_until(lambda: self._published.keys() >= set(mids))
        return [self._published[mid] for mid in mids]

    def subscribe(self, pattern: str) -> None:
        self._subscribed = False
        self._client.subscribe(pattern, qos=1)
        wait_until(lambda: self._subscribed)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self.connected = reason.value

    def _on_disconnect(self, *_: Any) -> None:
        self.closed = True

    def _on_publish(self, _: Any, __: Any, mid: int, reason: Any, ___: Any) -> None:
        self._published[mid] = reason.value

    def _on_message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        self.received.append(f"{message.topic} {message.payload.decode()}")

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed = True


def wait_until(condition: Any, seconds: float = SECONDS_MAX) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def broker_pid(settings: Settings) -> int | None:
    return next((row.pid for row in up.status(settings) if row.service == "broker" and row.state == "running"), None)


@pytest.fixture(scope="module")
def broker(make_home: Callable[[], Path]) -> Iterator[Settings]:
    """A broker of this module's own, as some tests kill it."""
    with up.embedded(make_home()) as settings:
        yield settings


@pytest.fixture
def connect(broker: Settings) -> Iterator[Callable[..., Client]]:
    """Connects, and disconnects after the test."""
    clients = []

    def open_client(*args: Any, **named: Any) -> Client:
        clients.append(Client(*args, **named))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


def test_a_device_publishes_under_its_own_name_only(broker: Settings, connect: Callable[..., Client]) -> None:
    ingest = connect(broker.mqtt_url)
    ingest.subscribe("vouch/v1/+/telemetry")
    device = connect(broker.device_mqtt_url, "press-1", add_device(broker, "press-1"))

    assert device.publish("vouch/v1/press-1/telemetry", "1") == [0]
    assert device.publish("vouch/v1/press-2/telemetry", "2") == [NOT_AUTHORIZED]
    assert device.publish("vouch/v1/press-1/receipt", "3") == [NOT_AUTHORIZED]
    assert device.publish("vouch/v1/press-1/telemetry", "4") == [0]
    wait_until(lambda: len(ingest.received) == 2)
    assert ingest.received == ["vouch/v1/press-1/telemetry 1", "vouch/v1/press-1/telemetry 4"]


def test_a_device_has_a_topic_for_each_format_and_an_edge_node_those_of_sparkplug(
    broker: Settings, connect: Callable[..., Client]
) -> None:
    ingest = connect(broker.mqtt_url)
    for pattern in ("vouch/v1/#", "spBv1.0/#"):
        ingest.subscribe(pattern)
    device = connect(broker.device_mqtt_url, "press-1", add_device(broker, "press-1"))

    allowed = ["vouch/v1/press-1/senml/json", "vouch/v1/press-1/senml/cbor", "vouch/v1/press-1/presence"]
    allowed += [f"spBv1.0/plant/{kind}/press-1" for kind in ("NBIRTH", "NDATA", "NDEATH")]
    allowed += [f"spBv1.0/plant/{kind}/press-1/pump" for kind in ("DBIRTH", "DDATA", "DDEATH")]
    assert [device.publish(topic, "1") for topic in allowed] == [[0]] * len(allowed)

    refused = [topic.replace("press-1", "press-2") for topic in allowed]
    refused += ["vouch/v1/press-1/canary", "spBv1.0/STATE/vouch", "spBv1.0/plant/NCMD/press-1"]
    refused += ["spBv1.0/plant/DCMD/press-1/pump", "spBv1.0/plant/DDATA/press-2/press-1"]
    assert [device.publish(topic, "2") for topic in refused] == [[NOT_AUTHORIZED]] * len(refused)
    wait_until(lambda: len(ingest.received) == len(allowed))


def test_an_edge_node_hears_its_commands_and_its_host_and_those_of_nobody_else(
    broker: Settings, connect: Callable[..., Client]
) -> None:
    device = connect(broker.device_mqtt_url, "press-1", add_device(broker, "press-1"))
    device.subscribe("spBv1.0/#")
    ingest = connect(broker.mqtt_url)

    for topic in ("plant/NCMD/press-2", "plant/DCMD/press-2/pump", "plant/NDATA/press-1"):
        ingest.publish(f"spBv1.0/{topic}", "not yours")
    for topic in ("plant/NCMD/press-1", "plant/DCMD/press-1/pump", "STATE/vouch"):
        ingest.publish(f"spBv1.0/{topic}", "yours")

    wait_until(lambda: len(device.received) == 3)
    assert all(heard.endswith(" yours") for heard in device.received)


def test_what_an_old_client_publishes_under_another_name_reaches_nobody(
    broker: Settings, connect: Callable[..., Client]
) -> None:
    ingest = connect(broker.mqtt_url)
    ingest.subscribe("vouch/v1/+/telemetry")
    device = connect(broker.device_mqtt_url, "press-1", add_device(broker, "press-1"), version=4)

    device.publish("vouch/v1/press-2/telemetry", "1")
    device.publish("vouch/v1/press-1/telemetry", "2")
    wait_until(lambda: ingest.received != [])
    assert ingest.received == ["vouch/v1/press-1/telemetry 2"]


def test_a_device_reads_nothing_of_others(broker: Settings, connect: Callable[..., Client]) -> None:
    device = connect(broker.device_mqtt_url, "press-1", add_device(broker, "press-1"))
    device.subscribe("#")
    ingest = connect(broker.mqtt_url)

    ingest.publish("vouch/v1/press-2/receipt", "not yours")
    ingest.publish("vouch/v1/press-2/telemetry", "not yours")
    ingest.publish("vouch/v1/press-1/receipt", "yours")
    wait_until(lambda: device.received != [])
    assert device.received == ["vouch/v1/press-1/receipt yours"]


def test_a_wrong_password_no_password_and_an_unknown_device_are_refused(
    broker: Settings, connect: Callable[..., Client]
) -> None:
    add_device(broker, "press-1", "the right one")

    assert connect(broker.device_mqtt_url, "press-1", "the right one").connected == 0
    assert connect(broker.device_mqtt_url, "press-1", "a wrong one").connected == NOT_AUTHORIZED
    assert connect(broker.device_mqtt_url, "press-99", "the right one").connected == NOT_AUTHORIZED
    assert connect(broker.device_mqtt_url).connected == NOT_AUTHORIZED


def test_a_removed_device_is_cut_off_at_once(broker: Settings, connect: Callable[..., Client]) -> None:
    password = add_device(broker, "press-3")
    device = connect(broker.device_mqtt_url, "press-3", password)

    remove_device(broker, "press-3")

    wait_until(lambda: device.closed)
    assert connect(broker.device_mqtt_url, "press-3", password).connected == NOT_AUTHORIZED


def test_a_device_that_is_given_a_new_password_is_cut_off_and_others_are_not(
    broker: Settings, connect: Callable[..., Client]
) -> None:
    other = connect(broker.device_mqtt_url, "press-4", add_device(broker, "press-4"))
    old = add_device(broker, "press-3")
    device = connect(broker.device_mqtt_url, "press-3", old)

    new = add_device(broker, "press-3")

    wait_until(lambda: device.closed)
    assert connect(broker.device_mqtt_url, "press-3", old).connected == NOT_AUTHORIZED
    assert connect(broker.device_mqtt_url, "press-3", new).connected == 0
    assert not other.closed


def test_a_gateway_publishes_for_any_device_and_nothing_else(broker: Settings, connect: Callable[..., Client]) -> None:
    gateway = connect(broker.simulator_mqtt_url)

    assert gateway.publish("vouch/v1/press-8/telemetry", "1")[0] in (0, NO_SUBSCRIBER)
    assert gateway.publish("vouch/v1/press-8/receipt", "2") == [NOT_AUTHORIZED]
    assert gateway.publish("elsewhere", "3") == [NOT_AUTHORIZED]


def test_a_device_cannot_take_over_the_session_of_ingest(broker: Settings, connect: Callable[..., Client]) -> None:
    ingest = connect(broker.mqtt_url, name="vouch-ingest")
    ingest.subscribe("vouch/v1/+/telemetry")
    ingest.close()
    password = add_device(broker, "press-1")
    connect(broker.device_mqtt_url, "press-1", password).publish("vouch/v1/press-1/telemetry", "waiting")

    connect(broker.device_mqtt_url, "press-1", password, name="vouch-ingest").close()

    back = connect(broker.mqtt_url, name="vouch-ingest")
    wait_until(lambda: back.received == ["vouch/v1/press-1/telemetry waiting"])


def test_a_killed_broker_comes_back_with_what_it_acknowledged(broker: Settings, connect: Callable[..., Client]) -> None:
    ingest = connect(broker.mqtt_url, name="vouch-ingest-2")
    ingest.subscribe("vouch/v1/press-9/telemetry")
    ingest.close()
    gateway = connect(broker.simulator_mqtt_url)
    # More than the 1000 that the broker keeps, and the 20 that it sends, by default.
    numbers = [str(number) for number in range(1200)]
    assert gateway.publish("vouch/v1/press-9/telemetry", *numbers) == [0] * 1200
    # It saves each second; what is younger may be lost, and stays the device's debt.
    time.sleep(2.1)
    killed = broker_pid(broker)
    assert killed

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: broker_pid(broker) not in (None, killed))
    back = connect(broker.mqtt_url, name="vouch-ingest-2")
    wait_until(lambda: len(back.received) == 1200)
    assert back.received == [f"vouch/v1/press-9/telemetry {number}" for number in numbers]

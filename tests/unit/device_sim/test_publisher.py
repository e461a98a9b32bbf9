"""The publisher against a real Mosquitto of its own."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from device_sim.fleet import fleet, parse_months
from device_sim.message import Message
from device_sim.outbox import Delivery
from device_sim.pace import due_offsets
from device_sim.publisher import publish, simulate
from device_sim.receipt import Receipt
from tests.intake import free_port
from vouch.errors import Invalid, Unavailable

START = datetime(2026, 10, 1, tzinfo=UTC)


class Broker:
    """A private Mosquitto on a loopback port; what it has taken in survives a clean restart."""

    def __init__(self, folder: Path, port: int, more: str = "") -> None:
        self.port = port
        self.config = folder / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nuser root\npersistence true\npersistence_location {folder}/\n"
            f"max_queued_messages 0\n{more or 'allow_anonymous true'}\n"
        )
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen([binary, "-c", self.config], stderr=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


class Listener:
    """A subscriber with a session of its own that keeps all it is given, and sends receipts as vouch does.

    What is in `unheard` it neither keeps nor answers, once: as if the broker had lost it. `unanswered` works the same
    way, but it keeps the message and only the receipt is lost. `refused` are answered as refused.
    """

    def __init__(self, broker: Broker, answering: bool = True) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.answering = answering
        self.unheard: set[bytes] = set()
        self.unanswered: set[bytes] = set()
        self.refused: set[bytes] = set()
        self.subscribed = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTProtocolVersion.MQTTv5)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe("vouch/v1/+/telemetry", qos=1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self.take_in
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 600
        self.client.connect("127.0.0.1", broker.port, properties=properties)
        self.client.loop_start()
        assert self.subscribed.wait(10)

    def take_in(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        if payload in self.unheard:
            self.unheard.remove(payload)
            return
        known = (topic, payload) in self.got
        self.got.append((topic, payload))
        if payload in self.unanswered:
            self.unanswered.remove(payload)
        elif self.answering and message.properties is not None and hasattr(message.properties, "ResponseTopic"):
            self.answer(client, message.properties, known, payload in self.refused)

    def answer(self, client: Client, asked: Any, known: bool, refused: bool) -> None:
        reasons = [{"place": "$.values.odometer_km", "reason": "unknown_metric", "detail": "not declared"}]
        receipt = {
            "stored": int(not known and not refused),
            "duplicate": int(known and not refused),
            "rejected_count": int(refused),
            "rejected": reasons if refused else [],
        }
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.CorrelationData = asked.CorrelationData
        client.publish(asked.ResponseTopic, json.dumps(receipt), properties=properties)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def wait_until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not happens():
        assert time.monotonic() < deadline, "it did not happen within 15 s"
        time.sleep(0.02)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with free_port() as port:
        running = Broker(tmp_path, port)
        yield running
        running.stop()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receipts are waited for half a second only."""
    monkeypatch.setattr("device_sim.outbox._RECEIPT_SECONDS", (0.5, 1.0))


def readings(count: int) -> list[Message]:
    return [
        Message("van-1", START + timedelta(seconds=n), ((START + timedelta(seconds=n), {"odometer_km": Decimal(n)}),))
        for n in range(count)
    ]


def wire(messages: list[Message]) -> list[tuple[str, bytes]]:
    return [(message.topic, message.payload) for message in messages]


def test_everything_arrives_once_and_in_order_and_is_accounted_for(broker: Broker) -> None:
    listener, told = Listener(broker), list[tuple[int, int]]()
    messages = readings(3_000)

    delivery = publish(broker.url, due_offsets(messages), 3_000, lambda done, total: told.append((done, total)))

    wait_until(lambda: len(listener.got) >= 3_000)
    listener.close()
    assert listener.got == wire(messages)
    assert delivery == Delivery(messages=3_000, readings=3_000, sent_again=0, stored=3_000)
    assert told[-1] == (3_000, 3_000)


def test_without_receipts_the_brokers_word_is_enough(broker: Broker) -> None:
    listener = Listener(broker, answering=False)

    delivery = publish(broker.url, due_offsets(readings(500)), 500, receipts=False)

    wait_until(lambda: len(listener.got) >= 500)
    listener.close()
    assert delivery == Delivery(messages=500, readings=500, sent_again=0)


def test_a_message_without_a_receipt_is_sent_again(broker: Broker, hasty: None) -> None:
    listener, messages = Listener(broker), readings(200)
    listener.unheard = {message.payload for message in messages[50:60]}
    listener.unanswered = {message.payload for message in messages[100:105]}

    delivery = publish(broker.url, due_offsets(messages), 200)

    listener.close()
    assert set(listener.got) == set(wire(messages))
    # The broker had acknowledged fifteen that had no receipt; ten of them nobody has seen.
    assert delivery == Delivery(200, 200, sent_again=15, stored=195, duplicate=5, lost_by_broker=10)


def test_what_vouch_refuses_is_delivered_and_counted_with_its_reason(broker: Broker) -> None:
    listener, messages, told = Listener(broker), readings(20), list[tuple[Message, Receipt]]()
    listener.refused = {message.payload for message in messages[:3]}

    delivery = publish(broker.url, due_offsets(messages), 20, on_receipt=lambda *one: told.append(one))

    listener.close()
    assert delivery == Delivery(20, 20, 0, stored=17, rejected=3, reasons=(("unknown_metric", 3),))
    assert [message for message, _ in told] == messages
    assert [receipt.rejected for _, receipt in told] == [1] * 3 + [0] * 17


def test_patience_ends_where_nobody_sends_receipts(broker: Broker) -> None:
    listener = Listener(broker, answering=False)

    with pytest.raises(Unavailable, match=r"5 are waiting: it takes messages, and no receipt comes on vouch/v1/"):
        publish(broker.url, due_offsets(readings(5)), 5, patience_seconds=0.5)
    listener.close()


def test_a_message_nobody_subscribes_to_is_not_delivered_but_sent_again(broker: Broker) -> None:
    messages, deliveries = readings(700), []
    sender = threading.Thread(target=lambda: deliveries.append(publish(broker.url, due_offsets(messages), 700)))

    sender.start()
    time.sleep(0.5)
    listener = Listener(broker)
    sender.join(20)

    wait_until(lambda: len(listener.got) >= 700)
    listener.close()
    assert sorted(listener.got) == sorted(wire(messages))
    assert deliveries[0].messages == 700
    assert deliveries[0].sent_again > 0


def test_what_was_under_way_when_the_broker_restarted_is_sent_again(broker: Broker) -> None:
    listener, messages, deliveries = Listener(broker), readings(1_500), []
    sender = threading.Thread(
        target=lambda: deliveries.append(publish(broker.url, due_offsets(messages, rate=1_000), 1_500))
    )

    sender.start()
    time.sleep(0.5)
    listener.subscribed.clear()
    broker.stop()
    broker.start()
    assert listener.subscribed.wait(10)
    sender.join(30)

    wait_until(lambda: len(set(listener.got)) == 1_500)
    listener.close()
    assert deliveries[0].messages == 1_500


def test_what_has_no_receipt_when_the_line_is_cut_goes_out_again_in_order(broker: Broker) -> None:
    listener, messages = Listener(broker), readings(300)
    listener.unanswered = {message.payload for message in messages[:200:7]}
    deliveries: list[Delivery] = []
    sender = threading.Thread(target=lambda: deliveries.append(publish(broker.url, due_offsets(messages), 300)))

    sender.start()
    wait_until(lambda: len(listener.got) == 300)
    listener.subscribed.clear()
    broker.stop()
    broker.start()
    assert listener.subscribed.wait(10)
    sender.join(30)

    listener.close()
    assert [message for message in listener.got[300:] if message in wire(messages[:200:7])] == wire(messages[:200:7])
    assert deliveries[0].messages == 300
    assert deliveries[0].duplicate >= 29


def test_no_more_is_kept_than_the_bound(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_sim.outbox.KEPT_MAX", 700)
    listener = Listener(broker, answering=False)

    with pytest.raises(Unavailable, match="700 are waiting"):
        publish(broker.url, due_offsets(readings(2_000)), 2_000, patience_seconds=1.5)

    listener.close()
    assert listener.got == wire(readings(700))


def test_patience_ends_with_a_sentence_that_says_why(broker: Broker) -> None:
    with pytest.raises(Unavailable, match="5 are waiting: it answers 'No matching subscribers'"):
        publish(broker.url, due_offsets(readings(5)), 5, patience_seconds=0.5)


def test_a_broker_that_is_not_there_is_named(broker: Broker) -> None:
    broker.stop()

    with pytest.raises(Unavailable, match=f"no MQTT broker answers at 127.0.0.1:{broker.port}"):
        publish(broker.url, due_offsets(readings(1)), 1)
    broker.start()


def test_a_wrong_password_is_told_at_once_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text("")
    with free_port() as port:
        broker = Broker(tmp_path, port, f"allow_anonymous false\npassword_file {tmp_path}/passwords")
        begins = time.monotonic()

        with pytest.raises(Unavailable, match="does not let us in: it says 'Not authorized'") as raised:
            publish(f"mqtt://gate:se%40cret@127.0.0.1:{broker.port}", due_offsets(readings(1)), 1)
        broker.stop()
    assert time.monotonic() - begins < 5
    assert "cret" not in str(raised.value)


def test_a_rate_holds_messages_back(broker: Broker) -> None:
    listener, begins = Listener(broker), time.monotonic()

    publish(broker.url, due_offsets(readings(50), rate=100), 50)

    listener.close()
    assert 0.45 < time.monotonic() - begins < 3


def test_simulating_writes_the_truth_and_sends_what_it_counts(broker: Broker, tmp_path: Path) -> None:
    listener, path = Listener(broker), tmp_path / "truth.json"

    delivery = simulate(broker.url, "printers", "demo", 2, "2026-09", path)

    expected = fleet("printers", "demo", 2, parse_months("2026-09"))
    wait_until(lambda: len(listener.got) >= delivery.messages)
    listener.close()
    assert path.read_text() == expected.truth_text
    assert sorted(listener.got) == sorted(wire(list(expected.messages)))
    assert delivery.readings == expected.truth["sent"]["readings"]


def test_a_month_that_is_not_over_needs_a_speed() -> None:
    with pytest.raises(Invalid, match="2999-01 is not over"):
        simulate("mqtt://127.0.0.1:1", "printers", "demo", 1, "2999-01", None)

"""vouch as a Sparkplug host on the real broker: what it says of itself, what it asks, and what it takes in."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner, Result
from paho.mqtt.enums import CallbackAPIVersion

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.message import Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.rejection_store import list_rejected
from ingest.store import load_balance
from ingest.writer import Writer, replay_rejected
from tests.intake import ingesting, wait_for
from tests.mqtt_recorder import Packet, Recorder, recording
from tests.sparkplug import Speaker, metric
from tests.world import REGISTRY
from vouch.__main__ import main
from vouch.broker_address import BrokerAddress, parse_broker
from vouch.database import connect
from vouch.mqtt import prepare_client
from vouch.running import up
from vouch.settings import Settings

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 1, 3, 8, 14
REORDER = 1.0
NUMBERS = count(1)

DEVICES = """
  - id: press
    name: Press
    metrics:
      - {name: distance, kind: counter, unit: KMT, on_fall: reset, silence_seconds_max: 7200, sent_as: [km]}
devices:
  - {id: line, product_type: press, sparkplug: GROUP/line}
  - {id: press-7, product_type: press, sparkplug: GROUP/line/press}
"""


@dataclass
class Heard:
    """What somebody heard, each with the time and whether the broker had kept it."""

    messages: list[mqtt.MQTTMessage] = field(default_factory=list)

    def of(self, topic: str) -> list[mqtt.MQTTMessage]:
        return [message for message in self.messages if message.topic == topic]

    def states(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(message.payload) for message in self.of(topic)]


@pytest.fixture
def group() -> str:
    """A group, and the id of a host, of the test's own."""
    return f"plant{next(NUMBERS)}"


@pytest.fixture
def broker(services: Settings) -> BrokerAddress:
    return parse_broker(services.mqtt_url)


@contextmanager
def client_of(broker: BrokerAddress, *filters: str) -> Iterator[tuple[mqtt.Client, Heard]]:
    """Somebody at the broker, by vouch's own account, who hears `filters`."""
    heard, subscribed = Heard(), []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"somebody-{next(NUMBERS)}")
    prepare_client(client, broker)
    client.on_message = lambda _, __, message: heard.messages.append(message)
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        if filters:
            client.subscribe([(filter_, 1) for filter_ in filters])
            assert wait_for(lambda: bool(subscribed))
        yield client, heard
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def host(database: str, url: str, group: str, **chosen: Any) -> Iterator[Any]:
    given = {"sparkplug_host_id": group, "sparkplug_reorder_seconds": REORDER} | chosen
    with ingesting(database, url, **given) as running:
        yield running


def through(recorder: Recorder, broker: BrokerAddress) -> str:
    return f"mqtt://{broker.username}:{broker.password}@127.0.0.1:{recorder.port}"


def say(client: mqtt.Client, *messages: Message) -> None:
    for message in messages:
        client.publish(message.topic, message.payload, qos=0).wait_for_publish(5)


def declare(database: str, group: str) -> None:
    text = REGISTRY.replace("assets:\n", DEVICES.replace("GROUP", group).lstrip("\n") + "assets:\n")
    with connect(database) as conn:
        apply_registry(conn, *parse_registry(text, "registry.yaml"))
        conn.commit()


def stored(database: str) -> list[tuple[str, float]]:
    query = """SELECT s.device, r.value FROM ingest.reading AS r JOIN ingest.series AS s ON s.id = r.series
                ORDER BY r.measured_at, s.device"""
    with connect(database) as conn:
        return [(device, value) for device, value in conn.execute(query).fetchall()]


def presence(database: str) -> list[tuple[str, bool, str]]:
    with connect(database) as conn:
        rows = conn.execute("SELECT device, online, evidence FROM ingest.presence ORDER BY id").fetchall()
    return [(device, online, evidence) for device, online, evidence in rows]


def of_host(recorder: Recorder, host_id: str) -> list[Packet]:
    """The packets of those connections that speak of this host."""
    topic = f"spBv1.0/STATE/{host_id}".encode()
    mine = {packet.connection for packet in recorder.sent if packet.kind == CONNECT and topic in packet.body}
    return [packet for packet in recorder.sent if packet.connection in mine]


def will_of(packet: Packet) -> tuple[str, dict[str, Any], int]:
    """Topic, payload and connect flags."""
    flags, start = packet.body[7], 10
    start += 1 + packet.body[start]
    _, start = packet.text(start)
    start += 1 + packet.body[start]
    topic, start = packet.text(start)
    payload, _ = packet.text(start)
    return topic, json.loads(payload), flags


def publish_of(packet: Packet) -> tuple[str, bytes]:
    topic, start = packet.text(0)
    start += 2 if packet.flags >> 1 & 3 else 0
    start += 1 + packet.body[start]
    return topic, packet.body[start:]


@pytest.mark.parametrize("session", ["clean", "durable"])
def test_a_host_connects_subscribes_and_is_born_in_this_order_and_dies_before_it_leaves(
    broker: BrokerAddress, database: str, group: str, session: str
) -> None:
    before = time.time() * 1000
    with recording(broker) as recorder:
        with host(database, through(recorder, broker), group, sparkplug_session=session):
            assert wait_for(lambda: any(p.kind == PUBLISH for p in of_host(recorder, group)))
        packets = of_host(recorder, group)

    connect_packet, subscribe, *published = [p for p in packets if p.kind in (CONNECT, SUBSCRIBE, PUBLISH)]
    topic, will, flags = will_of(connect_packet)
    assert topic == f"spBv1.0/STATE/{group}"
    assert will == {"online": False, "timestamp": will["timestamp"]}
    assert isinstance(will["timestamp"], int)
    assert before <= will["timestamp"] <= time.time() * 1000
    # Bits: will retained, will QoS 1, will, clean session or clean start.
    assert flags & 0b0010_1110 | 0b10 == flags & 0b0011_1110 == 0b0010_1110
    expiry = connect_packet.body[11:16]
    assert (expiry[0], int.from_bytes(expiry[1:])) == (0x11, 0)

    assert subscribe.kind == SUBSCRIBE
    own = f"spBv1.0/STATE/{group}".encode()
    assert subscribe.body.index(own) == 5
    assert (b"spBv1.0/#" in subscribe.body) is (session == "clean")

    said = [(publish_of(p), p.flags) for p in published]
    birth, death = said[0], said[-1]
    assert [topic for (topic, _), _ in said] == [f"spBv1.0/STATE/{group}"] * 2
    # QoS 1, retained, not a copy.
    assert birth[1] == death[1] == 0b0011
    assert json.loads(birth[0][1]) == {"online": True, "timestamp": will["timestamp"]}
    last = json.loads(death[0][1])
    assert last == {"online": False, "timestamp": last["timestamp"]}
    assert last["timestamp"] >= will["timestamp"]
    assert packets[-1].kind == DISCONNECT


def test_every_connection_has_a_will_of_its_own_time_and_a_birth_with_the_same(
    broker: BrokerAddress, database: str, group: str
) -> None:
    topic = f"spBv1.0/STATE/{group}"
    with recording(broker) as recorder, client_of(broker, topic) as (_, heard):
        with host(database, through(recorder, broker), group):
            assert wait_for(lambda: len(said(heard, topic)) == 1)
            recorder.cut()
            assert wait_for(lambda: len(said(heard, topic)) == 3)
        assert wait_for(lambda: len(said(heard, topic)) == 4)

    (was_online, first), last = said(heard, topic)[0], heard.states(topic)[-1]
    (again,) = {at for online, at in said(heard, topic) if online} - {first}
    # The broker may publish the first will after the second birth, which is then said once more.
    assert set(said(heard, topic)) == {(True, first), (False, first), (True, again), (False, last["timestamp"])}
    assert was_online
    assert first < again <= last["timestamp"]
    assert last["online"] is False


def said(heard: Heard, topic: str) -> list[tuple[bool, int]]:
    """What was said of the host, each thing once."""
    return list(dict.fromkeys((state["online"], state["timestamp"]) for state in heard.states(topic)))


def test_a_host_contradicts_whoever_says_that_it_is_gone(broker: BrokerAddress, database: str, group: str) -> None:
    topic = f"spBv1.0/STATE/{group}"
    with client_of(broker, topic) as (client, heard), host(database, url_of(broker), group):
        assert wait_for(lambda: len(heard.of(topic)) == 1)
        client.publish(topic, json.dumps({"online": False, "timestamp": 1}), qos=1, retain=True)
        assert wait_for(lambda: len(heard.of(topic)) == 3)
        client.publish(topic, b"rubbish", qos=1)
        time.sleep(0.5)
        states = [message.payload for message in heard.of(topic)]

    assert json.loads(states[2]) == json.loads(states[0])
    assert states[3:] == [b"rubbish"]
    with client_of(broker, topic) as (_, later):
        assert wait_for(lambda: bool(later.of(topic)))
        assert later.of(topic)[0].retain
        assert later.states(topic)[0]["online"] is False


def test_a_host_at_two_brokers_says_so_at_each_with_a_time_of_its_own(
    broker: BrokerAddress, database: str, group: str, make_home: Callable[[], Path]
) -> None:
    topic = f"spBv1.0/STATE/{group}"
    with up.embedded(make_home()) as others, recording(parse_broker(others.mqtt_url)) as recorder:
        second = parse_broker(others.mqtt_url)
        with client_of(broker, topic) as (_, here), client_of(second, topic) as (_, there):
            with host(database, url_of(broker), group):
                time.sleep(0.1)
                with host(others.database_url, through(recorder, second), group):
                    assert wait_for(lambda: bool(here.of(topic)) and bool(there.of(topic)))
            assert wait_for(lambda: len(here.of(topic)) == len(there.of(topic)) == 2)
        first = next(packet for packet in of_host(recorder, group) if packet.kind == PUBLISH)

    assert [state["online"] for state in here.states(topic)] == [True, False]
    assert [state["online"] for state in there.states(topic)] == [True, False]
    assert here.states(topic)[0]["timestamp"] != there.states(topic)[0]["timestamp"]
    assert publish_of(first)[0] == topic


def url_of(broker: BrokerAddress) -> str:
    return f"mqtt://{broker.username}:{broker.password}@{broker.host}:{broker.port}"


@pytest.mark.parametrize("session", ["clean", "durable"])
def test_what_edge_nodes_say_is_stored_with_who_was_there(
    broker: BrokerAddress, database: str, group: str, session: str
) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    with host(database, url_of(broker), group, sparkplug_session=session), client_of(broker) as (client, _):
        say(client, node.nbirth(), node.dbirth(), node.ndata(1001.5), node.ddata(6.25), node.ndeath())
        assert wait_for(lambda: len(presence(database)) == 4)

    assert stored(database) == [("line", 1000.0), ("press-7", 5.0), ("line", 1001.5), ("press-7", 6.25)]
    assert presence(database) == [
        ("line", True, "birth"),
        ("press-7", True, "birth"),
        ("line", False, "death"),
        ("press-7", False, "death"),
    ]


def rebirths(heard: Heard, group: str) -> list[mqtt.MQTTMessage]:
    return heard.of(f"spBv1.0/{group}/NCMD/line")


def test_a_gap_has_the_edge_node_asked_for_a_rebirth_between_one_and_two_timeouts(
    broker: BrokerAddress, database: str, group: str
) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    with (
        recording(broker) as recorder,
        host(database, through(recorder, broker), group),
        client_of(broker, f"spBv1.0/{group}/NCMD/line") as (client, heard),
    ):
        birth, missing, data = node.nbirth(), node.ndata(1.0), node.ndata(1002.0)
        sent_at = time.monotonic()
        say(client, birth, data)
        assert wait_for(lambda: bool(rebirths(heard, group)))
        waited = time.monotonic() - sent_at
        say(client, node.nbirth())
        assert wait_for(lambda: len(stored(database)) == 3)
        asked = [p for p in of_host(recorder, group) if p.kind == PUBLISH and b"NCMD" in p.body]

    assert missing.payload
    assert REORDER <= waited <= 2 * REORDER
    (packet,) = asked
    assert packet.flags == 0  # QoS 0, not retained
    command = pb.Payload.FromString(bytes(rebirths(heard, group)[0].payload))
    assert not command.HasField("seq")
    assert abs(command.timestamp - time.time() * 1000) < 60_000
    assert [(m.name, m.boolean_value) for m in command.metrics] == [(b"Node Control/Rebirth", True)]
    assert ("line", 1002.0) in stored(database)


def test_a_gap_that_is_filled_in_time_is_not_spoken_of(broker: BrokerAddress, database: str, group: str) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    with (
        host(database, url_of(broker), group),
        client_of(broker, f"spBv1.0/{group}/NCMD/line") as (client, heard),
    ):
        birth, late, early = node.nbirth(), node.ndata(1001.0), node.ndata(1002.0)
        say(client, birth, early)
        time.sleep(REORDER / 2)
        say(client, late)
        assert wait_for(lambda: len(stored(database)) == 3)
        time.sleep(2 * REORDER)

    assert rebirths(heard, group) == []


def test_rebirths_are_never_asked_for_where_the_setting_says_so(
    broker: BrokerAddress, database: str, group: str
) -> None:
    node = Speaker(f"{group}/line")
    with (
        host(database, url_of(broker), group, sparkplug_rebirth_seconds=0),
        client_of(broker, f"spBv1.0/{group}/NCMD/line") as (client, heard),
    ):
        say(client, node.ndata(1.0))
        time.sleep(3 * REORDER)

    assert rebirths(heard, group) == []


def test_what_is_said_while_vouch_is_away_is_stored_when_it_is_back(
    broker: BrokerAddress, database: str, group: str
) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    again = {"mqtt_client_id": f"away-{group}"}
    with client_of(broker, f"spBv1.0/{group}/NCMD/line") as (client, heard):
        with host(database, url_of(broker), group, **again):
            say(client, node.nbirth(), node.dbirth())
            assert wait_for(lambda: len(stored(database)) == 2)
        say(client, node.ndata(1001.0), node.ddata(6.0))
        with host(database, url_of(broker), group, **again):
            assert wait_for(lambda: len(stored(database)) == 4)

    assert stored(database)[2:] == [("line", 1001.0), ("press-7", 6.0)]
    assert rebirths(heard, group) == []


def test_in_a_clean_session_a_broken_link_makes_everything_stale_and_rebirths_are_asked_for(
    broker: BrokerAddress, database: str, group: str
) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    with (
        recording(broker) as recorder,
        host(database, through(recorder, broker), group, sparkplug_session="clean"),
        client_of(broker, f"spBv1.0/{group}/NCMD/line") as (client, heard),
    ):
        say(client, node.nbirth(), node.dbirth())
        assert wait_for(lambda: len(presence(database)) == 2)
        recorder.cut()
        assert wait_for(lambda: len(presence(database)) == 4)
        assert wait_for(lambda: any(p.connection > 3 and p.kind == PUBLISH for p in of_host(recorder, group)))
        say(client, node.ndata(1001.0))
        assert wait_for(lambda: bool(rebirths(heard, group)))
        say(client, node.nbirth(), node.dbirth())
        assert wait_for(lambda: ("line", 1001.0) in stored(database))

    assert presence(database)[2:4] == [("line", False, "link_lost"), ("press-7", False, "link_lost")]


def test_what_was_refused_before_a_birth_is_replayed_by_it(broker: BrokerAddress, database: str, group: str) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line", seq=9)
    with host(database, url_of(broker), group), client_of(broker) as (client, _):
        say(client, node.ndata(999.0))
        assert wait_for(lambda: refused(database) == ["unknown_alias"])
        say(client, node.nbirth())
        assert wait_for(lambda: len(stored(database)) == 1)

    with connect(database) as conn:
        writer = Writer(uuid4())
        first = replay_rejected(conn, writer, 10)
        second = replay_rejected(conn, writer, 10)

    assert (first.stored, first.refused, second.stored) == (1, 0, 0)
    assert ("line", 999.0) in stored(database)


def refused(database: str) -> list[str]:
    with connect(database) as conn:
        return [reason for message in list_rejected(conn, 10) for reason in message.reasons]


def test_the_balance_holds_whatever_edge_nodes_say(broker: BrokerAddress, database: str, group: str) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    birth = node.nbirth()
    strange = [
        Message(f"spBv1.0/{group}/NDATA/line", b"\xff\xff"),
        Message(f"spBv1.0/{group}/NWHAT/line", b""),
        Message(f"spBv1.0/{group}/DDATA/line/unknown", node.ddata(1.0, device="unknown").payload),
        node.say("NDATA", metric(value=1.0, alias=77, stated=False), metric(value=1003.0, alias=1, stated=False)),
    ]
    with host(database, url_of(broker), group) as running, client_of(broker) as (client, _):
        say(client, birth, *strange, node.ndata(1004.0))
        assert wait_for(lambda: len(stored(database)) == 3)
        assert wait_for(lambda: running.metrics()[("vouch_ingest_messages_in_flight", "")] == 0)
        metrics = running.metrics()
        with connect(database) as conn:
            balance = load_balance(conn)

    assert balance.received == balance.stored + balance.duplicate + balance.rejected
    assert balance.stored == 3
    assert metrics[("vouch_ingest_readings_received_total", "")] == balance.received
    assert metrics[("vouch_ingest_readings_in_flight", "")] == 0
    assert metrics[("vouch_sparkplug_host_online", "")] == 1
    assert metrics[("vouch_sparkplug_edge_nodes_online", "")] == 1
    assert metrics[("vouch_sparkplug_undecodable_total", "")] == 1


def run_vouch(settings: dict[str, str], *words: str) -> Result:
    return CliRunner(env=settings).invoke(main, ["sparkplug", *words])


def test_people_command_nodes_and_devices_by_what_their_births_say(
    broker: BrokerAddress, database: str, group: str, tmp_path: Path
) -> None:
    declare(database, group)
    node = Speaker(f"{group}/line")
    limit = metric("limit", 5, pb.Int16)
    with recording(broker) as recorder:
        settings = {
            "VOUCH_HOME": str(tmp_path),
            "VOUCH_DATABASE_URL": database,
            "VOUCH_MQTT_URL": through(recorder, broker),
        }
        with host(database, url_of(broker), group), client_of(broker) as (client, _):
            say(client, node.nbirth(), node.dbirth(limit))
            assert wait_for(lambda: len(stored(database)) == 2)
            done = [
                run_vouch(settings, "rebirth", f"{group}/line"),
                run_vouch(settings, "command", f"{group}/line", "km", "7.5"),
                run_vouch(settings, "command", f"{group}/line/press", "limit", "-3"),
            ]
            listed = run_vouch(settings, "list")
            unknown = run_vouch(settings, "command", f"{group}/line/press", "speed", "1")
            nobody = run_vouch(settings, "command", f"{group}/gone", "km", "1")
            wrong = run_vouch(settings, "command", f"{group}/line/press", "limit", "40000")
        packets = [packet for packet in recorder.sent if packet.kind == PUBLISH]

    assert [one.exit_code for one in (*done, listed, unknown, nobody, wrong)] == [0, 0, 0, 0, 3, 3, 2]
    assert f"{group}/line/press" in listed.output
    assert "press-7" in listed.output
    # QoS 0, not retained.
    assert [packet.flags for packet in packets] == [0, 0, 0]
    said = [publish_of(packet) for packet in packets]
    assert [topic for topic, _ in said] == [
        f"spBv1.0/{group}/NCMD/line",
        f"spBv1.0/{group}/NCMD/line",
        f"spBv1.0/{group}/DCMD/line/press",
    ]
    bodies = [pb.Payload.FromString(body) for _, body in said]
    for body in bodies:
        assert abs(body.timestamp - time.time() * 1000) < 60_000
        assert not body.HasField("seq")
        assert not body.metrics[0].HasField("datatype")
    again, by_alias, by_name = (body.metrics[0] for body in bodies)
    assert (again.name, again.boolean_value, again.HasField("alias")) == (b"Node Control/Rebirth", True, False)
    assert (by_alias.alias, by_alias.name, by_alias.double_value) == (1, b"", 7.5)
    assert (by_name.name, by_name.int_value, by_name.HasField("alias")) == (b"limit", 0xFFFF_FFFD, False)


def test_a_host_that_cannot_say_that_it_is_there_is_seen(broker: BrokerAddress, database: str, group: str) -> None:
    with recording(broker) as recorder, host(database, through(recorder, broker), group) as running:
        assert wait_for(lambda: running.metrics()[("vouch_sparkplug_host_online", "")] == 1)
        before = running.healthz()
        recorder.refusing = True
        recorder.cut()
        assert wait_for(lambda: running.metrics()[("vouch_sparkplug_host_online", "")] == 0)
        assert wait_for(lambda: running.healthz()[1]["host_away_seconds"] > 1)
        recorder.refusing = False
        assert wait_for(lambda: running.healthz()[1]["host_away_seconds"] < 1, seconds=60)

    assert before[1]["status"] == "ok"

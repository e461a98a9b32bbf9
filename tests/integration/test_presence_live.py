"""Presence from devices on the real broker, through the whole of ingest: births, wills, and our own outages."""

import socket
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from psycopg import Connection

from ingest.presence.intervals import Interval, Presence, intervals
from ingest.presence.store import load_record
from ingest.topics import PRESENCE, device_topic
from tests.intake import ingesting, wait_for
from tests.world import declare_world
from vouch.broker_address import parse_broker
from vouch.period import Period
from vouch.settings import Settings


class Device:
    """A device as docs/mqtt.md has it: a retained birth when it connects, a retained will."""

    def __init__(self, mqtt_url: str, name: str = "device-1") -> None:
        broker = parse_broker(mqtt_url)
        self.topic = device_topic(name, PRESENCE)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{name}-{uuid4().hex[:6]}")
        self.client.username_pw_set(broker.username, broker.password)
        self.client.will_set(self.topic, b'{"online": false}', qos=1, retain=True)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.publish(self.topic, b'{"online": true}', qos=1, retain=True).wait_for_publish(5)

    def die(self) -> None:
        """Without a word: the line is cut."""
        sock = self.client.socket()
        assert isinstance(sock, socket.socket)
        self.client._reconnect_on_failure = False
        sock.shutdown(socket.SHUT_RDWR)
        self.client.loop_stop()

    def leave(self) -> None:
        """With a word and its time."""
        at = datetime.now(UTC).isoformat()
        self.client.publish(self.topic, f'{{"online": false, "at": "{at}"}}', qos=1, retain=True).wait_for_publish(5)
        self.client.disconnect()
        self.client.loop_stop()

    @staticmethod
    def forget(mqtt_url: str, name: str = "device-1") -> None:
        """Take the retained word back."""
        device = Device(mqtt_url, name)
        device.client.publish(device.topic, b"", qos=1, retain=True).wait_for_publish(5)
        device.client.disconnect()
        device.client.loop_stop()


def seen(conn: Connection[Any]) -> list[Interval]:
    conn.rollback()
    now = datetime.now(UTC)
    window = Period(now - timedelta(minutes=5), now)
    return intervals(load_record(conn, "device-1", window, now), window)


def words(conn: Connection[Any]) -> list[str]:
    return [f"{one.presence.value} {one.begins.cause.value}" for one in seen(conn)]


def test_a_birth_and_a_will_make_a_device_come_and_go(services: Settings, database: str, conn: Connection[Any]) -> None:
    declare_world(conn)
    conn.commit()
    with ingesting(database, services.mqtt_url):
        device = Device(services.mqtt_url)
        assert wait_for(lambda: words(conn)[-1] == "online birth")
        device.die()
        assert wait_for(lambda: words(conn)[-1] == "offline will")
        device = Device(services.mqtt_url)
        assert wait_for(lambda: words(conn)[-1] == "online birth")
        device.leave()
        assert wait_for(lambda: words(conn)[-1] == "offline death")
        Device.forget(services.mqtt_url)

    assert words(conn)[:5] == ["unknown nothing", "online birth", "offline will", "online birth", "offline death"]


def test_what_the_broker_keeps_says_once_how_it_is(services: Settings, database: str, conn: Connection[Any]) -> None:
    declare_world(conn)
    conn.commit()
    device = Device(services.mqtt_url)
    for _ in range(2):
        with ingesting(database, services.mqtt_url, mqtt_client_id="vouch-ingest-retained"):
            assert wait_for(lambda: words(conn)[-1] == "online declared")
    device.die()
    with ingesting(database, services.mqtt_url, mqtt_client_id="vouch-ingest-retained"):
        assert wait_for(lambda: words(conn)[-1].startswith("offline"))
        Device.forget(services.mqtt_url)
    rows = conn.execute("SELECT online FROM ingest.presence ORDER BY id").fetchall()

    assert rows[:2] == [(True,), (False,)]
    assert seen(conn)[0].presence is Presence.UNKNOWN

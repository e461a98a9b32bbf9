"""What a running ingest says of itself: health, metrics, and its record of listening."""

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from psycopg import Connection, sql

from ingest.presence.listening_store import list_gaps, list_listened, list_processes
from ingest.run import leave, run_ingest
from ingest.store import load_balance
from ingest.watch.health import HealthPortTaken
from tests.intake import hears, ingesting, wait_for
from tests.world import declare_world, message
from vouch.broker_address import parse_broker
from vouch.database import connect
from vouch.period import Period
from vouch.running import up
from vouch.settings import Settings

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def publish(mqtt_url: str, messages: list[tuple[str, bytes]]) -> None:
    """Each at QoS 1, until the broker has taken all."""
    broker = parse_broker(mqtt_url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username, broker.password)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for sent in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
        sent.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def readings(first: int, number: int, device: str = "device-1") -> list[tuple[str, bytes]]:
    sent = [
        message(device, NOON + timedelta(seconds=n), odometer_km=n, state="RUNNING")
        for n in range(first, first + number)
    ]
    return [(one.topic, one.payload) for one in sent]


def balanced(seen: dict[tuple[str, str], float]) -> bool:
    rejected = sum(value for (name, _), value in seen.items() if name == "vouch_ingest_readings_rejected_total")
    parts = [seen[f"vouch_ingest_readings_{part}", ""] for part in ("stored_total", "duplicate_total", "in_flight")]
    return seen["vouch_ingest_readings_received_total", ""] == rejected + sum(parts)


def test_what_was_received_is_stored_duplicate_rejected_or_in_flight_at_every_scrape(
    services: Settings, database: str, conn: Connection[Any]
) -> None:
    declare_world(conn)
    conn.commit()
    with ingesting(database, services.mqtt_url) as ingest:
        scrapes = []
        publish(services.mqtt_url, readings(0, 300))
        for _ in range(20):
            publish(
                services.mqtt_url,
                readings(250, 60) + readings(0, 5, "nobody") + [("vouch/v1/device-1/telemetry", b"?")],
            )
            scrapes.append(ingest.metrics())
        assert wait_for(lambda: is_settled(ingest.metrics()))
        last = ingest.metrics()

    assert all(balanced(seen) for seen in [*scrapes, last])
    received = [seen["vouch_ingest_readings_received_total", ""] for seen in [*scrapes, last]]
    assert received == sorted(received)
    balance = load_balance(conn)
    assert (last["vouch_ingest_readings_stored_total", ""], balance.stored) == (620, 620)
    assert last["vouch_ingest_readings_duplicate_total", ""] == balance.duplicate == 20 * 120 - 20
    assert last["vouch_ingest_readings_rejected_total", "unknown_device"] == 100
    assert last["vouch_ingest_readings_rejected_total", "undecodable"] == 20
    assert last["vouch_ingest_readings_received_total", ""] == balance.received


def is_settled(seen: dict[tuple[str, str], float]) -> bool:
    """Whether everything that came is committed, and its wait counted."""
    received = seen["vouch_ingest_messages_received_total", ""]
    return received == seen["vouch_ingest_receipt_to_commit_seconds_count", ""] >= 300


def test_a_running_ingest_is_well_and_says_why(own_services: Settings) -> None:
    # A broker of its own, as one says a counter that stands still only in its first minute.
    with ingesting(own_services.database_url, own_services.mqtt_url) as ingest:
        status, health = ingest.healthz()
        assert (status, health["status"], health["reasons"]) == (200, "ok", [])
        assert health["subscribed"]
        assert wait_for(lambda: ("vouch_broker_messages_dropped_total", "") in ingest.metrics())
        seen = ingest.metrics()
        nowhere, _ = ingest.text("/elsewhere")

    assert seen["vouch_ingest_healthy", ""] == 1
    assert seen["vouch_ingest_connections_total", ""] == 1
    assert seen["process_resident_memory_bytes", ""] > 1_000_000
    assert nowhere == 404


def test_what_a_process_says_of_itself_is_kept_for_the_portal(
    services: Settings, database: str, conn: Connection[Any]
) -> None:
    with ingesting(database, services.mqtt_url, mqtt_client_id="vouch-ingest-told"):
        assert wait_for(lambda: told(conn) and list_processes(conn)[0].broker_version is not None)
        (process,) = list_processes(conn)

    assert (process.client, process.pid, process.status) == ("vouch-ingest-told", os.getpid(), "ok")
    assert process.started_at < process.proven_at


def told(conn: Connection[Any]) -> bool:
    conn.rollback()
    return bool(list_processes(conn))


def test_listening_is_written_down_and_a_time_without_ingest_is_a_gap(
    services: Settings, database: str, conn: Connection[Any]
) -> None:
    with ingesting(database, services.mqtt_url, mqtt_client_id="vouch-ingest-gap"):
        assert wait_for(lambda: stretch_seconds(conn) >= 1)
    with ingesting(database, services.mqtt_url, mqtt_client_id="vouch-ingest-gap"):
        assert wait_for(lambda: count_stretches(conn) == 2)
    (first, second) = list_listened(conn, always())
    now = second.until + timedelta(hours=1)

    assert list_gaps(conn, Period(first.period.start, second.period.end), now) == [
        Period(first.period.end, second.period.start)
    ]


def always() -> Period:
    return Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def count_stretches(conn: Connection[Any]) -> int:
    conn.rollback()
    return len(list_listened(conn, always()))


def stretch_seconds(conn: Connection[Any]) -> float:
    conn.rollback()
    return sum(one.period.micros for one in list_listened(conn, always())) / 1e6


def test_each_of_several_processes_proves_that_it_hears(
    services: Settings, database: str, conn: Connection[Any]
) -> None:
    name = "vouch-ingest-share"
    with (
        ingesting(database, services.mqtt_url, slot=1, mqtt_client_id=name) as first,
        ingesting(database, services.mqtt_url, slot=2, mqtt_client_id=name) as second,
    ):
        assert wait_for(lambda: told(conn) and len(list_processes(conn)) == 2)
        found = {one.client for one in list_processes(conn)}
    # The broker would keep a share for them of what other tests have processes share.
    for slot, one in enumerate((first, second), start=1):
        leave(one.settings, Event(), slot)

    assert found == {"vouch-ingest-share-1", "vouch-ingest-share-2"}


def test_a_database_that_is_away_shows_while_messages_wait_for_it(
    services: Settings, database: str, conn: Connection[Any]
) -> None:
    declare_world(conn)
    conn.commit()
    name = sql.Identifier(database.rpartition("/")[2])
    admin = database.rpartition("/")[0] + "/postgres"
    with ingesting(database, services.mqtt_url) as ingest:
        conn.close()
        with psycopg.connect(admin, autocommit=True) as master:
            master.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(name))
            master.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                (database.rpartition("/")[2],),
            )
            publish(services.mqtt_url, readings(0, 10))
            assert wait_for(lambda: ingest.healthz()[0] == 503)
            _, health = ingest.healthz()
            assert wait_for(lambda: ingest.metrics()["vouch_ingest_readings_in_flight", ""] == 20)
            seen = ingest.metrics()
            master.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(name))
        assert wait_for(lambda: ingest.healthz()[0] == 200, seconds=30)
        # Well again as soon as the database answers, a moment before it has what waited.
        assert wait_for(lambda: ingest.metrics()["vouch_ingest_readings_stored_total", ""] == 20)
        after = ingest.metrics()

    assert "the database is away and" in health["reasons"][0]
    assert balanced(seen)
    assert seen["vouch_ingest_readings_in_flight", ""] == 20
    assert after["vouch_ingest_database_errors_total", ""] > 0


@pytest.fixture
def own_services(make_home: Callable[[], Path]) -> Iterator[Settings]:
    """A database and a broker that nobody else uses; the broker keeps little and tells of itself often."""
    home = make_home()
    (home / "mosquitto.conf").write_text("max_queued_messages 10\nsys_interval 1\n")
    with up.embedded(home) as settings:
        yield settings


def test_a_deaf_session_is_noticed_cut_and_reported_until_it_hears_again(own_services: Settings) -> None:
    acl = own_services.mqtt_acl_file
    assert acl is not None
    with ingesting(own_services.database_url, own_services.mqtt_url) as ingest:
        rules = acl.read_text()
        # The broker grants the subscription all the same: it looks healthy, and nothing comes.
        acl.write_text(rules.replace("topic readwrite vouch/v1/#", "topic write vouch/v1/#"))
        subprocess.run(shlex.split(own_services.mqtt_reload_command), check=True)
        assert wait_for(lambda: ingest.healthz()[0] == 503)
        _, deaf = ingest.healthz()
        assert wait_for(lambda: ingest.metrics()["vouch_ingest_connections_total", ""] >= 2)
        acl.write_text(rules)
        subprocess.run(shlex.split(own_services.mqtt_reload_command), check=True)
        assert wait_for(lambda: hears(ingest))
        status, _ = ingest.healthz()

    assert deaf["connected"]
    assert deaf["reasons"][0].startswith("deaf: connected, but no canary has come back")
    assert status == 200
    with connect(own_services.database_url) as conn:
        assert len(list_listened(conn, always())) == 2


def test_what_the_broker_drops_shows(own_services: Settings) -> None:
    broker = parse_broker(own_services.mqtt_url)
    absent = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="absent", clean_session=False)
    absent.username_pw_set(broker.username, broker.password)
    absent.on_connect = lambda client, *_: client.subscribe("vouch/v1/+/elsewhere", qos=1)
    granted: list[int] = []
    absent.on_subscribe = lambda *_: granted.append(1)
    absent.connect(broker.host, broker.port)
    absent.loop_start()
    assert wait_for(lambda: bool(granted))
    absent.disconnect()
    absent.loop_stop()
    with ingesting(own_services.database_url, own_services.mqtt_url) as ingest:
        assert wait_for(lambda: ("vouch_broker_messages_dropped_total", "") in ingest.metrics())
        assert ingest.healthz()[1]["status"] == "ok"
        publish(own_services.mqtt_url, [("vouch/v1/device-1/elsewhere", b"x")] * 50)
        assert wait_for(lambda: ingest.healthz()[1]["status"] == "degraded")
        status, health = ingest.healthz()

    assert status == 200
    assert "the broker dropped 40 messages" in health["reasons"][0]


def test_a_port_that_is_taken_is_said(services: Settings, database: str) -> None:
    with ingesting(database, services.mqtt_url) as ingest:
        again = ingest.settings.model_copy(update={"mqtt_client_id": "vouch-ingest-second"})
        with pytest.raises(HealthPortTaken, match="VOUCH_INGEST_HTTP_PORT"):
            run_ingest(again, Event())

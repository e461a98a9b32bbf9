"""The control connection on the real broker: canaries out, counters in."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.presence.listening import Listening
from ingest.watch.control import Control
from vouch.broker_address import parse_broker
from vouch.running import up
from vouch.settings import load_settings


def wait_for(met: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not met() and time.monotonic() < deadline:
        time.sleep(0.02)
    return met()


@pytest.fixture
def new_broker(make_home: Callable[[], Path]) -> Iterator[str]:
    """A broker that has just started: what never changes it tells in its first minute only."""
    home = make_home()
    (home / "mosquitto.conf").write_text("sys_interval 1\n")
    with up.embedded(home) as settings:
        yield settings.mqtt_url


def test_canaries_come_back_and_the_broker_tells_of_itself(new_broker: str) -> None:
    settings = load_settings(mqtt_url=new_broker, canary_seconds=0.1)
    name = f"control-{uuid4().hex[:8]}"
    topic = f"vouch/v1/{name}/canary"
    listening = Listening(uuid4(), name, settings.canary_seconds)
    came: list[bytes] = []
    broker = parse_broker(new_broker)
    hearing = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
    hearing.username_pw_set(broker.username, broker.password)
    hearing.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    hearing.on_message = lambda _, __, message: came.append(bytes(message.payload))
    hearing.connect(broker.host, broker.port)
    hearing.loop_start()
    control = Control(settings, listening, topic)
    control.start()
    try:
        assert wait_for(lambda: len(came) >= 3 and control.broker.dropped is not None)
    finally:
        control.stop()
        hearing.disconnect()
        hearing.loop_stop()

    stretches = [listening.heard(payload) for payload in came]
    assert stretches[-1] is not None
    assert stretches[-1].until > stretches[-1].since
    assert "mosquitto" in (control.broker.version or "")
    assert control.broker.clients_connected is not None
    assert control.broker.dropped_at is None

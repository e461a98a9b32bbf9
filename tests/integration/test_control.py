"""The control connection on the real broker: canaries out, counters in."""

import time
from collections.abc import Callable
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.presence.listening import Listening
from ingest.watch.control import Control
from vouch.broker_address import parse_broker
from vouch.settings import Settings, load_settings


def wait_for(met: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not met() and time.monotonic() < deadline:
        time.sleep(0.02)
    return met()


def test_canaries_come_back_and_the_broker_tells_of_itself(services: Settings) -> None:
    settings = load_settings(mqtt_url=services.mqtt_url, canary_seconds=0.1)
    name = f"control-{uuid4().hex[:8]}"
    topic = f"vouch/v1/{name}/canary"
    listening = Listening(uuid4(), name, settings.canary_seconds)
    came: list[bytes] = []
    broker = parse_broker(services.mqtt_url)
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

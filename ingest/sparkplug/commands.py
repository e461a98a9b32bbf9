"""Commands to Sparkplug edge nodes, given by a person: a rebirth, or a value for one metric of a node or a device.

Shell.
"""

import time
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from psycopg import Connection

from ingest.formats.sparkplug import REBIRTH, encode_command, encode_rebirth
from ingest.sparkplug.births import read_birth
from ingest.sparkplug.edge_nodes import Command
from ingest.sparkplug.store import find_birth
from ingest.sparkplug_topics import device_command_topic, node_command_topic, parse_address
from vouch.errors import Invalid, NotFound, Unavailable
from vouch.mqtt import broker_of, prepare_client
from vouch.settings import Settings

_SECONDS_MAX: Final = 10.0


class NoBirth(NotFound):
    """An edge node or a device has no session, or its birth no such metric: nobody would know what a command means."""

    def __init__(self, address: str, metric: str | None = None) -> None:
        what = "has said no birth that holds now" if metric is None else f"has no metric {metric!r} in its birth"
        super().__init__(f"{address} {what}")


def rebirth(address: str) -> Command:
    """Have the edge node `group/node` say everything again. Raises Invalid."""
    edge_node, device = _parsed(address)
    if device:
        raise Invalid(f"{address!r} is a device: the edge node is asked for a rebirth, {edge_node}")
    return Command(node_command_topic(edge_node), encode_rebirth(_now()))


def command(conn: Connection[Any], address: str, metric: str, text: str) -> Command:
    """Set a metric that the birth of `group/node` or `group/node/device` has, to a value as people write it.

    By its alias where it has one. Raises NoBirth, Invalid.
    """
    edge_node, device = _parsed(address)
    if metric == REBIRTH:
        return rebirth(edge_node)
    payload = find_birth(conn, edge_node, device)
    if payload is None:
        raise NoBirth(address)
    definition = read_birth(payload, None).by_name.get(metric)
    if definition is None:
        raise NoBirth(address, metric)
    named = definition.name if definition.alias is None else definition.alias
    topic = device_command_topic(edge_node, device) if device else node_command_topic(edge_node)
    return Command(topic, encode_command(named, text, definition.datatype, _now()))


def send(settings: Settings, given: Command) -> None:
    """Publish a command at QoS 0, not retained. Raises Unavailable where the broker does not let us in."""
    broker = broker_of(settings)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    prepare_client(client, broker)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise Unavailable(f"the MQTT broker at {broker} does not answer: {error}") from error
    client.loop_start()
    try:
        deadline = time.monotonic() + _SECONDS_MAX
        while not client.is_connected():
            if time.monotonic() > deadline:
                raise Unavailable(f"the MQTT broker at {broker} does not let us in")
            time.sleep(0.02)
        client.publish(given.topic, given.payload, qos=0, retain=False).wait_for_publish(_SECONDS_MAX)
    finally:
        client.disconnect()
        client.loop_stop()


def _parsed(address: str) -> tuple[str, str]:
    parsed = parse_address(address)
    if parsed is None:
        raise Invalid(f"{address!r} is not an address such as group/node or group/node/device")
    return parsed


def _now() -> int:
    return time.time_ns() // 1000

"""Sparkplug across kills: what edge nodes say by alias, at QoS 0, is stored once by the birth of its own session."""

import time
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.message import Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.rejection_store import list_rejected
from ingest.store import load_balance
from tests.end_to_end.conftest import IngestProcess
from tests.sparkplug import Speaker, bdseq, metric
from tests.world import REGISTRY
from vouch.broker_address import parse_broker
from vouch.database import connect
from vouch.mqtt import prepare_client

ROUNDS, MESSAGES = 6, 80

DEVICES = """
  - id: press
    name: Press
    metrics:
      - {name: distance, kind: gauge, unit: KMT, silence_seconds_max: 7200, sent_as: [km]}
      - {name: pressure, kind: gauge, unit: BAR, silence_seconds_max: 7200}
devices:
  - {id: line, product_type: press, sparkplug: GROUP/line}
assets:
"""


class Session:
    """Sessions that take turns in what alias 1 means: kilometres, then bar, then kilometres again."""

    def __init__(self, edge_node: str) -> None:
        self.speaker = Speaker(edge_node)
        self.said: set[tuple[str, float]] = set()

    def round(self, number: int) -> list[Message]:
        """A whole session: birth, data by alias, death."""
        speaker, name = self.speaker, ("distance", "pressure")[number % 2]
        speaker.session, speaker.seq, first = number, 0, number * 1000.0
        sent_as = {"distance": "km"}.get(name, name)
        messages = [speaker.say("NBIRTH", bdseq(number), metric(sent_as, first, alias=1, at=speaker.at))]
        messages += [speaker.ndata(first + n) for n in range(1, MESSAGES)]
        self.said |= {(name, first + n) for n in range(MESSAGES)}
        return [*messages, speaker.ndeath()]


def test_sessions_that_swap_their_aliases_are_told_apart_across_kills(ingesting: IngestProcess) -> None:
    group = f"kills-{uuid4().hex[:8]}"
    with connect(ingesting.database) as conn:
        text = REGISTRY.replace("assets:\n", DEVICES.replace("GROUP", group).lstrip("\n"))
        apply_registry(conn, *parse_registry(text, "registry.yaml"))
        conn.commit()
    session, broker = Session(f"{group}/line"), parse_broker(ingesting.mqtt_url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    prepare_client(client, broker)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for number in range(ROUNDS):
        # Time for the process to be at work again, so that it is killed there.
        time.sleep(1.5)
        for n, message in enumerate(session.round(number)):
            client.publish(message.topic, message.payload, qos=0).wait_for_publish(5)
            time.sleep(0.01)
            if n == 30 + number:
                ingesting.kill_and_restart()
    client.disconnect()
    client.loop_stop()
    ingesting.wait_taken_in(len(session.said))
    time.sleep(3)

    with connect(ingesting.database) as conn:
        rows = conn.execute(
            "SELECT s.metric, r.value FROM ingest.reading AS r JOIN ingest.series AS s ON s.id = r.series"
        ).fetchall()
        refused = [(m.topic, m.details) for m in list_rejected(conn, 10)]
        balance = load_balance(conn)
        last = conn.execute("SELECT bdseq FROM ingest.sparkplug_cover ORDER BY ended_at DESC, bdseq DESC").fetchone()
        still = conn.execute("SELECT count(*) FROM ingest.sparkplug_cover WHERE ended_at IS NULL").fetchone()
    assert refused == []
    assert len(rows) == len(session.said)
    assert set(rows) == session.said
    assert balance.received == balance.stored + balance.duplicate
    assert (last, still) == ((ROUNDS - 1,), (0,))

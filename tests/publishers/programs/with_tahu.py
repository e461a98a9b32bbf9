"""An edge node with one device, written with Eclipse Tahu's Python code, which mqtt-spb-wrapper carries with it.

Its default for a metric's timestamp is the instant at which the program began, for ever; its births have another bdSeq
than its wills. Its one argument says, in JSON, where and as whom; its last line is its account.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from mqtt_spb_wrapper.spb_protobuf import sparkplug_b as tahu
from paho.mqtt.client import Client

METRICS = {
    "strokes": (1, tahu.MetricDataType.Int64),
    "oil_celsius": (2, tahu.MetricDataType.Double),
    "tilt": (3, tahu.MetricDataType.Int8),
    "state": (4, tahu.MetricDataType.String),
}
FLUSH_SECONDS = 0.5


def main(given: dict[str, Any]) -> None:
    """Be born, say `count` things by alias, and fall silent."""
    account: list[list[str]] = []
    topic = f"spBv1.0/{given['group']}/{{}}/{given['device']}"

    def said(payload: Any, n: int, *, born: bool = False) -> bytearray:
        values = {
            "strokes": n,
            "oil_celsius": 20 + n / 7,
            "tilt": n % 256 - 128,
            "state": ("RUNNING", "FAULT")[n % 2],
        }
        for name, (alias, datatype) in METRICS.items():
            tahu.addMetric(payload, name if born else None, alias, datatype, values[name])
            # A birth has no other time than the program's begin, data have that of their message.
            at = payload.metrics[-1].timestamp if born else payload.timestamp
            account.append([name, datetime.fromtimestamp(at / 1000, UTC).isoformat(), str(values[name])])
        return bytearray(payload.SerializeToString())

    client = Client(given["device"])
    client.username_pw_set(given["device"], given["password"])
    client.will_set(topic.format("NDEATH"), bytearray(tahu.getNodeDeathPayload().SerializeToString()))
    client.connect(given["host"], given["port"])
    client.loop_start()
    client.publish(topic.format("NBIRTH"), bytearray(tahu.getNodeBirthPayload().SerializeToString()))
    client.publish(f"{topic.format('DBIRTH')}/press", said(tahu.getDeviceBirthPayload(), 0, born=True))
    for n in range(1, given["count"]):
        time.sleep(0.005)
        client.publish(f"{topic.format('DDATA')}/press", said(tahu.getDdataPayload(), n))
    time.sleep(FLUSH_SECONDS)
    print(json.dumps({"press": account}), flush=True)
    os._exit(0)


main(json.loads(sys.argv[1]))

"""An edge node with one device, written with pysparkplug.

Its one argument says, in JSON, where and as whom; its last line is its account: what node and device said.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from pysparkplug import Client, DataType, Device, EdgeNode, Metric

TYPES = {
    "strokes": DataType.INT64,
    "oil_celsius": DataType.DOUBLE,
    "tilt": DataType.INT8,
    "state": DataType.STRING,
}
CONNECT_SECONDS = 10.0
FLUSH_SECONDS = 0.5


def main(given: dict[str, Any]) -> None:
    """Be born, say `count` things, and end: with a death of its own, or with nothing said."""
    account: dict[str, list[list[str]]] = {"node": [], "press": []}
    start_ms = time.time_ns() // 1_000_000 - given["count"] * 1000

    def say(who: str, n: int, *names: str) -> list[Metric]:
        values = {
            "strokes": given.get("strokes", 0) + n,
            "oil_celsius": 20 + n / 7,
            "tilt": n % 256 - 128,
            "state": ("RUNNING", "FAULT")[n % 2],
        }
        at = start_ms + n * 1000
        moment = datetime.fromtimestamp(at / 1000, UTC).isoformat()
        account[who] += [[name, moment, str(values[name])] for name in names]
        return [Metric(timestamp=at, name=name, datatype=TYPES[name], value=values[name]) for name in names]

    client = Client(client_id=given["device"], username=given["device"], password=given["password"])
    node = EdgeNode(given["group"], given["device"], say("node", 0, "strokes"), client)
    node.register(Device("press", say("press", 0, *TYPES)))
    node.connect(given["host"], port=given["port"])
    deadline = time.monotonic() + CONNECT_SECONDS
    # `_connected` comes a moment before the births.
    while not node._connected and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(FLUSH_SECONDS)
    for n in range(1, given["count"]):
        node.update(say("node", n, "strokes"))
        node.update_device("press", say("press", n, *list(TYPES)[: 1 + n % 4]))
        time.sleep(given.get("pause", 0.0))
    time.sleep(FLUSH_SECONDS)
    print(json.dumps(account), flush=True)
    if given["end"] == "clean":
        node.disconnect()
    else:
        os._exit(0)


main(json.loads(sys.argv[1]))

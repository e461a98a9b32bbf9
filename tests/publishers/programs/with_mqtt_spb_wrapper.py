"""A device behind an edge node that is never born, written with mqtt-spb-wrapper.

Its births name metrics `DATA/…` and its data do not. Its one argument says, in JSON, where and as whom; its last line
is its account.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from mqtt_spb_wrapper import MetricDataType, MqttSpbEntityDevice

TYPES = {
    "strokes": MetricDataType.Int64,
    "oil_celsius": MetricDataType.Double,
    "tilt": MetricDataType.Int8,
    "state": MetricDataType.String,
}
FLUSH_SECONDS = 0.5


def main(given: dict[str, Any]) -> None:
    """Be born, say `count` things, and end: with a death of its own, or with nothing said."""
    account: list[list[str]] = []
    start_ms = time.time_ns() // 1_000_000 - given["count"] * 1000
    device = MqttSpbEntityDevice(given["group"], given["device"], "press")

    def say(n: int) -> None:
        values = {
            "strokes": n,
            "oil_celsius": 20 + n / 7,
            "tilt": n % 256 - 128,
            "state": ("RUNNING", "FAULT")[n % 2],
        }
        at = start_ms + n * 1000
        moment = datetime.fromtimestamp(at / 1000, UTC).isoformat()
        for name, value in values.items():
            device.data.set_value(name, value, timestamp=at, spb_data_type=TYPES[name])
            account.append([name, moment, str(value)])

    say(0)
    if not device.connect(given["host"], given["port"], given["device"], given["password"]):
        sys.exit("it could not connect")
    time.sleep(FLUSH_SECONDS)
    device.publish_birth()
    for n in range(1, given["count"]):
        say(n)
        device.publish_data()
    time.sleep(FLUSH_SECONDS)
    print(json.dumps({"press": account}), flush=True)
    if given["end"] == "clean":
        device.disconnect()
        time.sleep(FLUSH_SECONDS)
    os._exit(0)


main(json.loads(sys.argv[1]))

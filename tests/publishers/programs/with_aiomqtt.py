"""A device written with aiomqtt. Its one argument says, in JSON, where and as whom; its last line is its account."""

import asyncio
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from aiomqtt import Client, ProtocolVersion

CONNECTIONS = 3


async def main(given: dict[str, Any]) -> None:
    """Publish `count` messages at QoS 1 over a few connections, many at once, and count what was answered for."""
    topic, said = f"vouch/v1/{given['device']}/telemetry", []
    messages = list(made(given["count"]))
    for n in range(CONNECTIONS):
        async with Client(
            given["host"],
            given["port"],
            username=given["device"],
            password=given["password"],
            protocol=ProtocolVersion(given["version"]),
        ) as client:
            mine = messages[n::CONNECTIONS]
            await asyncio.gather(*(client.publish(topic, payload, qos=1) for payload, _ in mine))
            said += [reading for _, readings in mine for reading in readings]
    print(json.dumps({"readings": said}))


def made(count: int) -> list[tuple[str, list[list[str]]]]:
    """Messages of three readings, the last one measured now: each with what it says."""
    now, chance = datetime.now(UTC), random.Random(1)
    found = []
    for n in range(count):
        at = (now - timedelta(seconds=count - n)).isoformat()
        values = {
            "strokes": 1_000 + n,
            "oil_celsius": chance.uniform(-20, 90),
            "state": chance.choice(("RUNNING", "FAULT")),
        }
        payload = json.dumps({"measured_at": at, "values": values})
        found.append((payload, [[metric, at, str(value)] for metric, value in values.items()]))
    return found


asyncio.run(main(json.loads(sys.argv[1])))

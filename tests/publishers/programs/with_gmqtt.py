"""A device written with gmqtt. Its one argument says, in JSON, where and as whom; its last line is its account."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from gmqtt import Client


async def main(given: dict[str, Any]) -> None:
    """Publish `count` messages of ten instants each at QoS 1, with the connection cut once on the way."""
    # Without a session that the broker keeps, it forgets at a cut line what had no answer yet.
    session = {"session_expiry_interval": 600} if given["version"] == 5 else {}
    client = Client(given["device"], clean_session=False, **session)
    client.set_auth_credentials(given["device"], given["password"])
    client.set_config({"reconnect_delay": 0.2, "reconnect_retries": -1})
    await client.connect(given["host"], given["port"], version=given["version"])
    said, now = [], datetime.now(UTC)
    for n in range(given["count"]):
        instants = [(now - timedelta(seconds=given["count"] - n + k / 100)).isoformat() for k in range(10)]
        readings = [{"measured_at": at, "values": {"oil_celsius": n + k / 10}} for k, at in enumerate(instants)]
        client.publish(f"vouch/v1/{given['device']}/telemetry", json.dumps({"readings": readings}), qos=1)
        said += [["oil_celsius", at, str(n + k / 10)] for k, at in enumerate(instants)]
        if n == given["count"] // 2:
            # It sends again by itself what had no answer.
            client._connection._transport.abort()
            await asyncio.sleep(0.5)
    await client._persistent_storage.wait_empty()
    await client.disconnect()
    print(json.dumps({"readings": said}))


asyncio.run(main(json.loads(sys.argv[1])))

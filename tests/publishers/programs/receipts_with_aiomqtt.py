"""A device written with aiomqtt that keeps each message until its receipt, as docs/mqtt.md tells it to.

Its one argument says, in JSON, where and as whom; its last line is its account.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from aiomqtt import Client, ProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

RECEIPT_SECONDS = 20.0


class Device:
    """What it has said, and what it was told of it."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.prefix = f"vouch/v1/{given['device']}"
        self.kept: dict[bytes, asyncio.Future[dict[str, Any]]] = {}

    async def run(self) -> None:
        """Publish, wait for every receipt, and print the account."""
        async with Client(
            self.given["host"],
            self.given["port"],
            username=self.given["device"],
            password=self.given["password"],
            protocol=ProtocolVersion.V5,
        ) as client:
            await client.subscribe(f"{self.prefix}/receipt")
            listening = asyncio.create_task(self.listen(client))
            async with asyncio.timeout(RECEIPT_SECONDS):
                receipts = await asyncio.gather(*(self.publish(client, *one) for one in enumerate(self.messages())))
                # Whoever is not sure sends again.
                again = await self.publish(client, len(receipts), self.messages()[0])
            listening.cancel()
        said = [
            [metric, message["measured_at"], str(value)]
            for message in self.messages()
            for metric, value in message["values"].items()
            if metric != "made_up"
        ]
        print(json.dumps({"readings": said, "receipts": receipts, "again": again}))

    def messages(self) -> list[dict[str, Any]]:
        """One reading each; in every tenth there is another one of a metric that nobody has declared."""
        since = datetime.fromisoformat(self.given["since"]).astimezone(UTC)
        return [
            {
                "measured_at": (since + timedelta(seconds=n)).isoformat(),
                "values": {"strokes": n} | ({"made_up": n} if n % 10 == 0 else {}),
            }
            for n in range(self.given["count"])
        ]

    async def publish(self, client: Client, number: int, message: dict[str, Any]) -> dict[str, Any]:
        """Publish and return the receipt."""
        key = number.to_bytes(4, "big")
        self.kept[key] = asyncio.get_running_loop().create_future()
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = f"{self.prefix}/receipt"
        properties.CorrelationData = key
        await client.publish(f"{self.prefix}/telemetry", json.dumps(message), qos=1, properties=properties)
        return await self.kept[key]

    async def listen(self, client: Client) -> None:
        """Hand each receipt to whoever waits for it."""
        async for answer in client.messages:
            self.kept.pop(answer.properties.CorrelationData).set_result(json.loads(answer.payload))


asyncio.run(Device(json.loads(sys.argv[1])).run())

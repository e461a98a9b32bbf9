"""Receipts: what became of a message, told to its sender after the commit.

Pure. A broker's acknowledgement is no promise that a message survives; a receipt is. It is published at QoS 0: one that
gets lost only makes the device send again, and be told that we have it already. Docs: docs/mqtt.md#receipts.
"""

import json
import struct
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Final

from ingest.batch import Batch, refusals_by_message
from ingest.message import Opened, Reply
from ingest.reading import Rejection
from ingest.topics import listener_of, matches

LISTED_MAX: Final = 100
_PUBLISH: Final = 0x30
_CORRELATION_DATA: Final = b"\x09"
_CONTENT_TYPE: Final = b"\x03" + struct.pack(">H", 16) + b"application/json"


def receipts(batch: Batch, allowed: str, devices: Container[str]) -> Iterator[tuple[Reply, bytes]]:
    """The receipt of each message of a stored batch whose sender asked for one on a topic that `allowed` takes.

    None goes to one of `devices` that the message is not of: it might take it for that of a message of its own, and
    forget that. Rows are stored ones: what the table held already stands among the duplicates and rejections.
    """
    asked = [(n, one.arrived.reply) for n, one in enumerate(batch.opened) if one.arrived.reply is not None]
    if not asked:
        return
    stored = batch.stored_by_message
    duplicate = Counter(batch.duplicates)
    refused = refusals_by_message(batch.rejections)
    for n, reply in asked:
        if matches(reply.topic, allowed) and _may_hear(reply, batch.opened[n], devices):
            yield reply, receipt(stored[n], duplicate[n], refused.get(n, ()))


def _may_hear(reply: Reply, opened: Opened, devices: Container[str]) -> bool:
    name = listener_of(reply.topic)
    if name is None or name not in devices:
        return True
    # "device", or "spBv1.0/group/edge node/device", of which whoever publishes can choose the group.
    first, *address = opened.source.split("/")
    return name in (address[1:] if address else (first,))


def receipt(stored: int, duplicate: int, rejected: Sequence[Rejection]) -> bytes:
    """The receipt of one message, as JSON; at most `LISTED_MAX` refusals are listed."""
    told: Mapping[str, Any] = {
        "stored": stored,
        "duplicate": duplicate,
        "rejected_count": len(rejected),
        "rejected": [{"place": one.place, "reason": one.reason, "detail": one.detail} for one in rejected[:LISTED_MAX]],
    }
    return json.dumps(told, separators=(",", ":")).encode()


def receipt_packet(reply: Reply, payload: bytes) -> bytes:
    """The receipt as an MQTT 5 PUBLISH at QoS 0. Source: OASIS MQTT 5.0, section 3.3."""
    topic = reply.topic.encode()
    properties = _CONTENT_TYPE
    if reply.correlation is not None:
        properties += _CORRELATION_DATA + struct.pack(">H", len(reply.correlation)) + reply.correlation
    body = struct.pack(">H", len(topic)) + topic + _varint(len(properties)) + properties + payload
    return bytes((_PUBLISH,)) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    """Source: OASIS MQTT 5.0, section 1.5.5."""
    found = bytearray()
    while True:
        value, low = divmod(value, 128)
        found.append(low | 128 if value else low)
        if not value:
            return bytes(found)

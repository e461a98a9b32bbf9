"""Publishing as fast as the broker answers: MQTT 3.1.1 at QoS 1 over one socket, many packets in one write.

Any MQTT client library would be the slowest part of what is measured here.
"""

import socket
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from ingest.topics import telemetry_topic
from vouch.broker_address import BrokerAddress

WINDOW: Final = 500
_PUBACK_BYTES: Final = 4


def blast(address: BrokerAddress, messages: Iterable[tuple[str, bytes]], rate: float = 0.0) -> int:
    """Publish all (device, payload), each answered for; at most `rate` messages a second (0: no limit)."""
    with socket.create_connection((address.host, address.port)) as sock:
        sock.sendall(_connect(address))
        assert _read(sock, _PUBACK_BYTES)[3] == 0, "the broker does not let us in"
        waiting, sent, started = iter(messages), 0, time.monotonic()
        window = WINDOW if not rate else max(1, min(WINDOW, int(rate / 100)))
        while block := list(islice(waiting, window)):
            if rate:
                time.sleep(max(0.0, started + sent / rate - time.monotonic()))
            sock.sendall(b"".join(_publish(n, *one) for n, one in enumerate(block, start=1)))
            _read(sock, _PUBACK_BYTES * len(block))
            sent += len(block)
        return sent


def _connect(address: BrokerAddress) -> bytes:
    texts: Sequence[str] = ("bench-blast", address.username or "", address.password or "")
    body = b"\0\4MQTT\4" + bytes((0b11000010,)) + (60).to_bytes(2) + b"".join(map(_text, texts))
    return b"\x10" + _varint(len(body)) + body


def _publish(mid: int, device: str, payload: bytes) -> bytes:
    body = _text(telemetry_topic(device)) + mid.to_bytes(2) + payload
    return b"\x32" + _varint(len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2) + raw


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value % 128 + 128)
        value //= 128
    return bytes((*found, value))


def _read(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += sock.recv(size - len(found)) or b"\xff" * size
    return found

"""A way to the real broker on which every packet is written down, and which can be cut."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from vouch.broker_address import BrokerAddress


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet that a client sent: which of its connections, type and flags, and the rest."""

    connection: int
    kind: int
    flags: int
    body: bytes
    at: float

    def text(self, start: int) -> tuple[str, int]:
        """The length-prefixed text at `start`, and where it ends."""
        end = start + 2 + int.from_bytes(self.body[start : start + 2])
        return self.body[start + 2 : end].decode(errors="replace"), end


@dataclass
class Recorder:
    """Connections through it, by number from 1 on, and what came over them."""

    port: int
    sent: list[Packet] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)
    refusing: bool = False

    def cut(self) -> None:
        """Break every connection without a word."""
        for sock in self.sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def recording(broker: BrokerAddress) -> Iterator[Recorder]:
    """Record what clients say that connect to its port instead of the broker's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        recorder = Recorder(server.getsockname()[1])
        threading.Thread(target=_accept, args=(server, broker, recorder), daemon=True).start()
        try:
            yield recorder
        finally:
            recorder.cut()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, broker: BrokerAddress, recorder: Recorder) -> None:
    number = 0
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        if recorder.refusing:
            client.close()
            continue
        number += 1
        upstream = socket.create_connection((broker.host, broker.port))
        recorder.sockets += [client, upstream]
        threading.Thread(target=_pass_on, args=(upstream, client, None, 0), daemon=True).start()
        threading.Thread(target=_pass_on, args=(client, upstream, recorder, number), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, recorder: Recorder | None, number: int) -> None:
    rest = b""
    with suppress(OSError):
        while block := source.recv(65_536):
            if recorder is not None:
                rest = _take(rest + block, recorder, number)
            target.sendall(block)
    for sock in (source, target):
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _take(block: bytes, recorder: Recorder, number: int) -> bytes:
    while len(block) >= 2:
        length, shift, pos = 0, 0, 1
        while pos < len(block):
            length |= (block[pos] & 0x7F) << shift
            shift, pos = shift + 7, pos + 1
            if block[pos - 1] < 128:
                break
        else:
            return block
        if len(block) < pos + length:
            return block
        body = block[pos : pos + length]
        recorder.sent.append(Packet(number, block[0] >> 4, block[0] & 15, body, time.monotonic()))
        block = block[pos + length :]
    return block

"""The inbox: messages between the network thread, which must never wait, and the thread that writes them.

Shell. Bounded in messages and in bytes by the network thread's own restraint: it stops reading while the inbox is full,
and the broker then keeps what it may not send.
"""

import time
from collections import deque
from threading import Condition
from typing import Final

from ingest.message import Arrived

_POLL_SECONDS: Final = 0.5


class Inbox:
    """Blocks of messages, first in, first out."""

    def __init__(self, messages_max: int, bytes_max: int) -> None:
        self._messages_max = messages_max
        self._bytes_max = bytes_max
        self._blocks: deque[list[Arrived]] = deque()
        self._filled = Condition()
        self._messages = self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether the network thread should read no further for now."""
        return self._messages >= self._messages_max or self._bytes >= self._bytes_max

    @property
    def fill(self) -> float:
        """Share of the room in use, by messages or by bytes, whichever is more."""
        return max(self._messages / self._messages_max, self._bytes / self._bytes_max)

    def __len__(self) -> int:
        return self._messages

    def put(self, block: list[Arrived]) -> None:
        """Add what one read brought; never waits."""
        with self._filled:
            self._blocks.append(block)
            self._messages += len(block)
            self._bytes += _size(block)
            self._filled.notify()

    def take(self, messages_max: int, bytes_max: int, seconds_max: float) -> list[Arrived]:
        """What comes within `seconds_max` of the first message, up to about these bounds; empty after half a second."""
        with self._filled:
            if not self._messages and not self._filled.wait(_POLL_SECONDS):
                return []
            due = time.monotonic() + seconds_max
            while self._messages < messages_max and self._bytes < bytes_max:
                wait = due - time.monotonic()
                if wait <= 0 or not self._filled.wait(wait):
                    break
            return self._take(messages_max, bytes_max)

    def _take(self, messages_max: int, bytes_max: int) -> list[Arrived]:
        taken: list[Arrived] = []
        size = 0
        while self._blocks and len(taken) < messages_max and size < bytes_max:
            block = self._blocks.popleft()
            room = messages_max - len(taken)
            if len(block) > room:
                self._blocks.appendleft(block[room:])
                block = block[:room]
            taken += block
            size += _size(block)
        self._messages -= len(taken)
        self._bytes -= size
        return taken


def _size(block: list[Arrived]) -> int:
    return sum([len(arrived.message.payload) for arrived in block])

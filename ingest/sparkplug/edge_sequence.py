"""The numbers of an edge node's messages: 0 to 255 and from 0 again, with gaps, and with clients that count wrong.

Pure. Instants are our own clock in microseconds since 1970.
"""

from typing import Final

from ingest.notes import FindingNote
from ingest.sparkplug.edge_messages import Held

_LAST: Final = 255
# A node that answers none of so many requests for a rebirth is not waited for any more.
_ANSWERED_MAX: Final = 3
_NOTED_MICROS: Final = 60_000_000
_STREAM_MIN: Final = 4


def following(seq: int) -> int:
    """The number that comes next."""
    return (seq + 1) & _LAST


def distance(last: int | None, seq: int | None) -> int:
    """How many messages lie between the last one in order and this one; 0 where either has no number."""
    return 0 if seq is None or last is None else (seq - last - 1) & _LAST


def is_behind(last: int | None, seq: int | None) -> bool:
    """Whether a number is rather before the last one in order than after it, by the numbers alone."""
    return distance(last, seq) > _LAST // 2


class Gaps:
    """Gaps in one edge node's sequence that were given up, since its last birth."""

    def __init__(self) -> None:
        self._count = 0
        self._missing = 0
        self._noted_at = -_NOTED_MICROS

    @property
    def are_answered(self) -> bool:
        """Whether a birth may still be hoped for."""
        return self._count <= _ANSWERED_MAX

    def birth(self) -> None:
        """The node has said everything again."""
        self._count = 0

    def give_up(self, nearest: Held, last: int | None, now: int) -> str:
        """Go on with `nearest`, which gets a finding, one a minute at most; returns what is missing, in words."""
        self._count += 1
        self._missing += distance(last, nearest.payload.seq)
        detail = f"missing before number {nearest.payload.seq}, after number {last}: {self._missing}"
        if now >= self._noted_at + _NOTED_MICROS:
            nearest.notes.append(FindingNote(nearest.topic.source, None, "sequence_gap", nearest.arrived.at, detail))
            self._noted_at, self._missing = now, 0
        return detail


class Stream:
    """Messages whose numbers follow each other, among those that do not fit."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._length = 0

    def goes_on(self, seq: int | None) -> bool:
        """Whether this one and those before it are a stream, and no stragglers."""
        fits = seq is not None and self._last is not None and seq == following(self._last)
        self._last, self._length = seq, self._length + 1 if fits else 1
        return self._length >= _STREAM_MIN

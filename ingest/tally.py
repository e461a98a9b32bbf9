"""The tally: what one process has taken in and what became of it, consistent at any moment.

Shell. received = stored + duplicate + rejected + in flight, in readings; and in messages, received = settled + in
flight. The ledger in the database has the same sums, for what is no longer in flight.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

# Upper bounds in seconds, for both the time of a batch and the time from receipt to commit.
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)


@dataclass(slots=True)
class Histogram:
    """How many observations fell below each of BOUNDS, or beyond all (the last); and their sum in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float, times: int = 1) -> None:
        """So many observations of one duration."""
        self.counts[bisect_left(BOUNDS, seconds)] += times
        self.total += seconds * times

    def copy(self) -> "Histogram":
        """The same, unconnected."""
        return Histogram(list(self.counts), self.total)


@dataclass(slots=True)
class Counts:
    """All counts at one moment."""

    messages_received: int = 0
    messages_settled: int = 0
    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    receipts: int = 0
    batches: int = 0
    batch_seconds: Histogram = field(default_factory=Histogram)
    commit_seconds: Histogram = field(default_factory=Histogram)
    connections: int = 0
    database_errors: int = 0

    @property
    def messages_in_flight(self) -> int:
        """Messages handed over by the broker and not yet committed."""
        return self.messages_received - self.messages_settled

    @property
    def in_flight(self) -> int:
        """Readings and refused places decoded and not yet committed."""
        return self.received - self.stored - self.duplicate - self.rejected.total()


class Tally:
    """Counts as they grow; any thread may add, and any may look."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._lock = Lock()

    def look(self) -> Counts:
        """All counts at this moment, unconnected."""
        with self._lock:
            now = self._counts
            return Counts(
                now.messages_received,
                now.messages_settled,
                now.received,
                now.stored,
                now.duplicate,
                Counter(now.rejected),
                now.receipts,
                now.batches,
                now.batch_seconds.copy(),
                now.commit_seconds.copy(),
                now.connections,
                now.database_errors,
            )

    def arrived(self, messages: int) -> None:
        """The broker has handed over so many messages."""
        with self._lock:
            self._counts.messages_received += messages

    def opened(self, readings: int) -> None:
        """So many readings and refused places were decoded."""
        with self._lock:
            self._counts.received += readings

    def settled(
        self, opened: int, messages: int, stored: int, duplicate: int, rejected: Iterable[str], seconds: float
    ) -> None:
        """A batch of `messages`, decoded into `opened` readings and places, was committed after `seconds`.

        Less may have become of it than was decoded: what an unknown device sends is refused as one.
        """
        with self._lock:
            now = self._counts
            reasons = Counter(rejected)
            now.messages_settled += messages
            now.received += stored + duplicate + reasons.total() - opened
            now.stored += stored
            now.duplicate += duplicate
            now.rejected.update(reasons)
            now.batches += 1
            now.batch_seconds.add(seconds)

    def committed(self, waits: Iterable[tuple[float, int]], receipts: int) -> None:
        """So many messages each waited so many seconds from receipt to commit; some were answered."""
        with self._lock:
            for seconds, messages in waits:
                self._counts.commit_seconds.add(seconds, messages)
            self._counts.receipts += receipts

    def connected(self) -> None:
        """The broker let us in."""
        with self._lock:
            self._counts.connections += 1

    def database_failed(self) -> None:
        """The database was away, or refused a batch."""
        with self._lock:
            self._counts.database_errors += 1

"""Refused messages as people look at them: how many and why, and one with its bytes and places.

Storing, replaying and marking them is store.py's and writer.py's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from ingest.store import RejectedMessage
from vouch.errors import NotFound


class NoRejectedMessage(NotFound):
    """Nothing was refused under that number."""

    def __init__(self, message: int) -> None:
        super().__init__(f"no refused message {message}")


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many refused places wait for one reason to be mended, in how many messages; when the last one came."""

    reason: str
    places: int
    messages: int
    last_received_at: datetime


_REASONS: Final = """
    SELECT r.reason, count(*) AS places, count(DISTINCT r.message) AS messages,
           max(m.last_received_at) AS last_received_at
      FROM ingest.rejection AS r JOIN ingest.rejected_message AS m ON m.id = r.message
     WHERE r.replayed_at IS NULL
     GROUP BY r.reason ORDER BY places DESC, r.reason
"""


def count_reasons(conn: Connection[Any]) -> list[ReasonCount]:
    """What still waits to be mended, by reason, the most frequent first."""
    with conn.cursor(row_factory=class_row(ReasonCount)) as cur:
        return cur.execute(_REASONS).fetchall()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A refused message as a list shows it, by its first place."""

    id: int
    topic: str
    size: int
    last_received_at: datetime
    times_received: int
    places: int
    reasons: list[str]
    detail: str


_ROWS: Final = """
    SELECT m.id, m.topic, length(m.payload) AS size, m.last_received_at, m.times_received,
           count(*) AS places, array_agg(DISTINCT r.reason) AS reasons,
           (array_agg(r.place || ': ' || r.detail ORDER BY r.place))[1] AS detail
      FROM ingest.rejected_message AS m JOIN ingest.rejection AS r ON r.message = m.id
     WHERE r.replayed_at IS NULL
       AND (%(reason)s::text IS NULL OR EXISTS (
            SELECT FROM ingest.rejection AS o
             WHERE o.message = m.id AND o.reason = %(reason)s AND o.replayed_at IS NULL))
     GROUP BY m.id ORDER BY m.last_received_at DESC, m.id DESC OFFSET %(first)s LIMIT %(limit)s
"""


def list_rows(conn: Connection[Any], reason: str | None, first: int, limit: int) -> list[RejectedRow]:
    """Refused messages whose cause is not mended yet, the newest first, of one reason if it is given."""
    with conn.cursor(row_factory=class_row(RejectedRow)) as cur:
        return cur.execute(_ROWS, {"reason": reason, "first": first, "limit": limit}).fetchall()


@dataclass(frozen=True, slots=True)
class RefusedPlace:
    """Where in the message, and why; `replayed_at` is when it was taken in after all."""

    place: str
    reason: str
    detail: str
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused message with all its places, those taken in since included."""

    message: RejectedMessage
    last_received_at: datetime
    digest: str
    places: Sequence[RefusedPlace]

    @property
    def is_open(self) -> bool:
        """Whether some place still waits for its cause to be mended."""
        return any(place.replayed_at is None for place in self.places)


_MESSAGE: Final = """
    SELECT topic, payload, first_received_at, times_received, last_received_at, digest
      FROM ingest.rejected_message WHERE id = %s
"""
_PLACES: Final = """
    SELECT place, reason, detail, replayed_at FROM ingest.rejection WHERE message = %s ORDER BY place
"""


def load_refused(conn: Connection[Any], message: int) -> Refused:
    """The refused message under that number. Raises NoRejectedMessage."""
    row = conn.execute(_MESSAGE, (message,)).fetchone() if 0 < message < 2**63 else None
    if row is None:
        raise NoRejectedMessage(message)
    topic, payload, first_received_at, times, last_received_at, digest = row
    with conn.cursor(row_factory=class_row(RefusedPlace)) as cur:
        places = cur.execute(_PLACES, (message,)).fetchall()
    waiting = [place for place in places if place.replayed_at is None]
    rejected = RejectedMessage(
        message,
        topic,
        bytes(payload),
        first_received_at,
        times,
        sorted({place.reason for place in waiting}),
        [f"{place.place}: {place.detail}" for place in waiting],
    )
    return Refused(rejected, last_received_at, digest, places)

"""Refused messages: kept with their bytes and reasons, looked at by people, closed once they were taken in.

Shell. Replaying them is writer.py's business. The caller commits.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from ingest.batch import Batch, refusals_by_message
from ingest.message import Arrived, Opened
from ingest.reading import Rejection
from vouch.errors import NotFound
from vouch.period import from_micros

_ADD_MESSAGES: Final = """
    INSERT INTO ingest.rejected_message AS m
           (topic, payload, digest, first_received_at, last_received_at, times_received)
    SELECT r.topic, r.payload, r.digest, r.arrived_at, %(at)s, r.times
      FROM unnest(%(topics)s::text[], %(payloads)s::bytea[], %(digests)s::text[], %(arrived)s::timestamptz[],
                  %(times)s::int[]) AS r (topic, payload, digest, arrived_at, times)
    ON CONFLICT (topic, digest) DO UPDATE
       SET times_received = m.times_received + EXCLUDED.times_received, last_received_at = %(at)s
    RETURNING topic, digest, id
"""

# A place that is refused once more waits once more, even if it was taken in meanwhile.
_ADD_REJECTIONS: Final = """
    INSERT INTO ingest.rejection (message, place, reason, detail)
    SELECT * FROM unnest(%(messages)s::bigint[], %(places)s::text[], %(reasons)s::text[], %(details)s::text[])
    ON CONFLICT (message, place) DO UPDATE
       SET reason = EXCLUDED.reason, detail = EXCLUDED.detail, replayed_at = NULL
"""


def add_rejections(conn: Connection[Any], batch: Batch, received_at: datetime) -> None:
    """Keep each refused message's bytes once, and every refused place with its reason.

    First received is when the broker handed it over: times in it may be relative to that.
    """
    refused = refusals_by_message(batch.rejections)
    times: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Arrived] = {}
    places: dict[tuple[tuple[str, str], str], Rejection] = {}
    for index, rejections in refused.items():
        one = batch.opened[index]
        message = storable(one.arrived.message.topic), _digest(one)
        times[message] += 1
        first.setdefault(message, one.arrived)
        places |= {(message, storable(rejection.place)): rejection for rejection in rejections}
    given = {
        "topics": [topic for topic, _ in times],
        "payloads": [first[message].message.payload for message in times],
        "digests": [digest for _, digest in times],
        "arrived": [from_micros(first[message].at) for message in times],
        "times": list(times.values()),
        "at": received_at,
    }
    keys = {(topic, digest): key for topic, digest, key in conn.execute(_ADD_MESSAGES, given)}
    conn.execute(
        _ADD_REJECTIONS,
        {
            "messages": [keys[message] for message, _ in places],
            "places": [place for _, place in places],
            "reasons": [one.reason for one in places.values()],
            "details": [storable(one.detail)[:500] for one in places.values()],
        },
    )


def _digest(opened: Opened) -> str:
    """What tells a message from others on its topic: its bytes' SHA-256, and its receipt where times count from it."""
    digest = sha256(opened.arrived.message.payload).hexdigest()
    return f"{digest}@{opened.arrived.at}" if opened.decoded.relative else digest


def storable(text: str) -> str:
    """The text as the database can hold it: what is no character is spelled out."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A refused message as it is kept; `reasons` are those not yet replayed successfully."""

    id: int
    topic: str
    payload: bytes
    first_received_at: datetime
    times_received: int
    reasons: list[str]
    details: list[str]


_REJECTED: Final = """
    SELECT m.id, m.topic, m.payload, m.first_received_at, m.times_received,
           array_agg(DISTINCT r.reason) AS reasons, array_agg(r.place || ': ' || r.detail ORDER BY r.place) AS details
      FROM ingest.rejected_message AS m JOIN ingest.rejection AS r ON r.message = m.id
     WHERE r.replayed_at IS NULL AND m.id > %(after)s
     GROUP BY m.id ORDER BY m.id LIMIT %(limit)s
"""


def list_rejected(conn: Connection[Any], limit: int, after: int = 0) -> list[RejectedMessage]:
    """Refused messages that still wait for their cause to be mended, oldest first; those behind the one `after`."""
    with conn.cursor(row_factory=class_row(RejectedMessage)) as cur:
        return cur.execute(_REJECTED, {"limit": limit, "after": after}).fetchall()


def mark_replayed(conn: Connection[Any], message: int, still_refused: Iterable[Rejection], at: datetime) -> None:
    """Close the rejections of `message` except those at the places that were refused again."""
    places = [rejection.place for rejection in still_refused]
    conn.execute(
        """UPDATE ingest.rejection SET replayed_at = %s
            WHERE message = %s AND replayed_at IS NULL AND NOT place = ANY (%s)""",
        (at, message, places),
    )


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
    SELECT m.id, m.topic, length(m.payload) AS size, m.last_received_at, m.times_received, r.places, r.reasons, r.detail
      FROM (SELECT * FROM ingest.rejected_message AS one
             WHERE EXISTS (SELECT FROM ingest.rejection AS o
                            WHERE o.message = one.id AND o.replayed_at IS NULL
                              AND (%(reason)s::text IS NULL OR o.reason = %(reason)s))
             ORDER BY last_received_at DESC, id DESC OFFSET %(first)s LIMIT %(limit)s) AS m
     CROSS JOIN LATERAL (
           SELECT count(*) AS places, array_agg(DISTINCT reason) AS reasons,
                  (array_agg(place || ': ' || detail ORDER BY place))[1] AS detail
             FROM ingest.rejection WHERE message = m.id AND replayed_at IS NULL) AS r
     ORDER BY m.last_received_at DESC, m.id DESC
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

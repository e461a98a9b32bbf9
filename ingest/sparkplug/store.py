"""Storage of what Sparkplug edge nodes said of their metrics, and of where each of them was. The caller commits.

Shell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from ingest.formats.sparkplug import Payload, Undecodable, decode_payload
from ingest.message import Arrived, Opened
from ingest.notes import BirthNote, BirthsEndNote, Note, SequenceNote
from ingest.reading import WHOLE_MESSAGE, Decoded, Rejection
from ingest.sparkplug.edge_messages import Candidate, StoredNode, StoredSession, replayed
from ingest.sparkplug_topics import parse_topic
from vouch.period import from_micros, to_micros

# As many births are tried for a message that is replayed.
_CANDIDATES_MAX: Final = 20
# A session that ended longer before a restart has nothing under way any more.
_FORMER: Final = "interval '1 hour'"

_END_ALL: Final = """
    UPDATE ingest.sparkplug_cover SET ended_at = greatest(born_at, %(at)s), last_at = %(last_at)s
     WHERE edge_node = %(edge_node)s AND ended_at IS NULL
"""
_END_ONE: Final = f"{_END_ALL} AND device = %(device)s"

# A birth of the same session that means the same changes nothing. One of the node ends those of its devices too.
_END_OTHERS: Final = """
    UPDATE ingest.sparkplug_cover AS c SET ended_at = greatest(c.born_at, %(at)s), last_at = %(last_at)s
     WHERE c.edge_node = %(edge_node)s AND c.device {which} %(device)s AND c.ended_at IS NULL
       AND NOT EXISTS (
           SELECT FROM ingest.sparkplug_cover AS open JOIN ingest.sparkplug_birth AS b ON b.id = open.birth
            WHERE open.edge_node = %(edge_node)s AND open.device = %(device)s AND open.ended_at IS NULL
              AND open.covers_from = %(covers_from)s AND b.digest = %(digest)s)
"""
_END_DEVICES: Final = _END_OTHERS.format(which=">=")
_END_DEVICE: Final = _END_OTHERS.format(which="=")

_KEEP_BIRTH: Final = """
    INSERT INTO ingest.sparkplug_birth (edge_node, device, digest, payload)
    VALUES (%(edge_node)s, %(device)s, %(digest)s, %(payload)s)
    ON CONFLICT (edge_node, device, digest) DO UPDATE SET payload = EXCLUDED.payload
"""

# After an outage a broker hands over several sessions in one instant; of those that mean the same the last one stays.
_OPEN_COVER: Final = """
    INSERT INTO ingest.sparkplug_cover (edge_node, device, birth, bdseq, said_at, covers_from, born_at)
    SELECT edge_node, device, id, %(bdseq)s, %(said_at)s, least(%(covers_from)s, %(at)s), %(at)s
      FROM ingest.sparkplug_birth
     WHERE edge_node = %(edge_node)s AND device = %(device)s AND digest = %(digest)s
       AND NOT EXISTS (SELECT FROM ingest.sparkplug_cover AS open
                        WHERE open.edge_node = %(edge_node)s AND open.device = %(device)s AND open.ended_at IS NULL)
    ON CONFLICT (edge_node, device, born_at, birth) DO UPDATE
       SET bdseq = EXCLUDED.bdseq, said_at = EXCLUDED.said_at, covers_from = EXCLUDED.covers_from, ended_at = NULL
"""

_KEEP_SEQUENCE: Final = """
    INSERT INTO ingest.sparkplug_node (edge_node, seq, sent_at)
    SELECT * FROM unnest(%(edge_nodes)s::text[], %(seqs)s::smallint[], %(sent_at)s::timestamptz[])
    ON CONFLICT (edge_node) DO UPDATE SET seq = EXCLUDED.seq, sent_at = EXCLUDED.sent_at
"""


def add_notes(conn: Connection[Any], notes: Iterable[Note]) -> None:
    """Store what edge nodes said of themselves, in the order in which it was given out. Other notes are left out."""
    sequence: dict[str, SequenceNote] = {}
    with conn.pipeline():
        for note in notes:
            if isinstance(note, SequenceNote):
                sequence[note.edge_node] = note
            elif isinstance(note, BirthNote):
                _add_birth(conn, note)
            elif isinstance(note, BirthsEndNote):
                given = {
                    "edge_node": note.edge_node,
                    "device": note.device,
                    "at": from_micros(note.at),
                    "last_at": _instant(note.last_at),
                }
                conn.execute(_END_ONE if note.device else _END_ALL, given)
                if not note.device:
                    sequence[note.edge_node] = SequenceNote(note.edge_node, None, None)
        if sequence:
            conn.execute(
                _KEEP_SEQUENCE,
                {
                    "edge_nodes": list(sequence),
                    "seqs": [note.seq for note in sequence.values()],
                    "sent_at": [_instant(note.sent_at) for note in sequence.values()],
                },
            )


def _add_birth(conn: Connection[Any], note: BirthNote) -> None:
    given = {
        "edge_node": note.edge_node,
        "device": note.device,
        "digest": note.digest,
        "payload": note.payload,
        "bdseq": note.bdseq,
        "said_at": _instant(note.said_at),
        "last_at": _instant(note.last_at),
        "covers_from": from_micros(note.covers_from),
        "at": from_micros(note.at),
    }
    conn.execute(_END_DEVICE if note.device else _END_DEVICES, given)
    conn.execute(_KEEP_BIRTH, given)
    conn.execute(_OPEN_COVER, given)


_NODES: Final = f"""
    SELECT c.edge_node, c.device, b.payload, c.bdseq, c.said_at, c.last_at, c.covers_from, c.ended_at, n.seq, n.sent_at
      FROM ingest.sparkplug_cover AS c
      JOIN ingest.sparkplug_birth AS b ON b.id = c.birth
      LEFT JOIN ingest.sparkplug_node AS n ON n.edge_node = c.edge_node
     WHERE c.ended_at IS NULL OR c.ended_at > %(now)s - {_FORMER}
     ORDER BY c.edge_node, c.born_at, c.said_at, c.device
"""


def load_nodes(conn: Connection[Any], now: datetime) -> list[StoredNode]:
    """Every edge node with a birth that holds, or did shortly before `now`."""
    rows: dict[str, list[_Cover]] = {}
    for edge_node, device, raw, *columns in conn.execute(_NODES, {"now": now}).fetchall():
        payload = _payload(raw)
        if payload is not None:
            rows.setdefault(edge_node, []).append(_Cover(device, payload, *columns))
    return [_node(edge_node, found) for edge_node, found in rows.items()]


class _Cover(NamedTuple):
    device: str
    payload: Payload
    bdseq: Decimal | None
    said_at: datetime | None
    last_at: datetime | None
    covers_from: datetime
    ended_at: datetime | None
    seq: int | None
    sent_at: datetime | None


def _node(edge_node: str, covers: list[_Cover]) -> StoredNode:
    still = [cover for cover in covers if cover.ended_at is None]
    if not still:
        return StoredNode(edge_node, {}, _former(covers))
    own = next((cover for cover in still if not cover.device), None)
    return StoredNode(
        edge_node,
        {cover.device: cover.payload for cover in still},
        _former([cover for cover in covers if cover.ended_at is not None]),
        to_micros(still[0].covers_from),
        None if own is None or own.bdseq is None else int(own.bdseq),
        None if own is None else _micros(own.said_at),
        still[0].seq,
        _micros(still[0].sent_at),
    )


def _former(covers: list[_Cover]) -> list[StoredSession]:
    """What has ended, session by session: a birth of the node, and those of devices that followed it."""
    sessions: list[StoredSession] = []
    births: dict[str, Payload] = {}
    for cover in covers:
        if not cover.device:
            births = {}
            bdseq = None if cover.bdseq is None else int(cover.bdseq)
            sessions.append(StoredSession(bdseq, _micros(cover.said_at), _micros(cover.last_at), births))
        births[cover.device] = cover.payload
    return sessions


_CANDIDATES: Final = """
    SELECT b.payload, c.said_at, c.born_at <= %(at)s AS known
      FROM ingest.sparkplug_cover AS c JOIN ingest.sparkplug_birth AS b ON b.id = c.birth
     WHERE c.edge_node = %(edge_node)s AND c.device = %(device)s
       AND c.covers_from <= %(at)s AND (c.ended_at IS NULL OR c.ended_at > %(at)s)
     ORDER BY known DESC, CASE WHEN c.born_at <= %(at)s THEN %(at)s - c.born_at ELSE c.born_at - %(at)s END
     LIMIT %(limit)s
"""


_BIRTH: Final = """
    SELECT b.payload FROM ingest.sparkplug_cover AS c JOIN ingest.sparkplug_birth AS b ON b.id = c.birth
     WHERE c.edge_node = %s AND c.device = %s AND c.ended_at IS NULL
"""


def find_birth(conn: Connection[Any], edge_node: str, device: str) -> Payload | None:
    """What an edge node (`group/node`) said of itself or of a device, if it holds now."""
    row = conn.execute(_BIRTH, (edge_node, device)).fetchone()
    return _payload(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class OpenBirth:
    """Who has said a birth that holds now; `device_id` is who that is in the registry."""

    address: str
    born_at: datetime
    bdseq: Decimal | None
    device_id: str | None


_OPEN: Final = """
    SELECT a.address, a.born_at, a.bdseq, d.id AS device_id
      FROM (SELECT edge_node || CASE WHEN device = '' THEN '' ELSE '/' || device END AS address, born_at, bdseq
              FROM ingest.sparkplug_cover WHERE ended_at IS NULL) AS a
      LEFT JOIN ingest.device AS d ON d.sparkplug = a.address
     ORDER BY a.address
"""


def list_open(conn: Connection[Any]) -> list[OpenBirth]:
    """All births that hold now, by address."""
    with conn.cursor(row_factory=class_row(OpenBirth)) as cur:
        return cur.execute(_OPEN).fetchall()


def reopen(conn: Connection[Any], arrived: Arrived) -> Opened:
    """What a refused message says by the births that cover its receipt; it changes no edge node's state."""
    topic = parse_topic(arrived.message.topic)
    if topic is None:
        detail = f"{arrived.message.topic[:200]!r} is not a topic of an edge node"
        return Opened(arrived, "", Decoded((), (Rejection(WHOLE_MESSAGE, "unknown_topic", detail),)))
    try:
        payload = decode_payload(arrived.message.payload)
    except Undecodable as error:
        return Opened(arrived, topic.source, Decoded((), (Rejection(WHOLE_MESSAGE, "undecodable", str(error)),)))
    given = {
        "edge_node": topic.edge_node,
        "device": topic.device,
        "at": from_micros(arrived.at),
        "limit": _CANDIDATES_MAX,
    }
    candidates = [
        Candidate(born, _micros(said_at), known)
        for raw, said_at, known in conn.execute(_CANDIDATES, given).fetchall()
        if (born := _payload(raw)) is not None
    ]
    return Opened(arrived, topic.source, replayed(topic, payload, candidates))


def _payload(raw: bytes) -> Payload | None:
    """A stored birth; None where this version of vouch cannot read it any more."""
    try:
        return decode_payload(bytes(raw))
    except Undecodable:
        return None


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)

"""Storage of readings, summaries and rejections. The caller commits.

Shell.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, errors
from psycopg.rows import class_row

from ingest.batch import Batch, Row, RowStrand
from ingest.reading import Shown, decimal_of
from vouch.period import DAY, Period, from_micros, to_micros

_PG_EPOCH_MICROS: Final = 946_684_800_000_000
_COPY_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_BLOCK_ROWS: Final = 2_000
_COPY_TRAILER: Final = b"\xff\xff"
_COPY_ROW: Final = struct.Struct(">6sq12sd12s")
_READ_ROW: Final = struct.Struct(">hiiiqid")
_RECEIVED_ROW: Final = struct.Struct(">hiqidiq")


class AlreadyStored(Exception):
    """COPY met a reading that the table already holds; nothing of the batch was stored."""


# Readings


def copy_readings(conn: Connection[Any], batch: Batch, received_at: datetime) -> None:
    """Store all of the batch's rows at once. Raises AlreadyStored, with nothing stored, if one identity is taken."""
    try:
        with conn.transaction(), conn.cursor() as cur:
            copy = "COPY ingest.reading (measured_at, series, value, received_at) FROM STDIN (FORMAT binary)"
            with cur.copy(copy) as stream:
                for block in copy_blocks(batch.loose, batch.strands, received_at):
                    stream.write(block)
    except errors.UniqueViolation as error:
        raise AlreadyStored from error


_STAGE: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS reading_stage (LIKE ingest.reading) ON COMMIT DELETE ROWS
"""

_MERGE: Final = """
    INSERT INTO ingest.reading (measured_at, series, value, received_at)
    SELECT measured_at, series, value, received_at FROM reading_stage
    ON CONFLICT DO NOTHING
    RETURNING series, measured_at
"""

_STORED_ALREADY: Final = """
    SELECT s.series, s.measured_at, r.value
      FROM reading_stage AS s JOIN ingest.reading AS r USING (series, measured_at)
     WHERE s.measured_at BETWEEN %(first)s AND %(last)s
       AND r.measured_at BETWEEN %(first)s AND %(last)s
"""


def merge_readings(
    conn: Connection[Any], rows: Sequence[Row], received_at: datetime
) -> tuple[set[tuple[int, int]], dict[tuple[int, int], float]]:
    """Store the rows whose identity is free. Returns those stored, and what the table holds under each identity."""
    with conn.cursor() as cur:
        cur.execute(_STAGE)
        with cur.copy("COPY reading_stage FROM STDIN (FORMAT binary)") as stream:
            for block in copy_blocks(rows, (), received_at):
                stream.write(block)
        cur.execute(_MERGE)
        stored = {(series, to_micros(at)) for series, at in cur.fetchall()}
        bounds = {
            "first": from_micros(min(row.at for row in rows)),
            "last": from_micros(max(row.at for row in rows)),
        }
        cur.execute(_STORED_ALREADY, bounds)
        held = {(series, to_micros(at)): value for series, at, value in cur.fetchall()}
        cur.execute("DELETE FROM reading_stage")
    return stored, held


def copy_blocks(rows: Sequence[Row], strands: Iterable[RowStrand], received_at: datetime) -> Iterator[bytes]:
    """The rows as binary COPY wants them: (measured_at, series, value, received_at), each with its length before it.

    In blocks, so that the database works on one while the next is made.
    """
    pack, epoch = _COPY_ROW.pack, _PG_EPOCH_MICROS
    head = struct.pack(">hi", 4, 8)
    tail = struct.pack(">iq", 8, to_micros(received_at) - epoch)
    middle = struct.Struct(">iii").pack
    body = [_COPY_HEADER]
    body += [pack(head, at - epoch, middle(4, series, 8), value, tail) for series, at, value, _, _ in rows]
    for strand in strands:
        key = middle(4, strand.series, 8)
        body += [pack(head, at - epoch, key, value, tail) for at, value in zip(strand.at, strand.values, strict=True)]
        if len(body) > _BLOCK_ROWS:
            yield b"".join(body)
            body = []
    yield b"".join((*body, _COPY_TRAILER))


_READINGS: Final = """
    COPY (SELECT series, measured_at, value FROM ingest.reading
           WHERE series = ANY ({series}) AND measured_at >= {start} AND measured_at < {end}{known}
           ORDER BY series, measured_at)
      TO STDOUT (FORMAT binary)
"""


def list_readings(
    conn: Connection[Any],
    series: Sequence[int],
    span: Period,
    known_at: datetime | None = None,
) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """(series, its readings as (microseconds, value) in time order) for each series with readings in `span`.

    With `known_at`, only what was received before it.
    """
    if not series:
        return
    known = f" AND received_at < {_literal(known_at)}" if known_at else ""
    query = _READINGS.format(
        series=f"'{{{','.join(map(str, series))}}}'::int[]",
        start=_literal(span.start),
        end=_literal(span.end),
        known=known,
    )
    for key, rows in groupby(_copy_out(conn, query, _READ_ROW), key=lambda row: row[2]):
        yield key, [(at + _PG_EPOCH_MICROS, value) for _, _, _, _, at, _, value in rows]


_RECEIVED: Final = """
    COPY (SELECT measured_at, value, received_at FROM ingest.reading
           WHERE series = {series} AND measured_at >= {start} AND measured_at < {end} AND received_at < {known_at}
           ORDER BY measured_at LIMIT {limit})
      TO STDOUT (FORMAT binary)
"""


def stream_received(
    conn: Connection[Any], series: int, spans: Sequence[Period], known_at: datetime
) -> Iterator[tuple[int, float, int]]:
    """(measured, value, received) in microseconds, in time order: all in `spans` and the first one after each of them.

    Only what was received before `known_at`. The spans are in order and apart.
    """
    for n, span in enumerate(spans):
        following = _literal(spans[n + 1].start) if n + 1 < len(spans) else "'infinity'::timestamptz"
        bounds = [(_literal(span.start), _literal(span.end), "ALL"), (_literal(span.end), following, "1")]
        for start, end, limit in bounds:
            query = _RECEIVED.format(series=int(series), start=start, end=end, known_at=_literal(known_at), limit=limit)
            for _, _, at, _, value, _, received in _copy_out(conn, query, _RECEIVED_ROW):
                yield at + _PG_EPOCH_MICROS, value, received + _PG_EPOCH_MICROS


def _copy_out(conn: Connection[Any], query: str, row: struct.Struct) -> Iterator[tuple[Any, ...]]:
    """The rows of a binary COPY of columns that are never null, each with its counts and lengths."""
    unpack, size = row.unpack_from, row.size
    with conn.cursor() as cur, cur.copy(query.encode()) as stream:
        first = True
        for block in stream:
            offset, first = (19 if first else 0), False
            while offset + size <= len(block):
                yield unpack(block, offset)
                offset += size


def _literal(instant: datetime) -> str:
    return f"'{instant.astimezone(UTC).isoformat()}'::timestamptz"


_LAST_BEFORE: Final = """
    SELECT s.series, r.measured_at, r.value
      FROM unnest(%(series)s::int[]) AS s (series)
     CROSS JOIN LATERAL (
           SELECT measured_at, value FROM ingest.reading
            WHERE series = s.series AND measured_at >= %(day)s AND measured_at <= %(at)s
              AND received_at < %(known_at)s
            ORDER BY measured_at DESC LIMIT 1) AS r
"""

_FIRST_AFTER: Final = """
    SELECT s.series, r.measured_at, r.value
      FROM unnest(%(series)s::int[]) AS s (series)
     CROSS JOIN LATERAL (
           SELECT measured_at, value FROM ingest.reading
            WHERE series = s.series AND measured_at > %(at)s AND measured_at < %(until)s::timestamptz
              AND received_at < %(known_at)s
            ORDER BY measured_at LIMIT 1) AS r
"""


def find_around(
    conn: Connection[Any], series: Sequence[int], at: datetime, known_at: datetime
) -> dict[int, tuple[Shown, Shown]]:
    """For each series with readings on both sides of `at` on its UTC day: the last at or before, the first after."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    given = {"series": list(series), "at": at, "day": day, "until": day + DAY, "known_at": known_at}
    before = {key: _shown(*rest) for key, *rest in conn.execute(_LAST_BEFORE, given).fetchall()}
    after = {key: _shown(*rest) for key, *rest in conn.execute(_FIRST_AFTER, given).fetchall()}
    return {key: (before[key], after[key]) for key in before.keys() & after.keys()}


def find_after(conn: Connection[Any], series: Sequence[int], at: datetime, known_at: datetime) -> dict[int, Shown]:
    """For each series with readings after `at`: the first one, however late."""
    given = {"series": list(series), "at": at, "until": "infinity", "known_at": known_at}
    return {key: _shown(*rest) for key, *rest in conn.execute(_FIRST_AFTER, given).fetchall()}


def _shown(at: datetime, value: float) -> Shown:
    return Shown(at.astimezone(UTC), decimal_of(value))


_HIGHEST_BEFORE: Final = """
    SELECT max(value) FROM ingest.reading
     WHERE series = %(series)s AND measured_at >= %(start)s AND measured_at < %(end)s
       AND received_at < %(known_at)s
"""


def find_highest(conn: Connection[Any], series: int, span: Period, known_at: datetime) -> Decimal | None:
    """The highest value among raw readings in `span` that were received before `known_at`."""
    given = {"series": series, "start": span.start, "end": span.end, "known_at": known_at}
    row = conn.execute(_HIGHEST_BEFORE, given).fetchone()
    return decimal_of(row[0]) if row and row[0] is not None else None


_LATEST_BEFORE: Final = """
    SELECT measured_at FROM ingest.reading
     WHERE series = %(series)s AND measured_at < %(end)s AND received_at < %(known_at)s
     ORDER BY measured_at DESC LIMIT 1
"""


def find_latest(conn: Connection[Any], series: int, end: datetime, known_at: datetime) -> datetime | None:
    """The instant of the last raw reading before `end` that was received before `known_at`."""
    row = conn.execute(_LATEST_BEFORE, {"series": series, "end": end, "known_at": known_at}).fetchone()
    return row[0].astimezone(UTC) if row else None


# Rejections and the ledger

_ADD_TO_LEDGER: Final = """
    INSERT INTO ingest.ledger AS l (run, hour, messages, received, stored, duplicate, rejected)
    VALUES (%(run)s, date_trunc('hour', %(at)s), %(messages)s, %(received)s, %(stored)s, %(duplicate)s, %(rejected)s)
    ON CONFLICT (run, hour) DO UPDATE
       SET messages = l.messages + EXCLUDED.messages, received = l.received + EXCLUDED.received,
           stored = l.stored + EXCLUDED.stored, duplicate = l.duplicate + EXCLUDED.duplicate,
           rejected = l.rejected + EXCLUDED.rejected
"""


def add_to_ledger(
    conn: Connection[Any],
    run: UUID,
    at: datetime,
    *,
    messages: int,
    received: int,
    stored: int,
    duplicate: int,
    rejected: int,
) -> None:
    """Book one batch. The table's own check refuses what does not balance."""
    conn.execute(
        _ADD_TO_LEDGER,
        {
            "run": run,
            "at": at,
            "messages": messages,
            "received": received,
            "stored": stored,
            "duplicate": duplicate,
            "rejected": rejected,
        },
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """The ledger's sum over all runs: received = stored + duplicate + rejected."""

    messages: int
    received: int
    stored: int
    duplicate: int
    rejected: int


def load_balance(conn: Connection[Any]) -> Balance:
    """What all ingest processes took in, ever."""
    with conn.cursor(row_factory=class_row(Balance)) as cur:
        query = """SELECT coalesce(sum(messages), 0)::bigint AS messages,
                          coalesce(sum(received), 0)::bigint AS received,
                          coalesce(sum(stored), 0)::bigint AS stored,
                          coalesce(sum(duplicate), 0)::bigint AS duplicate,
                          coalesce(sum(rejected), 0)::bigint AS rejected FROM ingest.ledger"""
        balance = cur.execute(query).fetchone()
        assert balance is not None
        return balance

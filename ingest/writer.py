"""The writer: one batch of messages, one transaction, one balance.

Optimistic: rows go by COPY straight into the hypertable; only when one of them is already stored does the batch go
through a staging table that tells new rows, duplicates and conflicting values apart.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from ingest import store, summary_store
from ingest.batch import Batch, conflict, sort_out
from ingest.catalogue import Catalogue
from ingest.message import Message
from ingest.reading import WHOLE_MESSAGE, Rejection
from ingest.registry import load_catalogue, load_revision
from vouch.knowledge import recording

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one batch. `refusals` holds (index of the message in the batch, rejection)."""

    messages: int
    stored: int
    duplicate: int
    refusals: tuple[tuple[int, Rejection], ...]


class Writer:
    """Writes batches on behalf of one process run; keeps the catalogue it last read."""

    def __init__(self, run: UUID) -> None:
        self.run = run
        self._revision = -1
        self._catalogue: Catalogue = {}

    def write(self, conn: Connection[Any], messages: Sequence[Message]) -> Written:
        """Store, count and mark one batch, committed on return.

        Raises psycopg.OperationalError while the database is away: nothing was acknowledged, call again.
        """
        try:
            return self._write_once(conn, messages)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            log.exception("batch refused by the database, writing message by message")
            return self._write_one_by_one(conn, messages)

    def _write_once(self, conn: Connection[Any], messages: Sequence[Message]) -> Written:
        with recording(conn) as received_at:
            self._refresh(conn)
            batch = sort_out(messages, self._catalogue, received_at)
            return self._book(conn, batch, received_at)

    def _book(self, conn: Connection[Any], batch: Batch, received_at: datetime) -> Written:
        received = batch.received
        stored = _store_rows(conn, batch, received_at)
        if batch.rejections:
            store.add_rejections(conn, batch, received_at)
        summary_store.mark_stale(conn, batch.stale_days)
        refusals = tuple(batch.rejections)
        written = Written(len(batch.messages), stored, batch.duplicates, refusals)
        store.add_to_ledger(
            conn,
            self.run,
            received_at,
            messages=written.messages,
            received=received,
            stored=written.stored,
            duplicate=written.duplicate,
            rejected=len(refusals),
        )
        return written

    def _write_one_by_one(self, conn: Connection[Any], messages: Sequence[Message]) -> Written:
        """One message the database cannot take must not stop the others: it alone becomes a rejection."""
        done = []
        for message in messages:
            try:
                done.append(self._write_once(conn, [message]))
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                refusal = Rejection(WHOLE_MESSAGE, "unstorable", str(error)[:500])
                with recording(conn) as received_at:
                    batch = Batch([message], rejections=[(0, refusal)])
                    done.append(self._book(conn, batch, received_at))
        return Written(
            len(messages),
            sum(w.stored for w in done),
            sum(w.duplicate for w in done),
            tuple((i, refusal) for i, w in enumerate(done) for _, refusal in w.refusals),
        )

    def _refresh(self, conn: Connection[Any]) -> None:
        revision = load_revision(conn)
        if revision != self._revision:
            self._catalogue = load_catalogue(conn)
            self._revision = revision


def _store_rows(conn: Connection[Any], batch: Batch, received_at: datetime) -> int:
    """Store the batch's rows, moving those already stored to its duplicates or rejections; returns how many are new."""
    if not batch.rows:
        return 0
    try:
        store.copy_readings(conn, batch.rows, received_at)
        return len(batch.rows)
    except store.AlreadyStored:
        pass
    stored, held = store.merge_readings(conn, batch.rows, received_at)
    fresh = []
    for row in batch.rows:
        if row.identity in stored:
            fresh.append(row)
        elif held[row.identity] == row.value:
            batch.duplicates += 1
        else:
            refusal = conflict(row.place, row.value, held[row.identity])
            batch.rejections.append((row.message, refusal))
    batch.rows[:] = fresh
    return len(fresh)


def replay_rejected(conn: Connection[Any], writer: Writer, limit: int) -> tuple[int, int]:
    """Take refused messages through the writer again; returns (readings stored, places still refused)."""
    stored = refused = 0
    for message in store.list_rejected(conn, limit):
        with conn.transaction():
            written = writer.write(conn, [Message(message.topic, message.payload)])
            refusals = [refusal for _, refusal in written.refusals]
            with recording(conn) as replayed_at:
                store.mark_replayed(conn, message.id, refusals, replayed_at)
        stored += written.stored
        refused += len(refusals)
    return stored, refused

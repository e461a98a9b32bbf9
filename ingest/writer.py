"""The writer: one batch of messages, one transaction, one balance.

Shell. Optimistic: rows go by COPY straight into the hypertable; only when one of them is already stored does the batch
go through a staging table that tells new rows, duplicates and conflicting values apart.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection

from ingest import rejection_store, store
from ingest.batch import Batch, expected, sort_out
from ingest.catalogue import Known
from ingest.clocks import store as clock_store
from ingest.clocks.frozen import FrozenClocks
from ingest.clocks.skew import ClockOffsets
from ingest.decoding import open_message
from ingest.message import Arrived, Message, Opened
from ingest.notes import FindingNote, PresenceNote
from ingest.presence import listening_store
from ingest.presence import store as presence_store
from ingest.presence.listening import Listening, Stretch
from ingest.reading import UNCERTAIN_TIME, WHOLE_MESSAGE, Rejection
from ingest.registry.known_store import KnownDevices, load_revision
from ingest.sparkplug import store as sparkplug_store
from ingest.sparkplug_topics import is_sparkplug
from ingest.summaries import finding_store
from ingest.summaries import store as summary_store
from vouch.knowledge import recording
from vouch.period import to_micros

log = logging.getLogger(__name__)

# How often offsets of devices' clocks are written down.
CLOCK_SECONDS: Final = 10.0
# Refused messages that are in memory at once while they are taken in again.
_REPLAY_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Written:
    """What became of messages: the batches in which they were committed, usually one.

    In each, rows are what was stored, and duplicates and rejections include what the table held already.
    """

    batches: tuple[Batch, ...]

    @property
    def messages(self) -> int:
        """Messages."""
        return sum(len(batch.opened) for batch in self.batches)

    @property
    def stored(self) -> int:
        """Readings that are new."""
        return sum(batch.stored for batch in self.batches)

    @property
    def duplicate(self) -> int:
        """Readings that were there already."""
        return sum(len(batch.duplicates) for batch in self.batches)

    @property
    def refusals(self) -> list[Rejection]:
        """Everything that was refused."""
        return [rejection for batch in self.batches for _, rejection in batch.rejections]


class Writer:
    """Writes batches on behalf of one process run; keeps what it last read of the registry.

    Canaries among the messages are written down in `listening`'s name; without it nobody listens, as in a replay.
    """

    def __init__(self, run: UUID, listening: Listening | None = None) -> None:
        self.run = run
        self._listening = listening
        self._revision = -1
        self._registry = KnownDevices()
        self._known: Known = {}
        self._frozen = FrozenClocks()
        self._clocks = ClockOffsets()
        self._clocks_put_at = time.monotonic()

    @property
    def known(self) -> Known:
        """The devices that the registry knew when the last batch was written."""
        return self._known

    def write(self, conn: Connection[Any], opened: Sequence[Opened]) -> Written:
        """Store, count and mark one batch, committed on return.

        Raises psycopg.OperationalError while the database is away: nothing was acknowledged, call again.
        """
        try:
            return Written((self._write_once(conn, opened),))
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            if len(opened) == 1:
                log.exception("message refused by the database")
                return Written((self._refuse(conn, opened[0], str(error)),))
            log.warning("batch refused by the database, writing its halves", extra={"messages": len(opened)})
        # One message that the database cannot take must not stop the others.
        half = len(opened) // 2
        return Written((*self.write(conn, opened[:half]).batches, *self.write(conn, opened[half:]).batches))

    def expected(self, opened: Sequence[Opened]) -> int:
        """Readings and refused places that these messages will most likely come to, by what is known just now."""
        return expected(opened, self._known)

    def _write_once(self, conn: Connection[Any], opened: Sequence[Opened]) -> Batch:
        with recording(conn) as received_at:
            self._refresh(conn)
            batch = sort_out(opened, self._known, to_micros(received_at))
            self._book(conn, batch, received_at)
            proof = self._prove(conn, opened)
        if self._listening is not None and proof is not None:
            self._listening.committed(proof)
        return batch

    def _prove(self, conn: Connection[Any], opened: Sequence[Opened]) -> Stretch | None:
        """Write down that we were listening, if one of our canaries is among these; returns what was written."""
        if self._listening is None:
            return None
        client = self._listening.client
        payloads = [one.arrived.message.payload for one in opened if one.source == client]
        proofs = [proof for payload in payloads if (proof := self._listening.heard(payload))]
        if not proofs:
            return None
        for proof in dict.fromkeys(proofs):
            listening_store.put_stretch(conn, proof)
        if self._listening.report is not None:
            listening_store.put_process(conn, proofs[-1], self._listening.report)
        return proofs[-1]

    def _refuse(self, conn: Connection[Any], opened: Opened, why: str) -> Batch:
        refusal = Rejection(WHOLE_MESSAGE, "unstorable", why[:500])
        with recording(conn) as received_at:
            return self._book(conn, Batch([opened], rejections=[(0, refusal)]), received_at)

    def _book(self, conn: Connection[Any], batch: Batch, received_at: datetime) -> Batch:
        received = batch.received
        _store_rows(conn, batch, received_at)
        if batch.rejections:
            rejection_store.add_rejections(conn, batch, received_at)
        if batch.stored:
            summary_store.mark_stale(conn, batch.stale_days)
        if batch.notes or batch.conflicts:
            self._store_notes(conn, batch, received_at)
        self._note_clocks(conn, batch, received_at)
        store.add_to_ledger(
            conn,
            self.run,
            received_at,
            messages=len(batch.opened),
            received=received,
            stored=batch.stored,
            duplicate=len(batch.duplicates),
            rejected=len(batch.rejections),
        )
        return batch

    def _store_notes(self, conn: Connection[Any], batch: Batch, received_at: datetime) -> None:
        present = [
            (batch.opened[index].arrived.at, note) for index, note in batch.notes if isinstance(note, PresenceNote)
        ]
        presence_store.add_presence(conn, present, received_at, self._device_id)
        found = [note for _, note in batch.notes if isinstance(note, FindingNote)]
        for index, at, refusal in batch.conflicts:
            frozen = self._frozen.note(batch.opened[index].source, at, refusal)
            found += [] if frozen is None else [frozen]
        finding_store.add_findings(conn, found)
        sparkplug_store.add_notes(conn, [note for _, note in batch.notes])

    def _note_clocks(self, conn: Connection[Any], batch: Batch, received_at: datetime) -> None:
        """How far each message is behind the instants it begins and ends with; written down now and then."""
        for arrived, source, decoded, _ in batch.opened:
            readings = decoded.readings
            device = self._known.get(source)
            if device is not None and readings:
                newest = max(readings[0].at, readings[-1].at)
                self._clocks.note(device.id, arrived.at, arrived.at - newest, len(readings))
        if time.monotonic() - self._clocks_put_at > CLOCK_SECONDS:
            self._clocks_put_at = time.monotonic()
            clock_store.put_offsets(conn, self._clocks.take(to_micros(received_at)), received_at)

    def _device_id(self, source: str) -> str | None:
        device = self._known.get(source)
        return device.id if device else None

    def _refresh(self, conn: Connection[Any]) -> None:
        revision = load_revision(conn)
        if revision != self._revision:
            self._known = self._registry.load(conn)
            self._revision = revision


def _store_rows(conn: Connection[Any], batch: Batch, received_at: datetime) -> None:
    """Store the batch's rows, moving those already stored to its duplicates or rejections."""
    if not batch.stored:
        return
    try:
        store.copy_readings(conn, batch, received_at)
        return
    except store.AlreadyStored:
        pass
    rows = batch.rows
    stored, held = store.merge_readings(conn, rows, received_at)
    fresh = []
    for row in rows:
        if row.identity in stored:
            fresh.append(row)
        elif held[row.identity] == row.value:
            batch.duplicates.append(row.message)
        else:
            batch.refuse_conflict(row.message, row.at, row.place, row.value, held[row.identity])
    batch.loose, batch.strands = fresh, []


class Replayed(NamedTuple):
    """What became of refused messages: readings stored, places refused again, and behind which id to go on.

    `next` is None where none is left. What is refused again stays where it is, so whoever always began at the oldest
    would never come to those behind a thousand that cannot be mended.
    """

    stored: int
    refused: int
    next: int | None


def replay_rejected(conn: Connection[Any], writer: Writer, limit: int, after: int = 0) -> Replayed:
    """Take refused messages through the writer again: at most `limit`, oldest first, those behind the id `after`."""
    stored = refused = done = 0
    while done < limit:
        asked = min(_REPLAY_PAGE, limit - done)
        found = rejection_store.list_rejected(conn, asked, after)
        for message in found:
            new, again = replay_message(conn, writer, message)
            stored += new
            refused += again
            after = message.id
        done += len(found)
        if len(found) < asked:
            return Replayed(stored, refused, None)
    return Replayed(stored, refused, after)


def replay_message(conn: Connection[Any], writer: Writer, message: rejection_store.RejectedMessage) -> tuple[int, int]:
    """Take one refused message through the writer again; returns (readings stored, places still refused)."""
    arrived = Arrived(
        Message(message.topic, bytes(message.payload)),
        to_micros(message.first_received_at),
        # Nobody knows its first receipt now either.
        dup=UNCERTAIN_TIME in message.reasons,
    )
    with conn.transaction():
        again = sparkplug_store.reopen(conn, arrived) if is_sparkplug(message.topic) else open_message(arrived)
        written = writer.write(conn, [again])
        refusals = written.refusals
        with recording(conn) as replayed_at:
            rejection_store.mark_replayed(conn, message.id, refusals, replayed_at)
    return written.stored, len(refusals)

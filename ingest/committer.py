"""The committer: a thread that has batches written, and acknowledges each message after its commit.

Shell. While it waits for the database, the next batch is decoded.
"""

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import Connection

from ingest.broker.subscriber import Subscriber
from ingest.message import Opened
from ingest.receipts import receipt_packet, receipts
from ingest.tally import Tally
from ingest.writer import Writer, Written
from vouch import database
from vouch.errors import Unavailable
from vouch.settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS_MAX: Final = 15.0
_POLL_SECONDS: Final = 0.5


class Committer:
    """Takes batches one after another; `put` waits while two are under way already."""

    def __init__(self, settings: Settings, writer: Writer, subscriber: Subscriber, tally: Tally) -> None:
        self._settings = settings
        self._writer = writer
        self._subscriber = subscriber
        self._tally = tally
        # Messages, and how many readings and refused places they were counted as.
        self._batches: queue.Queue[tuple[Sequence[Opened], int]] = queue.Queue(maxsize=1)
        self._stopping = threading.Event()
        self._failed: Exception | None = None
        self._database_answers = True
        self._conn: Connection[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="vouch-committer")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was put, unless the database is away, and end."""
        self._stopping.set()
        self._thread.join()

    def put(self, opened: Sequence[Opened]) -> None:
        """Have these written. Raises what the thread has died of."""
        expected = self._writer.expected(opened)
        self._tally.opened(expected)
        while True:
            self.check()
            try:
                self._batches.put((opened, expected), timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return

    @property
    def is_idle(self) -> bool:
        """Whether everything that was put is committed."""
        return self._batches.unfinished_tasks == 0

    @property
    def is_alive(self) -> bool:
        """Whether the thread works."""
        return self._thread.is_alive()

    @property
    def database_answers(self) -> bool:
        """Whether the database did when it was last needed."""
        return self._database_answers

    def check(self) -> None:
        """Raise what the thread has died of."""
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            while not (self._stopping.is_set() and self._batches.empty()):
                try:
                    opened, expected = self._batches.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    continue
                self._commit(opened, expected)
                self._batches.task_done()
        except Exception as error:
            log.exception("committer died")
            self._failed = error
        finally:
            if self._conn is not None:
                self._conn.close()

    def _commit(self, opened: Sequence[Opened], expected: int) -> None:
        started = time.monotonic()
        written = self._write_surely(opened)
        if written is None:
            return
        seconds = time.monotonic() - started
        allowed, devices = self._settings.receipt_topic_filter, self._writer.known
        answers = [receipt_packet(*told) for batch in written.batches for told in receipts(batch, allowed, devices)]
        self._subscriber.acknowledge([one.arrived for one in opened], b"".join(answers))
        self._count(opened, expected, written, seconds, len(answers))

    def _write_surely(self, opened: Sequence[Opened]) -> Written | None:
        """Write, however often the database goes away; None if we were told to stop before it came back."""
        delay = 0.5
        while True:
            try:
                if self._conn is None or self._conn.closed:
                    self._conn = database.connect(self._settings.database_url, "vouch-ingest")
                written = self._writer.write(self._conn, opened)
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as error:
                self._database_answers = False
                self._tally.database_failed()
                log.warning("database away, batch kept", extra={"error": str(error), "messages": len(opened)})
                if self._conn is not None:
                    self._conn.close()
                self._conn = None
            else:
                self._database_answers = True
                return written
            if self._stopping.wait(delay):
                return None
            delay = min(2 * delay, RETRY_SECONDS_MAX)

    def _count(self, opened: Sequence[Opened], expected: int, written: Written, seconds: float, answers: int) -> None:
        refusals = written.refusals
        self._tally.settled(
            expected,
            len(opened),
            written.stored,
            written.duplicate,
            [refusal.reason for refusal in refusals],
            seconds,
        )
        now = time.time_ns() // 1000
        arrivals = Counter([one.arrived.at for one in opened])
        self._tally.committed([((now - at) / 1e6, times) for at, times in arrivals.items()], answers)
        # A canary by itself comes every few seconds.
        log.log(
            logging.INFO if written.stored or written.duplicate or refusals else logging.DEBUG,
            "batch written",
            extra={
                "messages": len(opened),
                "stored": written.stored,
                "duplicate": written.duplicate,
                "rejected": len(refusals),
                "seconds": round(seconds, 4),
            },
        )

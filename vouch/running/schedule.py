"""The scheduler: asks the database what is due and does it, each kind of work under an advisory lock.

Shell. Nothing is remembered between runs; whatever is due is done again if it did not finish. Several schedulers may
run: one of them holds the lock, the others find nothing to do.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from psycopg import Connection

from vouch.database import advisory_lock, check_server, connect
from vouch.locks import Lock
from vouch.settings import Settings

log = logging.getLogger(__name__)

SUMMARIES: Final = "summaries"
MONTH_CLOSING: Final = "month closing"


def run_schedule(settings: Settings, stopping: threading.Event) -> None:
    """Work until `stopping` is set. Raises Unavailable where the database cannot be used at all."""
    with connect(settings.database_url, "vouch-schedule") as conn:
        check_server(conn)
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    work: tuple[tuple[str, int, Callable[[Settings], None]], ...] = (
        (SUMMARIES, settings.summarise_seconds, summarise),
        (MONTH_CLOSING, 3600, close_due_months),
    )
    for name, seconds, job in work:
        scheduler.add_job(
            _logged, "interval", args=(name, job, settings), seconds=seconds, next_run_time=datetime.now(UTC), id=name
        )
    scheduler.start()
    log.info("scheduler started")
    stopping.wait()
    scheduler.shutdown(wait=True)


def summarise(settings: Settings) -> None:
    """Redo the summaries of all series-days that have changed."""
    from ingest.summaries.summariser import summarise_stale

    _under_lock(settings, SUMMARIES, Lock.SCHEDULED_SUMMARIES, summarise_stale)


def close_due_months(settings: Settings) -> None:
    """Draft the invoices of all months that ended long enough ago."""
    from billing.run import close_month, due_months

    def close(conn: Connection[Any]) -> None:
        for month, contract in due_months(conn, settings.close_days_after):
            conn.commit()
            close_month(conn, month, [contract])

    _under_lock(settings, MONTH_CLOSING, Lock.SCHEDULED_CLOSING, close)


def _under_lock(settings: Settings, name: str, key: Lock, work: Callable[[Connection[Any]], object]) -> None:
    from ingest.watch.work_store import recorded

    with connect(settings.database_url, "vouch-schedule") as holder:
        holder.autocommit = True
        with advisory_lock(holder, key) as held:
            if held:
                with recorded(holder, name), connect(settings.database_url, "vouch-schedule") as conn:
                    work(conn)


def _logged(name: str, job: Callable[[Settings], None], settings: Settings) -> None:
    """A failed job must not end the scheduler: it is logged, and due again next time."""
    try:
        job(settings)
    except Exception:
        log.exception("scheduled work failed", extra={"work": name})

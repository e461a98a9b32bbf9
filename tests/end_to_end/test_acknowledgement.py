"""Promise 1: acknowledged means committed, whatever dies."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from device_sim.message import Message
from device_sim.outbox import Delivery
from device_sim.publisher import publish
from ingest.store import load_balance
from tests.end_to_end.conftest import IngestProcess
from tests.world import declare_world
from vouch.database import connect

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
COUNT = 300


def said() -> Iterator[Message]:
    """One message a second from one device."""
    for n in range(COUNT):
        at = NOON + timedelta(seconds=n)
        yield Message("device-1", at, ((at, {"odometer_km": Decimal(1000 + n)}),))


def deliver(ingesting: IngestProcess, receipts: bool = True) -> Delivery:
    """Publish all of it; returns when each message has its receipt, or else when the broker has acknowledged it."""
    paced: Iterable[tuple[float, Message]] = ((0.0, message) for message in said())
    delivery = publish(ingesting.mqtt_url, paced, COUNT, receipts=receipts)
    assert delivery.messages == COUNT
    return delivery


def stored(database: str) -> int:
    """Rows in the hypertable."""
    with connect(database) as conn:
        row = conn.execute("SELECT count(*) FROM ingest.reading").fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_not_committed_when_ingest_was_killed_is_delivered_again(ingesting: IngestProcess) -> None:
    with connect(ingesting.database) as conn:
        declare_world(conn)
        # Holds every commit back: whatever ingest has taken from the broker, none of it is stored.
        conn.execute("LOCK TABLE ingest.ledger IN EXCLUSIVE MODE")
        deliver(ingesting, receipts=False)
        time.sleep(1.5)
        ingesting.kill_and_restart()
        conn.rollback()

    ingesting.wait_taken_in(COUNT)
    assert stored(ingesting.database) == COUNT


def test_ingest_goes_on_when_its_database_sessions_are_ended(ingesting: IngestProcess) -> None:
    with connect(ingesting.database) as conn:
        declare_world(conn)
        ending = threading.Event()

        def end_sessions() -> None:
            with connect(ingesting.database) as own:
                own.autocommit = True
                while not ending.wait(0.15):
                    own.execute(
                        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE application_name = 'vouch-ingest' AND datname = current_database()"""
                    )

        killer = threading.Thread(target=end_sessions)
        killer.start()
        try:
            delivery = deliver(ingesting)
            time.sleep(2)
        finally:
            ending.set()
            killer.join()

        ingesting.wait_taken_in(COUNT)
        balance = load_balance(conn)
    assert stored(ingesting.database) == balance.stored == COUNT
    assert balance.received == balance.stored + balance.duplicate
    assert delivery.stored + delivery.duplicate == COUNT

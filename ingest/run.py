"""Running ingest: from the broker's session through decoding to the committer, until told to stop."""

import gc
import logging
import threading
import time
import uuid
from typing import Final

from ingest.committer import Committer
from ingest.listening import Listening
from ingest.message import Arrived
from ingest.opening import open_message
from ingest.session import session_of
from ingest.subscriber import Subscriber
from ingest.tally import Tally
from ingest.watch import Watch
from ingest.writer import Writer
from vouch import database
from vouch.settings import Settings

log = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 2.0
_GC_THRESHOLDS: Final = (200_000, 50, 50)


class Intake:
    """One process's way from messages to rows: takes from the inbox, decodes, hands to the committer."""

    def __init__(self, settings: Settings, slot: int | None, tally: Tally) -> None:
        self._settings = settings
        session = session_of(settings.mqtt_client_id, slot)
        self.tally = tally
        self.listening = Listening(uuid.uuid4(), session.client_id, settings.canary_seconds)
        self.writer = Writer(self.listening.run, self.listening)
        self.subscriber = Subscriber(settings, session, self.tally)
        self.committer = Committer(settings, self.writer, self.subscriber, self.tally)

    def __enter__(self) -> "Intake":
        # Nothing on a message's way refers in circles; looking for circles among all that is under way took half of
        # the time that decoding takes.
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        self.committer.start()
        self.subscriber.start()
        log.info("ingest started", extra={"run": str(self.writer.run), "session": self.subscriber.session.client_id})
        return self

    def __exit__(self, *_: object) -> None:
        self.committer.stop()
        self.subscriber.stop()

    def watch(self, settings: Settings) -> Watch:
        """What watches over this process."""
        return Watch(settings, self.subscriber, self.committer, self.listening, self.tally)

    def step(self) -> list[Arrived]:
        """Take in what there is, waiting half a second at most; returns it. Raises Unavailable."""
        settings = self._settings
        self.subscriber.check()
        self.committer.check()
        arrived = self.subscriber.inbox.take(
            settings.batch_messages_max, settings.batch_bytes_max, settings.batch_seconds_max
        )
        if arrived:
            self.committer.put([open_message(one) for one in arrived])
        return arrived


def run_ingest(settings: Settings, stopping: threading.Event, slot: int | None = None) -> None:
    """Take in messages until `stopping` is set. Raises Unavailable where broker or database cannot be used at all."""
    _check_database(settings)
    with Intake(settings, slot, Tally()) as intake, intake.watch(settings) as watch:
        while not stopping.is_set():
            intake.step()
            watch.step()


def leave(settings: Settings, stopping: threading.Event, slot: int) -> int:
    """Give up a slot without loss: unsubscribe, store what the broker holds for it, end its session.

    Returns how many messages that was. Raises Unavailable as `run_ingest` does; `stopping` leaves the session as it is.
    """
    _check_database(settings)
    with Intake(settings, slot, Tally()) as intake:
        subscriber, taken = intake.subscriber, 0
        while not subscriber.subscribed.wait(_QUIET_SECONDS):
            subscriber.check()
            if stopping.is_set():
                return 0
        subscriber.unsubscribe()
        # What was queued comes before what is published now; when this is back, nothing is left behind it.
        subscriber.publish(subscriber.session.canary, uuid.uuid4().bytes)
        quiet_since = time.monotonic()
        last = False
        while not (last and intake.committer.is_idle and time.monotonic() - quiet_since > _QUIET_SECONDS):
            if stopping.is_set():
                return taken
            arrived = intake.step()
            taken += sum(one.message.topic != subscriber.session.canary for one in arrived)
            last = last or any(one.message.topic == subscriber.session.canary for one in arrived)
            if arrived:
                quiet_since = time.monotonic()
        subscriber.end_session()
    return taken


def _check_database(settings: Settings) -> None:
    with database.connect(settings.database_url, "vouch-ingest") as first:
        database.check_server(first)

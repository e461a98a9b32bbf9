"""Running ingest: from the broker's session through decoding to the committer, until told to stop.

Shell.
"""

import gc
import logging
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Final

from ingest.broker.session import session_of
from ingest.broker.subscriber import Subscriber
from ingest.committer import Committer
from ingest.decoding import open_message
from ingest.message import Arrived, Opened, is_broken_link
from ingest.presence.listening import Listening
from ingest.sparkplug.feed import Sparkplug, is_durable
from ingest.tally import Tally
from ingest.watch.watch import Watch
from ingest.writer import Writer
from vouch import database
from vouch.settings import Settings

log = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.1
_SWITCH_SECONDS: Final = 0.001
_GC_THRESHOLDS: Final = (200_000, 50, 50)


class Intake:
    """One process's way from messages to rows: takes from the inbox, decodes, hands to the committer."""

    def __init__(self, settings: Settings, slot: int | None, tally: Tally) -> None:
        self._settings = settings
        session = session_of(settings.mqtt_client_id, slot, sparkplug=is_durable(settings))
        self.tally = tally
        self.listening = Listening(uuid.uuid4(), session.client_id, settings.canary_seconds)
        self.writer = Writer(self.listening.run, self.listening)
        self.subscriber = Subscriber(settings, session, self.tally)
        self.committer = Committer(settings, self.writer, self.subscriber, self.tally)
        self.sparkplug = (
            Sparkplug(settings, self.subscriber, self.tally) if session.first and settings.sparkplug_host_id else None
        )

    def __enter__(self) -> "Intake":
        # Nothing on a message's way refers in circles; looking for circles among all that is under way took half of
        # the time that decoding takes.
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        # The committer must not wait long for its turn whenever the database has taken something from it.
        sys.setswitchinterval(_SWITCH_SECONDS)
        self.committer.start()
        if self.sparkplug is not None:
            self.sparkplug.start()
        self.subscriber.start()
        log.info("ingest started", extra={"run": str(self.writer.run), "session": self.subscriber.session.client_id})
        return self

    def __exit__(self, *_: object) -> None:
        if self.sparkplug is not None:
            self.sparkplug.stop()
            self._put_last(self.sparkplug.leave())
        self.committer.stop()
        self.subscriber.stop()

    def watch(self, settings: Settings) -> Watch:
        """What watches over this process."""
        return Watch(settings, self.subscriber, self.committer, self.listening, self.tally, self.sparkplug)

    def step(self) -> list[Arrived]:
        """Take in what there is, waiting half a second at most; returns it. Raises Unavailable."""
        settings = self._settings
        self.subscriber.check()
        self.committer.check()
        arrived = self.subscriber.inbox.take(
            settings.batch_messages_max, settings.batch_bytes_max, settings.batch_seconds_max
        )
        opened = self._open(arrived)
        if opened:
            self.committer.put(opened)
        return arrived

    def _open(self, arrived: Sequence[Arrived]) -> list[Opened]:
        if self.sparkplug is not None:
            return self.sparkplug.open(arrived)
        return [open_message(one) for one in arrived if not is_broken_link(one)]

    def _put_last(self, opened: list[Opened]) -> None:
        if opened and self.committer.is_alive and self.committer.database_answers:
            self.committer.put(opened)


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
            taken += sum(one.message.topic not in ("", subscriber.session.canary) for one in arrived)
            last = last or any(one.message.topic == subscriber.session.canary for one in arrived)
            if arrived:
                quiet_since = time.monotonic()
        if intake.sparkplug is not None:
            intake.committer.put(intake.sparkplug.leave(for_good=True))
        if _is_all_stored(intake, stopping):
            subscriber.end_session()
    return taken


def _is_all_stored(intake: Intake, stopping: threading.Event) -> bool:
    """Wait until it is; False where we were told to stop before."""
    while not intake.committer.is_idle:
        intake.committer.check()
        if stopping.wait(_PAUSE_SECONDS):
            return False
    return True


def _check_database(settings: Settings) -> None:
    with database.connect(settings.database_url, "vouch-ingest") as first:
        database.check_server(first)

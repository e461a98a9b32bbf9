"""The watch over an ingest process: looks at it again and again, cuts a deaf session, and answers how it does.

Shell.
"""

import logging
import os
import socket
import threading
import time
from typing import Final, Self

from ingest.broker.subscriber import Subscriber
from ingest.committer import Committer
from ingest.presence.listening import Listening
from ingest.sparkplug.feed import Sparkplug
from ingest.tally import Counts, Tally
from ingest.vitals import PERIODS_MAX, Health, Report, Status, Vitals, is_deaf, judge
from ingest.watch.control import Control
from ingest.watch.health import HealthServer
from ingest.watch.metrics import Seen, exposition
from vouch.settings import Settings

log = logging.getLogger(__name__)

# A session that stays deaf is cut again after so many times the patience that it was cut with.
_CUT_AGAIN: Final = 4


class Watch:
    """Watches from `with` on; `step` is called by the process's main loop, `look` by anybody."""

    def __init__(
        self,
        settings: Settings,
        subscriber: Subscriber,
        committer: Committer,
        listening: Listening,
        tally: Tally,
        sparkplug: Sparkplug | None = None,
    ) -> None:
        self._sparkplug = sparkplug
        self._subscriber = subscriber
        self._committer = committer
        self._listening = listening
        self._tally = tally
        self._canary_seconds = settings.canary_seconds
        self.control = Control(settings, listening, subscriber.session.canary)
        self.server = (
            HealthServer(settings.ingest_http_host, settings.ingest_http_port, self.health, exposition(self.look))
            if settings.ingest_http_port
            else None
        )
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._subscribed_at = self._control_at = self._host_at = self._arrived_at = self._settled_at = self._started
        self._arrived = self._settled = 0
        self._cut_at = 0.0
        self._status = Status.OK
        self._who = (socket.gethostname(), os.getpid(), time.time_ns() // 1000)

    def __enter__(self) -> Self:
        self.control.start()
        if self.server is not None:
            self.server.start()
            log.info("health served", extra={"port": self.server.port})
        return self

    def __exit__(self, *_: object) -> None:
        if self.server is not None:
            self.server.stop()
        self.control.stop()

    def step(self) -> None:
        """See what has changed, and cut a session that has gone deaf."""
        health = self.health()
        self._listening.report = Report(*self._who, health, self.control.broker)
        if health.status is not self._status:
            level = logging.ERROR if health.status is Status.FAILING else logging.WARNING
            level = logging.INFO if health.status is Status.OK else level
            log.log(level, "health changed", extra={"status": health.status.value, "reasons": health.reasons})
            self._status = health.status
        now = time.monotonic()
        patience = _CUT_AGAIN * PERIODS_MAX * self._canary_seconds
        if is_deaf(health.vitals) and (not self._cut_at or now - self._cut_at > patience):
            log.error("session is deaf, connecting again", extra={"seconds": round(health.vitals.unproven_seconds, 1)})
            self._cut_at = now
            self._subscriber.reconnect()

    def health(self) -> Health:
        """How the process does at this moment."""
        return judge(self._vitals(self._tally.look()))

    def look(self) -> Seen:
        """All there is to see, counts and health of one moment."""
        counts = self._tally.look()
        listening = self._listening
        return Seen(
            str(listening.run),
            listening.client,
            counts,
            judge(self._vitals(counts)),
            self.control.broker,
            None if self._sparkplug is None else self._sparkplug.counts,
        )

    def _vitals(self, counts: Counts) -> Vitals:
        with self._lock:
            now = time.monotonic()
            self._note(counts, now)
            broker = self.control.broker
            unproven = self._listening.silent_for(time.time_ns() // 1000)
            return Vitals(
                up_seconds=now - self._started,
                canary_seconds=self._canary_seconds,
                connected=self._subscriber.is_connected,
                subscribed=self._subscriber.subscribed.is_set(),
                away_seconds=now - self._subscribed_at,
                network_thread=self._subscriber.is_alive,
                committer_thread=self._committer.is_alive,
                unproven_seconds=now - self._started if unproven is None else max(0, unproven) / 1e6,
                canaries_out=self._listening.canaries_out,
                quiet_seconds=now - self._arrived_at,
                control_away_seconds=now - self._control_at,
                host_away_seconds=now - self._host_at,
                messages_in_flight=counts.messages_in_flight,
                waiting_seconds=now - self._settled_at,
                database=self._committer.database_answers,
                queue_fill=self._subscriber.inbox.fill,
                dropped=broker.dropped_here,
                dropped_seconds=None if broker.dropped_at is None else now - broker.dropped_at,
            )

    def _note(self, counts: Counts, now: float) -> None:
        """When what is counted last changed, seen from here."""
        if self._subscriber.subscribed.is_set():
            self._subscribed_at = now
        if self.control.is_connected:
            self._control_at = now
        if self._sparkplug is None or self._sparkplug.counts.host_online:
            self._host_at = now
        if counts.messages_received != self._arrived:
            self._arrived, self._arrived_at = counts.messages_received, now
        if counts.messages_settled != self._settled or not counts.messages_in_flight:
            self._settled, self._settled_at = counts.messages_settled, now

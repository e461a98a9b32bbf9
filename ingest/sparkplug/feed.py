"""Sparkplug in an ingest process: its messages through the edge nodes' sessions, requests for rebirths out.

Shell.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ingest.broker.subscriber import Subscriber
from ingest.decoding import open_message
from ingest.message import Arrived, Opened, is_broken_link
from ingest.sparkplug.edge_messages import Limits
from ingest.sparkplug.edge_nodes import EdgeNodes, SparkplugCounts
from ingest.sparkplug.host import SparkplugHost
from ingest.sparkplug.store import load_nodes
from ingest.sparkplug_topics import is_sparkplug
from ingest.tally import Tally
from vouch import database
from vouch.settings import Settings

_MICROS: Final = 1_000_000
_COUNT_SECONDS: Final = 1.0


def is_durable(settings: Settings) -> bool:
    """Whether edge nodes' messages come by ingest's durable session."""
    return bool(settings.sparkplug_host_id) and settings.sparkplug_session == "durable"


class Sparkplug:
    """The host application of one process; the main loop alone calls it."""

    def __init__(self, settings: Settings, subscriber: Subscriber, tally: Tally) -> None:
        self._tally = tally
        self.counts = SparkplugCounts()
        self._settings = settings
        # Held back, a message still is one that the broker counts as not acknowledged.
        held_max = max(1, min(1_000, settings.unacknowledged_max // 4))
        self._nodes = EdgeNodes(
            Limits(
                _micros(settings.sparkplug_reorder_seconds),
                _micros(settings.sparkplug_silence_seconds),
                held_max=max(1, held_max // 2),
            ),
            _micros(settings.sparkplug_rebirth_seconds),
            held_max,
        )
        self._counted_at = 0.0
        clean = settings.sparkplug_session == "clean"
        self._host = SparkplugHost(
            settings,
            f"{subscriber.session.client_id}-host",
            (lambda: True) if clean else subscriber.subscribed.is_set,
            subscriber if clean else None,
        )

    def start(self) -> None:
        """Go on from what is stored, and enter the broker."""
        with database.connect(self._settings.database_url, "vouch-ingest") as conn:
            self._nodes.restore(load_nodes(conn, datetime.now(UTC)), _now())
        self._host.start()

    def stop(self) -> None:
        """Leave the broker as a host does."""
        self._host.stop()

    def open(self, arrived: Iterable[Arrived]) -> list[Opened]:
        """What can be given out of these, and of what was held back before; `arrived` may hold anything."""
        now = _now()
        opened: list[Opened] = []
        for one in arrived:
            if is_sparkplug(one.message.topic):
                opened += self._nodes.take(one, now)
            elif is_broken_link(one):
                ended = self._nodes.forget_connection(one)
                # It was no message until it had something to say.
                self._tally.arrived(sum(each.arrived is one for each in ended))
                opened += ended
            else:
                opened.append(open_message(one))
        opened += self._nodes.expire(now)
        self._host.step()
        if self._host.is_born:
            self._host.send(self._nodes.commands(now))
        self._count()
        return opened

    def leave(self, *, for_good: bool = False) -> list[Opened]:
        """What is held back and would not come again, read as well as it can be; all of it, for good."""
        return self._nodes.leave(_now(), for_good=for_good)

    def _count(self) -> None:
        if time.monotonic() - self._counted_at < _COUNT_SECONDS:
            return
        self._counted_at = time.monotonic()
        self.counts = replace(self._nodes.look(), host_online=self._host.is_born)


def _now() -> int:
    return time.time_ns() // 1000


def _micros(seconds: float) -> int:
    return int(seconds * _MICROS)

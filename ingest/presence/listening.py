"""Listening: the record of when vouch itself could hear.

Pure. A process publishes a canary every few seconds over one connection and receives it over the session by which
telemetry comes. One that came back, and whose batch was committed, proves the whole way at the instant it was sent.
Proofs that follow each other closely make one stretch; between stretches vouch was not listening.
Source: docs/presence.md.
"""

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ingest.vitals import PERIODS_MAX, Report

_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` to `until`, in microseconds since 1970 of our clock, the session `client` of `run` was heard."""

    run: UUID
    client: str
    since: int
    until: int


class Listening:
    """What one process knows of its own hearing. `canary_seconds` is the time between two canaries.

    `canary` and `published` belong to the threads that publish, everything else to the one that receives and writes.
    `report` is what the process has to say of itself, kept by whoever watches it and written beside the proofs.
    """

    def __init__(self, run: UUID, client: str, canary_seconds: float) -> None:
        self.run = run
        self.client = client
        self.period = round(canary_seconds * _SECOND)
        self.proven_at: int | None = None
        self.canaries_out = 0
        self.report: Report | None = None
        self._stretch: Stretch | None = None

    def canary(self, now: int) -> bytes:
        """What to publish now, in microseconds since 1970."""
        return json.dumps({"run": str(self.run), "sent_at": now}).encode()

    def published(self) -> None:
        """The broker has taken a canary. `canaries_out` counts those since the newest proof."""
        self.canaries_out += 1

    def heard(self, payload: bytes) -> Stretch | None:
        """The stretch that a canary makes or extends, to be stored in its batch's transaction.

        None where it is not this run's: one of an earlier process that waited at the broker proves nothing about us.
        The same canary again gives the same stretch.
        """
        sent_at = self._sent_at(payload)
        if sent_at is None:
            return None
        known = self._stretch
        if known is None or sent_at - known.until > PERIODS_MAX * self.period:
            self._stretch = Stretch(self.run, self.client, sent_at, sent_at)
        elif sent_at > known.until:
            self._stretch = Stretch(self.run, self.client, known.since, sent_at)
        return self._stretch

    def committed(self, stretch: Stretch) -> None:
        """The transaction that holds it has been committed: from now on it counts as proof."""
        self.proven_at = stretch.until
        self.canaries_out = 0

    def silent_for(self, now: int) -> int | None:
        """Microseconds since the newest proof was sent; None before the first."""
        return None if self.proven_at is None else now - self.proven_at

    def _sent_at(self, payload: bytes) -> int | None:
        try:
            said = json.loads(payload)
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or said.get("run") != str(self.run):
            return None
        sent_at = said.get("sent_at")
        return sent_at if isinstance(sent_at, int) else None

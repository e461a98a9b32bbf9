"""Stops: incidents as states open and close them, across the boundaries of months.

Pure. A stop that ended less than the merging time before the end of a part may go on in the next: it ends there, once
no other one can follow it closely. One that is not yet long enough to be one counts for nothing until it is.
Source: docs/terms.md#incident-list.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from contracts.scene import Incident, Stop
from contracts.streams.stream import Stream
from contracts.terms.measures.incident_list import FromStates
from vouch.period import Period, from_micros

# Service time between two instants of the part, in microseconds.
ServiceTime = Callable[[datetime, datetime], int]
# (when, the state's name, whether it opens): states that change nothing left out.
_Event = tuple[datetime, str, bool]


@dataclass(frozen=True, slots=True)
class Stops:
    """Those that ended for good, the one that may go on, and what they add to the part in microseconds."""

    ended: list[Incident]
    going_on: Stop | None
    micros: int


def stops_in(
    source: FromStates, asset: str, part: Period, streams: Sequence[Stream], before: Stop | None, time: ServiceTime
) -> Stops:
    """The stops of one asset in `part`, `before` being the one that came from the part before."""
    walk = _Walk(source, asset, time, part.start, before, [])
    for at, state, opens in _events(source, part, streams):
        if opens:
            walk.open(at, state)
        else:
            walk.close(at)
    return walk.finish(part.end)


def long_enough(source: FromStates, stop: Stop, until: datetime) -> bool:
    """Whether the stop counts as an incident, by its length up to its end or `until`."""
    length = (stop.closed_at or until) - stop.incident.opened_at
    return length >= timedelta(seconds=source.minimum_seconds)


@dataclass(slots=True)
class _Walk:
    """The part gone through from event to event: `now` is how far, `stop` as it stands there."""

    source: FromStates
    asset: str
    time: ServiceTime
    now: datetime
    stop: Stop | None
    ended: list[Incident]
    micros: int = 0

    def open(self, at: datetime, state: str) -> None:
        """A state that opens a stop, goes on with one, or takes one up again."""
        self._advance(at)
        self._end_if_apart(at)
        stop = self.stop
        if stop is None:
            self.stop = Stop(Incident(self.asset, state, at, None, None, 0, None, None), None, 0, 0)
        elif stop.closed_at is not None:
            incident = replace(stop.incident, micros=stop.incident.micros + stop.since_closed)
            self.stop = Stop(incident, None, stop.counted, 0)

    def close(self, at: datetime) -> None:
        """A state that closes whatever is open."""
        self._advance(at)
        if self.stop is not None and self.stop.closed_at is None:
            self.stop = replace(self.stop, closed_at=at)

    def finish(self, end: datetime) -> Stops:
        """The part's end."""
        self._advance(end)
        self._end_if_apart(end)
        if self.stop is not None and long_enough(self.source, self.stop, end):
            self.micros += self.stop.incident.micros - self.stop.counted
            self.stop = replace(self.stop, counted=self.stop.incident.micros)
        return Stops(self.ended, self.stop, self.micros)

    def _advance(self, at: datetime) -> None:
        stop, since = self.stop, self.now
        self.now = at
        if stop is None:
            return
        passed = self.time(since, at)
        if stop.closed_at is None:
            self.stop = replace(stop, incident=replace(stop.incident, micros=stop.incident.micros + passed))
        else:
            self.stop = replace(stop, since_closed=stop.since_closed + passed)

    def _end_if_apart(self, at: datetime) -> None:
        """End a closed stop for good that one opened at `at` or later would not be one with."""
        stop = self.stop
        if stop is None or stop.closed_at is None:
            return
        if at - stop.closed_at < timedelta(seconds=self.source.merge_seconds):
            return
        if long_enough(self.source, stop, at):
            self.micros += stop.incident.micros - stop.counted
            self.ended.append(replace(stop.incident, closed_at=stop.closed_at))
        self.stop = None


def _events(source: FromStates, part: Period, streams: Sequence[Stream]) -> Iterator[_Event]:
    """What the devices said, in time order: a stop may close exactly at the part's end, and opens before it.

    Of what a device said up to the part's start the last state counts, and nothing before it: how far back its runs
    reach is of no account.
    """
    for stream in streams:
        start = max(part.start, stream.part.start)
        names = {Decimal(code): name for name, code in stream.metric.states.items()}
        told: _Event | None = None
        for run in stream.runs:
            state, at = names[Decimal(run.first_value)], from_micros(run.first_at)
            if at > part.end:
                continue
            event = max(at, start), state, state in source.open
            if at <= start:
                told = None if state in source.unchanged else event
                continue
            if state in source.unchanged:
                continue
            if told is not None:
                yield told
                told = None
            if at < part.end or not event[2]:
                yield event
        if told is not None:
            yield told

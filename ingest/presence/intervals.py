"""Presence: when a device was there, when it was not, and when nobody can tell, each with its evidence.

Pure. Births, deaths and wills are what somebody said; a reading is a sign of life at the instant it was measured.
Silence is not an event: it is what is left where vouch listened and heard nothing for longer than the device's limit,
so a late reading ends it as if it had come in time. Where vouch did not listen, that is said instead.
Source: docs/presence.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from ingest.notes import Clue
from vouch.period import Period, intersect, iso, subtract, union


class Presence(StrEnum):
    """There / said or taken to be gone / nothing heard for too long / vouch was not listening / not heard of yet."""

    ONLINE = "online"
    OFFLINE = "offline"
    SILENT = "silent"
    NOT_LISTENING = "not_listening"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """What begins an interval: one of the kinds of evidence, or something that vouch found out by itself."""

    BIRTH = Clue.BIRTH.value
    DEATH = Clue.DEATH.value
    WILL = Clue.WILL.value
    SUSPICION = Clue.SUSPICION.value
    DECLARED = Clue.DECLARED.value
    LINK_LOST = Clue.LINK_LOST.value
    READING = "reading"
    SILENCE = "silence"
    LISTENING = "listening"
    NOTHING = "nothing"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Sign:
    """Why something begins: `at` is the instant of the evidence, which may lie before the window asked for."""

    cause: Cause
    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody said, as it is stored. Events are given in the order in which they were received.

    `heard_since` is the first reading that was measured after the device went and came before its next birth.
    """

    at: datetime
    online: bool
    evidence: Clue
    detail: str
    received_at: datetime
    heard_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of one presence; `ends` is what begins the next one."""

    presence: Presence
    period: Period
    begins: Sign
    ends: Sign


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known about one device.

    `heard` are spans, in order and apart, within which no two readings are further apart than `limit`, the silence
    after which the device counts as silent; `gaps` are times, in order and apart, at which vouch was not listening.
    """

    events: Sequence[Event]
    heard: Sequence[Period]
    gaps: Sequence[Period]
    limit: timedelta


_Begun = tuple[Presence, Period, Sign]
_OURS: Final = frozenset({Clue.LINK_LOST})


def intervals(record: Record, window: Period) -> list[Interval]:
    """The window, which ends now at the latest, in intervals without holes."""
    end = window.end
    events = [event for event in _in_order(record.events) if event.at < end]
    heard = [part for span in record.heard if (part := _until(span, end))]
    offline = list(_offline(events, heard, record.limit, end))
    online = list(_online(events, heard, offline, record.limit, end))
    known = union(period for _, period, _ in (*offline, *online))
    first = min((period.start for period in known), default=end)
    unheard = subtract([Period(first, end)], known)
    deaf = _deaf(record, events, known, end)
    begun = [
        *offline,
        *online,
        *_not_listening(unheard, deaf),
        *_silent(subtract(unheard, [period for period, _ in deaf]), record.limit),
    ]
    if window.start < first:
        nothing = Sign(Cause.NOTHING, window.start, "nothing has been heard of it before")
        begun.append((Presence.UNKNOWN, Period(window.start, first), nothing))
    return _within(sorted(begun, key=lambda one: one[1]), window)


def _within(begun: Sequence[_Begun], window: Period) -> list[Interval]:
    """What of it lies in the window; each ends by what begins the next."""
    kept = [(presence, part, sign) for presence, period, sign in begun if (part := period.overlap(window))]
    asked = Sign(Cause.ASKED, window.end, "as far as was asked for")
    signs = [sign for _, _, sign in kept[1:]] + [asked]
    return [Interval(*one, ends) for one, ends in zip(kept, signs, strict=True)]


def _in_order(events: Iterable[Event]) -> Iterator[Event]:
    """Events at the instants at which they count: none before one that was received earlier, or after its receipt.

    A device whose clock is behind says it was back before it was gone; what was received later happened later.
    """
    before: datetime | None = None
    for event in events:
        at = min(event.at, event.received_at)
        if before is not None and at < before:
            at = before
        before = at
        yield replace(event, at=at)


def _offline(events: Sequence[Event], heard: Sequence[Period], limit: timedelta, end: datetime) -> Iterator[_Begun]:
    """From the word that a device is gone to its next birth, or to the first reading that contradicts it."""
    gone_until: datetime | None = None
    for event, birth in zip(events, _next_births(events, end), strict=True):
        if event.online or event.evidence in _OURS or (gone_until and event.at < gone_until):
            continue
        until = min(birth, event.heard_since or end, end)
        if event.evidence is Clue.SUSPICION and not _is_borne_out(event.at, until, heard, limit, end):
            continue
        if event.at < until:
            gone_until = until
            yield Presence.OFFLINE, Period(event.at, until), Sign(Cause(event.evidence), event.at, event.detail)


def _next_births(events: Sequence[Event], end: datetime) -> list[datetime]:
    """For each event, when the device is next said to be there; `end` where it is not."""
    births, following = [], end
    for event in reversed(events):
        births.append(following)
        if event.online:
            following = event.at
    return births[::-1]


def _is_borne_out(at: datetime, until: datetime, heard: Sequence[Period], limit: timedelta, end: datetime) -> bool:
    """Whether nothing was heard within the silence limit after a suspicion, and the limit has passed."""
    due = at + limit
    if due > end or (until <= due and until < end):
        return False
    return not any(span.start <= due and span.end > at for span in heard)


def _online(
    events: Sequence[Event], heard: Sequence[Period], offline: Sequence[_Begun], limit: timedelta, end: datetime
) -> Iterator[_Begun]:
    """From a birth or reading on for as long as the silence limit carries it, unless the device is said to be gone."""
    births = {event.at: event for event in events if event.online}
    signs = [*heard, *(Period(at, at) for at in births)]
    carried = (_until(Period(span.start, span.end + limit), end) for span in signs)
    alive = union(span for span in carried if span)
    for period in subtract(alive, [gone for _, gone, _ in offline]):
        born = births.get(period.start)
        sign = (
            Sign(Cause(born.evidence), born.at, born.detail)
            if born
            else Sign(Cause.READING, period.start, "a reading was measured")
        )
        yield Presence.ONLINE, period, sign


def _deaf(record: Record, events: Sequence[Event], known: Sequence[Period], end: datetime) -> list[tuple[Period, Sign]]:
    """When silence proves nothing: while vouch did not listen, and until the limit has passed again after it.

    In order and apart; a sign for each.
    """
    gaps = [
        (Period(gap.start, gap.end + record.limit), Sign(Cause.LISTENING, gap.start, _gap_words(gap)))
        for gap in record.gaps
    ]
    for event in events:
        if event.evidence in _OURS and not event.online:
            back = next((period.start for period in known if period.start > event.at), end)
            gaps.append((Period(event.at, max(event.at, back)), Sign(Cause.LINK_LOST, event.at, event.detail)))
    apart: list[tuple[Period, Sign]] = []
    for period, sign in sorted(gaps, key=lambda gap: gap[0]):
        if apart and period.start <= apart[-1][0].end:
            joined, first = apart.pop()
            apart.append((Period(joined.start, max(joined.end, period.end)), first))
        else:
            apart.append((period, sign))
    return apart


def _not_listening(unheard: Sequence[Period], deaf: Sequence[tuple[Period, Sign]]) -> Iterator[_Begun]:
    for gap, sign in deaf:
        for part in intersect(unheard, [gap]):
            yield Presence.NOT_LISTENING, part, sign


def _silent(quiet: Sequence[Period], limit: timedelta) -> Iterator[_Begun]:
    for period in quiet:
        yield Presence.SILENT, period, Sign(Cause.SILENCE, period.start, f"nothing heard for {limit}")


def _gap_words(gap: Period) -> str:
    start, end = (iso(instant.replace(microsecond=0)) for instant in (gap.start, gap.end))
    return f"vouch's record of listening has a gap from {start} to {end}"


def _until(span: Period, end: datetime) -> Period | None:
    """What of the span lies before `end`; a single instant is kept."""
    return Period(span.start, min(span.end, end)) if span.start < end else None


def spoken_spans(spans: Iterable[Period], limit: timedelta) -> list[Period]:
    """Spans of readings, in any order and overlapping at will, as `Record.heard` wants them: no wait up to `limit`
    between two of them parts them."""
    joined: list[Period] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end + limit:
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def gaps_between(listened: Iterable[Period], until: datetime) -> list[Period]:
    """The times between the first of `listened` and `until` that none of them covers."""
    covered = union(listened)
    gaps = [Period(before.end, after.start) for before, after in pairwise(covered)]
    if covered and covered[-1].end < until:
        gaps.append(Period(covered[-1].end, until))
    return gaps

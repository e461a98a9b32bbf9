"""Storage of what devices and the broker say about presence; all that is known of one device. The caller commits.

Shell.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from ingest.batch import YEAR_MIN
from ingest.catalogue import Series
from ingest.notes import Clue, PresenceNote
from ingest.presence.intervals import Event, Record, spoken_spans
from ingest.presence.listening_store import list_gaps
from ingest.registry.device_store import NoDevice
from ingest.registry.known_store import load_catalogue
from ingest.store import list_readings
from ingest.summaries.summariser import list_current_days
from ingest.summaries.summary import DaySummary, Run
from vouch.period import MICROSECOND, Period, from_micros, to_micros, utc_day

# The newest so many of a window; of what a device says oftener, its readings still tell.
EVENTS_MAX: Final = 10_000
# How many events before a window are looked at for what held when it began.
_EVENTS_BEFORE: Final = 20
_DETAIL_LENGTH_MAX: Final = 500
_EARLIEST: Final = to_micros(datetime(YEAR_MIN, 1, 1, tzinfo=UTC))
_LATEST: Final = to_micros(datetime.max.replace(tzinfo=UTC))


# What was only declared, as a retained message is, says nothing new where the device is known to be so already.
_ADD: Final = """
    INSERT INTO ingest.presence (device, at, online, evidence, detail, received_at, recorded_at)
    SELECT said.device, said.at, said.online, said.evidence, said.detail, said.received_at, %(recorded_at)s
      FROM unnest(%(devices)s::text[], %(at)s::timestamptz[], %(online)s::bool[], %(evidence)s::text[],
                  %(detail)s::text[], %(received)s::timestamptz[])
           WITH ORDINALITY AS said (device, at, online, evidence, detail, received_at, n)
     WHERE said.evidence <> 'declared'
        OR said.online IS DISTINCT FROM (
           SELECT p.online FROM ingest.presence AS p WHERE p.device = said.device
            ORDER BY p.received_at DESC, p.id DESC LIMIT 1)
     ORDER BY said.n
    ON CONFLICT DO NOTHING
"""


def add_presence(
    conn: Connection[Any],
    notes: Iterable[tuple[int, PresenceNote]],
    recorded_at: datetime,
    resolve: Callable[[str], str | None],
) -> int:
    """Store notes, each with our clock at its receipt in microseconds since 1970; returns how many were new.

    `resolve` turns a note's source into a device id; what it does not know is left out. The same note again changes
    nothing.
    """
    said = [
        (device, _told_at(note, received), note, received)
        for received, note in notes
        if (device := resolve(note.source)) is not None
    ]
    if not said:
        return 0
    given = {
        "devices": [device for device, *_ in said],
        "at": [from_micros(at) for _, at, *_ in said],
        "online": [note.online for _, _, note, _ in said],
        "evidence": [note.evidence.value for _, _, note, _ in said],
        "detail": [_kept(note.detail) for _, _, note, _ in said],
        "received": [from_micros(received) for *_, received in said],
        "recorded_at": recorded_at,
    }
    return conn.execute(_ADD, given).rowcount


def _told_at(note: PresenceNote, received: int) -> int:
    """When it was, by the sender's clock; by ours, where that shows a time at which nobody sent anything."""
    return note.at if note.at is not None and _EARLIEST <= note.at <= _LATEST else received


def _kept(text: str) -> str:
    return text[:_DETAIL_LENGTH_MAX].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def load_record(conn: Connection[Any], device: str, window: Period, now: datetime) -> Record:
    """All that is known about the device's presence in the window. Raises NoDevice."""
    catalogue = load_catalogue(conn, [device])
    if device not in catalogue:
        raise NoDevice(device)
    series = list(catalogue[device].values())
    limit = timedelta(seconds=min(one.metric.silence_seconds_max for one in series))
    events = _list_events(conn, device, [one.id for one in series], window)
    heard = spoken_spans(_spans(conn, series, limit, window), limit)
    return Record(events, heard, list_gaps(conn, window, now), limit)


# `since`: the first reading measured after the device went that vouch received before the device said to be back.
_EVENTS: Final = """
    WITH chosen AS (
         (SELECT * FROM ingest.presence
           WHERE device = %(device)s AND received_at < %(start)s
           ORDER BY received_at DESC, id DESC LIMIT %(before)s)
          UNION ALL
         (SELECT * FROM ingest.presence
           WHERE device = %(device)s AND received_at >= %(start)s AND at < %(end)s
           ORDER BY received_at DESC, id DESC LIMIT %(limit)s))
    SELECT c.at, c.online, c.evidence, c.detail, c.received_at, heard.since
      FROM chosen AS c
      LEFT JOIN LATERAL (
           SELECT b.recorded_at FROM ingest.presence AS b
            WHERE b.device = c.device AND b.online AND (b.received_at, b.id) > (c.received_at, c.id)
            ORDER BY b.received_at, b.id LIMIT 1) AS birth ON NOT c.online
      LEFT JOIN LATERAL (
           SELECT min(one.measured_at) AS since
             FROM unnest(%(series)s::int[]) AS s (series)
            CROSS JOIN LATERAL (
                  SELECT r.measured_at FROM ingest.reading AS r
                   WHERE r.series = s.series AND r.measured_at > c.at
                     AND r.measured_at < least(%(end)s, birth.recorded_at)
                     AND r.received_at > c.recorded_at
                     AND (birth.recorded_at IS NULL OR r.received_at < birth.recorded_at)
                   ORDER BY r.measured_at LIMIT 1) AS one) AS heard ON NOT c.online
     ORDER BY c.received_at, c.id
"""


def _list_events(conn: Connection[Any], device: str, series: Sequence[int], window: Period) -> list[Event]:
    """What was said in the window and shortly before it, in the order of receipt."""
    given = {
        "device": device,
        "series": list(series),
        "start": window.start,
        "end": window.end,
        "before": _EVENTS_BEFORE,
        "limit": EVENTS_MAX,
    }
    return [
        Event(
            at.astimezone(UTC),
            online,
            Clue(evidence),
            detail,
            received_at.astimezone(UTC),
            since.astimezone(UTC) if since else None,
        )
        for at, online, evidence, detail, received_at, since in conn.execute(_EVENTS, given).fetchall()
    ]


def _spans(conn: Connection[Any], series: Sequence[Series], limit: timedelta, window: Period) -> Iterator[Period]:
    """Spans in which the series have a reading at least every `limit`, with the last one before the window."""
    days = list_current_days(conn, [one.id for one in series], utc_day(window.start), utc_day(window.end))
    for key, summaries in days.items():
        for run in _runs(summaries):
            if run.silence <= limit // MICROSECOND:
                yield Period(from_micros(run.first_at), from_micros(run.last_at))
            else:
                yield from _single(conn, key, run)


def _runs(summaries: Iterable[DaySummary]) -> Iterator[Run]:
    for summary in summaries:
        yield from summary.runs


def _single(conn: Connection[Any], series: int, run: Run) -> Iterator[Period]:
    """Each reading of a run by itself: its metric may be silent for longer than the device may."""
    span = Period(from_micros(run.first_at), from_micros(run.last_at) + MICROSECOND)
    for _, readings in list_readings(conn, [series], span):
        for at, _ in readings:
            yield Period(from_micros(at), from_micros(at))


@dataclass(frozen=True, slots=True)
class LastSaid:
    """The newest event of a device."""

    device: str
    at: datetime
    online: bool
    evidence: str
    detail: str


_LAST: Final = """
    SELECT DISTINCT ON (device) device, at, online, evidence, detail FROM ingest.presence
     WHERE device = ANY (%s) ORDER BY device, received_at DESC, id DESC
"""


def list_last_said(conn: Connection[Any], devices: Sequence[str]) -> dict[str, LastSaid]:
    """What was said last about each of these devices."""
    rows = conn.execute(_LAST, (list(devices),)).fetchall()
    return {row[0]: LastSaid(*row) for row in rows}

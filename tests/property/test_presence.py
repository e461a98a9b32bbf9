"""Laws of presence, and its intervals beside a reading of the same rules minute by minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.notes import Clue
from ingest.presence.intervals import Event, Presence, Record, intervals, spoken_spans
from vouch.period import Period, union

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
MINUTES = 60
LIMIT = 5


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


minutes = st.integers(-20, MINUTES - 1)
readings = st.sets(minutes, max_size=25)
words = st.lists(
    st.tuples(minutes, st.sampled_from([Clue.BIRTH, Clue.DEATH, Clue.SUSPICION])),
    max_size=6,
    unique_by=lambda word: word[0],
).map(sorted)
gaps = st.lists(st.tuples(minutes, st.integers(1, 15)), max_size=3)


def record(read: set[int], said: list[tuple[int, Clue]], deaf: list[tuple[int, int]]) -> Record:
    events = [Event(at(m), e is Clue.BIRTH, e, "", at(m)) for m, e in said]
    heard = spoken_spans((Period(at(m), at(m)) for m in read), timedelta(minutes=LIMIT))
    silent = union(Period(at(m), at(m + length)) for m, length in deaf)
    return Record(events, heard, silent, timedelta(minutes=LIMIT))


def naive(minute: int, read: set[int], said: list[tuple[int, Clue]], deaf: list[tuple[int, int]]) -> Presence:
    """The presence in the half minute after `minute`, straight from docs/presence.md, for a window of 0 to 60."""
    births = [m for m, e in said if e is Clue.BIRTH]
    for gone, evidence in said:
        if evidence is Clue.BIRTH or gone > minute:
            continue
        back = min((m for m in births if m > gone), default=MINUTES)
        if evidence is Clue.SUSPICION:
            alive = any(gone < m <= gone + LIMIT for m in (*read, *births) if m < MINUTES)
            if alive or gone + LIMIT > MINUTES:
                continue
        if minute < back:
            return Presence.OFFLINE
    signs = [m for m in (*read, *births) if m <= minute]
    ever = [*signs, *(m for m, e in said if e is Clue.DEATH and m <= minute), *confirmed(read, said, minute)]
    if any(minute < m + LIMIT for m in signs):
        return Presence.ONLINE
    if not ever:
        return Presence.UNKNOWN
    if any(m <= minute < m + length + LIMIT for m, length in merged(deaf)):
        return Presence.NOT_LISTENING
    return Presence.SILENT


def confirmed(read: set[int], said: list[tuple[int, Clue]], until: int) -> list[int]:
    births = [m for m, e in said if e is Clue.BIRTH]
    return [
        gone
        for gone, e in said
        if e is Clue.SUSPICION
        and gone <= until
        and gone + LIMIT <= MINUTES
        and not any(gone < m <= gone + LIMIT for m in (*read, *births))
    ]


def merged(deaf: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined = union(Period(at(m), at(m + length)) for m, length in deaf)
    return [(int((p.start - NOON).total_seconds()) // 60, int(p.micros // 60_000_000)) for p in joined]


WINDOW = Period(at(0), at(MINUTES))


@given(readings, words, gaps)
def test_intervals_are_those_of_the_rules_read_minute_by_minute(
    read: set[int], said: list[tuple[int, Clue]], deaf: list[tuple[int, int]]
) -> None:
    found = intervals(record(read, said, deaf), WINDOW)

    for minute in range(MINUTES):
        inside = at(minute) + timedelta(seconds=30)
        (presence,) = [one.presence for one in found if one.period.start <= inside < one.period.end]
        assert presence is naive(minute, read, said, deaf), minute


@given(readings, words, gaps)
def test_intervals_fill_the_window_and_each_ends_by_what_begins_the_next(
    read: set[int], said: list[tuple[int, Clue]], deaf: list[tuple[int, int]]
) -> None:
    found = intervals(record(read, said, deaf), WINDOW)

    assert found[0].period.start == WINDOW.start
    assert found[-1].period.end == WINDOW.end
    for one, following in pairwise(found):
        assert one.period.end == following.period.start
        assert one.ends == following.begins


@given(readings, minutes, words, gaps)
def test_a_late_reading_never_takes_a_device_away(
    read: set[int], late: int, said: list[tuple[int, Clue]], deaf: list[tuple[int, int]]
) -> None:
    def away(heard: set[int]) -> int:
        # Known of from the beginning: the first sign of all turns what was unknown into silence.
        found = intervals(record(heard | {-20}, said, deaf), WINDOW)
        return sum(one.period.micros for one in found if one.presence in (Presence.SILENT, Presence.OFFLINE))

    assert away(read | {late}) <= away(read)

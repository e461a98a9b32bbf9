"""Periods: half-open spans of time, `start <= t < end`, in UTC.

Pure. Months and days are built in a contract's own zone and are as long as the instants say: October 2026 in
Berlin has 745 hours. Lists of periods given to the functions below are in order and do not overlap.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from vouch.errors import Invalid

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
_NO_OFFSET = timedelta(0)
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z."""
    return (instant - _EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC instant that many microseconds after 1970-01-01T00:00Z."""
    return _EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=8192)
def iso(instant: datetime) -> str:
    """RFC 3339 in UTC with a `Z`, as evidence and exports write it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: object) -> datetime:
    """An RFC 3339 date and time with its offset, at most six decimals of a second, in UTC. Raises Invalid.

    A leap second is mapped to the second that follows it: POSIX time has no room for it.
    """
    match = _DATE_TIME.fullmatch(text) if isinstance(text, str) and len(text) < 100 else None
    if match is None:
        raise Invalid(f"{str(text)[:60]!r} is not a date and time such as 2026-10-01T08:30:00.25+02:00")
    day, minute, second, fraction, offset = match.groups(default="")
    if len(fraction) > 7:
        raise Invalid(f"{text!r} has more than six decimals of a second")
    leap = second == "60"
    try:
        spelled = f"{day}T{minute}:{'59' if leap else second}{fraction}{offset.upper()}"
        return datetime.fromisoformat(spelled).astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{text!r} is not a date and time that exists") from error


def local_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in `zone` show `wall` on `day`.

    A wall time that occurs twice is its first occurrence; one that is skipped moves forward by the skipped hour.
    """
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def utc_day(instant: datetime) -> date:
    """The UTC calendar day that holds the instant."""
    return instant.astimezone(UTC).date()


def utc_midnight(day: date) -> datetime:
    """The instant at which the UTC calendar day begins."""
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A span of time that holds its start and not its end."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        start, end = self.start, self.end
        if (start.tzinfo is not UTC and start.utcoffset() != _NO_OFFSET) or (
            end.tzinfo is not UTC and end.utcoffset() != _NO_OFFSET
        ):
            raise Invalid("a period is made of UTC instants")
        if end < start:
            raise Invalid(f"a period cannot end ({iso(self.end)}) before it starts ({iso(self.start)})")

    @classmethod
    def month(cls, year: int, month: int, zone: ZoneInfo) -> "Period":
        """The calendar month as clocks in `zone` show it."""
        after = date(year + month // 12, month % 12 + 1, 1)
        return cls(local_instant(date(year, month, 1), time(), zone), local_instant(after, time(), zone))

    @classmethod
    def day(cls, day: date, zone: ZoneInfo) -> "Period":
        """The calendar day as clocks in `zone` show it: 23, 24 or 25 hours long."""
        return cls(local_instant(day, time(), zone), local_instant(day + timedelta(days=1), time(), zone))

    @property
    def micros(self) -> int:
        """Length in whole microseconds."""
        return (self.end - self.start) // MICROSECOND

    def overlap(self, other: "Period") -> "Period | None":
        """The common part, or None where there is none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        if start >= end:
            return None
        return self if start is self.start and end is self.end else Period(start, end)


def total_micros(periods: Iterable[Period]) -> int:
    """Sum of the lengths in whole microseconds."""
    return sum(period.micros for period in periods)


def union(periods: Iterable[Period]) -> list[Period]:
    """The time covered by at least one of `periods`, given in any order and overlapping at will."""
    joined: list[Period] = []
    for period in sorted(periods):
        if period.start == period.end:
            continue
        if joined and period.start <= joined[-1].end:
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, period.end))
        else:
            joined.append(period)
    return joined


def intersect(left: Sequence[Period], right: Sequence[Period]) -> list[Period]:
    """The time covered by both lists."""
    common: list[Period] = []
    i, j, lefts, rights = 0, 0, len(left), len(right)
    while i < lefts and j < rights:
        one, other = left[i], right[j]
        start = max(one.start, other.start)
        end = min(one.end, other.end)
        if start < end:
            whole = one if start is one.start and end is one.end else None
            common.append(whole or Period(start, end))
        if one.end <= other.end:
            i += 1
        else:
            j += 1
    return common


def subtract(left: Sequence[Period], right: Sequence[Period]) -> list[Period]:
    """The time covered by `left` and not by `right`."""
    rest: list[Period] = []
    j = 0
    for period in left:
        start = period.start
        while j < len(right) and right[j].end <= start:
            j += 1
        k = j
        while k < len(right) and right[k].start < period.end:
            if right[k].start > start:
                rest.append(Period(start, right[k].start))
            start = max(start, right[k].end)
            k += 1
        if start < period.end:
            rest.append(Period(start, period.end))
    return rest


def days_between(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The local calendar days that [start, end) touches, in order."""
    if end <= start:
        return []
    first = start.astimezone(zone).date()
    last = (end - MICROSECOND).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]

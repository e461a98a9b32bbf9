"""Calendars: weekly wall-clock spans as instants of a window.

Pure. Spans are built day by day from wall clock in the contract's zone, so that a day of 23 or 25 hours has the
service hours its clocks show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from vouch.period import Period, days_between, intersect, local_instant, subtract, union

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class WallSpan:
    """A span on each `weekday` (0 is Monday), in minutes after local midnight; 1440 is the day's end."""

    weekday: int
    start: int
    end: int


def occurrences(spans: Iterable[WallSpan], window: Period, zone: ZoneInfo) -> list[Period]:
    """All time within `window` that the weekly spans cover, in order."""
    by_day: dict[int, list[WallSpan]] = {}
    for span in spans:
        by_day.setdefault(span.weekday, []).append(span)
    found: list[Period] = []
    for day in days_between(window.start, window.end, zone):
        for span in by_day.get(day.weekday(), ()):
            start, end = (
                local_instant(day + timedelta(days=m // _DAY_MINUTES), _wall(m), zone) for m in (span.start, span.end)
            )
            if start < end:
                found.append(Period(start, end))
    return intersect(union(found), [window])


# Weekly spans and the local days on which there are none, as terms/service_hours.py makes them of what was agreed.
Weekly = tuple[tuple[WallSpan, ...], frozenset[date]]


def service_periods(weekly: Weekly, span: Period, zone: ZoneInfo) -> list[Period]:
    """The service hours within `span`, in order; worked out once for all who share them."""
    return list(_service_periods(weekly, span, zone))


def outside_periods(weekly: Weekly, span: Period, zone: ZoneInfo) -> list[Period]:
    """The rest of `span`, in order; worked out once for all who share it."""
    return list(_outside_periods(weekly, span, zone))


@lru_cache(maxsize=4096)
def _outside_periods(weekly: Weekly, span: Period, zone: ZoneInfo) -> tuple[Period, ...]:
    return tuple(subtract([span], _service_periods(weekly, span, zone)))


@lru_cache(maxsize=4096)
def _service_periods(weekly: Weekly, span: Period, zone: ZoneInfo) -> tuple[Period, ...]:
    spans, closed_on = weekly
    closed = [Period.day(day, zone) for day in days_between(span.start, span.end, zone) if day in closed_on]
    return tuple(subtract(occurrences(spans, span, zone), closed))


def _wall(minutes: int) -> time:
    return time(minutes % _DAY_MINUTES // 60, minutes % 60)

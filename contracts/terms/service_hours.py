"""Service hours and weekly windows, in wall-clock time of the contract's zone.

Pure. Source: docs/terms.md#service-hours.
"""

import re
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from contracts.calendar import WEEKDAYS, WallSpan, Weekly
from contracts.terms.base import EITHER, GIVEN, WORD, Model

_WALL: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_DATE: Final = re.compile(r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ALWAYS: Final = tuple(WallSpan(day, 0, 1440) for day in range(7))


def _check_wall(text: str) -> str:
    if not _WALL.fullmatch(text):
        raise ValueError("a wall-clock time such as 06:00, at most 24:00")
    return text


def _check_hours(text: str) -> str:
    start, dash, end = text.partition("-")
    if not dash or not _WALL.fullmatch(start) or not _WALL.fullmatch(end):
        raise ValueError("hours such as 06:00-22:00")
    if _minutes(start) >= _minutes(end):
        raise ValueError("hours that end later on the same day than they start; 24:00 ends the day")
    return text


def _check_date(text: Any) -> date:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("a date such as 2026-12-25")


def _minutes(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Wall = Annotated[str, AfterValidator(_check_wall)]
Hours = Annotated[str, AfterValidator(_check_hours)]
LocalDate = Annotated[date, BeforeValidator(_check_date)]


class WeeklyHours(Model):
    """Hours of each weekday; a day not named, or named in `closed_on`, has none."""

    weekly: Annotated[dict[Weekday, Annotated[list[Hours], Field(min_length=1)]], Field(min_length=1)]
    closed_on: Annotated[list[LocalDate], Field(max_length=5000)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for hours in self.weekly.values():
            if any(a[-5:] > b[:5] for a, b in pairwise(sorted(hours))):
                raise ValueError("service hours of one day do not overlap")
        return self


ServiceHours = Annotated[Annotated[Literal["always"], WORD] | Annotated[WeeklyHours, GIVEN], EITHER]


class WeeklyWindow(Model):
    """A weekly window, within one local day."""

    weekday: Weekday
    from_: Annotated[Wall, Field(alias="from")]
    until: Wall

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if _minutes(self.from_) >= _minutes(self.until):
            raise ValueError("'until' must be later than 'from' on the same day; 24:00 ends the day")
        return self

    @property
    def span(self) -> WallSpan:
        """The window in minutes of its weekday."""
        return WallSpan(WEEKDAYS.index(self.weekday), _minutes(self.from_), _minutes(self.until))


def weekly_spans(hours: Literal["always"] | WeeklyHours) -> Weekly:
    """The weekly spans, and the days on which there are none."""
    if not isinstance(hours, WeeklyHours):
        return _ALWAYS, frozenset()
    written = tuple((day, tuple(spans)) for day, spans in hours.weekly.items())
    return _spans(written), frozenset(hours.closed_on)


@lru_cache(maxsize=1024)
def _spans(written: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[WallSpan, ...]:
    return tuple(_span(day, *hours.split("-")) for day, spans in written for hours in sorted(spans))


def _span(weekday: str, start: str, end: str) -> WallSpan:
    return WallSpan(WEEKDAYS.index(weekday), _minutes(start), _minutes(end))

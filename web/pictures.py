"""Pictures: where spans and bars stand in an SVG drawing.

Pure. Every boundary is placed once and to a thousandth of a unit, so that a band's spans partition its length. What a
class of time looks like (colour, pattern and height, so that no two differ by colour alone) is in the templates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from vouch.period import Period, days_between, subtract, union

WIDTH: Final = 1000
_THOUSANDTH: Final = Decimal("0.001")
# Two marks closer than this are one.
_MARKS_APART: Final = 7
# Where an axis may end, in units of its leading digit; half of each is short as well.
_STEPS: Final = tuple(map(Decimal, ("1", "1.2", "1.6", "2", "3", "4", "5", "6", "8", "10")))
# Names of classes in the order they are explained.
_FIRST: Final = (
    *("up", "in_band", "online", "listening", "down", "out_of_band", "incident", "offline", "unknown", "silent"),
    *("not_listening", "nobody"),
)
_LAST: Final = ("out", "outside", "in_service", "none")
# What is marked however short it is.
_MARKED: Final = frozenset({"down", "out_of_band", "incident", "offline", "nobody"})

Span = tuple[str, Period]


@dataclass(frozen=True, slots=True)
class Piece:
    """A span as drawn: from `x`, `width` long; `period` is what it stands for."""

    name: str
    x: Decimal
    width: Decimal
    period: Period


@dataclass(frozen=True, slots=True)
class Tick:
    """A boundary of the axis and the space up to the next one."""

    x: Decimal
    width: Decimal
    day: date
    is_weekend: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Time from left to right; `marks` are the places of stretches that are too short to be seen otherwise."""

    pieces: list[Piece]
    marks: list[Decimal]


@dataclass(frozen=True, slots=True)
class Row:
    """One local day of a day-by-day picture, `hours` long."""

    day: date
    hours: Decimal
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's use: `height` and `top` within the drawing's height; value None where nothing was metered."""

    day: date
    x: Decimal
    width: Decimal
    top: Decimal
    height: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars by day with the axis' (height, value) lines."""

    bars: list[Bar]
    lines: list[tuple[Decimal, Decimal]]
    height: int


def spans_of(content: dict[str, Any]) -> list[Span]:
    """The spans that a result's content names; neighbours of one class are one, whatever else would have had them."""
    found: list[Span] = []
    for name, start, end, _ in content["spans"]:
        period = Period(datetime.fromisoformat(start), datetime.fromisoformat(end))
        if found and found[-1][0] == name and found[-1][1].end == period.start:
            period = Period(found.pop()[1].start, period.end)
        found.append((name, period))
    return found


def ticks(window: Period, zone: ZoneInfo, width: int = WIDTH) -> list[Tick]:
    """The local days of `window`."""
    found = []
    for day in days_between(window.start, window.end, zone):
        span = Period.day(day, zone).overlap(window)
        assert span is not None
        x, end = _place(span.start, window, width), _place(span.end, window, width)
        found.append(Tick(x, end - x, day, day.weekday() >= 5))
    return found


def band(spans: Sequence[Span], window: Period, width: int = WIDTH) -> Band:
    """All of `window`, what `spans` leave open drawn as `none`; every span down or out of the band has a mark."""
    pieces = [_piece(name, period, window, width) for name, period in filled(spans, window)]
    marks: list[Decimal] = []
    for piece in pieces:
        centre = piece.x + piece.width / 2
        if piece.name in _MARKED and (not marks or centre - marks[-1] >= _MARKS_APART):
            marks.append(centre.quantize(_THOUSANDTH))
    return Band(pieces, marks)


def rows(spans: Sequence[Span], window: Period, zone: ZoneInfo, width: int = WIDTH) -> list[Row]:
    """One row for each local day of `window`, all to one scale: a day of 25 hours is longer than the others."""
    days = [(day, Period.day(day, zone)) for day in days_between(window.start, window.end, zone)]
    longest = max((span.micros for _, span in days), default=1)
    whole = filled(spans, window)
    found = []
    first = 0
    for day, span in days:
        scale = Period(span.start, span.start + timedelta(microseconds=longest))
        pieces = []
        while first < len(whole) and whole[first][1].end <= span.start:
            first += 1
        for name, period in whole[first:]:
            if period.start >= span.end:
                break
            part = period.overlap(span)
            if part:
                pieces.append(_piece(name, part, scale, width))
        found.append(Row(day, Decimal(span.micros) / 3_600_000_000, pieces))
    return found


def filled(spans: Sequence[Span], window: Period) -> list[Span]:
    """The spans within `window` in order, with `none` wherever there is none."""
    within = [(name, part) for name, period in spans if (part := period.overlap(window))]
    rest = subtract([window], union(period for _, period in within))
    return sorted([*within, *(("none", period) for period in rest)], key=lambda span: span[1].start)


def chart(days: Sequence[Tick], values: Sequence[Decimal | None], height: int) -> Chart:
    """Bars over the days of a month; the scale begins at zero."""
    top = _nice(max((value for value in values if value is not None), default=Decimal(0)))
    bars = []
    for tick, value in zip(days, values, strict=True):
        tall = (height * (value or Decimal(0)) / top).quantize(_THOUSANDTH)
        inset = (tick.width / 8).quantize(_THOUSANDTH)
        bars.append(Bar(tick.day, tick.x + inset, tick.width - 2 * inset, height - tall, tall, value))
    lines = [(height - height * part / 2, top * part / 2) for part in (Decimal(1), Decimal(2))]
    return Chart(bars, lines, height)


def _nice(highest: Decimal) -> Decimal:
    """A round number at or above `highest`, which half of is round as well."""
    if highest <= 0:
        return Decimal(1)
    power = Decimal(1).scaleb(highest.adjusted())
    return next(power * step for step in _STEPS if power * step >= highest)


def _piece(name: str, period: Period, window: Period, width: int) -> Piece:
    x, end = _place(period.start, window, width), _place(period.end, window, width)
    return Piece(name, x, end - x, period)


def _place(instant: datetime, window: Period, width: int) -> Decimal:
    share = Decimal(width) * Period(window.start, instant).micros / window.micros
    return share.quantize(_THOUSANDTH, ROUND_HALF_UP)


def used_classes(bands: Iterable[Sequence[Span]]) -> list[str]:
    """The classes that occur, in the order they are explained."""
    return in_order({name for spans in bands for name, _ in spans})


def in_order(names: Iterable[str]) -> list[str]:
    """Names of classes in the order they are explained: those of no place of their own by name, in the middle."""
    return sorted(names, key=lambda name: (_place_of(name), name))


def _place_of(name: str) -> int:
    if name in _FIRST:
        return _FIRST.index(name)
    return len(_FIRST) + (1 + _LAST.index(name) if name in _LAST else 0)


def look_of(name: str) -> str:
    """What a class of time looks like, by name: several classes of one meaning look alike."""
    kind, colon, _ = name.partition(":")
    looks = {"out": "planned", "void_down": "planned", "up": "excused", "whole_window": "planned"} if colon else _LOOKS
    return looks.get(kind, kind)


_LOOKS: Final = {
    "in_band": "up",
    "out_of_band": "down",
    "incident": "down",
    "online": "up",
    "offline": "down",
    "silent": "unknown",
    "unheard": "outside",
    "listening": "up",
    "nobody": "not_listening",
    "out": "planned",
    "attributed_up": "excused",
    "attributed_down": "degraded",
    "attributed_out": "planned",
}

"""What several parts of a contract have in common, in plain words: windows, service hours, unknown data, acceptance.

Pure.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, Literal

from contracts.calendar import WEEKDAYS, WallSpan
from contracts.terms.acceptance import AcceptanceClock, AcceptanceRule
from contracts.terms.base import TimeScope
from contracts.terms.service_hours import WeeklyHours, WeeklyWindow, weekly_spans
from contracts.terms.unknown import UnknownAs, UnknownRule
from contracts.terms.window import Months, Partial, WindowKind
from vouch.canonical import plain
from web.formats import length, quantity, unit_word

_SECOND: Final = 1_000_000
_WINDOWS: Final = {
    WindowKind.CALENDAR: "each {months} of the calendar",
    WindowKind.CONTRACT: "each {months}, counted from the contract's first",
    WindowKind.ROLLING: "the last {months}, anew every month",
    WindowKind.LIFE: "the contract's whole life",
}
_SCOPES: Final = {
    TimeScope.ASSET: "each asset by itself",
    TimeScope.POOLED: "all assets together",
    TimeScope.MEAN: "the mean of the assets' own shares",
}
_UNKNOWN: Final = {
    UnknownAs.UP: "counts as up",
    UnknownAs.DOWN: "counts as down",
    UnknownAs.EXCLUDE: "is left out of the reckoning altogether",
}


def title(name: str) -> str:
    """An id as a heading: `coffee_hours` is Coffee hours."""
    text = name.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]


def several(words: Sequence[str], last: str = "and") -> str:
    """One, two and three."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def named(names: Sequence[str]) -> str:
    """“one” and “two”."""
    return several([f"“{name}”" for name in names])


def window_words(window: Literal["month"] | Months) -> str:
    """Over what something is measured or settled."""
    if not isinstance(window, Months):
        return "each calendar month"
    months = "12 months" if window.months is None else f"{window.months} months"
    text = _WINDOWS[window.kind].format(months=months)
    return text + ("" if window.partial is Partial.JUDGE else ", once it is complete")


def scope_words(scope: str) -> str:
    """For whom a measure speaks."""
    return _SCOPES[TimeScope(scope)]


def seconds_words(seconds: int) -> str:
    """A length: 15 minutes."""
    return length(seconds * _SECOND)


def unknown_words(rule: UnknownRule, what: str = "state") -> list[str]:
    """How long a state or value holds, and at whose cost silence goes."""
    carry = seconds_words(rule.carry_seconds)
    text = f"A {what} holds until the next reading, at most {carry}; time beyond that is unknown and "
    if rule.otherwise is None or rule.acceptance is None:
        words = [f"{text}{_UNKNOWN[rule.then]}."]
    else:
        agreed = acceptance_words(rule.acceptance)
        words = [
            f"{text}counts as an accepted record of its cause says ({agreed}); else it {_UNKNOWN[rule.otherwise]}."
        ]
    if not isinstance(rule.coverage_min_percent, str):
        words.append(f"Where less than {plain(rule.coverage_min_percent)} % of the time is known, nothing is judged.")
    return words


def acceptance_words(rule: AcceptanceRule) -> str:
    """Whether the other side's word is needed."""
    if not isinstance(rule, AcceptanceClock):
        return "the other side's word is not needed"
    return f"the other side has {rule.days} days to answer, and its silence means {rule.silence}"


def hours_words(hours: str | WeeklyHours) -> str:
    """`around the clock`, or weekly hours."""
    if not isinstance(hours, WeeklyHours):
        return "around the clock"
    closed = f", except on {several([day.isoformat() for day in hours.closed_on])}" if hours.closed_on else ""
    return spans_words(weekly_spans(hours)[0]) + closed


def windows_words(windows: Sequence[WeeklyWindow]) -> str:
    """Weekly windows."""
    return spans_words([window.span for window in windows])


def spans_words(spans: Sequence[WallSpan]) -> str:
    """Weekly hours, days of the same hours joined: `Monday to Friday 06:00–22:00, Saturday 08:00–14:00`."""
    ordered = sorted(spans, key=lambda span: span.start)
    by_day = {n: tuple((span.start, span.end) for span in ordered if span.weekday == n) for n in range(7)}
    if all(hours == ((0, 24 * 60),) for hours in by_day.values()):
        return "around the clock"
    parts = []
    for hours, days in groupby(range(7), key=lambda n: by_day[n]):
        if hours:
            which = [WEEKDAYS[n].capitalize() for n in days]
            span = which[0] if len(which) == 1 else f"{which[0]} to {which[-1]}"
            parts.append(f"{span} {' and '.join(f'{_wall(a)}–{_wall(b)}' for a, b in hours)}")
    return ", ".join(parts)


def band_words(low: Any, high: Any, unit: str) -> str:
    """`from 2 °C to 8 °C`, or one limit."""
    if low is None:
        return f"at most {quantity(high, unit)}"
    return (
        f"at least {quantity(low, unit)}" if high is None else f"from {quantity(low, unit)} to {quantity(high, unit)}"
    )


def unit_words(unit: str) -> str:
    """`in km`; a plain count says nothing."""
    return f", in {unit_word(unit)}" if unit != "C62" else ""


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"

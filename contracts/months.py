"""Months of a contract, divided among its versions, and the windows made of them.

Pure. A contract's months are gone through from its first on; one that an amendment cuts has a part for each version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from contracts.contract import Contract, governing, months_between
from contracts.terms.window import Months, WindowKind
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class MonthPart:
    """The `period` of the calendar `month` that `contract`, one version, governs. `ends_month` is true of the last part
    of a month, `ends_contract` of the last part there will be, as known. `successor` is the version that takes over
    when the period ends, if one does."""

    contract: Contract
    period: Period
    month: Period
    first: date
    ends_month: bool
    ends_contract: bool
    successor: Contract | None

    @property
    def number(self) -> int:
        """The month's number, counted from the year 0."""
        return self.first.year * 12 + self.first.month - 1


def month_parts(versions: Sequence[Contract], first: date, last: date, until: datetime | None) -> list[MonthPart]:
    """The parts of all months from `first` to `last`, in time order; with `until`, up to then only."""
    newest = max(versions, key=lambda version: version.version)
    parts: list[MonthPart] = []
    for month in months_between(first, last):
        window = newest.month(month)
        shown = window if until is None else Period(window.start, max(window.start, min(window.end, until)))
        governed = governing(versions, shown)
        for n, (version, period) in enumerate(governed):
            last_part = n == len(governed) - 1
            over = last_part and newest.effective_until is not None and newest.effective_until <= window.end
            heir = next((one for one in versions if one.effective_from == period.end), None)
            parts.append(MonthPart(version, period, window, month, last_part, over, heir))
    return parts


@dataclass(frozen=True, slots=True)
class Reach:
    """The parts that a window around one of them holds up to it: indices `first` to the part itself.

    `due` says that the window ends with the part, `complete` that the contract ran all through it so far.
    """

    first: int
    due: bool
    complete: bool


def reach(parts: Sequence[MonthPart], index: int, window: Literal["month"] | Months) -> Reach:
    """What of `window` lies behind the part at `index`. A window of one month is each of its parts by itself."""
    here = parts[index]
    if not isinstance(window, Months):
        return Reach(index, True, True)
    start = _start(parts[0].number, here, window)
    first = next(i for i, part in enumerate(parts) if part.number >= start)
    length = window.months or 0
    whole = window.kind is WindowKind.ROLLING or here.number + 1 == start + length
    due = here.ends_month and (here.ends_contract or (whole and window.kind is not WindowKind.LIFE))
    runs_on = whole or window.kind is WindowKind.LIFE or not here.ends_contract
    return Reach(first, due, runs_on and _is_complete(parts[first : index + 1], start, window))


def _start(beginning: int, here: MonthPart, window: Months) -> int:
    """The number of the month with which the window around `here` begins."""
    length = window.months or 0
    match window.kind:
        case WindowKind.CALENDAR:
            return here.number // length * length
        case WindowKind.CONTRACT:
            return beginning + (here.number - beginning) // length * length
        case WindowKind.ROLLING:
            return here.number - length + 1
        case WindowKind.LIFE:
            return beginning


def _is_complete(parts: Sequence[MonthPart], start: int, window: Months) -> bool:
    if window.kind is WindowKind.LIFE:
        return True
    whole = parts[0].number == start and parts[0].period.start == parts[0].month.start
    return whole and all(a.period.end == b.period.start for a, b in pairwise(parts)) and _runs_on(parts[-1])


def _runs_on(part: MonthPart) -> bool:
    return not part.ends_contract or part.period.end == part.month.end

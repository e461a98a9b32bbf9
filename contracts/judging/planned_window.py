"""J4 planned window: announced work, up to an allowance that is used in time order.

Pure. Weekly windows are built from wall clock in the contract's zone; others are facts of kind `planned_work`. Only
time within service hours uses allowance, and time in several windows at once uses it once.
Source: docs/terms.md#planned-window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Final, Literal

from contracts.calendar import service_periods
from contracts.facts.kinds import FactKind
from contracts.judging.declared import Agreed, declared
from contracts.scene import JudgedSpan, Scene
from contracts.terms.judges.planned_window import Allowance, AllowancePer, Announced, PlannedWindow, Split
from contracts.terms.service_hours import WeeklyHours, weekly_spans
from vouch.period import MICROSECOND, Period, intersect, local_instant, union

WEEKLY_CAUSE: Final = "weekly_window"
_HOUR_MICROS: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class _Window:
    period: Period
    cause: str
    fact: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Budget:
    """An allowance of so many microseconds for the windows within `span`, which ends with the scene's part."""

    span: Period
    micros: int


def judge_planned_window(term: PlannedWindow, scene: Scene) -> list[JudgedSpan]:
    """Every planned window, clipped to the scene's part, in order of its start; windows may overlap.

    A window that goes beyond the allowance is granted up to there and refused, as allowance_used_up, from its next
    instant within service hours on; one that needs none of it is granted. Weekly windows that overlap or touch are one.
    Where an allowance lasts for longer than the part (a year's; a month's that is not prorated), what was used before
    the part, since the asset is covered, is reckoned as this version of the term reads it and as is known now.
    """
    budget = _budget(term.allowance, scene) if isinstance(term.allowance, Allowance) else None
    windows = _windows(term, scene, budget.span if budget else scene.part)
    used_up = _used_up_at(budget, windows, term.service_hours, scene) if budget else None
    span = budget.span if budget else scene.part
    judged: list[JudgedSpan] = []
    for window in windows:
        period = window.period.overlap(scene.part)
        if period is None:
            continue
        if window.reason:
            judged.append(JudgedSpan(period, False, window.reason, window.cause, window.fact))
        elif used_up is None or window.period.end <= used_up:
            judged.append(JudgedSpan(period, True, "", window.cause, window.fact))
        else:
            # Of the whole window: one that was cut before the part is not granted again in it.
            at = _next_service(window.period, used_up, term.service_hours, span, scene)
            judged += _cut(window, period, min(max(at, period.start), period.end))
    return judged


def _windows(term: PlannedWindow, scene: Scene, within: Period) -> list[_Window]:
    """All windows `within`, in order of their start, those refused for another reason than the allowance included."""
    weekly = (tuple(window.span for window in term.weekly), frozenset[date]())
    found = [_Window(period, WEEKLY_CAUSE, None, "") for period in service_periods(weekly, within, scene.zone)]
    known = declared(_agreed(term.announced), scene, within)
    if known:
        found += [_Window(one.period, one.cause, one.fact.id, one.reason) for one in known]
        found.sort(key=lambda window: window.period)
    return found


def _agreed(announced: Literal["none"] | Announced) -> Agreed:
    """Where nothing may be announced, no cause is agreed."""
    if not isinstance(announced, Announced):
        return Agreed(FactKind.PLANNED_WORK, (), (), lambda start: start, False, "not_needed")
    notice = timedelta(hours=announced.notice_hours)
    return Agreed(
        kind=FactKind.PLANNED_WORK,
        causes=announced.causes,
        declared_by=announced.declared_by,
        notice_until=lambda start: start - notice,
        evidence_required=False,
        acceptance=announced.acceptance,
    )


def _budget(allowance: Allowance, scene: Scene) -> _Budget:
    """What may be used until the end of the part, and from when on use counts.

    Prorated, a part of a month has its share by seconds for itself; of a year, an asset has the share from the instant
    at which it is covered to the year's end, since nobody knows beforehand how long it will stay.
    """
    whole = Fraction(allowance.hours) * _HOUR_MICROS
    prorated = allowance.partial_period is Split.PRORATE
    if prorated and allowance.per is AllowancePer.MONTH:
        return _Budget(scene.part, int(whole * scene.part.micros / scene.month.micros))
    around = scene.month if allowance.per is AllowancePer.MONTH else _year(scene)
    since = max(around.start, scene.covered.start)
    share = Fraction(Period(since, around.end).micros, around.micros) if prorated else Fraction(1)
    return _Budget(Period(since, scene.part.end), int(whole * share))


def _year(scene: Scene) -> Period:
    year = scene.month.start.astimezone(scene.zone).year
    first, after = (local_instant(date(each, 1, 1), time(), scene.zone) for each in (year, year + 1))
    return Period(first, after)


def _used_up_at(
    budget: _Budget, windows: Sequence[_Window], hours: Literal["always"] | WeeklyHours, scene: Scene
) -> datetime | None:
    """The first instant for which there is no allowance left; None if all windows have enough."""
    left = budget.micros
    planned = union(window.period for window in windows if not window.reason)
    for period in _in_service(planned, budget.span, hours, scene):
        if period.micros > left:
            return period.start + left * MICROSECOND
        left -= period.micros
    return None


def _next_service(
    period: Period, used_up: datetime, hours: Literal["always"] | WeeklyHours, span: Period, scene: Scene
) -> datetime:
    """The first instant of `period`, which ends after `used_up`, that asks for allowance when there is none left."""
    after = Period(max(period.start, used_up), period.end)
    served = _in_service([after], span, hours, scene)
    return served[0].start if served else period.end


def _in_service(
    periods: Sequence[Period], span: Period, hours: Literal["always"] | WeeklyHours, scene: Scene
) -> Sequence[Period]:
    if not isinstance(hours, WeeklyHours):
        return periods
    return intersect(periods, service_periods(weekly_spans(hours), span, scene.zone))


def _cut(window: _Window, period: Period, at: datetime) -> list[JudgedSpan]:
    cut: list[JudgedSpan] = []
    if period.start < at:
        cut.append(JudgedSpan(Period(period.start, at), True, "", window.cause, window.fact))
    if at < period.end:
        cut.append(JudgedSpan(Period(at, period.end), False, "allowance_used_up", window.cause, window.fact))
    return cut

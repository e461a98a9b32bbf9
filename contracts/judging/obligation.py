"""J2 obligation: the spans in which something was owed and not done.

Pure. What is due follows from the calendar, from a counter or from dates; that it was done is a fact. A breach begins
once the grace after a due instant has passed, and lasts until the obligation is met.
Source: docs/terms.md#obligation.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Final, assert_never

from contracts.facts.book import Fact, Standing
from contracts.facts.kinds import Duty, FactKind
from contracts.judging.declared import refusal
from contracts.scene import JudgedSpan, Scene
from contracts.terms.judges.obligation import Cure, EveryDays, EveryQuantity, Obligation, OnDates
from vouch.period import Period, iso, local_instant

_FULFILMENTS: Final = (FactKind.MAINTENANCE_DONE, FactKind.OBLIGATION_MET)
_BREACHES: Final = (FactKind.OBLIGATION_BREACHED,)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Due:
    """What was due `at` an instant, in words, and the fact that met it: in time, late, or none so far."""

    at: datetime
    words: str
    met_at: datetime | None


def judge_obligation(term: Obligation, scene: Scene) -> list[JudgedSpan]:
    """The breaches within the scene's part: granted ones in order and disjoint, with the refused ones among them.

    `granted` says that a breach stands, `cause` what was due: "overdue" where a due instant and its grace passed,
    "breached" where a fact that stands says so, for as long as it says. What is not met yet is breached until the
    part's end. Time in several breaches belongs to the one that began first. Fulfilments count from when the asset is
    covered, those after the part included, if they stand under the term's rule. A refused span is a stated breach
    that does not stand, with the reason.
    """
    overdue = [span for due in _dues(term, scene) if (span := _overdue(term, due, scene.part))]
    stated = [_stated(fact, standing, scene.part) for fact, standing in _facts(term, scene, _BREACHES)]
    return _apart(overdue + [span for span in stated if span])


def _facts(term: Obligation, scene: Scene, kinds: Sequence[FactKind]) -> Iterator[tuple[Fact, Standing]]:
    """The facts that name this obligation."""
    for kind in kinds:
        for fact, standing in scene.facts.standings(kind, scene.asset, term.acceptance):
            if isinstance(fact.about, Duty) and fact.about.obligation == term.id:
                yield fact, standing


def _met_at(term: Obligation, scene: Scene) -> list[datetime]:
    """When the obligation was met since the asset is covered, in order."""
    met = {fact.at for fact, standing in _facts(term, scene, _FULFILMENTS) if standing.accepted}
    return sorted(at for at in met if at is not None and at >= scene.covered.start)


def _dues(term: Obligation, scene: Scene) -> Iterable[_Due]:
    met = _met_at(term, scene)
    if isinstance(term.due, EveryDays):
        return _every_days(term.due, met, scene)
    if isinstance(term.due, EveryQuantity):
        return _every_quantity(term.due, met, scene)
    if isinstance(term.due, OnDates):
        return _on_dates(term.due, met, scene)
    assert_never(term.due)


def _every_days(due: EveryDays, met: Sequence[datetime], scene: Scene) -> Iterator[_Due]:
    """Counted from the first day, or from the day on which the asset is covered if later; anew from each fulfilment."""
    first = max(due.first_from, _day(scene.covered.start, scene))
    counting = [at for at in met if _day(at, scene) >= first]
    for day, met_at in zip([first, *(_day(at, scene) for at in counting)], [*counting, None], strict=True):
        last = day + due.every_days * _DAY
        yield _Due(_end_of(last, scene), _by_end_of(last), met_at)


def _every_quantity(due: EveryQuantity, met: Sequence[datetime], scene: Scene) -> Iterator[_Due]:
    """Counted from when the asset is covered, and anew from each fulfilment; only what bears upon the part."""
    for since, met_at in zip([scene.covered.start, *met], [*met, None], strict=True):
        if since >= scene.part.end:
            return
        if met_at is not None and met_at <= scene.part.start:
            continue
        at = scene.crossing(due.measure, since, Fraction(due.every))
        if at is not None:
            yield _Due(at, f"due at {iso(at)}", met_at)


def _on_dates(due: OnDates, met: Sequence[datetime], scene: Scene) -> Iterator[_Due]:
    """Each date, with the first fulfilment after the date before that meets no earlier date."""
    left = list(met)
    previous: datetime | None = None
    for day in sorted(set(due.on)):
        at = _end_of(day, scene)
        if at > scene.covered.start:
            left = [one for one in left if previous is None or one >= previous]
            yield _Due(at, _by_end_of(day), left.pop(0) if left else None)
        previous = at


def _overdue(term: Obligation, due: _Due, part: Period) -> JudgedSpan | None:
    """The part's share of the breach that follows from what was due, if there is one."""
    begins = due.at + term.grace_days * _DAY
    if due.met_at is not None and (due.met_at <= begins or term.cure is Cure.ERASES):
        return None
    start, end = max(begins, part.start), part.end if due.met_at is None else min(due.met_at, part.end)
    return JudgedSpan(Period(start, end), True, "overdue", due.words) if start < end else None


def _stated(fact: Fact, standing: Standing, part: Period) -> JudgedSpan | None:
    """The part's share of a breach that a fact states, if there is one."""
    period = fact.within(part)
    if period is None:
        return None
    reason = refusal(standing)
    return JudgedSpan(period, not reason, reason or "breached", "stated as a breach", fact.id)


def _apart(spans: Iterable[JudgedSpan]) -> list[JudgedSpan]:
    """The spans in order of their start, the granted ones without the time that an earlier one has already."""
    apart: list[JudgedSpan] = []
    reached: datetime | None = None
    for span in sorted(spans, key=lambda one: (one.period.start, one.fact or "")):
        start, end = span.period.start, span.period.end
        if not span.granted:
            apart.append(span)
            continue
        if reached is not None:
            start = max(start, reached)
        if start < end:
            apart.append(JudgedSpan(Period(start, end), True, span.reason, span.cause, span.fact))
            reached = end
    return sorted(apart, key=lambda one: (one.period.start, one.fact or ""))


def _day(at: datetime, scene: Scene) -> date:
    return at.astimezone(scene.zone).date()


def _end_of(day: date, scene: Scene) -> datetime:
    return local_instant(day + _DAY, time(), scene.zone)


def _by_end_of(day: date) -> str:
    return f"due by the end of {day.isoformat()}"

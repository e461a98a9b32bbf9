"""Judges in sentences.

Pure. Says what the agreed data says and nothing else; docs/terms.md explains the rules behind it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from contracts.terms import ExcusableEvent, Obligation, OperatingEnvelope, PlannedWindow, Streak, Threshold
from contracts.terms.judges.obligation import Cure, EveryDays, EveryQuantity
from contracts.terms.judges.planned_window import Allowance, Announced
from contracts.terms.judges.threshold import Comparison
from vouch.canonical import plain
from web.formats import number
from web.words.agreed import acceptance_words, band_words, hours_words, named, seconds_words, several, windows_words

COMPARISONS: Final = {
    Comparison.AT_LEAST: "at least",
    Comparison.MORE_THAN: "more than",
    Comparison.AT_MOST: "at most",
    Comparison.LESS_THAN: "less than",
}


def target_words(term: Threshold) -> str:
    """`at least 98 %`."""
    target = f"{plain(term.percent)} %" if term.percent is not None else number(term.value or 0)
    return f"{COMPARISONS[term.comparison]} {target}"


def _threshold(term: Threshold) -> list[str]:
    return [f"“{term.measure}” is {target_words(term)}."]


def _streak(term: Streak) -> list[str]:
    within = "in a row" if term.count == term.within else f"of the last {term.within}"
    return [f"“{term.judge}” {term.verdict} {term.count} times {within} gives a right: {term.right}."]


def _planned_window(term: PlannedWindow) -> list[str]:
    words = []
    if term.weekly:
        words.append(f"Planned work: {windows_words(term.weekly)}.")
    if isinstance(term.announced, Announced):
        who = several([str(side) for side in term.announced.declared_by], "or")
        words.append(
            f"Further work ({named(term.announced.causes)}) that the {who} announced "
            f"{term.announced.notice_hours} hours before; {acceptance_words(term.announced.acceptance)}."
        )
    if isinstance(term.allowance, Allowance):
        share = ", a part of one by its share" if term.allowance.partial_period == "prorate" else ""
        words.append(
            f"At most {plain(term.allowance.hours)} hours a {term.allowance.per}{share}, in time order; "
            f"what counts against it is time {hours_words(term.service_hours)}."
        )
    return words


def _excusable_event(term: ExcusableEvent) -> list[str]:
    who = several([str(side) for side in term.declared_by], "or")
    evidence = " with evidence" if term.evidence_required else ""
    return [
        f"Events ({named(term.causes)}) that the {who} declared{evidence} within {term.notice_within_hours} hours; "
        f"{acceptance_words(term.acceptance)}."
    ]


def _obligation(term: Obligation) -> list[str]:
    match term.due:
        case EveryDays():
            due = f"every {term.due.every_days} days"
        case EveryQuantity():
            due = f"each time “{term.due.measure}” has gone {number(term.due.every)} further"
        case _:
            due = f"on {several([day.isoformat() for day in term.due.on])}"
    cured = "ends the breach" if term.cure is Cure.ENDS else "makes it as if there had been none"
    return [
        f"The {term.owed_by} owes “{term.id}” {due}; a breach begins {term.grace_days} days later.",
        f"Doing it late {cured}. For a record of it, {acceptance_words(term.acceptance)}.",
    ]


def _operating_envelope(term: OperatingEnvelope) -> list[str]:
    free = f" The first {term.free_count} of a month are free." if term.free_count else ""
    return [
        f"“{term.metric}” stays {band_words(term.low, term.high, term.unit)}; beyond that for "
        f"{seconds_words(term.dwell_seconds)} or longer is an excursion.{free}",
        f"A value holds until the next, at most {seconds_words(term.carry_seconds)}.",
    ]


JUDGES: Final[Mapping[type, Callable[[Any], list[str]]]] = {
    ExcusableEvent: _excusable_event,
    Obligation: _obligation,
    OperatingEnvelope: _operating_envelope,
    PlannedWindow: _planned_window,
    Streak: _streak,
    Threshold: _threshold,
}

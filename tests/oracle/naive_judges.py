"""The oracle's judges of spans: planned windows, excused events, obligations."""

import itertools
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.naive_facts import Facts, Span, clip, days_of, local_day, second, wall

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def minutes(clock: str) -> int:
    """`06:30` as minutes of the day."""
    return int(clock[:2]) * 60 + int(clock[3:])


def service_spans(hours: Any, zone: str, start: Any, end: Any) -> list[Span]:
    """The service hours that touch a span, day by day."""
    if hours == "always":
        return [(start, end)]
    found = []
    for day in days_of(zone, start, end):
        if day.isoformat() in hours["closed_on"]:
            continue
        for text in hours["weekly"].get(WEEKDAYS[day.weekday()], ()):
            opens, closes = (wall(zone, day, minutes(clock)) for clock in text.split("-"))
            if opens < closes:
                found.append((opens, closes))
    return found


def weekly_spans(windows: list[dict[str, str]], zone: str, start: Any, end: Any) -> list[Span]:
    """The weekly windows that touch a span."""
    found = []
    for day in days_of(zone, start, end):
        for window in windows:
            if window["weekday"] == WEEKDAYS[day.weekday()]:
                opens, closes = wall(zone, day, minutes(window["from"])), wall(zone, day, minutes(window["until"]))
                if opens < closes:
                    found.append((opens, closes))
    return found


def holds(spans: list[Span], instant: Any) -> bool:
    """Whether any of the spans holds the instant."""
    return any(start <= instant < end for start, end in spans)


def excused(judge: dict[str, Any], facts: Facts, asset: str) -> list[Span]:
    """All time in which an event excuses."""
    return [
        (second(fact["from"]), second(fact["until"]))
        for fact in facts.standing("excusable_event", asset, judge["acceptance"])
        if fact["about"]["cause"] in judge["causes"]
        and fact["by"] in judge["declared_by"]
        and fact["known"] <= second(fact["from"]) + judge["notice_within_hours"] * 3600
        and (fact.get("evidence") is not None or not judge["evidence_required"])
    ]


def announced(judge: dict[str, Any], facts: Facts, asset: str) -> list[Span]:
    """All time of work that was announced as agreed."""
    agreed = judge["announced"]
    if agreed == "none":
        return []
    return [
        (second(fact["from"]), second(fact["until"]))
        for fact in facts.standing("planned_work", asset, agreed["acceptance"])
        if fact["about"]["cause"] in agreed["causes"]
        and fact["by"] in agreed["declared_by"]
        and fact["known"] + agreed["notice_hours"] * 3600 <= second(fact["from"])
    ]


def planned(
    judge: dict[str, Any], facts: Facts, asset: str, zone: str, part: Span, month: Span, covered: Span, grid: int
) -> list[Span]:
    """The granted spans within `part`; the allowance is used up cell by cell, from the beginning of its period."""
    allowance = judge["allowance"]
    since, left = part[0], None
    if allowance != "none":
        since, left = account(allowance, zone, part, month, covered)
    service = service_spans(judge["service_hours"], zone, since, part[1])
    weekly = together(weekly_spans(judge["weekly"], zone, since, part[1]))
    windows = [clipped for one in weekly + announced(judge, facts, asset) if (clipped := clip(one, (since, part[1])))]
    used_up = part[1]
    for start, end in cells(since, part[1], grid) if left is not None else []:
        if holds(windows, start) and holds(service, start):
            if end - start > left:
                used_up = start + left
                break
            left -= end - start
    granted: list[Span] = []
    for window in windows:
        for start, end in cells(*window, grid):
            if holds(service, start) and end > used_up:
                if start < used_up:
                    granted.append((start, used_up))
                break
            granted.append((start, end))
    return [clipped for span in granted if (clipped := clip(span, part))]


def account(allowance: dict[str, Any], zone: str, part: Span, month: Span, covered: Span) -> tuple[Any, Fraction]:
    """Since when use counts, and the seconds that may be used by the end of the part."""
    hours = Fraction(str(allowance["hours"])) * 3600
    prorated = allowance["partial_period"] == "prorate"
    if allowance["per"] == "month":
        if prorated:
            return part[0], whole_micros(hours * (part[1] - part[0]) / (month[1] - month[0]))
        return max(month[0], covered[0]), hours
    year = local_day(zone, month[0]).year
    begins, ends = wall(zone, date(year, 1, 1), 0), wall(zone, date(year + 1, 1, 1), 0)
    since = max(begins, covered[0])
    return since, whole_micros(hours * (ends - since) / (ends - begins)) if prorated else hours


def whole_micros(seconds: Fraction) -> Fraction:
    """Whole microseconds."""
    return Fraction(seconds * 1_000_000 // 1, 1_000_000)


def together(spans: list[Span]) -> list[Span]:
    """Spans that overlap or touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def cells(start: Any, end: Any, grid: int) -> list[Span]:
    """The span in cells of the grid."""
    edges = [start, *range((int(start // 1) // grid + 1) * grid, int(-(-end // 1)), grid), end]
    return [(a, b) for a, b in itertools.pairwise(edges) if a < b]


def apart(spans: list[Any]) -> list[Any]:
    """Spans in order; of those that overlap the earlier one has the time."""
    found: list[Any] = []
    for start, end in sorted(spans):
        begins = max(start, found[-1][1]) if found else start
        if begins < end:
            found.append((begins, end))
    return found


def breached(judge: dict[str, Any], facts: Facts, asset: str, zone: str, covered: Span) -> list[Span]:
    """All time in which it was owed and not done."""
    name, rule = judge["id"], judge["acceptance"]
    met = sorted(
        second(fact["at"])
        for kind in ("obligation_met", "maintenance_done")
        for fact in facts.standing(kind, asset, rule)
        if fact["about"]["obligation"] == name and second(fact["at"]) >= covered[0]
    )
    stated = [
        (second(fact["from"]), second(fact["until"]))
        for fact in facts.standing("obligation_breached", asset, rule)
        if fact["about"]["obligation"] == name
    ]
    due = judge["due"]
    grace, erases = judge["grace_days"] * 86_400, judge["cure"] == "erases"
    owed = owed_every(due, met, zone, covered) if "every_days" in due else owed_on(due, met, zone, covered)
    for due_at, met_at in owed:
        start = due_at + grace
        if met_at is None:
            stated.append((start, covered[1]))
        elif start < met_at and not erases:
            stated.append((start, met_at))
    return apart(stated)


def owed_every(due: dict[str, Any], met: list[int], zone: str, covered: Span) -> list[tuple[int, int | None]]:
    """(due, met or None), one after the other."""
    base = max(date.fromisoformat(due["first_from"]), local_day(zone, covered[0]))
    met = [at for at in met if local_day(zone, at) >= base]
    found: list[tuple[int, int | None]] = []
    while True:
        due_at = wall(zone, base + timedelta(days=due["every_days"] + 1), 0)
        if not met:
            return [*found, (due_at, None)]
        found.append((due_at, met[0]))
        base = local_day(zone, met.pop(0))


def owed_on(due: dict[str, Any], met: list[int], zone: str, covered: Span) -> list[tuple[int, int | None]]:
    """(due, met or None) of each date."""
    left, found, earlier = list(met), [], None
    for day in sorted(date.fromisoformat(text) for text in due["on"]):
        due_at = wall(zone, day + timedelta(days=1), 0)
        fitting = [at for at in left if earlier is None or at >= earlier]
        earlier = due_at
        if day < local_day(zone, covered[0]):
            continue
        if fitting:
            left.remove(fitting[0])
        found.append((due_at, fitting[0] if fitting else None))
    return found

"""The oracle's time: what a state was at each cell of the grid, and which class each cell gets.

A cell is a stretch in which nothing changes. Nothing is joined or skipped: each cell is looked at by itself.
"""

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.oracle.naive_facts import Facts, Span, second
from tests.oracle.naive_judges import cells, service_spans


@dataclass
class Took:
    """What a measure of time came to for one asset in one part."""

    amount: Any = 0
    base: Any = 0
    known: Any = 0
    total: Any = 0
    seconds: dict[str, Any] = field(default_factory=dict)
    void: bool = False
    missing: bool = False
    going_on: frozenset[str] | None = None
    incidents: dict[Any, Any] = field(default_factory=dict)

    def add(self, name: str, length: Any) -> None:
        """Count time of a class."""
        self.seconds[name] = self.seconds.get(name, 0) + length


@dataclass
class Device:
    """A device that served an asset for a span, with what it said meanwhile: (second, value) in order."""

    name: str
    since: int
    until: int
    said: list[tuple[int, Any]]

    @cached_property
    def instants(self) -> list[int]:
        """When it said something."""
        return [at for at, _ in self.said]


def shown(devices: list[Device], carry: int, instant: Any) -> Any:
    """What the device in charge said last, as long as that still holds; None where nothing is known."""
    for device in devices:
        if device.since <= instant < device.until:
            i = bisect_right(device.instants, instant)
            if i and instant - device.said[i - 1][0] < carry:
                return device.said[i - 1][1]
    return None


def within(starts: list[Any], spans: list[Span]) -> set[Any]:
    """The cells, by their start, that lie in one of the spans."""
    found = set()
    for start, end in spans:
        i = bisect_left(starts, start)
        while i < len(starts) and starts[i] < end:
            found.add(starts[i])
            i += 1
    return found


def divided(part: Span, grid: int, spans: list[Span]) -> list[Span]:
    """The part in cells, none of which lies across the edge of a span."""
    edges = {edge for cell in cells(*part, grid) for edge in cell}
    edges |= {edge for span in spans for edge in span if part[0] < edge < part[1]}
    ordered = sorted(edges)
    return list(itertools.pairwise(ordered))


def gap_classes(rule: dict[str, Any], facts: Facts, asset: str) -> list[tuple[Span, str]]:
    """What accepted records say of time without data."""
    if rule["then"] != "attribute":
        return []
    return [
        ((second(fact["from"]), second(fact["until"])), fact["about"]["counts_as"])
        for fact in sorted(
            facts.standing("gap_cause", asset, rule["acceptance"]), key=lambda one: (second(one["from"]), one["fact"])
        )
    ]


def cost_of(rule: dict[str, Any], gaps: list[tuple[Span, str]], instant: Any) -> str:
    """`up`, `down` or `exclude` for unknown time at an instant."""
    if rule["then"] != "attribute":
        return str(rule["then"])
    for (start, end), counts_as in gaps:
        if start <= instant < end:
            return f"attributed_{counts_as}"
    return str(rule["otherwise"])


def availability(
    term: dict[str, Any],
    devices: list[Device],
    codes: dict[int, str],
    facts: Facts,
    asset: str,
    zone: str,
    part: Span,
    grid: int,
    granted: dict[str, list[Span]],
    going_on: frozenset[str] | None,
) -> Took:
    """Each cell's class, then the sums."""
    rule = term["unknown_rule"]
    service = service_spans(term["service_hours"], zone, *part)
    grid_cells = divided(part, grid, [span for spans in granted.values() for span in spans])
    starts = [start for start, _ in grid_cells]
    in_service = within(starts, service)
    in_spans = {name: within(starts, spans) for name, spans in granted.items()}
    gaps = gap_classes(rule, facts, asset)
    said = {start: shown(devices, rule["carry_seconds"], start) for start in starts}
    kinds = {start: kind_of(term, codes, said[start]) for start in starts}
    began = {
        name: began_within(starts, kinds, spans, None if going_on is None else name in going_on)
        for name, spans in granted.items()
    }
    took = Took(void=any(in_spans[e["judge"]] & in_service for e in whole_windows(term)))
    if kinds[starts[-1]] == "down":
        took.going_on = frozenset(name for name, taken in began.items() if starts[-1] in taken)
    classes: dict[Any, str] = {}
    worth: dict[Any, Any] = {}
    for start in starts:
        classes[start], worth[start] = class_of(term, start, in_service, in_spans, began, kinds[start])
    if term["shaping"] != "none":
        shape(term["shaping"], grid_cells, classes)
    for start, end in grid_cells:
        name, length = classes[start], end - start
        if name in ("up", "down"):
            worth[start] = int(name == "up")
        if name == "unknown":
            cost = cost_of(rule, gaps, start)
            worth[start] = {"up": 1, "down": 0, "exclude": None}[cost.removeprefix("attributed_")]
            if cost.startswith("attributed_"):
                name = "attributed_out" if cost.endswith("exclude") else cost
        took.add(name, length)
        if name in ("up", "down") or name.startswith(("degraded:", "attributed_")):
            took.known += length
        if name in ("up", "down", "unknown") or name.startswith(("degraded:", "attributed_")):
            took.total += length
        counted = worth[start]
        if counted is not None:
            took.amount += counted * length
            took.base += length
    return took


def whole_windows(term: dict[str, Any]) -> list[dict[str, Any]]:
    """The exclusions that leave the whole window unjudged."""
    return [exclusion for exclusion in term["exclusions"] if exclusion["mode"] == "whole_window"]


def kind_of(term: dict[str, Any], codes: dict[int, str], value: Any) -> str:
    """`up`, `down`, `unknown`, `out`, or the name of a degraded state."""
    if value is None:
        return "unknown"
    state = codes[int(value)]
    if state in term["degraded"]:
        return f"degraded:{state}"
    return next(name for name in ("up", "down", "unknown", "out") if state in term[name])


def class_of(
    term: dict[str, Any], start: Any, in_service: set[Any], in_spans: dict[str, set[Any]], began: dict[str, set[Any]],
    kind: str,
) -> tuple[str, Any]:  # fmt: skip
    """The one class of a cell, and its worth as up time; None where it leaves both sides."""
    if start not in in_service:
        return "outside", None
    for exclusion in term["exclusions"]:
        name, mode = exclusion["judge"], exclusion["mode"]
        if mode == "void_down":
            taken = began[name] if exclusion["causality"] == "began_within" else in_spans[name]
            if start in taken and kind == "down":
                return name, None
        elif mode != "whole_window" and start in in_spans[name]:
            return name, (1 if mode == "up" else None)
    if kind in ("up", "down"):
        return kind, int(kind == "up")
    if kind.startswith("degraded:"):
        state = kind.removeprefix("degraded:")
        return kind, Fraction(str(term["degraded"][state]))
    return kind, None


def began_within(starts: list[Any], kinds: dict[Any, str], spans: list[Span], going_on: bool | None) -> set[Any]:
    """The cells of all stops that began in one of the spans; `going_on` says it of one from the part before."""
    found: set[Any] = set()
    taken = False
    for i, start in enumerate(starts):
        if kinds[start] != "down":
            continue
        if i == 0 and going_on is not None:
            taken = going_on
        elif i == 0 or kinds[starts[i - 1]] != "down":
            taken = any(a <= start < b for a, b in spans)
        if taken:
            found.add(start)
    return found


def shape(rule: dict[str, Any], grid_cells: list[Span], classes: dict[Any, str]) -> None:
    """Outages merged, short ones forgiven, the rest in buckets; time that is neither up nor down stays as it is."""
    outages: list[list[Any]] = []
    for start, end in grid_cells:
        if classes[start] == "down":
            if outages and (start == outages[-1][1] or start - outages[-1][1] < rule["merge_seconds"]):
                outages[-1][1] = end
            else:
                outages.append([start, end])
    counted = [cell for cell in grid_cells if classes[cell[0]] in ("up", "down")]
    kept: set[Any] = set()
    for start, end in outages:
        mine = [(a, b) for a, b in counted if start <= a < end]
        if sum(b - a for a, b in mine) >= rule["minimum_seconds"]:
            kept |= {a for a, _ in mine}
    for start, _ in counted:
        classes[start] = "down" if start in kept else "up"
    if rule["bucket"] != "none":
        size, whole = rule["bucket"]["seconds"], rule["bucket"]["down_if"] == "whole"
        for start, end in counted:
            assert start // size == (end - 1) // size, "a bucket begins and ends on the grid"
        down: dict[Any, Any] = {}
        for start, end in counted:
            down[start // size] = down.get(start // size, 0) + (end - start if classes[start] == "down" else 0)
        for start, _ in counted:
            amount = down[start // size]
            classes[start] = "down" if (amount == size if whole else amount > 0) else "up"


def time_in_state(
    term: dict[str, Any], devices: list[Device], codes: dict[int, str], facts: Facts, asset: str, zone: str, part: Span,
    grid: int,
) -> Took:  # fmt: skip
    """Weighted seconds within service hours."""
    rule = term["unknown_rule"]
    in_hours = within([start for start, _ in cells(*part, grid)], service_spans(term["service_hours"], zone, *part))
    gaps = gap_classes(rule, facts, asset)
    took = Took()
    weights = {state: Fraction(weight) for state, weight in term["states"].items()}
    for start, end in cells(*part, grid):
        if start not in in_hours:
            took.add("outside", end - start)
            continue
        took.total += end - start
        value = shown(devices, rule["carry_seconds"], start)
        state = None if value is None else codes[int(value)]
        if state is None or state in term["unknown"]:
            cost = cost_of(rule, gaps, start)
            name = "unknown"
            if cost.startswith("attributed_"):
                took.known += end - start
                name = "attributed_out" if cost.endswith("exclude") else cost
            took.add(name, end - start)
            took.amount += int(cost.removeprefix("attributed_") == "up") * (end - start)
            continue
        took.known += end - start
        took.add(state, end - start)
        took.amount += weights[state] * (end - start)
    return took

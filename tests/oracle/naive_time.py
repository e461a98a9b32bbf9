"""The oracle's time: what a state was at each cell of the grid, and which class each cell gets.

A cell is a stretch in which nothing changes. Nothing is joined or skipped: each cell is looked at by itself.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.naive_facts import Facts, Span, second
from tests.oracle.naive_judges import cells, service_spans


@dataclass
class Took:
    """What a measure of time came to for one asset in one part."""

    amount: Fraction = Fraction(0)
    base: Fraction = Fraction(0)
    known: Fraction = Fraction(0)
    total: Fraction = Fraction(0)
    seconds: dict[str, Fraction] = field(default_factory=dict)
    void: bool = False

    def add(self, name: str, length: Any) -> None:
        """Count time of a class."""
        self.seconds[name] = self.seconds.get(name, Fraction(0)) + length


@dataclass
class Device:
    """A device that served an asset for a span, with what it said meanwhile: (second, value) in order."""

    name: str
    since: int
    until: int
    said: list[tuple[int, Any]]


def shown(devices: list[Device], carry: int, instant: Any) -> Any:
    """What the device in charge said last, as long as that still holds; None where nothing is known."""
    for device in devices:
        if device.since <= instant < device.until:
            i = bisect_left(device.said, (instant + Fraction(1, 1_000_000),))
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
    return list(zip(ordered, ordered[1:], strict=False))


def gap_classes(rule: dict[str, Any], facts: Facts, asset: str) -> list[tuple[Span, str]]:
    """What accepted records say of time without data."""
    if rule["then"] != "attribute":
        return []
    return [
        ((second(fact["from"]), second(fact["until"])), fact["about"]["counts_as"])
        for fact in facts.standing("gap_cause", asset, rule["acceptance"])
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
    began = {name: began_within(starts, kinds, spans) for name, spans in granted.items()}
    took = Took()
    classes: list[tuple[Any, Any, str, Fraction]] = []
    for start, end in grid_cells:
        name, worth = class_of(term, start, in_service, in_spans, began, kinds[start])
        if name == "whole_window":
            took.void = True
            continue
        if name == "unknown":
            cost = cost_of(rule, gaps, start)
            attributed = cost.startswith("attributed_")
            cost = cost.removeprefix("attributed_")
            worth = {"up": Fraction(1), "down": Fraction(0), "exclude": None}[cost]
            if attributed:
                name = "attributed_out" if cost == "exclude" else f"attributed_{cost}"
            if attributed:
                took.known += end - start
            took.total += end - start
        elif worth is not None:
            took.known += end - start
            took.total += end - start
        took.add(name, end - start)
        if worth is not None:
            classes.append((start, end, name, worth))
    if term["shaping"] != "none":
        classes = shaped(term["shaping"], classes, took)
    for start, end, _, worth in classes:
        took.amount += worth * (end - start)
        took.base += end - start
    return took


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
) -> tuple[str, Fraction | None]:  # fmt: skip
    """The one class of a cell, and its worth as up time; None where it leaves both sides."""
    if start not in in_service:
        return "outside", None
    for exclusion in term["exclusions"]:
        name, mode = exclusion["judge"], exclusion["mode"]
        if mode == "void_down":
            taken = began[name] if exclusion["causality"] == "began_within" else in_spans[name]
            if start in taken and kind == "down":
                return name, None
        elif start in in_spans[name]:
            if mode == "whole_window":
                return "whole_window", None
            return name, (Fraction(1) if mode == "up" else None)
    if kind in ("up", "down"):
        return kind, Fraction(int(kind == "up"))
    if kind.startswith("degraded:"):
        state = kind.removeprefix("degraded:")
        return state, Fraction(str(term["degraded"][state]))
    return kind, None


def began_within(starts: list[Any], kinds: dict[Any, str], spans: list[Span]) -> set[Any]:
    """The cells of all stops that began in one of the spans."""
    found: set[Any] = set()
    taken = False
    for i, start in enumerate(starts):
        if kinds[start] != "down":
            taken = False
            continue
        if i == 0 or kinds[starts[i - 1]] != "down":
            taken = any(a <= start < b for a, b in spans)
        if taken:
            found.add(start)
    return found


def shaped(
    rule: dict[str, Any], classes: list[tuple[Any, Any, str, Fraction]], took: Took
) -> list[tuple[Any, Any, str, Fraction]]:
    """Outages merged, short ones forgiven, the rest in buckets; counted time alone is left."""
    outages: list[list[Any]] = []
    for start, end, _, worth in classes:
        if worth == 0:
            if outages and start - outages[-1][1] < rule["merge_seconds"] or outages and outages[-1][1] == start:
                outages[-1][1] = end
            else:
                outages.append([start, end])
    outages = [one for one in outages if one[1] - one[0] >= rule["minimum_seconds"]]
    found = [(a, b, n, Fraction(int(not any(s <= a < e for s, e in outages)))) for a, b, n, _ in classes]
    if rule["bucket"] == "none":
        return found
    size, whole = rule["bucket"]["seconds"], rule["bucket"]["down_if"] == "whole"
    pieces: list[tuple[Any, Any, str, Fraction]] = []
    for a, b, n, worth in found:
        while a < b:
            edge = min(b, (a // size + 1) * size)
            pieces.append((a, edge, n, worth))
            a = edge
    down: dict[Any, list[bool]] = {}
    for a, _, _, worth in pieces:
        down.setdefault(a // size, []).append(worth == 0)
    decide = all if whole else any
    return [(a, b, n, Fraction(int(not decide(down[a // size])))) for a, b, n, _ in pieces]


def time_in_state(
    term: dict[str, Any], devices: list[Device], codes: dict[int, str], facts: Facts, asset: str, zone: str, part: Span,
    grid: int,
) -> Took:  # fmt: skip
    """Weighted seconds within service hours."""
    rule = term["unknown_rule"]
    in_hours = within([start for start, _ in cells(*part, grid)], service_spans(term["service_hours"], zone, *part))
    gaps = gap_classes(rule, facts, asset)
    took = Took()
    for start, end in cells(*part, grid):
        if start not in in_hours:
            took.add("outside", end - start)
            continue
        took.total += end - start
        value = shown(devices, rule["carry_seconds"], start)
        state = None if value is None else codes[int(value)]
        if state is None or state in term["unknown"]:
            cost = cost_of(rule, gaps, start)
            if cost.startswith("attributed_"):
                took.known += end - start
            took.add("unknown", end - start)
            took.amount += int(cost.removeprefix("attributed_") == "up") * (end - start)
            continue
        took.known += end - start
        took.add(state, end - start)
        took.amount += Fraction(str(term["states"][state])) * (end - start)
    return took

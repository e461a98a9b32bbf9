"""The oracle's values from readings one by one: sums of events, and gauges within a band."""

from bisect import bisect_right
from fractions import Fraction
from typing import Any

from tests.oracle.naive_facts import SIZES, Facts, Span, clip, in_unit, second
from tests.oracle.naive_judges import cells, service_spans
from tests.oracle.naive_time import Device, Took, cost_of, gap_classes, within


def event_sum(
    term: dict[str, Any], devices: list[Device], unit: str, facts: Facts, asset: str, part: Span, before: Fraction
) -> tuple[Took, Fraction]:
    """The sum of the events of a part, and what is below zero for the next one, given what is from the one before."""
    cancelled = {
        (fact["about"]["device"], second(fact["about"]["measured_at"]))
        for fact in facts.standing("event_cancelled", asset, term["acceptance"])
        if fact["about"]["metric"] == term["metric"]
    }
    total, heard = before, False
    for device in devices:
        served = clip((device.since, device.until), part)
        for at, value in device.said if served else []:
            if served and served[0] <= at < served[1]:
                heard = True
                worth = worth_of(term, unit, value)
                if (device.name, at) not in cancelled and (worth > 0 or term["negative"] in ("net", "carry")):
                    total += worth
    left = Fraction(0)
    if term["negative"] == "carry" and total < 0:
        total, left = Fraction(0), total
    return Took(amount=total, missing=not heard), left


def worth_of(term: dict[str, Any], unit: str, value: Fraction) -> Fraction:
    """What one event adds, in the measure's unit."""
    if term["of"] == "value":
        return in_unit(value, unit, term["unit"])
    if "constant" in term["of"]:
        return Fraction(term["of"]["constant"])
    joules: Fraction = value * Fraction(SIZES[unit]) * term["of"]["mean_over_seconds"]
    return joules / 3600 / Fraction(SIZES[term["unit"]])


def share_in_band(
    term: dict[str, Any], devices: list[Device], facts: Facts, asset: str, zone: str, part: Span, covered_from: Any,
    grid: int,
) -> Took:  # fmt: skip
    """Each cell in the band or out of it; a value holds until the next one, at most for the carry."""
    rule = term["unknown_rule"]
    devices = [device for device in devices if device.until > covered_from]
    sides = [(device, side_by_reading(term, device, covered_from)) for device in devices]
    last: bool | None = None
    told: dict[tuple[str, int], bool] = {}
    for device, said in sides:
        for at, value in said:
            if at <= device.until:
                last = side_of(term, value, last)
                told[device.name, at] = last
    in_hours = within([start for start, _ in cells(*part, grid)], service_spans(term["service_hours"], zone, *part))
    gaps = gap_classes(rule, facts, asset)
    took = Took()
    for start, end in cells(*part, grid):
        if start not in in_hours:
            took.add("outside", end - start)
            continue
        length, inside = end - start, None
        for device, said in sides:
            if device.since <= start < device.until:
                i = bisect_right(said, start, key=lambda one: one[0])
                if i and start - said[i - 1][0] < rule["carry_seconds"]:
                    inside = told[device.name, said[i - 1][0]]
        took.total += length
        if inside is None:
            cost = cost_of(rule, gaps, start)
            name = "unknown"
            if cost.startswith("attributed_"):
                took.known += length
                name = "attributed_out" if cost.endswith("exclude") else cost
            cost = cost.removeprefix("attributed_")
            took.amount += length if cost == "up" else 0
            took.base += length if cost != "exclude" else 0
            took.add(name, length)
            continue
        took.known += length
        took.add("in" if inside else "out", length)
        took.amount += length if inside else 0
        took.base += length
    return took


def side_by_reading(term: dict[str, Any], device: Device, covered_from: Any) -> list[tuple[int, Fraction]]:
    """The readings that count: the last one before the asset was covered, and all later ones."""
    before = [one for one in device.said if one[0] <= covered_from]
    return before[-1:] + [one for one in device.said if one[0] > covered_from]


def side_of(term: dict[str, Any], value: Fraction, was_in: bool | None) -> bool:
    """Whether the value is in the band, given where the one before was."""
    margin = Fraction(term["hysteresis"]) if was_in is False else Fraction(0)
    low, high = term.get("low"), term.get("high")
    above = low is None or value >= Fraction(low) + margin
    return above and (high is None or value <= Fraction(high) - margin)

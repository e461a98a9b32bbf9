"""The oracle's incidents: each stop by itself, its service time counted cell by cell from its beginning."""

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tests.oracle.naive_facts import Facts, second
from tests.oracle.naive_judges import cells, holds, service_spans
from tests.oracle.naive_time import Device


@dataclass(frozen=True)
class Stopped:
    """A stop as it stands at the end of a part. Times are seconds of service; `closed` is None while it is open.

    Where another one might still be merged with it, it is open but not running any more since `paused`.
    """

    asset: str
    name: str
    opened: Any
    closed: Any
    responded: Any
    time: Fraction = Fraction(0)
    response: Fraction | None = None
    paused: Any = None


def from_facts(term: dict[str, Any], facts: Facts, asset: str, until: Any) -> list[Stopped]:
    """The parties' own records that begin before `until`, as they stand then."""
    found = []
    for fact in facts.standing("incident", asset, term["source"]["acceptance"]):
        if fact["about"]["cause"] not in term["source"]["causes"] or second(fact["from"]) >= until:
            continue
        closed = None if fact["until"] is None else second(fact["until"])
        responded = fact["about"]["responded_at"] and second(fact["about"]["responded_at"])
        found.append(
            Stopped(
                asset,
                fact["fact"],
                second(fact["from"]),
                closed if closed is not None and closed <= until else None,
                responded if responded is not None and responded <= until else None,
            )
        )
    return found


def from_states(
    term: dict[str, Any], devices: list[Device], codes: dict[int, str], asset: str, since: Any, until: Any
) -> list[Stopped]:
    """What the states opened and closed from the asset's first instant under the contract on."""
    source = term["source"]
    events: list[tuple[Any, str]] = []
    for device in devices:
        if device.until > since and device.since < until:
            before = [one for one in device.said if one[0] <= since]
            events += [(max(at, since), codes[int(value)]) for at, value in before[-1:]]
            events += [(at, codes[int(value)]) for at, value in device.said if since < at <= until]
    found: list[Stopped] = []
    for at, state in events:
        going_on = found and found[-1].closed is None
        if state in source["open"] and not going_on and at < until:
            if found and at - found[-1].closed < source["merge_seconds"]:
                found[-1] = replace(found[-1], closed=None)
            else:
                found.append(Stopped(asset, f"{at}", at, None, None))
        elif state in source["closed"] and going_on:
            found[-1] = replace(found[-1], closed=at)
    long = [one for one in found if (one.closed or until) - one.opened >= source["minimum_seconds"]]
    return [
        replace(one, closed=None, paused=one.closed)
        if one.closed is not None and until - one.closed < source["merge_seconds"]
        else one
        for one in long
    ]


def service_time(term: dict[str, Any], zone: str, excused: list[Any], start: Any, end: Any, grid: int) -> Fraction:
    """Seconds between two instants that count."""
    if start >= end:
        return Fraction(0)
    service = service_spans(term["service_hours"], zone, start, end)
    edges = {edge for span in excused for edge in span if start < edge < end}
    edges |= {edge for cell in cells(start, end, grid) for edge in cell}
    ordered = sorted(edges)
    return sum(
        (Fraction(b - a) for a, b in itertools.pairwise(ordered) if holds(service, a) and not holds(excused, a)),
        Fraction(0),
    )

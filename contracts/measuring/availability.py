"""M4 availability: every instant of a window in exactly one class, and the share of counted time that was up.

Pure. Classes by priority: outside service hours, the exclusions in their order, then what the state says; what an
instant would have been by a lower priority stays visible beside its class. Source: docs/terms.md#availability.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from contracts.calendar import outside_periods, service_periods
from contracts.facts.kinds import GapClass
from contracts.measuring.classes import ATTRIBUTED, OUTSIDE, UNKNOWN, Classes, attribute, micros_of, unknown_as
from contracts.measuring.outages import shaped
from contracts.scene import Basis, Measured, Outage, Scene
from contracts.streams.stream import Need
from contracts.terms.measures.availability import Availability, Causality, Mode, Shaping
from contracts.terms.service_hours import weekly_spans
from contracts.terms.unknown import UnknownAs
from contracts.timeline import held
from vouch.period import Period, intersect, subtract, union

UP: Final = "up"
DOWN: Final = "down"
OUT: Final = "out"


def availability_needs(term: Availability, asset: str) -> list[Need]:
    """The state, held for the term's carry."""
    return [Need(asset, term.metric, carry=timedelta(seconds=term.unknown_rule.carry_seconds))]


def measure_availability(term: Availability, scene: Scene) -> Measured:
    """Up time of counted time in microseconds, with every instant of the scene's part in one class."""
    streams = scene.streams.get(term.metric, ())
    said = held(streams, scene.part, timedelta(seconds=term.unknown_rule.carry_seconds), _classes_of(term))
    weekly = weekly_spans(term.service_hours)
    service = service_periods(weekly, scene.part, scene.zone)
    states, excluded = _states(said, service), _excluded(term, scene, said, service)
    classes = {OUTSIDE: outside_periods(weekly, scene.part, scene.zone)} | _divided(service, excluded, states)
    if isinstance(term.shaping, Shaping):
        classes[UP], classes[DOWN] = shaped(term.shaping, classes.get(UP, []), classes.get(DOWN, []))
    findings = attribute(scene, term.unknown_rule, classes)
    if not streams:
        findings.append(_no_device(scene))
    micros = micros_of(classes)
    counted = _counted(term, micros)
    unknown, known = micros.get(UNKNOWN, 0), counted.known + sum(micros.get(name, 0) for name in ATTRIBUTED.values())
    return Measured(
        amount=counted.up,
        base=counted.base,
        known=known,
        total=known + unknown,
        micros=micros,
        missing=not streams,
        void=_is_void(term, scene, service),
        basis=Basis(
            [stream.evidence() for stream in streams],
            _visible(classes, excluded, states),
            findings,
        ),
        state=_going_on(term, scene, said.get(DOWN, [])),
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    """Spans that come before all layers after it."""

    name: str
    periods: list[Period]


def _classes_of(term: Availability) -> dict[str, str]:
    return (
        dict.fromkeys(term.up, UP)
        | dict.fromkeys(term.down, DOWN)
        | dict.fromkeys(term.out, OUT)
        | dict.fromkeys(term.unknown, UNKNOWN)
        | {state: degraded_class(state) for state in term.degraded}
    )


def degraded_class(state: str) -> str:
    """The class of a degraded state's time."""
    return f"degraded:{state}"


def _states(said: Classes, service: list[Period]) -> Classes:
    """What the states say of each instant within service."""
    states = {name: intersect(periods, service) for name, periods in said.items() if periods and name != UNKNOWN}
    states[UNKNOWN] = subtract(service, union(period for periods in states.values() for period in periods))
    return states


def _excluded(term: Availability, scene: Scene, said: Classes, service: list[Period]) -> list[_Layer]:
    """What the exclusions take within service, in their order."""
    layers: list[_Layer] = []
    for exclusion in term.exclusions:
        if exclusion.mode is Mode.WHOLE_WINDOW:
            continue
        spans = union(scene.granted(exclusion.judge))
        if exclusion.causality is Causality.BEGAN_WITHIN:
            spans = _begun_within(exclusion.judge, spans, said.get(DOWN, []), scene)
        elif exclusion.mode is Mode.VOID_DOWN:
            spans = intersect(spans, said.get(DOWN, []))
        if spans:
            layers.append(_Layer(exclusion.judge, intersect(spans, service)))
    return layers


def _begun_within(judge: str, spans: Sequence[Period], down: Sequence[Period], scene: Scene) -> list[Period]:
    """The outages that began within the judge's spans, in service hours or not, from beginning to end."""
    earlier = scene.earlier.state if scene.earlier else None
    found = []
    for outage in down:
        if isinstance(earlier, Outage) and outage.start == scene.part.start:
            began_within = judge in earlier.voided_by
        else:
            began_within = any(span.start <= outage.start < span.end for span in spans)
        if began_within:
            found.append(outage)
    return found


def _going_on(term: Availability, scene: Scene, down: Sequence[Period]) -> Outage | None:
    """The outage that goes on at the part's end, with the judges in whose spans it began."""
    last = [outage for outage in down if outage.end == scene.part.end]
    judges = [e.judge for e in term.exclusions if e.causality is Causality.BEGAN_WITHIN]
    if not last or not judges:
        return None
    return Outage(frozenset(j for j in judges if _begun_within(j, union(scene.granted(j)), last, scene)))


def _divided(service: list[Period], excluded: Sequence[_Layer], states: Classes) -> Classes:
    """Service time by class: what the exclusions take, in their order, and what is left of the states."""
    classes: Classes = {}
    rest = service
    for layer in excluded:
        mine = intersect(layer.periods, rest)
        if mine:
            classes[layer.name] = mine
            rest = subtract(rest, mine)
    for name, periods in states.items():
        mine = periods if rest is service else intersect(periods, rest)
        if mine:
            classes[name] = mine
    return classes


@dataclass(frozen=True, slots=True)
class _Counted:
    """Microseconds: up, counted on either side, and of a class that is known."""

    up: Fraction
    base: Fraction
    known: int


def _counted(term: Availability, micros: Mapping[str, int]) -> _Counted:
    excused = sum(micros.get(e.judge, 0) for e in term.exclusions if e.mode is Mode.UP)
    whole = micros.get(UP, 0) + excused + micros.get(ATTRIBUTED[GapClass.UP], 0)
    down = micros.get(DOWN, 0) + micros.get(ATTRIBUTED[GapClass.DOWN], 0)
    known = micros.get(UP, 0) + micros.get(DOWN, 0)
    up, base = Fraction(whole), whole + down
    for state, share in term.degraded.items():
        time = micros.get(degraded_class(state), 0)
        up, base, known = up + Fraction(share) * time, base + time, known + time
    unknown = micros.get(UNKNOWN, 0)
    match unknown_as(term.unknown_rule):
        case UnknownAs.UP:
            up, base = up + unknown, base + unknown
        case UnknownAs.DOWN:
            base += unknown
        case UnknownAs.EXCLUDE | UnknownAs.ATTRIBUTE:
            pass
    return _Counted(up, Fraction(base), known)


def _is_void(term: Availability, scene: Scene, service: list[Period]) -> bool:
    whole = (e.judge for e in term.exclusions if e.mode is Mode.WHOLE_WINDOW)
    return any(intersect(union(scene.granted(judge)), service) for judge in whole)


def _visible(
    classes: Classes, excluded: Sequence[_Layer], states: Classes
) -> list[tuple[str, Period, tuple[str, ...]]]:
    """All spans in time order, those of exclusions with the causes of lower priority that hold throughout them."""
    found: list[tuple[str, Period, tuple[str, ...]]] = []
    below = [*excluded, *(_Layer(name, spans) for name, spans in states.items() if name not in (UP, UNKNOWN))]
    for layer in excluded:
        below.pop(0)
        periods = classes.get(layer.name, [])
        causes = [(cause.name, shared) for cause in below if (shared := intersect(cause.periods, periods))]
        for period in periods:
            found += [(layer.name, piece, losers) for piece, losers in _pieces(period, causes)]
    names = {layer.name for layer in excluded}
    found += [(name, period, ()) for name, periods in classes.items() if name not in names for period in periods]
    return sorted(found, key=_start)


def _start(span: tuple[str, Period, tuple[str, ...]]) -> datetime:
    return span[1].start


def _pieces(period: Period, causes: Sequence[tuple[str, list[Period]]]) -> list[tuple[Period, tuple[str, ...]]]:
    """The period cut where a cause begins or ends."""
    within = [(name, shared) for name, spans in causes if (shared := intersect(spans, [period]))]
    if not within:
        return [(period, ())]
    cuts = {period.start, period.end, *(at for _, spans in within for s in spans for at in (s.start, s.end))}
    edges = sorted(cuts)
    pieces = []
    for start, end in pairwise(edges):
        losers = tuple(name for name, spans in within if any(s.start <= start < s.end for s in spans))
        pieces.append((Period(start, end), losers))
    return pieces


def _no_device(scene: Scene) -> dict[str, Any]:
    return {"kind": "no_device", "asset": scene.asset, "text": "no device served the asset: all unknown"}

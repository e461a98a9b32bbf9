"""M3 time in state: time that an asset spent in given states, within service hours.

Pure. Each instant is in one class: outside service hours, a state, or unknown; unknown time counts as the parties
agreed it does. Source: docs/terms.md#time-in-state.
"""

from datetime import timedelta
from fractions import Fraction

from contracts.facts.kinds import GapClass
from contracts.measuring.classes import ATTRIBUTED, OUTSIDE, UNKNOWN, classified, micros_of, spans_of, unknown_as
from contracts.scene import Basis, Measured, Scene
from contracts.streams.stream import Need
from contracts.terms.measures.time_in_state import TimeInState
from contracts.terms.unknown import UnknownAs
from contracts.timeline import held
from vouch.units import factor


def time_in_state_needs(term: TimeInState, asset: str) -> list[Need]:
    """The state, held for the term's carry."""
    return [Need(asset, term.metric, carry=timedelta(seconds=term.unknown_rule.carry_seconds))]


def measure_time_in_state(term: TimeInState, scene: Scene) -> Measured:
    """Weighted time in the term's unit; `micros` are by state, not weighted, beside outside and unknown."""
    streams = scene.streams.get(term.metric, ())
    rule = term.unknown_rule
    named = {state: class_of(state) for state in term.states} | dict.fromkeys(term.unknown, UNKNOWN)
    known = held(streams, scene.part, timedelta(seconds=rule.carry_seconds), named)
    classes, findings = classified(scene, term.service_hours, rule, known)
    micros = micros_of(classes)
    weighted = sum(
        (Fraction(weight) * micros.get(class_of(state), 0) for state, weight in term.states.items()), Fraction(0)
    )
    weighted += micros.get(ATTRIBUTED[GapClass.UP], 0)
    if unknown_as(rule) is UnknownAs.UP:
        weighted += micros[UNKNOWN]
    told = sum(micros.get(name, 0) for name in (*map(class_of, term.states), *ATTRIBUTED.values()))
    if not streams:
        text = "no device served the asset: all unknown"
        findings.append({"kind": "no_device", "asset": scene.asset, "text": text})
    return Measured(
        amount=weighted / 1_000_000 * factor("SEC", term.unit),
        known=told,
        total=told + micros[UNKNOWN],
        micros=micros,
        missing=not streams,
        basis=Basis([stream.evidence() for stream in streams], spans_of(classes), findings),
    )


def class_of(state: str) -> str:
    """The class of a state's time: its own name, unless a class of another meaning has that already."""
    return f"state:{state}" if state in (OUTSIDE, UNKNOWN, *ATTRIBUTED.values()) else state

"""M6 incident list: stops with their durations, opened by a state or by the parties' own records.

Pure. An incident counts by service time in each part it touches and is listed in the one in which it ends; one that is
open at the end is listed as open, with its time so far. Source: docs/terms.md#incident-list.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from contracts.calendar import service_periods
from contracts.facts.book import Fact
from contracts.facts.kinds import FactKind
from contracts.facts.kinds import Incident as IncidentAbout
from contracts.measuring.stops import ServiceTime, long_enough, stops_in
from contracts.scene import Basis, Incident, Measured, Scene, Stop
from contracts.streams.stream import Need
from contracts.terms.measures.incident_list import FromFacts, FromStates, Gives, IncidentList
from contracts.terms.service_hours import weekly_spans
from vouch.period import Period, intersect, iso, subtract, total_micros, union

_HOUR: Final = 3_600_000_000


def incident_list_needs(term: IncidentList, asset: str) -> list[Need]:
    """The state, where the list comes from one: it holds through silence."""
    return [Need(asset, term.source.metric)] if isinstance(term.source, FromStates) else []


def measure_incident_list(term: IncidentList, scene: Scene) -> Measured:
    """The incidents that ended in the part, and those still open; `amount` is their number, or the hours they add."""
    time = _service_time(term, scene)
    if isinstance(term.source, FromStates):
        return _from_states(term, term.source, scene, time)
    return _from_facts(term, term.source, scene, time)


def incident_value(term: IncidentList, total: Measured) -> Fraction | None:
    """How many ended, or hours: of all, of the longest, of the longest response; 0 where there is none.

    None where no device served, so that nobody knows. An open incident counts for its time so far, and one without a
    response has waited until its end.
    """
    if total.missing:
        return None
    match term.value:
        case Gives.COUNT | Gives.TOTAL_HOURS:
            return total.amount
        case Gives.LONGEST_HOURS:
            longest = max((one.micros for one in total.incidents), default=0)
        case Gives.LONGEST_RESPONSE_HOURS:
            longest = max((_waited(one) for one in total.incidents), default=0)
    return Fraction(longest, _HOUR)


def _waited(one: Incident) -> int:
    return one.micros if one.response_micros is None else one.response_micros


def _service_time(term: IncidentList, scene: Scene) -> ServiceTime:
    """Microseconds between two instants of the part that count: within service hours and not excused."""
    service = service_periods(weekly_spans(term.service_hours), scene.part, scene.zone)
    excused = union(span for judge in term.excused_by for span in scene.granted(judge))
    counted = subtract(service, excused)

    def time(since: datetime, until: datetime) -> int:
        return total_micros(intersect([Period(since, until)], counted)) if since < until else 0

    return time


def _from_states(term: IncidentList, source: FromStates, scene: Scene, time: ServiceTime) -> Measured:
    streams = scene.streams.get(source.metric, ())
    state = scene.earlier.state if scene.earlier else None
    before = state if isinstance(state, Stop) else None
    stops = stops_in(source, scene.asset, scene.part, streams, before, time)
    going_on = stops.going_on
    open_ones = [going_on.incident] if going_on and long_enough(source, going_on, scene.part.end) else []
    findings = _carried([before.incident] if before else [])
    if not streams:
        text = "no device served the asset: what was open stays so"
        findings.append({"kind": "no_device", "asset": scene.asset, "text": text})
    return _measured(term, scene, stops.ended, open_ones, stops.micros, findings, state=going_on, missing=not streams)


def _from_facts(term: IncidentList, source: FromFacts, scene: Scene, time: ServiceTime) -> Measured:
    before = {one.fact: one for one in (scene.earlier.incidents if scene.earlier else ()) if one.closed_at is None}
    ended: list[Incident] = []
    still_open: list[Incident] = []
    findings = _carried([*before.values()])
    micros = 0
    for fact, standing in scene.facts.standings(FactKind.INCIDENT, scene.asset, source.acceptance):
        assert isinstance(fact.about, IncidentAbout)
        if fact.about.cause not in source.causes or not _touches(fact, scene.part):
            continue
        if not standing.accepted:
            text = f"a record of an incident that is {standing.state}: not counted"
            findings.append({"kind": "incident_not_counted", "asset": scene.asset, "fact": fact.id, "text": text})
            continue
        one = _so_far(scene, fact, fact.about, before.get(fact.id), time)
        micros += one.micros - (before[fact.id].micros if fact.id in before else 0)
        (still_open if one.closed_at is None else ended).append(one)
    return _measured(term, scene, ended, still_open, micros, findings)


def _touches(fact: Fact, part: Period) -> bool:
    """Whether the incident goes on in the part, or ends exactly at its end."""
    assert fact.start is not None, "an incident has a start"
    return fact.start < part.end and (fact.end is None or fact.end > part.start)


def _so_far(scene: Scene, fact: Fact, about: IncidentAbout, before: Incident | None, time: ServiceTime) -> Incident:
    """The incident as it stands at the end of the part."""
    assert fact.start is not None, "an incident has a start"
    since = max(fact.start, scene.part.start)
    closed_at = fact.end if fact.end is not None and fact.end <= scene.part.end else None
    earlier = before.micros if before else 0
    responded_at = about.responded_at
    response: int | None = None
    if responded_at is not None and responded_at <= scene.part.end:
        waited = earlier + time(since, responded_at)
        response = waited if before is None or before.response_micros is None else before.response_micros
    else:
        responded_at = None
    return Incident(
        asset=scene.asset,
        cause=about.cause,
        opened_at=fact.start,
        closed_at=closed_at,
        responded_at=responded_at,
        micros=earlier + time(since, closed_at or scene.part.end),
        response_micros=response,
        fact=fact.id,
    )


def _measured(
    term: IncidentList,
    scene: Scene,
    ended: Sequence[Incident],
    still_open: Sequence[Incident],
    micros: int,
    findings: list[dict[str, Any]],
    state: Stop | None = None,
    missing: bool = False,
) -> Measured:
    listed = (*ended, *still_open)
    spans = [("incident", period, (one.cause,)) for one in listed if (period := _within(one, scene.part))]
    streams = scene.streams.get(term.source.metric, ()) if isinstance(term.source, FromStates) else ()
    return Measured(
        amount=Fraction(len(ended)) if term.value is Gives.COUNT else Fraction(micros, _HOUR),
        micros={"incident": micros},
        incidents=listed,
        missing=missing,
        basis=Basis([one.evidence() for one in streams], sorted(spans, key=lambda span: span[1]), findings),
        state=state,
    )


def _within(one: Incident, part: Period) -> Period | None:
    until = part.end if one.closed_at is None else one.closed_at
    return Period(one.opened_at, until).overlap(part) if one.opened_at < until else None


def _carried(incidents: Sequence[Incident]) -> list[dict[str, Any]]:
    text = "open since before this part: its time so far is part of its duration"
    return [
        {
            "kind": "incident_carried",
            "asset": one.asset,
            "cause": one.cause,
            "opened_at": iso(one.opened_at),
            "micros": one.micros,
            "text": text,
        }
        for one in incidents
    ]

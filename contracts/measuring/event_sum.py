"""M2 event sum: the sum of amounts, each used in one interval or by one event.

Pure. An event belongs to the part that holds its instant, half-open, so that adjoining parts add up. What falls below
zero where that is carried reduces the next part. Source: docs/terms.md#event-sum.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from contracts.facts.kinds import EventCancelled, FactKind
from contracts.scene import Basis, Measured, Scene
from contracts.streams.stream import Need, Stream
from contracts.terms.measures.event_sum import Constant, EventSum, Held, Negative
from ingest.reading import Shown
from vouch.exact import exact
from vouch.period import iso
from vouch.units import factor

# By device and instant: the fact that cancelled the event.
_Cancelled = Mapping[tuple[str, datetime], str]


def event_sum_needs(term: EventSum, asset: str) -> list[Need]:
    """Every reading."""
    return [Need(asset, term.metric, raw=True)]


def measure_event_sum(term: EventSum, scene: Scene) -> Measured:
    """The sum of the part's events in the term's unit, with those that were cancelled or refused."""
    streams = scene.streams.get(term.metric, ())
    cancelled, findings = _cancelled(term, scene)
    total, seen = _brought_on(term, scene), 0
    for stream in streams:
        events = _events(stream)
        seen += len(events)
        total += _sum(term, stream, events, cancelled, findings)
    amount, state = total, None
    if term.negative is Negative.CARRY:
        amount, state = max(total, Fraction(0)), min(total, Fraction(0))
        if state < 0:
            findings.append({"kind": "carried", "asset": scene.asset, "amount": str(state), "text": _CARRIED})
    if not seen:
        text = "no reading: no event is known" if streams else "no device served the asset: no event is known"
        findings.append({"kind": "no_readings" if streams else "no_device", "asset": scene.asset, "text": text})
    sources = [stream.evidence() for stream in streams]
    return Measured(amount=amount, missing=not seen, basis=Basis(sources, [], findings), state=state)


_CARRIED = "the events come to less than zero: the next part begins with the rest, in the measure's unit"


def _brought_on(term: EventSum, scene: Scene) -> Fraction:
    """What was below zero at the end of the part before."""
    state = scene.earlier.state if scene.earlier and term.negative is Negative.CARRY else None
    return state if isinstance(state, Fraction) else Fraction(0)


def _events(stream: Stream) -> list[Shown]:
    return [shown for shown in stream.readings if stream.part.start <= shown.at < stream.part.end]


def _sum(
    term: EventSum, stream: Stream, events: Sequence[Shown], cancelled: _Cancelled, findings: list[dict[str, Any]]
) -> Fraction:
    """What one device's events come to, in the term's unit."""
    ignored: list[Shown] = []
    total = Decimal(0)
    with exact():
        for event in events:
            value = term.of.constant if isinstance(term.of, Constant) else event.value
            fact = cancelled.get((stream.device, event.at))
            if fact is not None:
                findings.append(
                    _finding("event_cancelled", stream, event, "cancelled by record: not counted") | {"fact": fact}
                )
            elif value < 0 and term.negative in (Negative.IGNORE, Negative.REFUSE):
                ignored.append(event)
            else:
                total += value
    findings += _negatives(term, stream, ignored)
    return Fraction(total) * _factor(term, stream)


def _factor(term: EventSum, stream: Stream) -> Fraction:
    """From the sum of values to the term's unit."""
    if isinstance(term.of, Constant):
        return Fraction(1)
    have = stream.metric.unit or ""
    if not isinstance(term.of, Held):
        return factor(have, term.unit)
    # A watt held for an hour is a watt-hour.
    return factor(have, "WTT") * term.of.mean_over_seconds * factor("SEC", "HUR") * factor("WHR", term.unit)


def _negatives(term: EventSum, stream: Stream, events: Sequence[Shown]) -> list[dict[str, Any]]:
    """Each refused event by itself; ignored ones in one finding."""
    if not events:
        return []
    if term.negative is Negative.REFUSE:
        return [_finding("event_refused", stream, event, "negative: refused, counted as zero") for event in events]
    text = f"{len(events)} negative events, this the first of them: ignored as agreed"
    return [_finding("events_ignored", stream, events[0], text) | {"events": len(events)}]


def _cancelled(term: EventSum, scene: Scene) -> tuple[_Cancelled, list[dict[str, Any]]]:
    """The events that count no more, and the records that do not change anything."""
    shown = {(stream.device, event.at) for stream in scene.streams.get(term.metric, ()) for event in _events(stream)}
    found: dict[tuple[str, datetime], str] = {}
    findings: list[dict[str, Any]] = []
    for fact, standing in scene.facts.standings(FactKind.EVENT_CANCELLED, scene.asset, term.acceptance):
        about = fact.about
        assert isinstance(about, EventCancelled)
        key = about.device, about.measured_at
        if about.metric != term.metric or not scene.part.start <= about.measured_at < scene.part.end:
            continue
        if standing.accepted and key in shown:
            found[key] = fact.id
            continue
        text = "cancels an event that is not known" if standing.accepted else f"a cancellation that is {standing.state}"
        base = {"kind": "cancellation_not_counted", "asset": scene.asset, "device": about.device, "fact": fact.id}
        findings.append(base | {"at": iso(about.measured_at), "text": f"{text}: changes nothing"})
    return found, findings


def _finding(kind: str, stream: Stream, event: Shown, text: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "asset": stream.asset,
        "device": stream.device,
        "metric": stream.metric.name,
        "at": iso(event.at),
        "value": str(event.value),
        "text": text,
    }

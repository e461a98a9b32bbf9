"""M1 counter: the quantity used between two instants.

Pure. U(t) is what all readings up to t add (contracts/measuring/meter.py); use in a part is U(end) - U(start), so that
adjoining parts add up. Use is booked at the reading that reveals it, or goes by a straight line in time from reading
to reading; a reading exactly on a boundary serves both neighbours. Where a device begins to serve within the part,
counting starts at its first reading. Source: docs/terms.md#counter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from contracts.facts.kinds import CounterCorrection, FactKind
from contracts.measuring.meter import Meter
from contracts.measuring.swap import Swap, gaps, swap_findings, swaps_of
from contracts.scene import Basis, Height, Measured, Scene
from contracts.streams.stream import Need, Stream, shown_evidence
from contracts.terms.measures.counter import Attribution, Counter, OnFall, Rounding, RoundingMode
from ingest.reading import Shown
from ingest.summaries.summary import Run
from vouch.exact import exact
from vouch.period import MICROSECOND
from vouch.units import factor


def counter_needs(term: Counter, asset: str) -> list[Need]:
    """The counter: single readings where a step may hide, the height before, the reading after, as the term needs."""
    highest = term.on_fall is OnFall.HIGH_WATER
    return [Need(asset, term.metric, step=_step(term), highest=highest, after=_looks_ahead(term))]


def _step(term: Counter) -> Decimal | None:
    """The rise from one reading to the next beyond which it matters, in the metric's own unit; None where none does."""
    step = None if isinstance(term.step_max, str) else term.step_max
    if term.modulus is not None and term.jitter > 0:
        back = term.modulus - term.jitter
        step = back if step is None else min(step, back)
    return step


def measure_counter(term: Counter, scene: Scene) -> Measured:
    """Use in the scene's part, in the term's unit, not rounded; with every inference made on the way."""
    streams = scene.streams.get(term.metric, ())
    with exact():
        swaps = swaps_of(term, scene, streams)
        uses = [_use(term, scene, stream, swap) for stream, swap in zip(streams, swaps, strict=True)]
        amount = sum((use.amount for use in uses), Fraction(0))
        corrections, findings = _corrections(term, scene, streams)
    found = [finding for use in uses for finding in use.findings]
    found += [*gaps(streams, swaps), *swap_findings(term, scene, swaps), *findings]
    if not streams:
        found.append({"kind": "no_device", "asset": scene.asset, "text": "no device served the asset: no use is known"})
    return Measured(
        amount=amount + corrections,
        missing=not corrections and all(use.missing for use in uses),
        basis=Basis([stream.evidence() for stream in streams], [], found),
        state=uses[-1].state if uses else None,
    )


def counter_value(term: Counter, total: Measured) -> Fraction:
    """The sum over the whole window, rounded once as agreed; in the term's unit."""
    if not isinstance(term.rounding, Rounding):
        return total.amount
    step = Fraction(term.rounding.step)
    steps = abs(total.amount) / step
    whole = steps.numerator // steps.denominator
    match term.rounding.mode:
        case RoundingMode.UP:
            whole += whole < steps
        case RoundingMode.HALF_UP:
            whole += steps - whole >= Fraction(1, 2)
        case RoundingMode.DOWN:
            pass
    return whole * step if total.amount >= 0 else -whole * step


@dataclass(slots=True)
class _Use:
    """What one stream adds, in the term's unit; `missing` where it shows nothing of the part."""

    amount: Fraction = Fraction(0)
    missing: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list)
    state: Height | None = None


def _use(term: Counter, scene: Scene, stream: Stream, swap: Swap) -> _Use:
    use = _Use()
    shown = _shown(stream.inside, every=_step(term) is not None)
    opening = stream.opening
    if swap.initial is not None:
        shown = [opening, *shown] if opening else shown
        opening = swap.initial
    last = opening or (shown[0] if shown else None)
    use.missing = not shown and swap.final is None and not (opening and stream.after and _looks_ahead(term))
    if last is None:
        _find(use, stream, "no_readings", "no reading: no use is known")
        return use
    if opening is None:
        _find(use, stream, "counted_from_first", "no earlier reading: use before this one is unknown", last)
    meter = _meter(term, scene, stream, last, use)
    count = factor(stream.metric.unit or "", term.unit)
    use.amount = count * (_inside(meter, stream, shown, swap, use) + _up_to_the_end(meter, scene, stream, swap, use))
    _find_open_ends(meter, stream, use)
    use.state = meter.handed_on(stream.device)
    return use


def _looks_ahead(term: Counter) -> bool:
    """Whether the reading after a part matters: for a straight line to it, or to know that none was missed for good."""
    return term.attribution is Attribution.INTERPOLATE or term.missing != "none"


def _shown(runs: Sequence[Run], every: bool) -> list[Shown]:
    """The readings that matter: the first, those on either side of a fall, and the last; or every run's ends."""
    if every or not runs:
        return [one for run in runs for one in _ends(run)]
    shown = [runs[0].first]
    for before, after in pairwise(runs):
        if Decimal(after.first_value) < Decimal(before.last_value):
            shown += [before.last, after.first]
    last = runs[-1].last
    return [one for n, one in enumerate([*shown, last]) if n == 0 or one.at > shown[n - 1].at]


def _ends(run: Run) -> list[Shown]:
    return [run.first] if run.first_at == run.last_at else [run.first, run.last]


def _meter(term: Counter, scene: Scene, stream: Stream, last: Shown, use: _Use) -> Meter:
    def find(kind: str, text: str, *shown: Shown) -> None:
        _find(use, stream, kind, text, *shown)

    state = scene.earlier.state if scene.earlier else None
    if isinstance(state, Height) and (state.device, state.at, state.shown) == (stream.device, last.at, last.value):
        return Meter(term, find, last, state.height, state.doubtful)
    return Meter(term, find, last, _height(term, stream, last, use))


def _height(term: Counter, stream: Stream, last: Shown, use: _Use) -> Decimal:
    """The height at a part's first reading: its own value, or the highest ever shown where that is what counts.

    A mark above the reading by more than a step was a spike, as far as anybody can tell now: it counts for nothing.
    """
    if term.on_fall is not OnFall.HIGH_WATER:
        return last.value
    heights = [run.last.value for run in stream.runs if run.last.at <= last.at]
    heights += [] if stream.highest_before is None else [stream.highest_before]
    highest = max([last.value, *heights])
    if isinstance(term.step_max, str) or highest - last.value <= term.step_max:
        return highest
    text = "a higher mark of before, further up than agreed for one step: taken for a spike"
    _find(use, stream, "mark_disregarded", text, last)
    use.findings[-1] |= {"mark": str(highest)}
    return last.value


def _inside(meter: Meter, stream: Stream, shown: Sequence[Shown], swap: Swap, use: _Use) -> Fraction:
    """What the readings within the part add; of the first one's, the share of time since the part's start."""
    total, first = Decimal(0), Fraction(0)
    interpolated = meter.term.attribution is Attribution.INTERPOLATE
    for one in shown:
        before = meter.last
        added = meter.take(one)
        if interpolated and before.at < stream.part.start and added:
            first = Fraction(added) * _share(before, one, stream.part.start, one.at)
            _find(use, stream, "interpolated", _INTERPOLATED, before, one)
        else:
            total += added
    if swap.final is not None:
        total += meter.take(swap.final, agreed=True)
    return Fraction(total) + first


def _up_to_the_end(meter: Meter, scene: Scene, stream: Stream, swap: Swap, use: _Use) -> Fraction:
    """What goes from the last reading to the end of the part by a straight line to the first one after it."""
    end, before = stream.part.end, meter.last
    still_serves = end == scene.part.end and swap.final is None
    if meter.term.attribution is Attribution.AT_READING or before.at >= end or not still_serves:
        return Fraction(0)
    if stream.after is None:
        text = "no reading after the end is known: use since this one is left for the next part until there is one"
        _find(use, stream, "not_interpolated", text, before)
        return Fraction(0)
    added = replace(meter, find=_no_finding).take(stream.after)
    if added:
        _find(use, stream, "interpolated", _INTERPOLATED, before, stream.after)
    return Fraction(added) * _share(before, stream.after, max(before.at, stream.part.start), end)


_INTERPOLATED = "a boundary lies between these two readings: use goes by a straight line in time"


def _no_finding(kind: str, text: str, *shown: Shown) -> None:
    """What the reading after the end reveals is found by the part that holds it."""


def _share(before: Shown, after: Shown, since: datetime, until: datetime) -> Fraction:
    return Fraction((until - since) // MICROSECOND, (after.at - before.at) // MICROSECOND)


def _find_open_ends(meter: Meter, stream: Stream, use: _Use) -> None:
    if meter.falls:
        text = "fell by no more than the agreed jitter: disregarded until the old height is reached"
        _find(use, stream, "jitter", text)
        use.findings[-1] |= {"falls": meter.falls, "deepest": str(meter.deepest)}
    if meter.doubtful:
        text = "went further at once than agreed: not counted unless the next reading confirms it"
        _find(use, stream, "not_confirmed", text, meter.last)


def _corrections(term: Counter, scene: Scene, streams: Sequence[Stream]) -> tuple[Fraction, list[dict[str, Any]]]:
    """What the parties' own records add within the part, in the term's unit."""
    total, findings = Fraction(0), []
    for fact, standing in scene.facts.standings(FactKind.COUNTER_CORRECTION, scene.asset, term.acceptance):
        about = fact.about
        assert isinstance(about, CounterCorrection)
        assert fact.at is not None, "a correction has an instant"
        if about.metric != term.metric or not scene.part.start <= fact.at < scene.part.end:
            continue
        finding = {"fact": fact.id, "asset": scene.asset, "metric": term.metric, "amount": str(about.amount)}
        if not standing.accepted:
            text = f"a correction that is {standing.state}: not counted"
            findings.append({"kind": "correction_not_counted", "text": text} | finding)
        elif not streams:
            text = "a correction while no device served, so that its unit is not known: not counted"
            findings.append({"kind": "correction_not_counted", "text": text} | finding)
        else:
            serving = [one for one in streams if one.part.start <= fact.at] or list(streams[:1])
            total += Fraction(about.amount) * factor(serving[-1].metric.unit or "", term.unit)
            findings.append({"kind": "correction", "text": "a correction of what the counter showed"} | finding)
    return total, findings


def _find(use: _Use, stream: Stream, kind: str, text: str, *shown: Shown) -> None:
    use.findings.append(
        {
            "kind": kind,
            "asset": stream.asset,
            "device": stream.device,
            "metric": stream.metric.name,
            "readings": [shown_evidence(one) for one in shown],
            "text": text,
        }
    )

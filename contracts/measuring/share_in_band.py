"""M5 share in band: the share of time in which a gauge stayed between two limits.

Pure. Weighted by time: a value holds until the next reading, at most for the carry; the rest is unknown. With
hysteresis a value that left the band is back only once it is inside by that much, which the next part has to know.
Source: docs/terms.md#share-in-band.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, Final

from contracts.facts.kinds import GapClass
from contracts.measuring.classes import ATTRIBUTED, UNKNOWN, classified, micros_of, spans_of, unknown_as
from contracts.scene import Basis, Measured, Scene
from contracts.streams.stream import Need, Stream
from contracts.terms.measures.share_in_band import ShareInBand
from contracts.terms.unknown import UnknownAs
from vouch.exact import exact
from vouch.period import Period, iso, union
from vouch.units import factor

IN: Final = "in"
OUT: Final = "out"


def share_in_band_needs(term: ShareInBand, asset: str) -> list[Need]:
    """Every reading: a summary of a gauge does not show when it left the band."""
    return [Need(asset, term.metric, raw=True)]


def measure_share_in_band(term: ShareInBand, scene: Scene) -> Measured:
    """Time in the band of counted time in microseconds; every instant of the part is in, out, unknown or outside."""
    streams = scene.streams.get(term.metric, ())
    rule = term.unknown_rule
    sides, inside, findings = _sides(term, scene, streams)
    classes, attributed = classified(scene, term.service_hours, rule, sides)
    micros = micros_of(classes)
    up = micros[IN] + micros.get(ATTRIBUTED[GapClass.UP], 0)
    down = micros[OUT] + micros.get(ATTRIBUTED[GapClass.DOWN], 0)
    told = micros[IN] + micros[OUT] + sum(micros.get(name, 0) for name in ATTRIBUTED.values())
    match unknown_as(rule):
        case UnknownAs.UP:
            up += micros[UNKNOWN]
        case UnknownAs.DOWN:
            down += micros[UNKNOWN]
        case UnknownAs.EXCLUDE | UnknownAs.ATTRIBUTE:
            pass
    if not streams:
        text = "no device served the asset: all unknown"
        findings.append({"kind": "no_device", "asset": scene.asset, "text": text})
    return Measured(
        amount=Fraction(up),
        base=Fraction(up + down),
        known=told,
        total=told + micros[UNKNOWN],
        micros=micros,
        missing=not streams,
        basis=Basis([one.evidence() for one in streams], spans_of(classes), [*findings, *attributed]),
        state=inside,
    )


@dataclass(frozen=True, slots=True)
class _Band:
    """The band in a metric's own unit, all limits multiplied by `scale` so that they are whole numbers."""

    scale: Decimal
    low: Decimal | None
    high: Decimal | None
    low_back: Decimal | None
    high_back: Decimal | None

    @classmethod
    def of(cls, term: ShareInBand, unit: str) -> "_Band":
        size, back = 1 / factor(unit, term.unit), Fraction(term.hysteresis)
        low = None if term.low is None else Fraction(term.low)
        high = None if term.high is None else Fraction(term.high)
        limits = [low, high, None if low is None else low + back, None if high is None else high - back]
        sized = [None if limit is None else limit * size for limit in limits]
        scale = lcm(*(limit.denominator for limit in sized if limit is not None))
        whole = [None if limit is None else Decimal(int(limit * scale)) for limit in sized]
        return cls(Decimal(scale), *whole)

    def holds(self, value: Decimal, inside: bool | None) -> bool:
        """Whether the value is in the band, after one that was `inside` or not."""
        scaled = value * self.scale
        low, high = (self.low_back, self.high_back) if inside is False else (self.low, self.high)
        return (low is None or scaled >= low) and (high is None or scaled <= high)


def _sides(
    term: ShareInBand, scene: Scene, streams: Sequence[Stream]
) -> tuple[dict[str, list[Period]], bool | None, list[dict[str, Any]]]:
    """When values were in the band and when out of it; the side of the last one; findings."""
    state = scene.earlier.state if scene.earlier else None
    inside = state if isinstance(state, bool) else None
    found: dict[str, list[Period]] = {IN: [], OUT: []}
    findings: list[dict[str, Any]] = []
    carry = timedelta(seconds=term.unknown_rule.carry_seconds)
    with exact():
        for stream in streams:
            band = _Band.of(term, stream.metric.unit or "")
            if inside is None and stream.readings and term.hysteresis > 0:
                findings += _assumed(band, stream)
            for side, period in _held(band, stream, carry, inside):
                inside = side
                if period is not None:
                    found[IN if side else OUT].append(period)
    return {name: union(periods) for name, periods in found.items()}, inside, findings


def _held(band: _Band, stream: Stream, carry: timedelta, inside: bool | None) -> Iterator[tuple[bool, Period | None]]:
    """Each stretch of one side without a gap, within the stream's part."""
    shown = stream.readings
    start, end = (shown[0].at, shown[0].at) if shown else (stream.part.start, stream.part.start)
    for i, one in enumerate(shown):
        side = band.holds(one.value, inside)
        if inside is not None and i and (side is not inside or one.at > end):
            yield inside, Period(start, end).overlap(stream.part)
            start = one.at
        inside, end = side, one.at + carry
        if i + 1 < len(shown):
            end = min(end, shown[i + 1].at)
    if shown and inside is not None:
        yield inside, Period(start, end).overlap(stream.part)


def _assumed(band: _Band, stream: Stream) -> list[dict[str, Any]]:
    """A finding where the first value ever seen would be out of the band, had one before it been."""
    first = stream.readings[0]
    if band.holds(first.value, True) == band.holds(first.value, False):
        return []
    text = "within the band's edge, with nothing known before it: taken to be in the band"
    return [{"kind": "side_assumed", "asset": stream.asset, "device": stream.device, "at": iso(first.at), "text": text}]

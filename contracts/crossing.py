"""Crossings: the first reading at which a counter had gone so far beyond an instant.

Pure. The counter is measured as its own measure says, from the instant to each reading in turn.
Source: docs/terms.md#obligation.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from contracts.measuring.counter import measure_counter
from contracts.scene import Scene
from contracts.streams.stream import Stream
from contracts.terms import Counter
from ingest.reading import Shown
from ingest.summaries.summary import Run
from vouch.period import Period, to_micros


def first_crossing(
    term: Counter, scene: Scene, streams: Sequence[Stream], since: datetime, quantity: Fraction
) -> datetime | None:
    """The reading after `since` at which at least `quantity` had been used, in the measure's unit; None if none did.

    `streams` are those of all parts up to the scene's, with every reading.
    """
    instants = sorted({shown.at for stream in streams for shown in stream.readings if shown.at > since})
    low, high = 0, len(instants)
    # Use never falls from one reading to the next, so that the first one to reach it is found by halving.
    while low < high:
        middle = (low + high) // 2
        if _used(term, scene, streams, Period(since, instants[middle])) >= quantity:
            high = middle
        else:
            low = middle + 1
    return instants[low] if low < len(instants) else None


def _used(term: Counter, scene: Scene, streams: Sequence[Stream], span: Period) -> Fraction:
    within = [clipped for stream in _joined(streams) if (clipped := _clipped(stream, span))]
    clipped_scene = replace(scene, part=span, window=span, streams={term.metric: within})
    return measure_counter(term, clipped_scene).amount


def _joined(streams: Sequence[Stream]) -> list[Stream]:
    """One stream for each device that served, however many parts of months it did so in."""
    by_device: dict[str, Stream] = {}
    for stream in streams:
        one = by_device.get(stream.device)
        if one is None or one.part.end != stream.part.start:
            by_device[f"{stream.device} {len(by_device)}" if one else stream.device] = stream
            continue
        readings = {shown.at: shown for shown in (*one.readings, *stream.readings)}
        part = Period(one.part.start, stream.part.end)
        by_device[stream.device] = replace(one, part=part, readings=tuple(readings[at] for at in sorted(readings)))
    return list(by_device.values())


def _clipped(stream: Stream, span: Period) -> Stream | None:
    part = stream.part.overlap(span)
    if part is None:
        return None
    shown: tuple[Shown, ...] = tuple(one for one in stream.readings if one.at <= part.end)
    runs = tuple(Run(at, at, value, value, 0) for at, value in ((to_micros(one.at), str(one.value)) for one in shown))
    return replace(stream, part=part, readings=shown, runs=runs, after=None)

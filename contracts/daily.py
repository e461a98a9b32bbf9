"""Use by day: one part of a month of a counter or event sum, divided at local midnights.

Pure. Each day is measured as a part of its own, with what the day before handed on, so that the days add up to the part
exactly. For pictures; money is reckoned on whole months.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from contracts.kinds import MEASURE
from contracts.scene import Scene
from contracts.streams.stream import Stream
from contracts.terms import Counter, EventSum
from ingest.reading import Shown
from ingest.summaries.summary import Run, cut, straddles
from vouch.exact import exact
from vouch.period import Period


def midnight_cuts(stream: Stream, days: Sequence[Period]) -> set[datetime]:
    """The starts of days at which a run of the stream has readings on both sides and has to be cut."""
    return {day.start for day in days for run in stream.runs if straddles(run, day.start)}


def use_by_day(
    term: Counter | EventSum,
    scene: Scene,
    days: Sequence[Period],
    around: Mapping[tuple[str, datetime], tuple[Shown, Shown]],
) -> list[Fraction | None]:
    """Use of the scene's asset in each day, in the term's unit, not rounded; None for a day on which no device served.

    `around` holds the neighbours, by device and instant, of each instant that `midnight_cuts` names.
    """
    streams = [(stream, _runs_by_day(stream, days, around)) for stream in scene.streams.get(term.metric, ())]
    used: list[Fraction | None] = []
    earlier = scene.earlier
    for day in days:
        of_day = [found for stream, runs in streams if (found := _of_day(stream, runs, day))]
        part = scene.part.overlap(day)
        if part is None or not of_day:
            used.append(None)
            continue
        with exact():
            earlier = MEASURE[type(term)](
                term, replace(scene, part=part, streams={term.metric: of_day}, earlier=earlier)
            )
        used.append(earlier.amount)
    return used


def _runs_by_day(
    stream: Stream, days: Sequence[Period], around: Mapping[tuple[str, datetime], tuple[Shown, Shown]]
) -> list[Run]:
    runs = list(stream.runs)
    for at in sorted(midnight_cuts(stream, days)):
        runs = cut(runs, at, *around[stream.device, at])
    return runs


def _of_day(stream: Stream, runs: Sequence[Run], day: Period) -> Stream | None:
    """What the stream showed up to the end of the day, as a part of its own; without its days' digests."""
    part = stream.part.overlap(day)
    if part is None:
        return None
    following = next((run.first for run in runs if run.first.at > part.end), stream.after)
    before = [n for n, shown in enumerate(stream.readings) if shown.at <= part.start]
    readings = stream.readings[before[-1] if before else 0 :]
    return replace(
        stream,
        part=part,
        runs=tuple(run for run in runs if run.last.at <= part.end),
        days=(),
        readings=tuple(shown for shown in readings if shown.at <= part.end),
        after=following,
    )

"""Use by day: one month's counter use, divided at local midnights.

Pure. The days add up to the month exactly, because adjoining windows of a counter do. For pictures; money is reckoned
on whole months.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from contracts.measure.counter import counter_use
from contracts.source import Stream
from ingest.summary import Shown, cut, straddles
from vouch.period import Period


def midnight_cuts(stream: Stream, days: Sequence[Period]) -> set[datetime]:
    """The starts of days at which a run of the stream has readings on both sides and has to be cut."""
    return {day.start for day in days for run in stream.runs if straddles(run, day.start)}


def use_by_day(
    streams: Sequence[Stream],
    days: Sequence[Period],
    around: Mapping[tuple[str, datetime], tuple[Shown, Shown]],
) -> list[Decimal | None]:
    """Use of one asset in each day, in the counter's own unit; None for a day on which no device served it.

    `around` holds the neighbours, by device and instant, of each instant that `midnight_cuts` names.
    """
    used: list[Decimal | None] = [None] * len(days)
    for stream in streams:
        runs = list(stream.runs)
        for at in sorted(midnight_cuts(stream, days)):
            runs = cut(runs, at, *around[stream.device, at])
        for n, day in enumerate(days):
            part = stream.part.overlap(day)
            if part is None:
                continue
            of_day = replace(stream, part=part, runs=tuple(run for run in runs if run.last.at <= part.end))
            used[n] = (used[n] or Decimal(0)) + counter_use([of_day]).quantity
    return used

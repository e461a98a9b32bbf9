"""Sources: what one device showed of one metric while it served an asset, ready to be measured.

Pure. A stream holds runs that lie entirely before or after each instant that matters (where service, assignment and
window begin and end), so that a measure never has to look inside a run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ingest.catalogue import Metric
from ingest.reading import Shown
from ingest.summaries.summary import DaySummary, Run, cut, straddles
from vouch.period import Period, iso, to_micros, utc_day

# The last reading at or before an instant, and the first one after it.
Around = Mapping[datetime, tuple[Shown, Shown]]


@dataclass(frozen=True, slots=True)
class Need:
    """What a term has to see of one metric of one asset.

    `carry` is how long its states may hold. A counter's run that rises by more than `step` may hide a spike: the runs
    of its day come as single readings. `raw` asks for every reading, `after` for the first one after the window,
    `highest` for the highest value shown before it, which a counter whose falls are dips gets unasked.
    """

    asset: str
    metric: str
    carry: timedelta | None = None
    step: Decimal | None = None
    raw: bool = False
    after: bool = False
    highest: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """What `device` showed of `metric` for `asset`.

    `part` is the share of the window in which it served; `runs` are in order, from the assignment's start to the end
    of `part`, those before `part` reaching back as far as is needed. `highest_before` is the highest value the
    counter showed for this asset before the first run. `days` are the whole UTC days that the runs were taken from.
    `readings` and `after` are there where a need asked for them: the last reading at or before the start of `part`
    with all up to its end, in order; the first one after its end.
    """

    asset: str
    device: str
    metric: Metric
    part: Period
    runs: tuple[Run, ...]
    highest_before: Decimal | None
    days: tuple[DaySummary, ...]
    readings: tuple[Shown, ...] = ()
    after: Shown | None = None

    @property
    def opening(self) -> Shown | None:
        """The last reading at or before the start of `part`."""
        start = to_micros(self.part.start)
        before = [run for run in self.runs if run.last_at <= start]
        return before[-1].last if before else None

    @property
    def inside(self) -> list[Run]:
        """The runs after the start of `part`, a reading exactly at its end included."""
        start = to_micros(self.part.start)
        return [run for run in self.runs if run.first_at > start]

    def evidence(self) -> dict[str, Any]:
        """The stream as evidence names it: the days it rests on with their digests, first and last reading used."""
        inside, opening = self.inside, self.opening
        first = opening or (inside[0].first if inside else None)
        last = inside[-1].last if inside else opening
        return {
            "asset": self.asset,
            "device": self.device,
            "metric": self.metric.name,
            "from": iso(self.part.start),
            "until": iso(self.part.end),
            "readings": sum(day.readings for day in self.days),
            "days": [[day.day.isoformat(), day.readings, day.digest] for day in self.days],
            "first": shown_evidence(first),
            "last": shown_evidence(last),
        }


# By asset and metric: one stream for each device that served, in time order.
Streams = Mapping[tuple[str, str], Sequence[Stream]]


def shown_evidence(shown: Shown | None) -> list[str] | None:
    """[instant, value] or None."""
    return [iso(shown.at), str(shown.value)] if shown else None


def needed_days(days: Sequence[DaySummary], serves_from: datetime, part: Period) -> tuple[DaySummary, ...]:
    """Of a series' days in order, those a stream rests on: from the one that holds the opening reading on."""
    own = [day for day in days if utc_day(serves_from) <= day.day <= utc_day(part.end)]
    opening = [i for i, day in enumerate(own) if day.runs[0].first_at <= to_micros(part.start)]
    return tuple(own[opening[-1] :] if opening else own)


def needed_cuts(days: Iterable[DaySummary], serves_from: datetime, part: Period) -> set[datetime]:
    """The instants at which a run of these days has readings on both sides and has to be cut."""
    cuts = {part.start, part.end, serves_from}
    by_day = {day.day: day for day in days}
    return {at for at in cuts if (day := by_day.get(utc_day(at))) and any(straddles(run, at) for run in day.runs)}


def clip_runs(days: Sequence[DaySummary], serves_from: datetime, part: Period, around: Around) -> tuple[Run, ...]:
    """The days' runs from `serves_from` to the end of `part`, none of them across a boundary.

    `around` holds the neighbours of each instant that `needed_cuts` names.
    """
    runs = [run for day in days for run in day.runs]
    for at in sorted(around):
        runs = cut(runs, at, *around[at])
    start, end = to_micros(serves_from), to_micros(part.end)
    served = (part_of for run in runs if run.last_at <= end for part_of in _from(run, start))
    return tuple(served)


def _from(run: Run, start: int) -> list[Run]:
    """The run if the asset was served; of a run that ends exactly then, its last reading."""
    if run.first_at >= start:
        return [run]
    return [Run(start, start, run.last_value, run.last_value, 0)] if run.last_at == start else []

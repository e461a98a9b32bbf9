"""Sources: what one device showed of one metric while it served an asset, ready to be measured.

Pure. A stream holds runs that lie entirely before or after each instant that matters (where service, assignment and
window begin and end), so that a measure never has to look inside a run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingest.catalogue import Metric
from ingest.summary import DaySummary, Run, Shown, cut, straddles
from vouch.period import Period, iso, utc_day

# The last reading at or before an instant, and the first one after it.
Around = Mapping[datetime, tuple[Shown, Shown]]


@dataclass(frozen=True, slots=True)
class Stream:
    """What `device` showed of `metric` for `asset`.

    `part` is the share of the window in which it served; `runs` are in order, from the assignment's start to the end
    of `part`, those before `part` reaching back as far as is needed. `highest_before` is the highest value the
    counter showed for this asset before the first run. `days` are the whole UTC days that the runs were taken from.
    """

    asset: str
    device: str
    metric: Metric
    part: Period
    runs: tuple[Run, ...]
    highest_before: Decimal | None
    days: tuple[DaySummary, ...]

    @property
    def opening(self) -> Shown | None:
        """The last reading at or before the start of `part`."""
        before = [run.last for run in self.runs if run.last.at <= self.part.start]
        return before[-1] if before else None

    @property
    def inside(self) -> list[Run]:
        """The runs after the start of `part`, a reading exactly at its end included."""
        return [run for run in self.runs if run.first.at > self.part.start]

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


def shown_evidence(shown: Shown | None) -> list[str] | None:
    """[instant, value] or None."""
    return [iso(shown.at), str(shown.value)] if shown else None


def needed_days(days: Sequence[DaySummary], serves_from: datetime, part: Period) -> tuple[DaySummary, ...]:
    """Of a series' days in order, those a stream rests on: from the one that holds the opening reading on."""
    own = [day for day in days if utc_day(serves_from) <= day.day <= utc_day(part.end)]
    opening = [i for i, day in enumerate(own) if day.runs[0].first.at <= part.start]
    return tuple(own[opening[-1] :] if opening else own)


def needed_cuts(days: Iterable[DaySummary], serves_from: datetime, part: Period) -> set[datetime]:
    """The instants at which a run of these days has readings on both sides and has to be cut."""
    cuts = {part.start, part.end, serves_from}
    return {at for at in cuts for day in days for run in day.runs if straddles(run, at)}


def clip_runs(days: Sequence[DaySummary], serves_from: datetime, part: Period, around: Around) -> tuple[Run, ...]:
    """The days' runs from `serves_from` to the end of `part`, none of them across a boundary.

    `around` holds the neighbours of each instant that `needed_cuts` names.
    """
    runs = [run for day in days for run in day.runs]
    for at in sorted(around):
        runs = cut(runs, at, *around[at])
    runs = [part_of for run in runs for part_of in _from(run, serves_from)]
    return tuple(run for run in runs if run.last.at <= part.end)


def _from(run: Run, serves_from: datetime) -> list[Run]:
    """The run if the asset was served; of a run that ends exactly then, its last reading."""
    if run.first.at >= serves_from:
        return [run]
    return [Run(run.last, run.last, run.silence_max * 0)] if run.last.at == serves_from else []

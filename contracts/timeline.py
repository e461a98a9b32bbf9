"""Timelines: which class of states held when.

Pure. A state holds from its reading until the next one, but never longer than the contract's carry; the rest is
unknown. So is time in which no device served the asset.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from contracts.source import Stream
from ingest.summary import join_states
from vouch.period import MICROSECOND, Period, from_micros, union


def held(
    streams: Sequence[Stream],
    window: Period,
    carry: timedelta,
    classes: Mapping[str, str],
) -> dict[str, list[Period]]:
    """When each class of states held within `window`, from the streams of a state metric, one after another.

    `classes` maps each state's name to a class; time in which nothing is known belongs to none. The streams' runs are
    silent for no longer than `carry`. Lists are in order, and no two share an instant.
    """
    longest = carry // MICROSECOND
    found: dict[str, list[Period]] = {name: [] for name in classes.values()}
    for stream in streams:
        part = stream.part.overlap(window)
        if part is None:
            continue
        of_code = {code: classes[name] for name, code in stream.metric.states.items()}
        runs = join_states(stream.runs, carry, stream.part.start)
        for i, run in enumerate(runs):
            assert run.silence <= longest, "a run silent for longer than the carry has to be broken"
            end = run.last_at + longest
            if i + 1 < len(runs):
                end = min(end, runs[i + 1].first_at)
            period = Period(from_micros(run.first_at), from_micros(end)).overlap(part)
            if period is not None:
                found[of_code[int(Decimal(run.first_value))]].append(period)
    return {name: union(periods) for name, periods in found.items()}

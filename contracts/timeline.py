"""Timelines: which class of states held when.

Pure. A state holds from its reading until the next one, but never longer than the contract's carry; the rest is
unknown. So is time in which no device served the asset.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import zip_longest

from contracts.streams.stream import Stream
from ingest.summaries.summary import join_states
from vouch.period import MICROSECOND, Period, from_micros, to_micros


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
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in classes.values()}
    for stream in streams:
        part = stream.part.overlap(window)
        if part is None:
            continue
        starts, ends = to_micros(part.start), to_micros(part.end)
        of_code = {code: found[classes[name]] for name, code in stream.metric.states.items()}
        runs = join_states(stream.runs, carry, stream.part.start)
        for run, after in zip_longest(runs, runs[1:]):
            assert run.silence <= longest, "a run silent for longer than the carry has to be broken"
            start = max(run.first_at, starts)
            end = min(run.last_at + longest, ends if after is None else min(after.first_at, ends))
            if start < end:
                _append(of_code[int(Decimal(run.first_value))], start, end)
    return {name: [Period(from_micros(a), from_micros(b)) for a, b in spans] for name, spans in found.items()}


def _append(spans: list[tuple[int, int]], start: int, end: int) -> None:
    """A span after all others, or the last one made longer."""
    if spans and spans[-1][1] == start:
        spans[-1] = spans[-1][0], end
    else:
        spans.append((start, end))

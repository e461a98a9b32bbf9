"""Timelines: when an asset was up, down or unknown.

Pure. A state holds from its reading until the next one, but never longer than the contract's carry; the rest is
unknown. So is time in which no device served the asset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from contracts.source import Stream
from ingest.summary import join_states
from vouch.period import MICROSECOND, Period, from_micros, intersect, subtract, union


class Condition(StrEnum):
    """What a state means in a contract."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Three lists of periods that share no instant and together make the window."""

    up: list[Period]
    down: list[Period]
    unknown: list[Period]


def timeline(
    streams: Sequence[Stream],
    window: Period,
    carry: timedelta,
    conditions: Mapping[str, Condition],
) -> Timeline:
    """The asset's timeline over `window`, from the streams of its state metric, one after another.

    `conditions` maps each state's name; the streams' runs are silent for no longer than `carry`.
    """
    longest = carry // MICROSECOND
    held: dict[Condition, list[Period]] = {condition: [] for condition in Condition}
    for stream in streams:
        of_code = {Decimal(code): conditions[name] for name, code in stream.metric.states.items()}
        runs = join_states(stream.runs, carry, stream.part.start)
        for i, run in enumerate(runs):
            assert run.silence <= longest, "a run silent for longer than the carry has to be broken"
            end = run.last_at + longest
            if i + 1 < len(runs):
                end = min(end, runs[i + 1].first_at)
            period = Period(from_micros(run.first_at), from_micros(end)).overlap(stream.part)
            if period is not None:
                held[of_code[Decimal(run.first_value)]].append(period)
    up, down = union(held[Condition.UP]), union(held[Condition.DOWN])
    up, down = intersect(up, [window]), intersect(down, [window])
    return Timeline(up, down, subtract([window], union([*up, *down])))

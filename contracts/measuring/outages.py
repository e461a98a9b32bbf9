"""Outages: what the parties agreed counts as one.

Pure. Time only moves between up and down; time of other classes is neither. Source: docs/terms.md#availability.
"""

from collections.abc import Sequence
from datetime import timedelta

from contracts.terms.measures.availability import Bucket, BucketRule, Shaping
from vouch.period import Period, from_micros, intersect, subtract, to_micros, total_micros, union


def shaped(shaping: Shaping, up: list[Period], down: list[Period]) -> tuple[list[Period], list[Period]]:
    """Up and down time after outages were merged, the short ones dropped, and the rest counted in buckets."""
    both = union([*up, *down])
    groups = _merged(down, timedelta(seconds=shaping.merge_seconds))
    least = shaping.minimum_seconds * 1_000_000
    kept = [hull for hull in groups if total_micros(intersect([hull], both)) >= least]
    outages = intersect(kept, both)
    if isinstance(shaping.bucket, Bucket):
        outages = intersect(_in_buckets(shaping.bucket, outages), both)
    return subtract(both, outages), outages


def _merged(down: Sequence[Period], apart: timedelta) -> list[Period]:
    """From the beginning of each outage to its end, those less than `apart` from each other taken together."""
    hulls: list[Period] = []
    for outage in down:
        if hulls and outage.start - hulls[-1].end < apart:
            hulls[-1] = Period(hulls[-1].start, outage.end)
        else:
            hulls.append(outage)
    return hulls


def _in_buckets(bucket: Bucket, outages: Sequence[Period]) -> list[Period]:
    size = bucket.seconds * 1_000_000
    found = []
    for outage in outages:
        start, end = to_micros(outage.start), to_micros(outage.end)
        if bucket.down_if is BucketRule.WHOLE:
            start, end = -(-start // size) * size, end // size * size
        else:
            start, end = start // size * size, -(-end // size) * size
        if start < end:
            found.append(Period(from_micros(start), from_micros(end)))
    return union(found)

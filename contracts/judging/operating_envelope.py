"""J6 operating envelope: the excursions of a product beyond its limits.

Pure. A reading holds until the next one of its device, at most for the carry; what is not known is no excursion.
Source: docs/terms.md#operating-envelope.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from contracts.scene import JudgedSpan, Scene
from contracts.streams.stream import Need, Stream
from contracts.terms.judges.operating_envelope import OperatingEnvelope
from vouch.period import Period
from vouch.units import factor

WITHIN_FREE_COUNT: Final = "within_free_count"


def operating_envelope_needs(term: OperatingEnvelope, asset: str) -> list[Need]:
    """Every reading of the gauge: a summary does not say for how long a value was beyond a limit."""
    return [Need(asset, term.metric, carry=timedelta(seconds=term.carry_seconds), raw=True)]


def judge_operating_envelope(term: OperatingEnvelope, scene: Scene) -> list[JudgedSpan]:
    """The excursions within the scene's part that lasted for the dwell, each from its beginning, in order and disjoint.

    The first `free_count` are refused as within_free_count. They are counted within the scene's part only: where an
    amendment splits a month, each version has its free ones, and an excursion across the border of two parts is one in
    each, with a dwell of its own. A value exactly at a limit is inside. An excursion may go from above to below; its
    cause is where it began.
    """
    dwell = timedelta(seconds=term.dwell_seconds)
    lasting = [(period, cause) for period, cause in _excursions(term, scene) if period.end - period.start >= dwell]
    free, more = lasting[: term.free_count], lasting[term.free_count :]
    refused = [JudgedSpan(period, False, WITHIN_FREE_COUNT, cause) for period, cause in free]
    return refused + [JudgedSpan(period, True, "", cause) for period, cause in more]


def _excursions(term: OperatingEnvelope, scene: Scene) -> list[tuple[Period, str]]:
    """Time beyond the limits without a break, and where it began; however short, in order."""
    joined: list[tuple[Period, str]] = []
    for stream in scene.streams.get(term.metric, ()):
        for start, end, cause in _outside(term, stream):
            if joined and joined[-1][0].end == start:
                before, began = joined[-1]
                joined[-1] = (Period(before.start, end), began)
            else:
                joined.append((Period(start, end), cause))
    return joined


def _outside(term: OperatingEnvelope, stream: Stream) -> Iterator[tuple[datetime, datetime, str]]:
    """The time for which each reading beyond a limit holds, clipped to the stream's part, in order."""
    low, high = (_limit(limit, term.unit, stream) for limit in (term.low, term.high))
    carry = timedelta(seconds=term.carry_seconds)
    readings = stream.readings
    for i, shown in enumerate(readings):
        if high is not None and shown.value > high:
            cause = "above_high"
        elif low is not None and shown.value < low:
            cause = "below_low"
        else:
            continue
        end = min(shown.at + carry, stream.part.end)
        if i + 1 < len(readings):
            end = min(end, readings[i + 1].at)
        start = max(shown.at, stream.part.start)
        if start < end:
            yield start, end, cause


def _limit(limit: Decimal | None, unit: str, stream: Stream) -> Decimal | Fraction | None:
    """The limit in the unit that the metric is read in."""
    if limit is None or unit == stream.metric.unit:
        return limit
    assert stream.metric.unit is not None, "a gauge has a unit"
    return Fraction(limit) * factor(unit, stream.metric.unit)

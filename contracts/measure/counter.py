"""Counters: the quantity used between two instants.

Pure. C(t) is what the counter showed at or before t; use in a window is C(end) - C(start), so use is booked at the
reading that reveals it, a reading exactly on a boundary serves both neighbours, and adjoining windows add up. Where
a device begins to serve within the window, counting starts at its first reading. Source: docs/terms.md#counters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from contracts.source import Stream, shown_evidence
from ingest.catalogue import OnFall
from ingest.summary import Shown


@dataclass(slots=True)
class CounterUse:
    """Units used, in the counter's own unit, with every inference made on the way."""

    quantity: Decimal = Decimal(0)
    findings: list[dict[str, Any]] = field(default_factory=list)


def counter_use(streams: Sequence[Stream]) -> CounterUse:
    """Use over the streams of one asset's counter, one device after another."""
    total = CounterUse()
    for stream in streams:
        _add_stream(total, stream)
    for earlier, later in pairwise(streams):
        total.findings.append(
            {
                "kind": "device_changed",
                "from_device": earlier.device,
                "to_device": later.device,
                "last": earlier.evidence()["last"],
                "first": later.evidence()["first"],
                "text": "use between these two readings is not metered and not billed",
            }
        )
    return total


def _add_stream(total: CounterUse, stream: Stream) -> None:
    inside = stream.inside
    opening = stream.opening
    if opening is None:
        if not inside:
            _find(total, stream, "no_readings", "no reading: no use is known")
            return
        opening = inside[0].first
        _find(total, stream, "counted_from_first", "no earlier reading: use before this one is unknown", opening)
    shown = [opening, *(end for run in inside for end in (run.first, run.last))]
    match stream.metric.on_fall:
        case OnFall.DIP:
            total.quantity += _above_highest(total, stream, opening, shown)
        case _:
            total.quantity += sum(_steps(total, stream, shown), Decimal(0))


def _steps(total: CounterUse, stream: Stream, shown: Iterable[Shown]) -> Iterable[Decimal]:
    """Differences from one to the next; after a fall the counter has started again from zero."""
    for before, after in pairwise(shown):
        if after.value >= before.value:
            yield after.value - before.value
        else:
            _find(total, stream, "reset", "fell: counted on from zero", before, after)
            yield after.value


def _above_highest(total: CounterUse, stream: Stream, opening: Shown, shown: Sequence[Shown]) -> Decimal:
    """What rose above the highest value ever shown for this asset by this device."""
    before = [run.last.value for run in stream.runs if run.last.at <= opening.at]
    earlier_days = [] if stream.highest_before is None else [stream.highest_before]
    highest = max([opening.value, *before, *earlier_days])
    for earlier, later in pairwise(shown):
        if later.value < earlier.value:
            _find(total, stream, "dip", "fell: disregarded until the old height is reached", earlier, later)
    return max(highest, max(s.value for s in shown)) - highest


def _find(total: CounterUse, stream: Stream, kind: str, text: str, *shown: Shown) -> None:
    total.findings.append(
        {
            "kind": kind,
            "asset": stream.asset,
            "device": stream.device,
            "metric": stream.metric.name,
            "readings": [shown_evidence(one) for one in shown],
            "text": text,
        }
    )

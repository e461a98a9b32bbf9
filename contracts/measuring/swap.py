"""Swaps: what a counter's old device showed last and its new one first, where both sides recorded it.

Pure. Who served when is the assignments' word; a record of a swap adds a reading at the end of the old device's service
and one at the start of the new one's. Without it, use between their own readings is not metered, which is a finding.
Source: docs/terms.md#counter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from contracts.facts.book import Fact
from contracts.facts.kinds import DeviceSwap, FactKind
from contracts.scene import Scene
from contracts.streams.stream import Stream
from contracts.terms.measures.counter import Counter, OnFall
from ingest.reading import Shown


@dataclass(frozen=True, slots=True)
class Swap:
    """The readings that records add to one stream: one before all its own, one after them; and the records' ids.

    `refused` are (fact, reason) of final readings that are not used.
    """

    initial: Shown | None = None
    final: Shown | None = None
    initial_fact: str | None = None
    final_fact: str | None = None
    refused: tuple[tuple[str, str], ...] = ()


def swaps_of(term: Counter, scene: Scene, streams: Sequence[Stream]) -> list[Swap]:
    """For each stream, what accepted records of swaps add to it."""
    known = _accepted(term, scene)
    if not known:
        return [Swap()] * len(streams)
    found = []
    for i, stream in enumerate(streams):
        before = streams[i - 1] if i else None
        after = streams[i + 1] if i + 1 < len(streams) else None
        start = _initial(known, scene, stream, before)
        final, final_fact, refused = _final(term, known, scene, stream, after)
        initial = Shown(start[1], start[0].initial) if start else None
        found.append(Swap(initial, final, start[2] if start else None, final_fact, refused))
    return found


def gaps(streams: Sequence[Stream], swaps: Sequence[Swap]) -> list[dict[str, Any]]:
    """A finding for each change of the device: what is metered across it, and by which record."""
    found = []
    for (earlier, left), (later, right) in pairwise(zip(streams, swaps, strict=True)):
        metered = left.final_fact is not None and left.final_fact == right.initial_fact
        text = "metered across the swap by the readings that both sides recorded"
        if not metered:
            text = "use between these two readings is not metered and not billed"
        found.append(
            {
                "kind": "device_swap" if metered else "device_changed",
                "asset": later.asset,
                "metric": later.metric.name,
                "from_device": earlier.device,
                "to_device": later.device,
                "last": earlier.evidence()["last"],
                "first": later.evidence()["first"],
                "fact": left.final_fact or right.initial_fact,
                "text": text,
            }
        )
    return found


def swap_findings(term: Counter, scene: Scene, swaps: Sequence[Swap]) -> list[dict[str, Any]]:
    """A finding for each record of a swap in the part that is not used."""
    found = []
    base = {"kind": "swap_not_counted", "asset": scene.asset, "metric": term.metric}
    for fact, standing in scene.facts.standings(FactKind.DEVICE_SWAP, scene.asset, term.acceptance):
        about = fact.about
        assert isinstance(about, DeviceSwap)
        if about.metric != term.metric or not scene.part.start <= _at(fact) <= scene.part.end:
            continue
        if not standing.accepted:
            found.append(base | {"fact": fact.id, "text": f"a swap that is {standing.state}: not counted"})
    return found + [base | {"fact": fact, "text": text} for swap in swaps for fact, text in swap.refused]


# What a record says, and its id.
_Known = tuple[DeviceSwap, datetime, str]


def _accepted(term: Counter, scene: Scene) -> list[_Known]:
    """In time order."""
    found: list[_Known] = []
    for fact, standing in scene.facts.standings(FactKind.DEVICE_SWAP, scene.asset, term.acceptance):
        about = fact.about
        assert isinstance(about, DeviceSwap)
        if standing.accepted and about.metric == term.metric:
            found.append((about, _at(fact), fact.id))
    return found


def _initial(known: Sequence[_Known], scene: Scene, stream: Stream, before: Stream | None) -> _Known | None:
    """The swap by which the stream's device came to serve, at the instant from which it counts.

    The latest one before the stream, if the device was not swapped out since; but where the stream has a reading of its
    own to begin with, only if its service begins here.
    """
    start, opening = stream.part.start, stream.opening
    mine = [one for one in known if one[1] <= start and stream.device in (one[0].new_device, one[0].old_device)]
    if not mine or mine[-1][0].new_device != stream.device:
        return None
    about, at, fact = mine[-1]
    if before is not None and at < before.part.end:
        return None
    begins = start > scene.part.start or at == start
    if opening is None:
        return about, start if begins else at, fact
    return (about, start, fact) if begins and opening.at == start else None


def _final(
    term: Counter, known: Sequence[_Known], scene: Scene, stream: Stream, after: Stream | None
) -> tuple[Shown | None, str | None, tuple[tuple[str, str], ...]]:
    """What the stream's device showed last, recorded when its service ended or in the gap after it."""
    end = stream.part.end
    until = after.part.start if after else scene.part.end
    refused = []
    for about, at, fact in known:
        if about.old_device != stream.device or not stream.part.start < at <= until:
            continue
        if at < end:
            refused.append((fact, "the old device still served after it: its final reading is not counted"))
        elif term.on_fall not in (OnFall.ROLLOVER, OnFall.SIGNED) and _last_value_exceeds(stream, about):
            refused.append((fact, "the final reading is lower than the device's last one: not counted"))
        else:
            return Shown(end, about.final), fact, tuple(refused)
    return None, None, tuple(refused)


def _last_value_exceeds(stream: Stream, about: DeviceSwap) -> bool:
    return bool(stream.runs) and stream.runs[-1].last.value > about.final


def _at(fact: Fact) -> datetime:
    assert fact.at is not None, "a swap has an instant"
    return fact.at

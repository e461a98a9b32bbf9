"""Truth: what a fleet really used and how long it really was up, by asset and local month.

Pure. And by other means than contracts and ingest use: states are painted second by second onto a tape and counted,
use is the sum of what each reading adds to the one before. The rules are those a contract states: device time decides
the month; use is revealed by readings and belongs to the month of the reading that reveals it; a state holds until
the next reading of its device, at most `hold_seconds`, then nothing is known. docs/simulator.md#truth says it whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from device_sim.faults import Fault, FaultKind, Habits, Observation, Service
from device_sim.signals import HOUR, Course, local_days, utc, wall_second
from vouch.period import iso

CLASSES: Final = ("unknown", "up", "down")
_LEFT_OUT: Final = len(CLASSES)


@dataclass(frozen=True, slots=True)
class Promise:
    """When uptime counts and what counts as up: service hours and planned windows as {weekday: [(minute, minute)]}.

    Planned windows are left out, at most `allowance_hours` a month, earliest first.
    """

    up: frozenset[str]
    down: frozenset[str]
    hours: Mapping[int, Sequence[tuple[int, int]]]
    planned: Mapping[int, Sequence[tuple[int, int]]]
    allowance_hours: int
    hold_seconds: int


@dataclass(frozen=True, slots=True)
class Witness:
    """All that is known of one asset: what happened, who measured it, and what they said.

    `in_service` is the span that its contract covers; its end may be None.
    """

    asset: str
    contract: str
    in_service: tuple[int, int | None]
    course: Course
    services: Sequence[Service]
    observations: Sequence[Observation]
    faults: Sequence[Fault]


def month_seconds(month: date, zone: ZoneInfo) -> tuple[int, int]:
    """The first second of the local month and the first one after it."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return wall_second(month, 0, zone), wall_second(after, 0, zone)


def truth_of(
    witness: Witness, months: Sequence[date], zone: ZoneInfo, habits: Habits, promise: Promise | None
) -> dict[str, Any]:
    """One asset's entry in the truth file. Quantities are decimal text in the counter's unit, times whole seconds."""
    return {
        "asset": witness.asset,
        "contract": witness.contract,
        "devices": [
            {
                "device": service.device,
                "since": iso(utc(service.since)),
                "until": iso(utc(service.until)) if service.until else None,
            }
            for service in witness.services
        ],
        "faults": [
            {"kind": str(fault.kind), "from": iso(utc(fault.start)), "until": iso(utc(fault.end))}
            | ({"seconds_ahead": fault.seconds} if fault.kind is FaultKind.SKEW else {})
            for fault in witness.faults
        ],
        "months": [_month(witness, month, zone, habits, promise) for month in months],
    }


def _month(witness: Witness, month: date, zone: ZoneInfo, habits: Habits, promise: Promise | None) -> dict[str, Any]:
    start, end = month_seconds(month, zone)
    since, until = witness.in_service
    opens, closes = max(start, since), min(end, until or end)
    in_service = max(0, closes - opens)
    found: dict[str, Any] = {
        "month": f"{month:%Y-%m}",
        "month_seconds": end - start,
        "in_service_seconds": in_service,
    }
    if in_service:
        used = sum(units for at, units in revealed(witness, habits.metric, habits.decimals) if opens < at <= closes)
        lost = sum(units for at, units in unreported(witness) if opens <= at < closes)
        found["use"] = {habits.metric: _amount(used, habits)}
        found["unreported"] = {habits.metric: _amount(lost, habits)}
    if in_service and promise and habits.state:
        found["state"] = _uptime(witness, opens, closes, zone, habits.state, promise)
    return found


def _amount(units: int, habits: Habits) -> str:
    return format(Decimal(units).scaleb(-habits.decimals), "f")


def revealed(witness: Witness, metric: str, decimals: int) -> list[tuple[int, int]]:
    """(second, units) that each reading adds to the one before it on the same device, in device time.

    A device's first reading reveals nothing; a reading that falls reveals all that it shows.
    """
    found: list[tuple[int, int]] = []
    for service in witness.services:
        before: int | None = None
        for observation in _said(witness, service):
            units = int(Decimal(observation.values[metric]).scaleb(decimals))
            if before is not None:
                found.append((observation.measured_at, units - before if units >= before else units))
            before = units
    return found


def unreported(witness: Witness) -> list[tuple[int, int]]:
    """(second, units) really used that no reading ever shows: before a reset, and from one device to the next."""
    found: list[tuple[int, int]] = []
    total_at = witness.course.total_at
    for fault in witness.faults:
        if fault.kind is FaultKind.RESET:
            last = max((o.true_at for o in witness.observations if o.true_at < fault.start), default=fault.start)
            found.append((fault.start, total_at(fault.start) - total_at(last)))
        if fault.kind is FaultKind.SWAP:
            last = max((o.true_at for o in witness.observations if o.true_at < fault.start), default=fault.start)
            first = min((o.true_at for o in witness.observations if o.true_at >= fault.start), default=last)
            found.append((fault.start, total_at(first) - total_at(last)))
    return found


def _said(witness: Witness, service: Service) -> list[Observation]:
    """The device's readings while it serves, in its own time."""
    return [
        observation
        for observation in witness.observations
        if observation.device == service.device
        and service.since <= observation.measured_at
        and (service.until is None or observation.measured_at < service.until)
    ]


def _uptime(witness: Witness, opens: int, closes: int, zone: ZoneInfo, metric: str, promise: Promise) -> dict[str, Any]:
    """Seconds of each class over all of the time in service, in its service hours, and there without planned time."""
    tape = paint(witness, opens, closes, metric, promise)
    hours = _weekly(promise.hours, opens, closes, zone)
    planned = _weekly(promise.planned, opens, closes, zone)
    counted = bytearray(tape)
    allowed = promise.allowance_hours * HOUR
    for at, ends in _common(planned, hours):
        leaves = min(ends - at, allowed)
        _fill(counted, at - opens, at - opens + leaves, _LEFT_OUT)
        allowed -= leaves
    return {
        "metric": metric,
        "all": _count(tape, [(opens, closes)], opens),
        "service": _count(tape, hours, opens),
        "counted": _count(counted, hours, opens),
        "left_out": promise.allowance_hours * HOUR - allowed,
    }


def paint(witness: Witness, opens: int, closes: int, metric: str, promise: Promise) -> bytearray:
    """One byte a second of [opens, closes): the index of its class in CLASSES."""
    tape = bytearray(closes - opens)
    for service in witness.services:
        said = _said(witness, service)
        for i, observation in enumerate(said):
            at = observation.measured_at
            ends = at + promise.hold_seconds
            if i + 1 < len(said):
                ends = min(ends, said[i + 1].measured_at)
            if service.until is not None:
                ends = min(ends, service.until)
            state = observation.values[metric]
            kind = "up" if state in promise.up else "down" if state in promise.down else "unknown"
            _fill(tape, at - opens, ends - opens, CLASSES.index(kind))
    return tape


def _fill(tape: bytearray, start: int, end: int, kind: int) -> None:
    start, end = max(start, 0), min(end, len(tape))
    if start < end:
        tape[start:end] = bytes([kind]) * (end - start)


def _count(tape: bytearray, spans: Iterable[tuple[int, int]], opens: int) -> dict[str, int]:
    pieces = [tape[start - opens : end - opens] for start, end in spans]
    return {name: sum(piece.count(kind) for piece in pieces) for kind, name in enumerate(CLASSES)}


def _weekly(
    weekly: Mapping[int, Sequence[tuple[int, int]]], opens: int, closes: int, zone: ZoneInfo
) -> list[tuple[int, int]]:
    """The weekly spans of local wall clock as seconds within [opens, closes), in order."""
    spans = [
        (wall_second(day, first, zone), wall_second(day, last, zone))
        for day in local_days(opens, closes, zone)
        for first, last in weekly.get(day.weekday(), ())
    ]
    return _common(sorted(spans), [(opens, closes)])


def _common(left: Iterable[tuple[int, int]], right: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The seconds in both lists of spans, in the order of `left`."""
    shared = [(max(a, c), min(b, d)) for a, b in left for c, d in right]
    return [(start, end) for start, end in shared if start < end]

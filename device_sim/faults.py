"""Faults: what devices and networks do to a signal on its way.

Pure. The same seed gives the same faults. A device is silent, restarts its counter, runs on a wrong clock or is
replaced; the network holds messages back, repeats them or turns their order. Each asset's faults of one kind stay in a
third of the month of their own, so that every effect can be told apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from random import Random

from device_sim.message import Message, Values
from device_sim.signals import HOUR, MINUTE, SATURDAY, Life, utc

DAY = 24 * HOUR
BATCH_MEASUREMENTS = 200
BOOT_SECONDS = 120
UNKNOWN = "UNKNOWN"
# Of ten assets seven have faults.
_CLEAN_FROM, _TURN = 7, 10


class FaultKind(StrEnum):
    """What goes wrong."""

    SILENCE = "silence"
    LATE = "late"
    DUPLICATE = "duplicate"
    DISORDER = "disorder"
    SKEW = "skew"
    RESET = "reset"
    SWAP = "swap"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one asset. `seconds` is how far a skewed clock is ahead; a reset or swap ends as it starts."""

    kind: FaultKind
    start: int
    end: int
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """A device that serves the asset in [since, until); it starts measuring at `first_at` and stops at `last_at`.

    `base` is what its counter shows when it is installed, in units of the resolution.
    """

    device: str
    since: int
    until: int | None
    first_at: int
    last_at: int
    base: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What a device measured at `true_at` and says it measured at `measured_at`."""

    device: str
    true_at: int
    measured_at: int
    values: Values


@dataclass(frozen=True, slots=True)
class Habits:
    """How devices of a product type measure and send; all spans in seconds.

    `metric` is the counter, `decimals` its resolution, `state` the state metric or None. They measure every
    `moving` seconds in use and every `resting` seconds otherwise, and send what they have every `upload` seconds.
    """

    metric: str
    decimals: int
    state: str | None
    moving: int
    resting: int
    upload: int


def plan_faults(rng: Random, index: int, start: int, end: int) -> list[Fault]:
    """The faults of the asset at `index` in the month [start, end): three kinds, a third of the month each."""
    turn = index % _TURN
    if turn >= _CLEAN_FROM:
        return []
    kinds = list(FaultKind)
    third = (end - start) // 3
    return [
        _plan(rng, kinds[(turn + offset) % len(kinds)], slot, start + slot * third, third)
        for slot, offset in enumerate((0, 3, 5))
    ]


def _plan(rng: Random, kind: FaultKind, slot: int, start: int, length: int) -> Fault:
    """One fault within [start, start + length), clear of its ends; some silence and delay crosses the month's ends."""
    end = start + length
    begins = rng.randint(start + 6 * HOUR, end - 4 * DAY)
    match kind:
        case FaultKind.SILENCE if slot == 0:
            return Fault(kind, start - 4 * HOUR, start + 3 * HOUR + rng.randint(0, HOUR))
        case FaultKind.SILENCE if slot == 2:
            return Fault(kind, end - rng.randint(3 * HOUR, 9 * HOUR), end + 30 * MINUTE)
        case FaultKind.LATE if slot == 2:
            return Fault(kind, end - rng.randint(5 * HOUR, 30 * HOUR), end + 40 * MINUTE)
        case FaultKind.SILENCE:
            begins = _at_work(begins)
            return Fault(kind, begins, begins + rng.randint(2 * HOUR, 20 * HOUR))
        case FaultKind.LATE:
            return Fault(kind, begins, begins + rng.randint(3 * HOUR, 40 * HOUR))
        case FaultKind.SKEW:
            seconds = rng.choice((-1, 1)) * rng.randint(20, 240)
            return Fault(kind, begins, begins + rng.randint(DAY, 3 * DAY), seconds)
        case FaultKind.RESET | FaultKind.SWAP:
            begins = _at_work(begins)
            return Fault(kind, begins, begins)
        case _:
            return Fault(kind, begins, begins + 2 * DAY)


def _at_work(second: int) -> int:
    """The next weekday at about noon, with the seconds of the instant given."""
    day = second // DAY + 1
    while datetime.fromtimestamp(day * DAY, UTC).weekday() >= SATURDAY:
        day += 1
    return day * DAY + 9 * HOUR + second % (4 * HOUR)


def plan_services(rng: Random, asset: str, faults: Iterable[Fault], start: int, end: int, base: int) -> list[Service]:
    """The devices that serve `asset` from `start`, one after the other; the last one measures until `end`."""
    swaps = sorted(fault.start for fault in faults if fault.kind is FaultKind.SWAP)
    services = [Service(f"{asset}-1", start, None, start, end, base)]
    for number, swap_at in enumerate(swaps, start=2):
        old = services.pop()
        services.append(replace(old, until=swap_at, last_at=swap_at - rng.randint(MINUTE, 10 * MINUTE)))
        first_at = swap_at + rng.randint(2 * MINUTE, 15 * MINUTE)
        services.append(Service(f"{asset}-{number}", swap_at, None, first_at, end, rng.randint(0, 40)))
    return services


def observe(life: Life, service: Service, habits: Habits, faults: Sequence[Fault]) -> list[Observation]:
    """What a device measures while it serves, in order of its own clock, which never repeats an instant.

    After a silence it starts up: its state is UNKNOWN for two minutes.
    """
    silences = [(f.start, f.end) for f in faults if f.kind is FaultKind.SILENCE]
    booting = {end: UNKNOWN for _, end in silences if service.first_at <= end <= service.last_at}
    instants = {at for at in _instants(life, service, habits) if not _within(at, silences)}
    instants |= booting.keys() | {end + BOOT_SECONDS for end in booting}
    resets = [f.start for f in faults if f.kind is FaultKind.RESET and service.since < f.start <= service.last_at]
    observations: list[Observation] = []
    for at in sorted(instants):
        measured_at = at + sum(f.seconds for f in faults if f.kind is FaultKind.SKEW and f.start <= at < f.end)
        if observations and measured_at <= observations[-1].measured_at:
            continue
        units = _units_shown(life, service, resets, at)
        values: dict[str, Decimal | str] = {}
        if habits.state:
            values[habits.state] = booting.get(at) or life.state_at(at)
        values[habits.metric] = Decimal(units).scaleb(-habits.decimals)
        observations.append(Observation(service.device, at, measured_at, values))
    return observations


def _instants(life: Life, service: Service, habits: Habits) -> Iterator[int]:
    """When a device measures: as it starts, on its grid, which holds every local midnight, and as its state changes."""
    first, last = service.first_at, service.last_at
    yield first
    total_at = life.course.total_at
    for at in range(first - first % -habits.moving, last + 1, habits.moving):
        if at % habits.resting == 0 or total_at(at) != total_at(at - habits.moving):
            yield at
    yield from (spell.start for spell in life.spells if first <= spell.start <= last)


def _within(at: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _units_shown(life: Life, service: Service, resets: Sequence[int], at: int) -> int:
    """The counter's value in units of its resolution: it counts from its base, and from nothing after a reset."""
    restarted_at = max((reset for reset in resets if reset <= at), default=None)
    if restarted_at is None:
        return service.base + life.course.total_at(at) - life.course.total_at(service.since)
    return life.course.total_at(at) - life.course.total_at(restarted_at)


def send(rng: Random, observations: Sequence[Observation], habits: Habits, faults: Sequence[Fault]) -> list[Message]:
    """What goes over the network, in no particular order: uploads, as late, repeated and out of order as they come."""
    messages: list[Message] = []
    held: dict[tuple[str, int], list[Observation]] = {}
    for upload in _uploads(observations, habits):
        sent_at = upload[-1].true_at + rng.randint(1, 5)
        late = _acting(faults, FaultKind.LATE, sent_at)
        if late:
            held.setdefault((upload[0].device, late.end), []).extend(upload)
            continue
        if _acting(faults, FaultKind.DISORDER, sent_at):
            sent_at += rng.randint(0, 90 * MINUTE)
            upload.reverse()
        messages.append(_message(upload, sent_at))
        if _acting(faults, FaultKind.DUPLICATE, sent_at) and rng.randint(1, 10) <= 3:
            messages.append(_message(upload, sent_at + rng.randint(1, HOUR)))
    for (_, end), kept in held.items():
        for number, begins in enumerate(range(0, len(kept), BATCH_MEASUREMENTS)):
            messages.append(_message(kept[begins : begins + BATCH_MEASUREMENTS], end + number))
    return messages


def _uploads(observations: Sequence[Observation], habits: Habits) -> Iterator[list[Observation]]:
    """Observations as they are sent together: one upload span at most, and at once when the state changes."""
    upload: list[Observation] = []
    state: Decimal | str | None = None
    for observation in observations:
        span = (observation.device, observation.true_at // habits.upload)
        if upload and span != (upload[0].device, upload[0].true_at // habits.upload):
            yield upload
            upload = []
        upload.append(observation)
        before, state = state, observation.values.get(habits.state or "")
        if state != before:
            yield upload
            upload = []
    if upload:
        yield upload


def _acting(faults: Iterable[Fault], kind: FaultKind, at: int) -> Fault | None:
    return next((fault for fault in faults if fault.kind is kind and fault.start <= at < fault.end), None)


def _message(observations: Sequence[Observation], sent_at: int) -> Message:
    return Message(
        device=observations[0].device,
        sent_at=utc(sent_at),
        measurements=tuple((utc(observation.measured_at), observation.values) for observation in observations),
    )

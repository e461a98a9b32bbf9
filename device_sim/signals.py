"""Signals: what really happens to an asset, as stretches of use and spells of state.

Pure. Every draw comes from a `Random` seeded with text. Instants are whole seconds since
1970-01-01T00:00Z, use is in whole units of the counter's resolution; no number here is ever a float. What a device
makes of it, and what the network makes of the device, is faults.py's business.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

MINUTE = 60
HOUR = 3600
DAY_MINUTES = 24 * 60
SATURDAY = 5

RUNNING, READY, FAULT, WORKSHOP = "RUNNING", "READY", "FAULT", "WORKSHOP"


def dice(*seed: object) -> Random:
    """Random numbers that the same words always give again."""
    return Random("/".join(map(str, seed)))  # noqa: S311 (a simulation, not a secret)


def wall_second(day: date, minute: int, zone: ZoneInfo) -> int:
    """The second at which clocks in `zone` show `minute` minutes after midnight of `day`; 1440 is the day's end."""
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    return int(datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone).timestamp())


def local_days(start: int, end: int, zone: ZoneInfo) -> list[date]:
    """The calendar days that clocks in `zone` show in [start, end)."""
    first = datetime.fromtimestamp(start, zone).date()
    last = datetime.fromtimestamp(end - 1, zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def utc(second: int) -> datetime:
    """The instant as the rest of vouch writes it."""
    return datetime.fromtimestamp(second, UTC)


@dataclass(frozen=True, slots=True)
class Leg:
    """Steady use of `units` from `start` to `end`."""

    start: int
    end: int
    units: int


@dataclass(frozen=True, slots=True)
class Spell:
    """A state from `start` until `end`."""

    start: int
    end: int
    state: str


@dataclass(frozen=True)
class Course:
    """All use of an asset: legs in order that do not overlap."""

    legs: Sequence[Leg]
    _starts: list[int] = field(init=False)
    _totals: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [leg.start for leg in self.legs])
        object.__setattr__(self, "_totals", [0, *accumulate(leg.units for leg in self.legs)])

    def total_at(self, second: int) -> int:
        """Whole units used up to `second` since the course began."""
        i = bisect_right(self._starts, second) - 1
        if i < 0:
            return 0
        leg = self.legs[i]
        if second >= leg.end:
            return self._totals[i + 1]
        return self._totals[i] + leg.units * (second - leg.start) // (leg.end - leg.start)


@dataclass(frozen=True)
class Life:
    """What really happens to one asset. `spells` cover the whole time without a hole, or are empty."""

    course: Course
    spells: Sequence[Spell] = ()
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [spell.start for spell in self.spells])

    def state_at(self, second: int) -> str:
        """The state at a second within the spells."""
        return self.spells[bisect_right(self._starts, second) - 1].state


def printing(rng: Random, start: int, end: int, zone: ZoneInfo) -> Life:
    """An office printer: jobs of some pages in working hours, hardly any at weekends, two seconds a page."""
    busy = rng.randint(15, 60)
    legs: list[Leg] = []
    free_from = start
    for day in local_days(start, end, zone):
        jobs = rng.randint(busy // 2, busy) if day.weekday() < SATURDAY else rng.randint(0, 2)
        opens = wall_second(day, 7 * 60 + 30, zone)
        for begins in sorted(opens + rng.randint(0, 11 * HOUR) for _ in range(jobs)):
            pages = rng.choice((1, 1, 2, 2, 3, 4, 6, 10, 25, 60))
            begins = max(begins, free_from)
            free_from = begins + 2 * pages
            if free_from <= end:
                legs.append(Leg(begins, free_from, pages))
    return Life(Course(legs))


def haulage(rng: Random, start: int, end: int, zone: ZoneInfo) -> Life:
    """A long-distance truck: two or three stints a working day with the rest that drivers need; units of 0.1 km."""
    legs: list[Leg] = []
    for day in local_days(start, end, zone):
        if day.weekday() > SATURDAY or (day.weekday() == SATURDAY and rng.randint(0, 2)):
            continue
        at = wall_second(day, rng.randint(4 * 60, 7 * 60), zone) + rng.randint(0, 59)
        for _ in range(rng.randint(2, 3)):
            drives = rng.randint(90 * MINUTE, 260 * MINUTE)
            if at >= start and at + drives <= end:
                legs.append(_drive(rng, at, at + drives, 52, 81))
            at += drives + rng.randint(45 * MINUTE, 70 * MINUTE)
    return Life(Course(legs))


def delivery(rng: Random, start: int, end: int, zone: ZoneInfo, planned: Iterable[tuple[int, int]]) -> Life:
    """A delivery truck: rounds of short drives and stops, breakdowns that end in the workshop, planned work.

    `planned` are the windows in which work is planned; the workshop uses part of every other one.
    """
    outages = _apart([*_breakdowns(rng, start, end), *_planned_work(rng, planned)])
    legs: list[Leg] = []
    for day in local_days(start, end, zone):
        if day.weekday() <= SATURDAY:
            legs.extend(_round_of(rng, day, zone, outages))
    legs = [leg for leg in legs if leg.start >= start and leg.end <= end]
    spells = [Spell(leg.start, leg.end, RUNNING) for leg in legs]
    for fault_at, workshop_at, ready_at in outages:
        spells += [Spell(fault_at, workshop_at, FAULT), Spell(workshop_at, ready_at, WORKSHOP)]
    return Life(Course(legs), tuple(_filled(spells, start, end)))


def _drive(rng: Random, start: int, end: int, slowest: int, fastest: int) -> Leg:
    """A drive at a steady speed between two speeds in km/h."""
    return Leg(start, end, max(1, rng.randint(slowest, fastest) * 10 * (end - start) // HOUR))


def _round_of(rng: Random, day: date, zone: ZoneInfo, outages: Sequence[tuple[int, int, int]]) -> Iterator[Leg]:
    """One day's drives, none of which touches an outage."""
    at = wall_second(day, rng.randint(5 * 60, 7 * 60), zone) + rng.randint(0, 59)
    home = wall_second(day, rng.randint(15 * 60, 20 * 60) if day.weekday() < SATURDAY else 14 * 60, zone)
    while at < home:
        ends = at + rng.randint(8 * MINUTE, 45 * MINUTE)
        goes_on_at = ends + rng.randint(5 * MINUTE, 30 * MINUTE)
        broken = next((outage for outage in outages if outage[0] < ends and outage[2] > at), None)
        if broken:
            ends = broken[0]
            goes_on_at = broken[2] + rng.randint(1, 20) * MINUTE
        if ends - at >= MINUTE:
            yield _drive(rng, at, ends, 12, 48)
        at = goes_on_at


def _breakdowns(rng: Random, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(breaks down, reaches the workshop, is ready again): one to three in thirty days, mostly short."""
    at = start
    while True:
        at += rng.randint(4 * 24 * HOUR, 20 * 24 * HOUR)
        workshop_at = at + rng.randint(15 * MINUTE, 2 * HOUR)
        ready_at = workshop_at + rng.choice((1, 1, 2, 2, 3, 4, 8, 22)) * HOUR + rng.randint(0, HOUR)
        if ready_at >= end:
            return
        yield at, workshop_at, ready_at


def _planned_work(rng: Random, planned: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Every other planned window has work in it, which starts and ends within it."""
    for opens, closes in planned:
        if rng.randint(0, 1):
            begins = opens + rng.randint(0, 30 * MINUTE)
            yield begins, begins, closes - rng.randint(0, 30 * MINUTE)


def _apart(outages: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The outages in order, without those that begin before the one before is over."""
    kept: list[tuple[int, int, int]] = []
    for outage in sorted(outages):
        if not kept or outage[0] > kept[-1][2] + HOUR:
            kept.append(outage)
    return kept


def _filled(spells: Iterable[Spell], start: int, end: int) -> Iterator[Spell]:
    """The spells in order, and READY wherever there is none."""
    at = start
    for spell in sorted(spells, key=lambda spell: spell.start):
        begins, ends = max(spell.start, start), min(spell.end, end)
        if ends <= begins:
            continue
        if begins > at:
            yield Spell(at, begins, READY)
        yield Spell(begins, ends, spell.state)
        at = ends
    if at < end:
        yield Spell(at, end, READY)

"""Uptime second by second: slow, plain, and sharing no code with the engine it checks.

Instants are whole seconds since 1970. The calendar is found by stepping through local time minute by minute.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo


@dataclass
class Spoken:
    """A device that spoke for the asset from one second until another, and all it ever said: second → U, D or ?."""

    since: int
    until: int
    said: dict[int, str]


@dataclass
class Case:
    """All that decides an asset's uptime. Weekly spans are (weekday, first minute, minute after the last)."""

    zone: ZoneInfo
    opens: int
    closes: int
    in_service_from: int
    in_service_until: int
    service: list[tuple[int, int, int]]
    planned: list[tuple[int, int, int]]
    allowance: int
    carry: int
    unknown_as: str
    devices: list[Spoken] = field(default_factory=list)


def seconds_by_class(case: Case) -> dict[str, int]:
    """How many seconds of the window, the asset being in service, are of which class."""
    in_hours = weekly_seconds(case, case.service)
    in_planned = weekly_seconds(case, case.planned)
    shown = shown_by_second(case)
    found = {"outside": 0, "planned": 0, "up": 0, "down": 0, "unknown": 0}
    left = case.allowance
    for second in range(case.opens, case.closes):
        if not case.in_service_from <= second < case.in_service_until:
            continue
        if second not in in_hours:
            found["outside"] += 1
        elif second in in_planned and left > 0:
            left -= 1
            found["planned"] += 1
        else:
            found[{"U": "up", "D": "down", "?": "unknown"}[shown.get(second, "?")]] += 1
    return found


def availability(case: Case) -> Fraction | None:
    """Seconds up in relation to seconds that count."""
    found = seconds_by_class(case)
    up, down = found["up"], found["down"]
    if case.unknown_as == "up":
        up += found["unknown"]
    if case.unknown_as == "down":
        down += found["unknown"]
    return None if up + down == 0 else Fraction(up, up + down)


def shown_by_second(case: Case) -> dict[int, str]:
    """What the device in charge had said last, as long as that still holds."""
    shown = {}
    for device in case.devices:
        last, since = "?", None
        for second in range(device.since, min(device.until, case.closes)):
            if second in device.said:
                last, since = device.said[second], second
            if since is not None and second - since < case.carry:
                shown[second] = last
    return shown


def weekly_seconds(case: Case, spans: list[tuple[int, int, int]]) -> set[int]:
    """All seconds that the weekly spans cover."""
    clock = walk(case)
    covered: set[int] = set()
    for day in sorted({wall.date() for wall, _ in clock}):
        for weekday, start, end in spans:
            if day.weekday() == weekday:
                covered.update(range(when(clock, day, start), when(clock, day, end)))
    return covered


def walk(case: Case) -> list[tuple[datetime, int]]:
    """Every minute from two days before the window until two days after it: what clocks show, and the second."""
    first = (case.opens - 2 * 86_400) // 60 * 60
    return [
        (datetime.fromtimestamp(second, UTC).astimezone(case.zone).replace(tzinfo=None), second)
        for second in range(first, case.closes + 2 * 86_400, 60)
    ]


def when(clock: list[tuple[datetime, int]], day: date, minute: int) -> int:
    """The second at which clocks first show that minute of the day, or, if they skip it, show it moved by the skip.

    Outside of what was walked: the first or last second walked.
    """
    wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
    for i, (wall, second) in enumerate(clock):
        if wall == wanted:
            return second
        if i and clock[i - 1][0] < wanted < wall:
            skipped = wall - clock[i - 1][0] - timedelta(minutes=1)
            return next(later for shown, later in clock[i:] if shown == wanted + skipped)
    return clock[0][1] if wanted < clock[0][0] else clock[-1][1]

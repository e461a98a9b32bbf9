"""Clock skew: how far a device's clock seems to be off ours, for people to see. Never used to bill.

Pure. Nothing is received before it is measured, so the least of (received - measured) over many readings is the clock's
lag plus the shortest time a message took: the clock is behind by at most that, and ahead by at least as much as it is
below zero. clock_store.py keeps one number a device and hour. All times are in microseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from vouch.period import MICROSECOND

HOUR_MICROS: Final = 3_600_000_000
# Device-hours kept at once; of more devices nothing is noted until some were taken.
NOTED_MAX: Final = 200_000


class HourOffset(NamedTuple):
    """The least of (received - measured) over `readings` of one device, received in the hour that begins at `hour`."""

    device: str
    hour: int
    offset: int
    readings: int


@dataclass(slots=True)
class _Noted:
    least: int
    readings: int
    lower: bool = True


class ClockOffsets:
    """Collects offsets between two writes; one thread only."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, int], _Noted] = {}

    def note(self, device: str, received: int, offset: int, readings: int = 1) -> None:
        """The least offset of so many readings of a message that was `received` at an instant of our clock."""
        key = device, received - received % HOUR_MICROS
        noted = self._noted.get(key)
        if noted is None:
            if len(self._noted) < NOTED_MAX:
                self._noted[key] = _Noted(offset, readings)
            return
        noted.readings += readings
        if offset < noted.least:
            noted.least, noted.lower = offset, True

    def take(self, now: int | None = None) -> list[HourOffset]:
        """What is worth writing, in order: offsets that have become less, and all of hours over by `now`.

        None takes everything. Of what was taken before, `readings` counts only those that came since.
        """
        taken = []
        for (device, hour), noted in sorted(self._noted.items()):
            over = now is None or hour + HOUR_MICROS <= now
            if over or noted.lower:
                taken.append(HourOffset(device, hour, noted.least, noted.readings))
                noted.readings, noted.lower = 0, False
            if over:
                del self._noted[device, hour]
        return [one for one in taken if one.readings]


@dataclass(frozen=True, slots=True)
class ClockEstimate:
    """How far the device's clock is off by the least `offset` of so many `readings`."""

    offset: int
    readings: int

    @property
    def ahead_at_least(self) -> int:
        """By how much it is surely ahead of ours; 0 where it need not be."""
        return max(0, -self.offset)

    @property
    def behind_at_most(self) -> int:
        """By how much it is behind ours at most, the fastest message's way included; 0 where it is ahead."""
        return max(0, self.offset)

    def corrected_at(self, measured_at: datetime) -> datetime:
        """The instant by our clock, as if the fastest message had taken no time: the latest that it can have been."""
        return measured_at + self.offset * MICROSECOND


def estimate_clock(hours: Iterable[HourOffset]) -> ClockEstimate | None:
    """The estimate from some hours of one device, or None where it sent nothing in them."""
    known = list(hours)
    if not known:
        return None
    return ClockEstimate(min(one.offset for one in known), sum(one.readings for one in known))

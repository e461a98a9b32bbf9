"""Planned windows: how much announced time may be left out of a measure.

Pure. Windows use up the period's allowance in time order; what goes beyond it is refused and counts like any other
time. Only the part within service hours uses allowance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from vouch.period import MICROSECOND, Period, intersect


class Refusal(StrEnum):
    """Why a planned window, or the rest of one, does not count."""

    NOT_IN_SERVICE_HOURS = "not_in_service_hours"
    ALLOWANCE_USED_UP = "allowance_used_up"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A planned window, or a part of one: used where `refusal` is None."""

    period: Period
    refusal: Refusal | None


def judge_planned(windows: Sequence[Period], service: Sequence[Period], allowance: timedelta) -> list[Exclusion]:
    """What becomes of each planned window, in time order."""
    left = allowance // MICROSECOND
    judged: list[Exclusion] = []
    for window in windows:
        parts = intersect([window], service)
        if not parts:
            judged.append(Exclusion(window, Refusal.NOT_IN_SERVICE_HOURS))
        for part in parts:
            granted = part.start + min(left, part.micros) * MICROSECOND
            left -= min(left, part.micros)
            if part.start < granted:
                judged.append(Exclusion(Period(part.start, granted), None))
            if granted < part.end:
                judged.append(Exclusion(Period(granted, part.end), Refusal.ALLOWANCE_USED_UP))
    return judged

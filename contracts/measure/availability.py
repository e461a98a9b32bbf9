"""Availability: every instant of a window in exactly one class, and the share of counted time that was up.

Pure. Classes by priority: outside service hours, planned, then up, down or unknown as the timeline says. Unknown time
goes at the cost the contract names; it never counts as up or down by itself. Source: docs/terms.md#uptime-guarantee.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from contracts.terms.uptime_guarantee import UnknownAs
from contracts.timeline import Timeline
from vouch.period import Period, intersect, subtract, total_micros


@dataclass(frozen=True, slots=True)
class TimeClasses:
    """The window, divided: five lists of periods that share no instant and together make the window."""

    outside: list[Period]
    planned: list[Period]
    up: list[Period]
    down: list[Period]
    unknown: list[Period]

    def micros(self) -> dict[str, int]:
        """Microseconds by class."""
        return {name: total_micros(periods) for name, periods in self.named()}

    def named(self) -> list[tuple[str, list[Period]]]:
        """(class, its periods) in order of priority."""
        return [(name, getattr(self, name)) for name in ("outside", "planned", "up", "down", "unknown")]


@dataclass(frozen=True, slots=True)
class Frame:
    """A window divided before any state is known: the three lists share no instant and together make it."""

    outside: list[Period]
    planned: list[Period]
    counted: list[Period]


def frame(window: Period, service: list[Period], planned: list[Period]) -> Frame:
    """Divide `window` by service hours and planned time, both in order; planned counts only within service."""
    planned = intersect(planned, service)
    return Frame(subtract([window], service), planned, subtract(service, planned))


def classify(frame: Frame, condition: Timeline) -> TimeClasses:
    """Divide the counted time of `frame` by what the timeline says."""
    return TimeClasses(
        outside=frame.outside,
        planned=frame.planned,
        up=intersect(condition.up, frame.counted),
        down=intersect(condition.down, frame.counted),
        unknown=intersect(condition.unknown, frame.counted),
    )


def availability(classes: TimeClasses, unknown_as: UnknownAs) -> Fraction | None:
    """up ÷ counted, exact; None where no time counts at all."""
    micros = classes.micros()
    up, down, unknown = micros["up"], micros["down"], micros["unknown"]
    match unknown_as:
        case UnknownAs.UP:
            up += unknown
        case UnknownAs.DOWN:
            down += unknown
        case UnknownAs.EXCLUDE:
            pass
    return Fraction(up, up + down) if up + down else None


def percent_cut(share: Fraction) -> Decimal:
    """`share` in percent with four decimals, cut and not rounded: just below a target must not read as the target."""
    return Decimal(int(share * 1_000_000)).scaleb(-4)

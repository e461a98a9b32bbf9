"""Counters: what is inferred from consecutive readings of one, by the policy that its metric declares.

Pure. A fall is a reset, a rollover or a dip, and a rise too far at once a spike until the next reading confirms it or
does not. What a reading means depends on it and on those before it. A contract that measures the counter as it is
declared infers the same; what is billed is the contract's business. Source: docs/registry.md#findings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ingest.catalogue import Metric, OnFall
from ingest.reading import decimal_of
from vouch.exact import exact

# (microseconds since 1970, value)
Said = tuple[int, float]

# A counter that falls with every reading is one thing to look at, not thousands.
FINDINGS_MAX: Final = 100
UNCONFIRMED: Final = "spike_unconfirmed"

_NOTHING: Final = Decimal(0)
# The difference of two floats is off by less than this share of them; what comes nearer to a limit is reckoned in
# decimals.
_OFF: Final = 1e-15
_FELL: Final = {
    OnFall.RESET: "fell: started again from zero; what was counted between these two readings is not known",
    OnFall.ROLLOVER: "fell: went past its modulus and on from zero",
}


@dataclass(frozen=True, slots=True)
class CounterFinding:
    """An inference, with the readings on both sides of it in time order; `at` is that of the reading that showed it."""

    kind: str
    at: int
    detail: str
    readings: tuple[Said, ...]


def counter_findings(metric: Metric, before: Sequence[Said], readings: Iterable[Said]) -> list[CounterFinding]:
    """What is inferred from `readings`, in time order, given those that came just `before` them.

    Two before are enough to know whether the last one was in doubt. At most FINDINGS_MAX, then one that says how many
    more there are. A spike that ends the readings is a finding of kind UNCONFIRMED.
    """
    walk = _Walk(metric)
    with exact():
        for said in before:
            walk.take(said)
        known = walk.doubt
        walk.found, walk.more = [], 0
        for said in readings:
            walk.take(said)
        if walk.doubt is not None and walk.doubt is not known:
            walk.leave_open(walk.doubt)
    return walk.listed()


@dataclass(slots=True)
class _Doubt:
    """A reading that is not believed until the next one: how far it went, and whether by a fall."""

    value: Decimal
    fell: bool
    readings: tuple[Said, Said]


@dataclass(slots=True)
class _Walk:
    """The counter after its reading `last`; it rises from `height`."""

    metric: Metric
    found: list[CounterFinding] = field(default_factory=list)
    more: int = 0
    last: Said | None = None
    height: float = 0.0
    doubt: _Doubt | None = None
    limit: float = field(init=False)

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.metric.step_max, self._back_across_zero()) if limit is not None]
        self.limit = float(min(limits, default="inf"))

    def take(self, said: Said) -> None:
        """The next reading."""
        if self.last is None:
            self.last, self.height = said, said[1]
            return
        value, height = said[1], self.height
        if self.doubt is None and value >= height and value - height + (abs(value) + abs(height)) * _OFF < self.limit:
            self.height = value
        else:
            self._judge(said, self.last)
        self.last = said

    def leave_open(self, doubt: _Doubt) -> None:
        """No more readings are known, and the last one is in doubt."""
        self._find(UNCONFIRMED, "went further at once than declared; no reading after it yet", *doubt.readings)

    def listed(self) -> list[CounterFinding]:
        """What was found, and how much more."""
        if not self.more:
            return self.found
        assert self.last is not None, "what was found was found in readings"
        text = f"{self.more} more until here are not listed"
        return [*self.found, CounterFinding("more_findings", self.last[0], text, ())]

    def _judge(self, said: Said, last: Said) -> None:
        value = decimal_of(said[1])
        if self.doubt is not None:
            self._resolve(said, value, self.doubt)
        rise = value - decimal_of(self.height)
        back = self._back_across_zero()
        if rise >= 0 and (back is None or rise < back):
            self._count(said, last, rise, fell=False)
        elif rise >= 0 or -rise <= self.metric.jitter or self.metric.on_fall is OnFall.DIP:
            if said[1] < last[1] or rise >= 0:
                self._find("dip", "fell: disregarded until the old height is reached", last, said)
        else:
            self._fall(said, last, value, rise)

    def _fall(self, said: Said, last: Said, value: Decimal, rise: Decimal) -> None:
        match self.metric.on_fall:
            case OnFall.RESET:
                self._count(said, last, max(value, _NOTHING), fell=True)
            case OnFall.ROLLOVER:
                assert self.metric.modulus is not None, "a counter that rolls over has a modulus"
                self._count(said, last, max(rise + self.metric.modulus, _NOTHING), fell=True)
            case _:
                self._count(said, last, rise, fell=False)

    def _count(self, said: Said, last: Said, amount: Decimal, *, fell: bool) -> None:
        if self._too_far(amount):
            self.doubt = _Doubt(decimal_of(said[1]), fell, (last, said))
            return
        if fell:
            self._found_fall(last, said)
        self.height = said[1]

    def _resolve(self, said: Said, value: Decimal, doubt: _Doubt) -> None:
        self.doubt = None
        if not self._stayed(value, doubt):
            text = "went further at once than declared and did not stay there: this one reading is disregarded"
            self._find("spike_disregarded", text, *doubt.readings, said)
            return
        self.height = doubt.readings[1][1]
        if doubt.fell:
            self._found_fall(*doubt.readings)
        text = "went further at once than declared, and the next reading stayed there: counted"
        self._find("spike_confirmed", text, *doubt.readings, said)

    def _stayed(self, value: Decimal, doubt: _Doubt) -> bool:
        if self.metric.on_fall is OnFall.SIGNED:
            return not self._too_far(value - doubt.value)
        height = decimal_of(self.height)
        back = doubt.fell and self._too_far(value - doubt.value) and value >= height - self.metric.jitter
        return value >= doubt.value - self.metric.jitter and not back

    def _found_fall(self, *readings: Said) -> None:
        on_fall = self.metric.on_fall
        assert on_fall in _FELL, "only falls that start again are counted from zero"
        self._find(on_fall.value, _FELL[on_fall], *readings)

    def _too_far(self, amount: Decimal) -> bool:
        return self.metric.step_max is not None and abs(amount) > self.metric.step_max

    def _back_across_zero(self) -> Decimal | None:
        """A rise of as much is a counter that had just rolled over and went back by no more than the jitter."""
        modulus, jitter = self.metric.modulus, self.metric.jitter
        return modulus - jitter if modulus is not None and jitter > 0 else None

    def _find(self, kind: str, detail: str, *readings: Said) -> None:
        if len(self.found) < FINDINGS_MAX:
            self.found.append(CounterFinding(kind, readings[-1][0], detail, readings))
        else:
            self.more += 1

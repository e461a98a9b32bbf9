"""Meters: what each reading of one device's counter adds to its use, and every inference on the way.

Pure. What a reading adds depends on it and on those before it, never on later ones: so use up to an instant is the same
whichever window asks. A doubtful reading adds nothing; what it stood for is added by the one that confirms it.
Source: docs/terms.md#counter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from contracts.scene import Height
from contracts.terms.measures.counter import Counter, OnFall
from ingest.reading import Shown

# (kind, text, the readings it is about)
Find = Callable[[str, str, Shown, Shown], None]

_NOTHING = Decimal(0)


@dataclass(slots=True)
class Meter:
    """One device's counter after its reading `last`; use beyond `height` counts. In the metric's own unit.

    `doubtful` is as in Height. `falls` and `deepest` count the falls that were disregarded as jitter.
    """

    term: Counter
    find: Find
    last: Shown
    height: Decimal
    doubtful: tuple[Decimal, Decimal, bool] | None = None
    falls: int = 0
    deepest: Decimal = _NOTHING

    def take(self, shown: Shown, agreed: bool = False) -> Decimal:
        """What the next reading adds; one that both sides `agreed` upon is never doubted. Inside `exact()`."""
        added = self._resolve(shown) if self.doubtful else _NOTHING
        rise = shown.value - self.height
        if rise >= 0 and not self._fell_back_across_zero(rise):
            added += self._count(shown, shown.value, rise, False, agreed)
        elif rise >= 0 or -rise <= self.term.jitter:
            self._disregard(shown)
        else:
            added += self._fall(shown, rise, agreed)
        self.last = shown
        return added

    def handed_on(self, device: str) -> Height:
        """The state as the next part needs it."""
        return Height(device, self.last.at, self.last.value, self.height, self.doubtful)

    def _resolve(self, shown: Shown) -> Decimal:
        """What the doubtful reading adds now that the next one is known."""
        assert self.doubtful is not None
        value, amount, fell = self.doubtful
        self.doubtful = None
        if not self._stayed(shown, value, fell):
            text = "went further at once than agreed and did not stay there: this one reading is disregarded"
            self.find("spike", text, self.last, shown)
            return _NOTHING
        self.height = value
        if fell:
            self.find(*_FALLS[self.term.on_fall], self.last, shown)
        text = "went further at once than agreed, and the next reading stayed there: counted"
        self.find("rise_confirmed", text, self.last, shown)
        return amount

    def _stayed(self, shown: Shown, value: Decimal, fell: bool) -> bool:
        """Whether the reading after a doubtful one confirms it."""
        if self.term.on_fall is OnFall.SIGNED:
            return not self._too_far(shown.value - value)
        back = fell and self._too_far(shown.value - value) and shown.value >= self.height - self.term.jitter
        return shown.value >= value - self.term.jitter and not back

    def _count(self, shown: Shown, height: Decimal, amount: Decimal, fell: bool, agreed: bool) -> Decimal:
        if self._too_far(amount) and not agreed:
            self.doubtful = shown.value, amount, fell
            return _NOTHING
        if fell:
            self.find(*_FALLS[self.term.on_fall], self.last, shown)
        self.height = height
        return amount

    def _fall(self, shown: Shown, rise: Decimal, agreed: bool) -> Decimal:
        match self.term.on_fall:
            case OnFall.RESET:
                return self._count(shown, shown.value, max(shown.value, _NOTHING), True, agreed)
            case OnFall.ROLLOVER:
                assert self.term.modulus is not None, "a counter that rolls over has a modulus"
                return self._count(shown, shown.value, max(rise + self.term.modulus, _NOTHING), True, agreed)
            case OnFall.REFUSE:
                return self._count(shown, shown.value, _NOTHING, True, agreed)
            case OnFall.SIGNED:
                return self._count(shown, shown.value, rise, False, agreed)
            case OnFall.HIGH_WATER:
                if shown.value < self.last.value:
                    self.find(*_FALLS[OnFall.HIGH_WATER], self.last, shown)
                return _NOTHING

    def _fell_back_across_zero(self, rise: Decimal) -> bool:
        """Whether a counter that had just rolled over went back by no more than the jitter."""
        modulus = self.term.modulus
        return modulus is not None and self.term.jitter > 0 and rise >= modulus - self.term.jitter

    def _disregard(self, shown: Shown) -> None:
        if shown.value < self.last.value:
            self.falls += 1
            self.deepest = max(self.deepest, self.height - shown.value)

    def _too_far(self, amount: Decimal) -> bool:
        return not isinstance(self.term.step_max, str) and abs(amount) > self.term.step_max


_FALLS = {
    OnFall.RESET: (
        "reset",
        "fell: counted on from zero; what was used between the last reading and the reset is not known, nor billed",
    ),
    OnFall.ROLLOVER: ("rollover", "fell: went past its highest value and on from zero"),
    OnFall.HIGH_WATER: ("dip", "fell: disregarded until the old height is reached"),
    OnFall.REFUSE: ("fall_refused", "fell: nothing is counted between these two readings"),
}

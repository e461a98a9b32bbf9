"""Frozen clocks: a device whose instant stands still while its values go on.

Pure. One value refused at a taken instant may be anything; several different ones mean that the clock stopped. The
readings are refused all the same: nobody can tell when they were measured.
"""

from typing import Final

from ingest.notes import FindingNote
from ingest.reading import Rejection

KIND: Final = "frozen_clock"
# So many different values refused at one instant, besides the one that is stored there.
VALUES_MIN: Final = 2
_INSTANTS_MAX: Final = 10_000


class FrozenClocks:
    """What was refused at taken instants lately; forgets the oldest of too many."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, int], set[str]] = {}

    def note(self, source: str, at: int, refusal: Rejection) -> FindingNote | None:
        """One more value refused at `at`; the finding that its clock stands still, once, when there are enough."""
        values = self._refused.get((source, at))
        if values is None:
            if len(self._refused) >= _INSTANTS_MAX:
                del self._refused[next(iter(self._refused))]
            values = self._refused[source, at] = set()
        if len(values) >= VALUES_MIN:
            return None
        values.add(refusal.detail)
        if len(values) < VALUES_MIN:
            return None
        detail = f"different values keep coming for one instant: {'; '.join(sorted(values))}"
        return FindingNote(source, None, KIND, at, detail)

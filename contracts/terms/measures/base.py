"""What every measure has.

Pure. Source: docs/terms.md#measures.
"""

from typing import Final

from contracts.terms.base import Part, Wanted
from contracts.terms.window import Window

QUANTITY: Final = frozenset({Wanted.MEASURE, Wanted.QUANTITY})
SHARE: Final = frozenset({Wanted.MEASURE, Wanted.SHARE})


class Measure(Part):
    """`window` is the measurement window; `gives` says what its value is."""

    window: Window

    @property
    def chained(self) -> bool:
        """Whether earlier months count as well."""
        return self.window != "month"

"""What every measure has.

Pure. Source: docs/terms.md#measures.
"""

from typing import ClassVar, Final

from contracts.terms.base import Part, Wanted
from contracts.terms.window import Window

QUANTITY: Final = frozenset({Wanted.MEASURE, Wanted.QUANTITY})
SHARE: Final = frozenset({Wanted.MEASURE, Wanted.SHARE})


class Measure(Part):
    """`window` is the measurement window; `gives` says what its value is.

    What `is_share` is part of a whole, said in percent; a ratio is one number to another, and none.
    """

    is_share: ClassVar[bool] = False

    window: Window

    @property
    def value_unit(self) -> str:
        """The UN/ECE code of its value's unit; empty for a share or a ratio."""
        return ""

    @property
    def chained(self) -> bool:
        """Whether earlier months count as well."""
        return self.window != "month"

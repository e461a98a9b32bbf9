"""M7 production availability: what was produced against what could have been, actual / (actual + lost).

Pure. The lost amount is an estimate by a model whose version both sides name.
Source: docs/terms.md#production-availability.
"""

from typing import ClassVar, Literal

from contracts.terms.base import Ref, Text, Wanted
from contracts.terms.measures.base import SHARE, Measure


class ProductionAvailability(Measure):
    """`kind: production_availability`. `actual` and `lost` are measures in units of one dimension.

    Where they come to nothing or less there is no value."""

    gives: ClassVar[frozenset[Wanted]] = SHARE
    is_share: ClassVar[bool] = True

    kind: Literal["production_availability"]
    actual: str
    lost: str
    model_version: Text

    def refs(self) -> list[Ref]:
        """Both measures."""
        return [Ref(("actual",), self.actual, Wanted.QUANTITY), Ref(("lost",), self.lost, Wanted.QUANTITY)]

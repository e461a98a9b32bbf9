"""M9 ratio: the sum of some measures over the sum of others, such as good pieces over all, or energy over output.

Pure. A denominator of zero gives no value. Source: docs/terms.md#ratio.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.terms.base import Ref, Wanted
from contracts.terms.measures.base import Measure

Several = Annotated[list[str], Field(min_length=1, max_length=20)]


class Ratio(Measure):
    """`kind: ratio`. Each side's measures are in units of one dimension."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.MEASURE, Wanted.SHARE, Wanted.QUANTITY})

    kind: Literal["ratio"]
    numerator: Several
    denominator: Several

    def refs(self) -> list[Ref]:
        """All measures of both sides."""
        sides = (("numerator", self.numerator), ("denominator", self.denominator))
        return [Ref((side, i), name, Wanted.QUANTITY) for side, names in sides for i, name in enumerate(names)]

"""J1 threshold: whether a measure reached what was promised, compared exactly.

Pure. Source: docs/terms.md#threshold.
"""

from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from contracts.terms.base import Decimal20, Percent, Ref, Wanted
from contracts.terms.judges.base import Judge


class Comparison(StrEnum):
    """How the measured value has to stand to the promised one."""

    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"

    @property
    def upwards(self) -> bool:
        """Whether more is better."""
        return self in (Comparison.AT_LEAST, Comparison.MORE_THAN)


class Threshold(Judge):
    """`kind: threshold`, with `percent` for a share or `value` for a quantity in the measure's unit."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.JUDGE, Wanted.PROMISE})

    kind: Literal["threshold"]
    measure: str
    comparison: Comparison
    percent: Percent | None = None
    value: Decimal20 | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.percent is None) == (self.value is None):
            raise ValueError("either 'percent' or 'value', and not both")
        return self

    def refs(self) -> list[Ref]:
        """The measure."""
        return [Ref(("measure",), self.measure, Wanted.QUANTITY if self.percent is None else Wanted.SHARE)]

"""M8 saving: what a baseline says would have been used, less what was.

Pure. The baseline is frozen with the contract: so much a month, and so much for each unit of its drivers (degree days,
pieces, kilometres). Adjustments are facts that both sides accepted. Source: docs/terms.md#saving.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.terms.base import Decimal20, Model, Ref, Text, Unit, Wanted
from contracts.terms.measures.base import Measure


class Driver(Model):
    """`coefficient` units of the saving for each unit of the measure."""

    measure: str
    coefficient: Decimal20


class Baseline(Model):
    """`constant_per_month` for each whole calendar month, a part of one by its seconds."""

    constant_per_month: Decimal20
    drivers: Annotated[list[Driver], Field(max_length=20)]
    model_version: Text


class Saving(Measure):
    """`kind: saving`, in `unit`; it may be negative."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.MEASURE, Wanted.QUANTITY, Wanted.SAVING})

    kind: Literal["saving"]
    unit: Unit
    actual: str
    baseline: Baseline

    @property
    def value_unit(self) -> str:
        """As agreed."""
        return self.unit

    def refs(self) -> list[Ref]:
        """What was used, and the drivers."""
        drivers = self.baseline.drivers
        return [
            Ref(("actual",), self.actual, Wanted.QUANTITY),
            *(Ref(("baseline", "drivers", i, "measure"), d.measure, Wanted.QUANTITY) for i, d in enumerate(drivers)),
        ]

"""P2 usage price: a price for what was used.

Pure. `flat`: one price. `graduated`: each tier prices the units within it. `volume`: the tier that the whole quantity
reaches prices all units. `package`: whole packages. A tier's `up_to` belongs to it. Source: docs/terms.md#usage-price.
"""

import itertools
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.base import EITHER, GIVEN, WORD, Model, Positive, Price, PricePart, Quantity, Ref, Unit, Wanted
from contracts.terms.prices.rollover import Rollover
from contracts.terms.window import SettledWindow
from vouch.document import PlainDecimal


class Weighted(Model):
    """`weight` units are charged for each unit of the measure: a sheet of A3 may count as two."""

    measure: str
    weight: Positive


class Tier(Model):
    """`price` for each unit above the tier before, up to and including `up_to`; without it, without end."""

    up_to: Positive | None = None
    price: Price


class Flat(Model):
    """One price for every unit."""

    model: Literal["flat"]
    price: Price


def _check_rising(bounds: Sequence[PlainDecimal | None]) -> None:
    if bounds[-1] is not None:
        raise ValueError("the last tier has no 'up_to': no unit is left without a price")
    inner = [bound for bound in bounds[:-1] if bound is not None]
    if len(inner) != len(bounds) - 1 or any(a >= b for a, b in itertools.pairwise(inner)):
        raise ValueError("tiers rise: each but the last has an 'up_to' above the one before")


class Tiered(Model):
    """Rising tiers, the last without end."""

    model: Literal["graduated", "volume"]
    tiers: Annotated[list[Tier], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _every_unit_priced(self) -> Self:
        _check_rising([tier.up_to for tier in self.tiers])
        return self


class Package(Model):
    """Started packages of `size` units at `price` each; nothing used, nothing charged. Of a negative quantity the whole
    packages are paid back."""

    model: Literal["package"]
    size: Positive
    price: Price


Scheme = Annotated[Flat | Tiered | Package, Field(discriminator="model")]


class FactorTier(Model):
    """`factor` where the measure is above the tier before, up to and including `up_to`."""

    up_to: Positive | None = None
    factor: Quantity


class Multiplier(Model):
    """All prices times a factor that a measure decides, such as hours per flight; `undefined` where it has no value.
    A share is compared as a share of one."""

    measure: str
    table: Annotated[list[FactorTier], Field(min_length=1, max_length=50)]
    undefined: Quantity

    @model_validator(mode="after")
    def _every_value_covered(self) -> Self:
        _check_rising([step.up_to for step in self.table])
        return self


class PartialPeriod(StrEnum):
    """Tiers and included units where version or asset are there for a part of the month: their share by seconds, the
    whole, or the whole but continued from what the version before used in that month. Packages keep their size.

    Tiers over a longer window always go on from version to version; `prorate` is then the asset's share of the window,
    whose months count the same, as far as is known.
    """

    PRORATE = "prorate"
    WHOLE = "whole"
    CONTINUE = "continue"


class NegativeUse(StrEnum):
    """A negative quantity is paid back, carried to the next month, or charged as zero with a finding."""

    CREDIT = "credit"
    CARRY = "carry"
    REJECT = "reject"


class UsagePrice(PricePart):
    """`kind: usage_price`. The measures share their scope and are summed in `unit`. `tiers_over` is the window over
    which tiers count: a month, or for instance a year, within which each month goes on where the last one ended.
    `included` units are for that window too; tiers count the units beyond them."""

    kind: Literal["usage_price"]
    of: Annotated[list[Weighted], Field(min_length=1, max_length=20)]
    unit: Unit
    scheme: Scheme
    included: Quantity
    rollover: Annotated[Annotated[Literal["none"], WORD] | Annotated[Rollover, GIVEN], EITHER]
    multiplier: Annotated[Annotated[Literal["none"], WORD] | Annotated[Multiplier, GIVEN], EITHER]
    tiers_over: SettledWindow
    partial_period: PartialPeriod
    negative: NegativeUse

    @property
    def chained(self) -> bool:
        """Balances and tiers that go on depend on the months before."""
        return self.rollover != "none" or self.tiers_over != "month" or self.negative is NegativeUse.CARRY

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not isinstance(self.rollover, Rollover):
            return self
        if self.tiers_over != "month":
            raise ValueError("'rollover' is from month to month: 'tiers_over' is month")
        if not self.included:
            raise ValueError("'rollover' carries included units: 'included' is above zero")
        if self.rollover.package_rest_rolls and not isinstance(self.scheme, Package):
            raise ValueError("'package_rest_rolls' needs a scheme with 'model: package'")
        return self

    def refs(self) -> list[Ref]:
        """The measures, and the one that decides the multiplier."""
        found = [Ref(("of", i, "measure"), one.measure, Wanted.QUANTITY) for i, one in enumerate(self.of)]
        if isinstance(self.multiplier, Multiplier):
            found.append(Ref(("multiplier", "measure"), self.multiplier.measure, Wanted.MEASURE))
        return found

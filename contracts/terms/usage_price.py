"""Usage price: a price for each unit that a counter shows was used in the month.

Pure. Graduated tiers: units up to a tier's `up_to` are priced by that tier, the units beyond by the next; the
boundary unit belongs to the lower tier. One price is a single tier without end. Source: docs/terms.md#usage-price.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.terms.base import Price, TermBase, TermDocument
from ingest.catalogue import Metric, MetricKind
from ingest.registry_file import check_unit
from vouch.document import PlainDecimal
from vouch.errors import Invalid
from vouch.units import conversion


class Scope(StrEnum):
    """Whether tiers count each asset's use by itself or the use of all assets together."""

    ASSET = "asset"
    POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class PriceTier:
    """`price` for each unit above the tier before, up to and including `up_to`; None means without end."""

    up_to: Decimal | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class UsagePrice(TermBase):
    """`unit` is what a price is for; the metric's own unit is converted into it exactly."""

    metric: str
    unit: str
    scope: Scope
    tiers: tuple[PriceTier, ...]


class TierDocument(BaseModel):
    """One step of a graduated price."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    up_to: Annotated[PlainDecimal, Field(gt=0, max_digits=20)] | None = None
    price: Price


class UsagePriceDocument(TermDocument):
    """`kind: usage_price`, with either `price` or `tiers`."""

    kind: Literal["usage_price"]
    metric: str
    unit: Annotated[str, AfterValidator(check_unit)]
    scope: Scope
    price: Price | None = None
    tiers: Annotated[list[TierDocument], Field(min_length=1, max_length=50)] | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.price is None) == (self.tiers is None):
            raise ValueError("either 'price' or 'tiers', and not both")
        bounds = [tier.up_to for tier in self.tiers or []]
        if bounds and bounds[-1] is not None:
            raise ValueError("the last tier has no 'up_to': every unit needs a price")
        inner = [bound for bound in bounds[:-1] if bound is not None]
        if len(inner) != len(bounds[:-1]) or any(a >= b for a, b in itertools.pairwise(inner)):
            raise ValueError("tiers rise: each but the last has an 'up_to' above the one before")
        return self

    def term(self) -> UsagePrice:
        """The agreed data."""
        if self.tiers is None:
            assert self.price is not None
            tiers: tuple[PriceTier, ...] = (PriceTier(None, self.price),)
        else:
            tiers = tuple(PriceTier(tier.up_to, tier.price) for tier in self.tiers)
        return UsagePrice(self.id, self.text, self.vat_percent, self.metric, self.unit, self.scope, tiers)

    def faults(self, metrics: Mapping[str, Metric]) -> list[tuple[tuple[str | int, ...], str]]:
        """A counter is needed, in a unit that can be expressed in the price's."""
        metric = metrics.get(self.metric)
        if metric is None or metric.kind is not MetricKind.COUNTER or metric.unit is None:
            counters = [name for name, m in metrics.items() if m.kind is MetricKind.COUNTER]
            known = ", ".join(counters) or "none"
            return [(("metric",), f"{self.metric!r} is not a counter of every covered asset; known: {known}")]
        try:
            conversion(metric.unit, self.unit)
        except Invalid as error:
            return [(("unit",), str(error))]
        return []

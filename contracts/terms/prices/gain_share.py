"""P8 gain share: a saving, or an agreed quantity that was not used up, divided between the sides.

Pure. Settled when the saving's window is due. Source: docs/terms.md#gain-share.
"""

from typing import Annotated, Literal

from contracts.terms.base import EITHER, GIVEN, WORD, Model, Percent, Price, PricePart, Quantity, Ref, Wanted
from contracts.terms.side import Side


class Guarantee(Model):
    """The supplier guarantees so much saving in the window, in the saving's unit: each missing unit is paid back at the
    gain share's price, at most `refund_max` in all."""

    quantity: Quantity
    refund_max: Annotated[Annotated[Literal["none"], WORD] | Annotated[Price, GIVEN], EITHER]


class GainShare(PricePart):
    """`kind: gain_share`. A unit of the saving is worth `price`; of a positive saving's worth `percent` is paid by
    `paid_by`. A negative saving pays nothing, except through the guarantee."""

    kind: Literal["gain_share"]
    measure: str
    price: Price
    percent: Percent
    paid_by: Side
    guarantee: Annotated[Annotated[Literal["none"], WORD] | Annotated[Guarantee, GIVEN], EITHER]

    def refs(self) -> list[Ref]:
        """The saving."""
        return [Ref(("measure",), self.measure, Wanted.SAVING)]

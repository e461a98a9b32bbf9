"""P3 rollover: included units that were not used, carried to later months.

Pure. Part of a usage price. The balance is never stored: it follows from all months before, so that a late reading
changes it from its own month on. Source: docs/terms.md#rollover.
"""

from enum import StrEnum
from typing import Annotated, Literal

from contracts.terms.base import EITHER, GIVEN, WORD, Count, Model, Price, Quantity


class Order(StrEnum):
    """What is used up first: this month's included units, or those carried over, oldest first."""

    PLAN_FIRST = "plan_first"
    CARRIED_FIRST = "carried_first"


class OnChange(StrEnum):
    """What becomes of carried units."""

    KEEP = "keep"
    FORFEIT = "forfeit"


class OnDowngrade(StrEnum):
    """What becomes of carried units: kept, all forfeited, or at once what is above the new cap."""

    KEEP = "keep"
    FORFEIT = "forfeit"
    FORFEIT_EXCESS = "forfeit_excess"


class Refund(Model):
    """Carried units left at the contract's end are paid back, so much each."""

    refund_price: Price


class Rollover(Model):
    """At most `cap` units are carried. `on_downgrade`: an amendment lowers the included quantity; `on_suspension`: the
    asset is out of service for a whole month; `on_end`: the contract ends."""

    cap: Quantity
    order: Order
    expires_after_months: Annotated[Annotated[Literal["none"], WORD] | Annotated[Count, GIVEN], EITHER]
    package_rest_rolls: bool
    on_downgrade: OnDowngrade
    on_suspension: OnChange
    on_end: Annotated[Annotated[Literal["forfeit"], WORD] | Annotated[Refund, GIVEN], EITHER]

"""P10 combination: how several remedies go together, and at most how much of them is paid.

Pure. It takes off what its rule and caps do not leave. Source: docs/terms.md#combination.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.base import (
    EITHER,
    GIVEN,
    WORD,
    Count,
    Days,
    Model,
    Percent,
    Price,
    PricePart,
    Ref,
    Wanted,
    by_key,
    key,
)
from contracts.terms.prices.minimum import Prices
from contracts.terms.window import SettledWindow


class Rule(StrEnum):
    """All are paid; only the highest; only the first of the list that is owed."""

    SUM = "sum"
    HIGHEST = "highest"
    FIRST = "first"


class AmountCap(Model):
    """At most `amount`."""

    amount: Price


class ShareCap(Model):
    """At most `percent` of the charges of these prices in the same window."""

    percent: Percent
    of: Prices


Cap = Annotated[
    Annotated[AmountCap, key("amount")] | Annotated[ShareCap, key("percent")],
    by_key("amount", "percent"),
]


class LongCap(Model):
    """A cap over a window of several months; amendments leave what was used of it as it is.

    In each month a share is of the window's charges so far; what it keeps back is paid later in the window, once
    further charges allow it. What an amount keeps back is not paid.
    """

    window: SettledWindow
    cap: Cap


class ClaimDays(Model):
    """Paid only where a fact of kind `claim`, by the customer, names the remedy and month, and is known within so many
    local days after the month. The supplier's answer to it changes nothing."""

    within_days: Days


class ClaimMonths(Model):
    """As ClaimDays, within so many calendar months after the month."""

    within_months: Annotated[Count, Field(le=120)]


Claim = ClaimDays | ClaimMonths
_Claim = Annotated[
    Annotated[ClaimDays, key("within_days")] | Annotated[ClaimMonths, key("within_months")],
    by_key("within_days", "within_months"),
]


class Combination(PricePart):
    """`kind: combination` of remedies listed above, subject by subject. Bonuses named in it are left as they are.

    Claims come first, then the rule, the cap per month and the cap per window. Caps are for each subject by itself.
    """

    kind: Literal["combination"]
    of: Prices
    rule: Rule
    cap_per_month: Annotated[Annotated[Literal["none"], WORD] | Annotated[Cap, GIVEN], EITHER]
    cap_per_window: Annotated[Annotated[Literal["none"], WORD] | Annotated[LongCap, GIVEN], EITHER]
    claim: Annotated[Annotated[Literal["not_needed"], WORD] | Annotated[_Claim, GIVEN], EITHER]

    @property
    def chained(self) -> bool:
        """A cap over several months depends on the months before."""
        return self.cap_per_window != "none"

    def refs(self) -> list[Ref]:
        """The remedies, and the prices whose share is a cap."""
        found = [Ref(("of", i), price, Wanted.REMEDY) for i, price in enumerate(self.of)]
        if isinstance(self.cap_per_month, ShareCap):
            found += [Ref(("cap_per_month", "of", i), p, Wanted.PRICE) for i, p in enumerate(self.cap_per_month.of)]
        if isinstance(self.cap_per_window, LongCap) and isinstance(self.cap_per_window.cap, ShareCap):
            of = self.cap_per_window.cap.of
            found += [Ref(("cap_per_window", "cap", "of", i), p, Wanted.PRICE) for i, p in enumerate(of)]
        return found

"""P12 correction: when a month is billed, and what happens to what becomes known later.

Pure. A month is billed with what was known at its cutoff. What comes later re-rates its own month; the difference is a
line of its own on the next statement. Issued statements never change. Source: docs/terms.md#correction.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.base import Part, Price


class Correction(Part):
    """`kind: correction`, at most once in a contract. The cutoff is the local midnight `cutoff_days` after the month's
    end; months more than `look_back_months` before the statement's stay as billed, and so do those that differ by less
    than `minimum_amount` in all."""

    kind: Literal["correction"]
    cutoff_days: Annotated[int, Field(ge=0, le=366, strict=True)]
    look_back_months: Annotated[int, Field(ge=0, le=120, strict=True)]
    minimum_amount: Price

    @property
    def chained(self) -> bool:
        """It corrects the months before."""
        return True

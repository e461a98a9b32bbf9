"""Fixed fee: an amount a calendar month, prorated by the seconds in service.

Pure. Source: docs/terms.md#fixed-fee.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from contracts.terms.base import Price, TermBase, TermDocument


class FeePer(StrEnum):
    """What the amount is for: each covered asset, or the contract as a whole."""

    ASSET = "asset"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class FixedFee(TermBase):
    """`amount` is for a whole calendar month in the contract's currency."""

    amount: Decimal
    per: FeePer


class FixedFeeDocument(TermDocument):
    """`kind: fixed_fee`."""

    kind: Literal["fixed_fee"]
    amount: Price
    per: FeePer

    def term(self) -> FixedFee:
        """The agreed data."""
        return FixedFee(self.id, self.text, self.vat_percent, self.amount, self.per)

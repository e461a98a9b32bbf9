"""What is agreed: the data of measures, judges and prices of a term, one file each. Nothing is computed here."""

from typing import Annotated

from pydantic import Field

from contracts.terms.fixed_fee import FixedFee, FixedFeeDocument
from contracts.terms.uptime_guarantee import UptimeGuarantee, UptimeGuaranteeDocument
from contracts.terms.usage_price import UsagePrice, UsagePriceDocument

Term = FixedFee | UsagePrice | UptimeGuarantee
AnyTermDocument = Annotated[
    FixedFeeDocument | UsagePriceDocument | UptimeGuaranteeDocument, Field(discriminator="kind")
]

__all__ = [
    "AnyTermDocument",
    "FixedFee",
    "FixedFeeDocument",
    "Term",
    "UptimeGuarantee",
    "UptimeGuaranteeDocument",
    "UsagePrice",
    "UsagePriceDocument",
]

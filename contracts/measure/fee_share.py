"""Fee share: how much of a calendar month something was in service.

Pure. By seconds, so that a month with a change of clocks is as long as it is. Source: docs/terms.md#fixed-fee.
"""

from dataclasses import dataclass
from fractions import Fraction

from vouch.period import Period


@dataclass(frozen=True, slots=True)
class FeeShare:
    """Time in service against the length of the whole month, in microseconds."""

    in_service_micros: int
    month_micros: int

    @property
    def share(self) -> Fraction:
        """Between 0 and 1, exact."""
        return Fraction(self.in_service_micros, self.month_micros)


def fee_share(in_service: Period, month: Period) -> FeeShare:
    """The share of `month` that `in_service`, a part of it, takes."""
    return FeeShare(in_service.micros, month.micros)

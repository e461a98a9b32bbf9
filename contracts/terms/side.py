"""The two sides of an agreement.

Pure.
"""

from enum import StrEnum


class Side(StrEnum):
    """Who sells the outcome, and who pays for it."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"

    @property
    def other(self) -> "Side":
        """The other side."""
        return Side.CUSTOMER if self is Side.SUPPLIER else Side.SUPPLIER

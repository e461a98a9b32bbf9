"""Sides: the two parties of a contract.

Pure.
"""

from enum import StrEnum


class Side(StrEnum):
    """Who says it: whoever sells, or whoever pays."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"

    @property
    def other(self) -> "Side":
        """The side that has to answer."""
        return Side.CUSTOMER if self is Side.SUPPLIER else Side.SUPPLIER

"""Roles: what the person behind an account is to the seller. What each may do is decided in access.py.

Pure.
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """As accounts are stored with it, and as the API and the command line spell it."""

    ACCOUNT_MANAGER = "account_manager"
    FINANCE = "finance"
    CUSTOMER = "customer"


# The seller's own people, who see every customer.
STAFF: Final = frozenset({Role.ACCOUNT_MANAGER, Role.FINANCE})

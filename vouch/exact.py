"""Exact decimals: arithmetic that keeps every digit, or stops.

Pure. Whatever lies between a reading and an invoice line runs inside `exact()`: there, a result that would have to be
rounded raises decimal.Inexact instead. Readings have at most 15 digits before and 32 after the point, so 200 digits
are never reached by adding and multiplying them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Inexact, InvalidOperation, localcontext
from typing import Final

_EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation])


@contextmanager
def exact() -> Iterator[None]:
    """Decimal arithmetic without rounding, for the block."""
    with localcontext(_EXACT):
        yield

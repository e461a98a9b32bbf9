"""Product of shares.

Pure. Source: docs/terms.md#product.
"""

from fractions import Fraction
from math import prod

from contracts.measuring.derived import Derived, quantity
from contracts.terms.measures.product import Product
from contracts.value import Value


def product(term: Product, values: dict[str, Value]) -> Derived:
    """All factors multiplied; undefined as soon as one is."""
    shares = [quantity(values[name]) for name in term.factors]
    known = [share for share in shares if share is not None]
    return Derived(prod(known, start=Fraction(1)), Fraction(1)) if len(known) == len(shares) else Derived(None, None)

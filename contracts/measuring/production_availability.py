"""M7 production availability: actual / (actual + lost).

Pure. Source: docs/terms.md#production-availability.
"""

from fractions import Fraction

from contracts.measuring.derived import Derived, in_unit, quantity
from contracts.terms.measures.production_availability import ProductionAvailability
from contracts.value import Value


def production_availability(term: ProductionAvailability, values: dict[str, Value]) -> Derived:
    """The share of what could have been produced; undefined where that is nothing."""
    actual, lost = quantity(values[term.actual]), quantity(values[term.lost])
    if actual is None or lost is None:
        return Derived(None, None)
    possible = actual + lost * in_unit(values[term.lost].unit, values[term.actual].unit)
    return Derived(actual, possible) if possible > 0 else Derived(None, Fraction(0))

"""M9 ratio: the sum of some measures over the sum of others.

Pure. Source: docs/terms.md#ratio.
"""

from collections.abc import Sequence
from fractions import Fraction

from contracts.measuring.derived import Derived, in_unit, quantity
from contracts.terms.measures.ratio import Ratio
from contracts.value import Value


def ratio(term: Ratio, values: dict[str, Value]) -> Derived:
    """Numerator over denominator, each in the unit of its first measure; undefined over zero."""
    above, below = _sum(term.numerator, values), _sum(term.denominator, values)
    return Derived(above, below) if above is not None and below else Derived(None, below)


def _sum(names: Sequence[str], values: dict[str, Value]) -> Fraction | None:
    unit = values[names[0]].unit
    total = Fraction(0)
    for name in names:
        number = quantity(values[name])
        if number is None:
            return None
        total += number * in_unit(values[name].unit, unit)
    return total

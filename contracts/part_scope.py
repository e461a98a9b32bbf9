"""Of whom a part speaks, and in which unit: what follows from the parts it names.

Pure. For contracts whose names are known and lead nowhere back to themselves.
"""

from collections.abc import Mapping

from contracts.terms import FixedFee, Maximum, Minimum, PlannedWindow
from contracts.terms.base import Part, Path, Wanted
from contracts.terms.prices.fixed_fee import FeePer

Placed = Mapping[str, tuple[Path, Part]]


def unit_given(measure: Part, by_id: Placed) -> str:
    """The unit of a measure's value; a number without one is C62."""
    unit = getattr(measure, "unit", None)
    if isinstance(unit, str):
        return unit
    value = getattr(measure, "value", None)
    return "HUR" if value is not None and str(value) != "count" else "C62"


def scope_of(part: Part, by_id: Placed) -> str:
    """Whether a part speaks of single assets (`asset`) or of all of them (`pooled`)."""
    match part:
        case FixedFee():
            return "asset" if part.per is FeePer.ASSET else "pooled"
        case Minimum() | Maximum():
            return "pooled"
        case PlannedWindow():
            return "asset"
    scope = getattr(part, "scope", None)
    if scope is not None:
        return "asset" if str(scope) == "asset" else "pooled"
    # Judges of spans and obligations' consequences name no measure that decides: they are about assets.
    deciding = [ref for ref in part.refs() if ref.wanted not in (Wanted.SPANS, Wanted.PRICE)]
    return scope_of(by_id[deciding[0].id][1], by_id) if deciding else "asset"

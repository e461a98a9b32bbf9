"""Of whom a part speaks: what follows from the parts it names.

Pure. For contracts whose names are known and lead nowhere back to themselves.
"""

from collections.abc import Mapping

from contracts.terms.base import Part, Path, Scope, Wanted

Placed = Mapping[str, tuple[Path, Part]]


def scope_of(part: Part, by_id: Placed) -> Scope:
    """Whether a part speaks of single assets or of all of them."""
    if part.own_scope is not None:
        return part.own_scope
    # Judges of spans and obligations' consequences name no measure that decides: they are about assets.
    deciding = [ref for ref in part.refs() if ref.wanted not in (Wanted.SPANS, Wanted.PRICE)]
    return scope_of(by_id[deciding[0].id][1], by_id) if deciding else Scope.ASSET

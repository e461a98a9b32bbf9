"""What parts of a contract say of each other: every name is known, fits, and leads nowhere back to itself.

Pure. What a part says of itself is checked by its own file.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from contracts.check.meaning_faults import meaning_faults
from contracts.part_scope import Placed
from contracts.terms import Availability, Combination, Correction, FixedFee, Indexation, Minimum, UsagePrice
from contracts.terms.base import Part, Path, Ref, Wanted
from vouch.document import Fault
from vouch.expectation import near


class AnyView(Protocol):
    """A view as written."""

    id: str
    owner: str
    supplier: str


def part_faults(
    measures: Sequence[Part], judges: Sequence[Part], prices: Sequence[Part], views: Sequence[AnyView]
) -> list[Fault]:
    """All faults across the parts of one contract."""
    lists = (("measures", measures), ("judges", judges), ("prices", prices))
    placed = [((place, i), part) for place, parts in lists for i, part in enumerate(parts)]
    faults = list(_double_ids(placed, views))
    if faults:
        return faults
    by_id = {part.id: (path, part) for path, part in placed}
    for path, part in placed:
        faults += _ref_faults(path, part, by_id)
    faults += _view_faults(views, by_id)
    if not faults:
        faults += _cycles(by_id)
    if not faults:
        for path, part in placed:
            faults += [Fault((*path, *inner), text) for inner, text in meaning_faults(part, by_id)]
        faults += _once_faults(prices)
        faults += _same_log_faults(views, by_id)
    return faults


def _double_ids(placed: Sequence[tuple[Path, Part]], views: Sequence[AnyView]) -> Iterator[Fault]:
    seen: set[str] = set()
    views_placed = [(("views", i), view.id) for i, view in enumerate(views)]
    for path, name in [*((path, part.id) for path, part in placed), *views_placed]:
        if name in seen:
            yield Fault((*path, "id"), f"{name!r} names two parts of the contract")
        if name in _RESERVED:
            yield Fault((*path, "id"), f"{name!r} is the name of a class of time; choose another")
        seen.add(name)


_RESERVED = frozenset({"outside", "up", "down", "out", "unknown", "attributed_up", "attributed_down", "attributed_out"})


def _ref_faults(path: Path, part: Part, by_id: Placed) -> Iterator[Fault]:
    seen: set[tuple[Path, str]] = set()
    for ref in part.refs():
        known = [name for name, (place, other) in by_id.items() if name != part.id and _fits(ref, other, path, place)]
        # The list that holds the name: a name is in it once, whatever else stands beside it.
        named = _list_of(ref.path), ref.id
        if ref.id not in known:
            hint = near(ref.id, known) or f"; known: {', '.join(known) or 'none'}"
            yield Fault((*path, *ref.path), f"{_found(ref, part, by_id)}; expected: {ref.wanted.value}{hint}")
        elif named in seen:
            yield Fault((*path, *ref.path), f"{ref.id!r} is named twice")
        seen.add(named)


def _found(ref: Ref, part: Part, by_id: Placed) -> str:
    if ref.id == part.id:
        return f"{ref.id!r} names itself"
    if ref.id not in by_id:
        return f"{ref.id!r} is no part of this contract"
    place, other = by_id[ref.id]
    below = " listed below" if place[0] == "prices" and ref.wanted in other.gives else ""
    return f"{ref.id!r} is of kind {getattr(other, 'kind', '')}{below}"


def _list_of(path: Path) -> Path:
    indices = [i for i, part in enumerate(path) if isinstance(part, int)]
    return path[: indices[-1]] if indices else path


def _fits(ref: Ref, other: Part, path: Path, other_path: Path) -> bool:
    if ref.wanted is Wanted.INDEXED:
        return isinstance(other, FixedFee | UsagePrice | Minimum)
    if ref.wanted in (Wanted.PRICE, Wanted.REMEDY):
        above = path[0] == other_path[0] == "prices" and int(other_path[1]) < int(path[1])
        return above and ref.wanted in other.gives
    return ref.wanted in other.gives


def _view_faults(views: Sequence[AnyView], by_id: Placed) -> Iterator[Fault]:
    for i, view in enumerate(views):
        for side, name in (("owner", view.owner), ("supplier", view.supplier)):
            if name not in by_id or Wanted.TIME not in by_id[name][1].gives:
                known = [n for n, (_, p) in by_id.items() if Wanted.TIME in p.gives]
                hint = near(name, known) or f"; known: {', '.join(known) or 'none'}"
                yield Fault(("views", i, side), f"{name!r} is no availability of this contract{hint}")


def _cycles(by_id: Placed) -> Iterator[Fault]:
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> Iterator[Fault]:
        if name in trail:
            way = " → ".join((*trail[trail.index(name) :], name))
            yield Fault(by_id[name][0], f"depends on itself: {way}")
            return
        if name in done:
            return
        for ref in by_id[name][1].refs():
            yield from visit(ref.id, (*trail, name))
        done.add(name)

    for name in by_id:
        yield from visit(name, ())


def _once_faults(prices: Sequence[Part]) -> Iterator[Fault]:
    """What may be said once only: a correction, and of each price its indexation and its combination."""
    found = [i for i, price in enumerate(prices) if isinstance(price, Correction)]
    for i in found[1:]:
        yield Fault(("prices", i), "a contract has at most one correction")
    for kind, what in ((Indexation, "follows an indexation"), (Combination, "is in a combination")):
        placed: set[str] = set()
        for i, price in enumerate(prices):
            for n, name in enumerate(price.of if isinstance(price, kind) else ()):
                if name in placed:
                    yield Fault(("prices", i, "of", n), f"{name!r} {what} already")
                placed.add(name)


def _same_log_faults(views: Sequence[AnyView], by_id: Placed) -> Iterator[Fault]:
    for i, view in enumerate(views):
        owner, supplier = by_id[view.owner][1], by_id[view.supplier][1]
        assert isinstance(owner, Availability), "a view is of availabilities"
        assert isinstance(supplier, Availability), "a view is of availabilities"
        if view.owner == view.supplier:
            yield Fault(("views", i, "supplier"), "is the owner's measure too: nothing could differ")
        elif owner.metric != supplier.metric:
            text = f"reads {supplier.metric!r}, the owner's measure {owner.metric!r}: a view is of one log"
            yield Fault(("views", i, "supplier"), text)

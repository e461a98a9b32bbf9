"""What parts of a contract say of each other: every name is known, fits, and leads nowhere back to itself.

Pure. What a part says of itself is checked by its own file.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Protocol

from contracts.terms import (
    Combination,
    Correction,
    FixedFee,
    Indexation,
    Maximum,
    Minimum,
    PlannedWindow,
    ProductionAvailability,
    Ratio,
    Remedy,
    Saving,
    Threshold,
    UsagePrice,
)
from contracts.terms.base import Part, Path, Ref, Wanted
from contracts.terms.prices.fixed_fee import FeePer
from contracts.terms.prices.remedy import Ladder
from vouch.document import Fault
from vouch.units import unit_of

Placed = Mapping[str, tuple[Path, Part]]


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
            faults += [Fault((*path, *inner), text) for inner, text in _meaning_faults(part, by_id)]
        faults += _correction_faults(prices)
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
    for ref in part.refs():
        known = {name: other for name, (_, other) in by_id.items() if _fits(ref, other, path, by_id[name][0])}
        if ref.id in known and ref.id != part.id:
            continue
        near = get_close_matches(ref.id, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known) or 'none'}"
        yield Fault((*path, *ref.path), f"{ref.id!r} is not {ref.wanted.value} of this contract{hint}")
    repeated = [i for i, n in Tally((ref.path[:-1], ref.id) for ref in part.refs()).items() if n > 1]
    for inner, name in repeated:
        yield Fault((*path, *inner), f"{name!r} is named twice")


def _fits(ref: Ref, other: Part, path: Path, other_path: Path) -> bool:
    if ref.wanted is Wanted.INDEXED:
        return isinstance(other, FixedFee | UsagePrice)
    if ref.wanted in (Wanted.PRICE, Wanted.REMEDY):
        above = path[0] == other_path[0] == "prices" and int(other_path[1]) < int(path[1])
        return above and ref.wanted in other.gives
    return ref.wanted in other.gives


def _view_faults(views: Sequence[AnyView], by_id: Placed) -> Iterator[Fault]:
    for i, view in enumerate(views):
        for side, name in (("owner", view.owner), ("supplier", view.supplier)):
            if name not in by_id or Wanted.TIME not in by_id[name][1].gives:
                known = ", ".join(n for n, (_, p) in by_id.items() if Wanted.TIME in p.gives) or "none"
                yield Fault(("views", i, side), f"{name!r} is not an availability of this contract; known: {known}")


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


def _meaning_faults(part: Part, by_id: Placed) -> Iterator[tuple[Path, str]]:
    """Faults of parts that fit each other by kind, but not in what they say."""

    def named(name: str) -> Part:
        return by_id[name][1]

    match part:
        case UsagePrice():
            measures = [named(one.measure) for one in part.of]
            yield from _scope_faults(measures, ("of",), by_id)
            for i, measure in enumerate(measures):
                yield from _unit_faults(unit_given(measure, by_id), part.unit, ("of", i, "measure"))
                if measure.chained and getattr(measure, "window", "month") != "month":
                    yield ("of", i, "measure"), "a usage price counts month by month: the measure's window is month"
        case Ratio():
            for side, names in (("numerator", part.numerator), ("denominator", part.denominator)):
                first = unit_given(named(names[0]), by_id)
                for i, name in enumerate(names[1:], start=1):
                    yield from _unit_faults(unit_given(named(name), by_id), first, (side, i))
            yield from _scope_faults([named(n) for n in (*part.numerator, *part.denominator)], (), by_id)
        case ProductionAvailability():
            units = unit_given(named(part.lost), by_id), unit_given(named(part.actual), by_id)
            yield from _unit_faults(*units, ("lost",))
            yield from _scope_faults([named(part.actual), named(part.lost)], (), by_id)
        case Saving():
            yield from _unit_faults(unit_given(named(part.actual), by_id), part.unit, ("actual",))
            drivers = [named(driver.measure) for driver in part.baseline.drivers]
            yield from _scope_faults([named(part.actual), *drivers], (), by_id)
        case Remedy(credit=Ladder() as ladder):
            promise = named(part.of)
            if isinstance(promise, Threshold) and promise.percent != ladder.tiers[0].below:
                yield ("credit", "tiers", 0, "below"), "the first 'below' is the promise: no shortfall without a step"
        case Combination():
            yield from _subject_faults(part.of, ("of",), by_id)
        case _:
            return


def _unit_faults(have: str, want: str, path: Path) -> Iterator[tuple[Path, str]]:
    if unit_of(have).dimension != unit_of(want).dimension:
        yield path, f"is in {have} ({unit_of(have).dimension}), which cannot be expressed in {want}"


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


def _scope_faults(measures: Sequence[Part], path: Path, by_id: Placed) -> Iterator[tuple[Path, str]]:
    if len({scope_of(measure, by_id) for measure in measures}) > 1:
        yield path, "its measures have different scopes: all are per asset, or all are pooled"


def _subject_faults(prices: Iterable[str], path: Path, by_id: Placed) -> Iterator[tuple[Path, str]]:
    if len({scope_of(by_id[price][1], by_id) for price in prices}) > 1:
        yield path, "some of these are per asset and some for all assets: they cannot be combined"


def _correction_faults(prices: Sequence[Part]) -> Iterator[Fault]:
    found = [i for i, price in enumerate(prices) if isinstance(price, Correction)]
    for i in found[1:]:
        yield Fault(("prices", i), "a contract has at most one correction")
    indexed: dict[str, int] = {}
    for i, price in enumerate(prices):
        for name in price.of if isinstance(price, Indexation) else ():
            if name in indexed:
                yield Fault(("prices", i, "of"), f"{name!r} follows an indexation already")
            indexed[name] = i

"""Parts that fit each other by kind, but not in what they say: units, scopes, and forms that need something of others.

Pure. For contracts whose names are known and lead nowhere back to themselves. Paths are within the part.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from contracts.part_scope import Placed, scope_of
from contracts.terms import (
    Bonus,
    Combination,
    Counter,
    IncidentList,
    Obligation,
    ObligationConsequence,
    Product,
    ProductionAvailability,
    Ratio,
    Remedy,
    Saving,
    Threshold,
    UsagePrice,
)
from contracts.terms.base import Part, Path, Scope
from contracts.terms.judges.obligation import EveryQuantity
from contracts.terms.measures.base import Measure
from contracts.terms.measures.counter import OnFall
from contracts.terms.measures.incident_list import FromStates
from contracts.terms.prices.combination import LongCap, ShareCap
from contracts.terms.prices.obligation_consequence import Suspend
from contracts.terms.prices.remedy import Ladder, PerIncident, Worth
from contracts.terms.prices.usage_price import Multiplier
from vouch.units import unit_of

Said = Iterator[tuple[Path, str]]


def meaning_faults(part: Part, by_id: Placed) -> Said:
    """All of them, for one part."""
    match part:
        case ProductionAvailability() | Saving() | Ratio() | Product():
            yield from _derived(part, by_id)
        case Obligation(due=EveryQuantity() as due) if not isinstance(by_id[due.measure][1], Counter):
            yield ("due", "measure"), f"{due.measure!r} is not a counter: only a counter shows when so much was used"
        case Obligation(due=EveryQuantity() as due) if _runs_back(by_id[due.measure][1]):
            yield ("due", "measure"), f"{due.measure!r} is signed: what falls again does not show when so much was used"
        case UsagePrice():
            yield from _usage_price(part, by_id)
        case Remedy():
            yield from _remedy(part, by_id)
        case Bonus():
            yield from _of_own_subject(part, _prices_of(part, "earned"), by_id)
            yield from _worth(getattr(part.earned, "base", None), part, ("earned", "base", "measure"), by_id)
        case Combination():
            yield from _combination(part, by_id)
        case ObligationConsequence(consequence=Suspend() as suspend):
            for i, name in enumerate(suspend.prices):
                if scope_of(by_id[name][1], by_id) is not Scope.ASSET:
                    text = f"{name!r} is for all assets together, but an obligation is one asset's"
                    yield ("consequence", "prices", i), text


def _runs_back(part: Part) -> bool:
    return isinstance(part, Counter) and part.on_fall is OnFall.SIGNED


def _derived(part: ProductionAvailability | Saving | Ratio | Product, by_id: Placed) -> Said:
    refs = part.refs()
    if isinstance(part, Ratio):
        for side, names in (("numerator", part.numerator), ("denominator", part.denominator)):
            first = _unit_of(names[0], by_id)
            for i, name in enumerate(names[1:], start=1):
                yield from _unit(_unit_of(name, by_id), first, (side, i))
    elif isinstance(part, ProductionAvailability):
        units = _unit_of(part.lost, by_id), _unit_of(part.actual, by_id)
        yield from _unit(*units, ("lost",))
    elif isinstance(part, Saving):
        yield from _unit(_unit_of(part.actual, by_id), part.unit, ("actual",))
    yield from _alike([(ref.path, ref.id) for ref in refs], by_id)


def _usage_price(part: UsagePrice, by_id: Placed) -> Said:
    named: list[tuple[Path, str]] = [(("of", i, "measure"), one.measure) for i, one in enumerate(part.of)]
    for path, name in named:
        yield from _unit(_unit_of(name, by_id), part.unit, path)
        if _measure(name, by_id).window != "month":
            yield path, "a usage price counts month by month: the measure's window is month"
    if isinstance(part.multiplier, Multiplier):
        named.append((("multiplier", "measure"), part.multiplier.measure))
    yield from _alike(named, by_id)


_UPWARDS: Final = "a ladder is for a promise of at least or more than so many percent"


def _remedy(part: Remedy, by_id: Placed) -> Said:
    promise = by_id[part.of][1]
    match part.credit:
        case Ladder() as ladder if isinstance(promise, Threshold):
            if promise.percent is None or not promise.comparison.upwards:
                yield ("of",), _UPWARDS
            elif promise.percent != ladder.tiers[0].below:
                text = f"the first 'below' is the promise, {promise.percent}: no shortfall without a step"
                yield ("credit", "tiers", 0, "below"), text
        case PerIncident(limit_of="response") if isinstance(promise, IncidentList):
            if isinstance(promise.source, FromStates):
                yield ("credit", "limit_of"), f"a response is known from facts only, and {part.of!r} is of states"
    yield from _of_own_subject(part, _prices_of(part, "credit"), by_id)
    yield from _worth(getattr(part.credit, "base", None), part, ("credit", "base", "measure"), by_id)


def _worth(base: object, part: Remedy | Bonus, path: Path, by_id: Placed) -> Said:
    """What a measure is worth is reckoned over the window of the promise."""
    promise = by_id[part.of][1]
    if not isinstance(base, Worth) or not isinstance(promise, Threshold):
        return
    promised = promise.measure
    if _measure(base.measure, by_id).window != _measure(promised, by_id).window:
        yield path, f"{base.measure!r} has another window than {promised!r}, of which the promise is"


def _prices_of(part: Remedy | Bonus, field: str) -> list[tuple[Path, str]]:
    return [(ref.path, ref.id) for ref in part.refs() if ref.path[0] == field]


def _combination(part: Combination, by_id: Placed) -> Said:
    named: list[tuple[Path, str]] = [(("of", i), name) for i, name in enumerate(part.of)]
    yield from _alike(named, by_id)
    if not any(isinstance(by_id[name][1], Remedy) for name in part.of):
        yield ("of",), "there is no remedy among these: bonuses are left as they are"
    caps: list[tuple[Path, object]] = [(("cap_per_month",), part.cap_per_month)]
    if isinstance(part.cap_per_window, LongCap):
        caps.append((("cap_per_window", "cap"), part.cap_per_window.cap))
    for path, cap in caps:
        if isinstance(cap, ShareCap):
            yield from _of_own_subject(part, [((*path, "of", i), name) for i, name in enumerate(cap.of)], by_id)


def _of_own_subject(part: Part, prices: Iterable[tuple[Path, str]], by_id: Placed) -> Said:
    """What is owed for one asset is a share of what is charged for that asset."""
    if scope_of(part, by_id) is not Scope.ASSET:
        return
    for path, name in prices:
        if scope_of(by_id[name][1], by_id) is not Scope.ASSET:
            yield path, f"{name!r} is for all assets together, but {part.id!r} is for each asset"


def _alike(named: Sequence[tuple[Path, str]], by_id: Placed) -> Said:
    """All of these speak of single assets, or all of them of all assets together."""
    words = {Scope.ASSET: "each asset", Scope.POOLED: "all assets together"}
    first = scope_of(by_id[named[0][1]][1], by_id)
    for path, name in named[1:]:
        scope = scope_of(by_id[name][1], by_id)
        if scope != first:
            yield path, f"{name!r} is for {words[scope]}, but {named[0][1]!r} is for {words[first]}"


def _measure(name: str, by_id: Placed) -> Measure:
    measure = by_id[name][1]
    assert isinstance(measure, Measure), "what is wanted as a measure has been seen to be one"
    return measure


def _unit_of(name: str, by_id: Placed) -> str:
    """The unit of a measure's value; a number without one is C62."""
    return _measure(name, by_id).value_unit or "C62"


def _unit(have: str, want: str, path: Path) -> Said:
    source, target = unit_of(have), unit_of(want)
    if source.dimension != target.dimension:
        yield path, f"is in {have} ({source.dimension}), which cannot be expressed in {want} ({target.dimension})"

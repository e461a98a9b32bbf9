"""Totals: measured parts added up, and what they come to as a value.

Pure. Months add up to a window and assets to a pool; what a total means is the measure's own business.
Source: docs/terms.md#windows.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from contracts.measuring.counter import counter_value
from contracts.measuring.incident_list import incident_value
from contracts.scene import Measured
from contracts.terms import Availability, BaseMeasure, Counter, EventSum, IncidentList, ShareInBand, TimeInState
from contracts.terms.measures.availability import ConstantMinutes
from contracts.terms.unknown import UnknownRule
from contracts.value import State

_MINUTE_MICROS: Final = 60_000_000


def added(parts: Sequence[Measured]) -> Measured:
    """All parts as one, without their evidence. Missing only where every one is, void where any is."""
    if len(parts) == 1:
        return parts[0]
    micros: dict[str, int] = {}
    for part in parts:
        for name, count in part.micros.items():
            micros[name] = micros.get(name, 0) + count
    return Measured(
        amount=sum((part.amount for part in parts), Fraction(0)),
        base=sum((part.base for part in parts), Fraction(0)),
        known=sum(part.known for part in parts),
        total=sum(part.total for part in parts),
        micros=micros,
        incidents=_incidents(parts),
        missing=all(part.missing for part in parts),
        void=any(part.void for part in parts),
    )


def share_or_amount(term: BaseMeasure, total: Measured, assets: int) -> tuple[State, Fraction | None, Fraction | None]:
    """(state, numerator, denominator): a share's two sides, or a quantity over None."""
    if total.void:
        return State.UNDEFINED, None, None
    if isinstance(term, Availability | ShareInBand | TimeInState) and not _is_covered(term.unknown_rule, total):
        return State.INSUFFICIENT, None, None
    if term.is_share:
        return _share(term, total, assets)
    if total.missing and isinstance(term, Counter | EventSum):
        return State.UNDEFINED, None, None
    number = _number(term, total)
    return (State.UNDEFINED, None, None) if number is None else (State.DEFINED, number, None)


def _number(term: BaseMeasure, total: Measured) -> Fraction | None:
    match term:
        case Counter():
            return counter_value(term, total)
        case IncidentList():
            return incident_value(term, total)
        case _:
            return total.amount


def _is_covered(rule: UnknownRule, total: Measured) -> bool:
    least = rule.coverage_min_percent
    return isinstance(least, str) or total.known * 100 >= total.total * Fraction(least)


def _share(term: BaseMeasure, total: Measured, assets: int) -> tuple[State, Fraction | None, Fraction | None]:
    if isinstance(term, Availability) and isinstance(term.denominator, ConstantMinutes):
        constant = Fraction(term.denominator.constant_minutes * _MINUTE_MICROS * assets)
        return State.DEFINED, constant - (total.base - total.amount), constant
    return (State.DEFINED, total.amount, total.base) if total.base else (State.UNDEFINED, None, None)


def _incidents(parts: Iterable[Measured]) -> tuple[Any, ...]:
    """All that ended, and those still open in the end, each once."""
    found: dict[tuple[Any, ...], Any] = {}
    for part in parts:
        for one in part.incidents:
            found[one.asset, one.opened_at, one.cause, one.fact] = one
    return tuple(found.values())

"""Values: what a measure comes to over its window, and how a promise stands to it.

Pure. A value is an exact fraction; where there is none, its state says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from contracts.scene import Incident
from vouch.period import Period


class State(StrEnum):
    """Whether there is a value: it is not, where nothing could be measured, where too little is known, where the
    window is not over, or where the contract did not run through it."""

    DEFINED = "defined"
    UNDEFINED = "undefined"
    INSUFFICIENT = "insufficient"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class Value:
    """`number` is a quantity in `unit`, or a share of one, whose unit is empty; None unless defined.

    `window` is what was measured; `numerator` over `denominator` is how a share was made. While the window is not due,
    `so_far` is what it has come to.
    """

    state: State
    number: Fraction | None
    unit: str
    window: Period
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    so_far: Fraction | None = None
    micros: Mapping[str, int] = field(default_factory=dict)
    known: int = 0
    total: int = 0
    incidents: tuple[Incident, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()


class Verdict(StrEnum):
    """How a promise stands at the end of its window."""

    MET = "met"
    MISSED = "missed"
    UNDEFINED = "undefined"
    INSUFFICIENT = "insufficient"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class Judgment:
    """`beyond` is how far the value lies on the promised side of `target`; negative where the promise was missed by
    that much, zero for a strict promise exactly at its target, None without a value. A share of one, or a quantity.
    """

    verdict: Verdict
    target: Fraction
    beyond: Fraction | None
    value: Value


@dataclass(frozen=True, slots=True)
class Right:
    """Whether a streak gave one side a right, and the judgments counted: (month, verdict)."""

    arisen: bool
    counted: tuple[tuple[str, Verdict], ...]


def cut(number: Fraction, digits: int) -> Decimal:
    """`number` with so many decimals, never more than it is: just below a target must not read as the target."""
    units = number * 10**digits // 1
    # Put together, not computed: no context can round it.
    return Decimal((units < 0, tuple(map(int, str(abs(units)))), -digits))


def percent_cut(share: Fraction) -> Decimal:
    """`share` in percent with four decimals, cut and not rounded."""
    return cut(share * 100, 4)

"""Threshold: whether a measured share reached what was promised.

Pure. Fractions are compared exactly; a share that is not defined is neither met nor missed.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Verdict(StrEnum):
    """How a promise stands at the end of its window."""

    MET = "met"
    MISSED = "missed"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Judgment:
    """`shortfall` is target - measured, as a fraction of one; zero unless missed."""

    verdict: Verdict
    shortfall: Fraction


def judge_at_least(measured: Fraction | None, target_percent: Decimal) -> Judgment:
    """Whether `measured` is at least the target."""
    if measured is None:
        return Judgment(Verdict.UNDEFINED, Fraction(0))
    shortfall = Fraction(target_percent) / 100 - measured
    return Judgment(Verdict.MISSED, shortfall) if shortfall > 0 else Judgment(Verdict.MET, Fraction(0))

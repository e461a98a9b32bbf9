"""J1 threshold: how a promise stands to what was measured.

Pure. Fractions are compared exactly; a value that is not there is neither met nor missed.
Source: docs/terms.md#threshold.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from contracts.terms.judges.threshold import Comparison, Threshold
from contracts.value import Judgment, State, Value, Verdict

_WITHOUT: Final[Mapping[State, Verdict]] = {
    State.UNDEFINED: Verdict.UNDEFINED,
    State.INSUFFICIENT: Verdict.INSUFFICIENT,
    State.NOT_DUE: Verdict.NOT_DUE,
}
_STRICT: Final = frozenset({Comparison.MORE_THAN, Comparison.LESS_THAN})


def judge_threshold(term: Threshold, value: Value) -> Judgment:
    """Whether `value`, which is the term's measure over its own window, reached what was promised.

    The target is a share of one where the term has `percent`, else a quantity in the measure's unit. Exactly at its
    target a strict promise is missed, by 0.
    """
    target = threshold_target(term)
    if value.state is not State.DEFINED:
        return Judgment(_WITHOUT[value.state], target, None, value)
    assert value.number is not None, "a defined value has a number"
    beyond = value.number - target if term.comparison.upwards else target - value.number
    met = beyond > 0 or (beyond == 0 and term.comparison not in _STRICT)
    return Judgment(Verdict.MET if met else Verdict.MISSED, target, beyond, value)


def threshold_target(term: Threshold) -> Fraction:
    """What was promised, as a value is written: `percent` as a share of one."""
    if term.percent is not None:
        return Fraction(term.percent) / 100
    assert term.value is not None, "a threshold has a percent or a value"
    return Fraction(term.value)

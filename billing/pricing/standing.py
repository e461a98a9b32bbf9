"""Standing: how a promise stands, in the words of an invoice line, and how far a value lies beyond its target.

Pure. A figure never reads better than it was: cut where more is better, taken up to the next digit where less is.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from billing.scene import PriceScene
from contracts.terms import FixedFee
from contracts.terms.judges.threshold import Comparison, Threshold
from contracts.terms.measures.base import Measure
from contracts.terms.prices.remedy import Worth
from contracts.terms.window import Months
from contracts.value import Judgment, Verdict, cut
from vouch.canonical import plain
from vouch.units import UNITS

_DIGITS: Final = 4
# Kinds of measures whose name says what is measured; the others are called by their id.
_TELLING: Final = ("availability", "production_availability", "share_in_band")
_PROMISED: Final = {
    Comparison.AT_LEAST: "",
    Comparison.MORE_THAN: "more than ",
    Comparison.AT_MOST: "at most ",
    Comparison.LESS_THAN: "less than ",
}
_MISSED: Final = {
    Comparison.AT_LEAST: "below",
    Comparison.MORE_THAN: "not more than",
    Comparison.AT_MOST: "above",
    Comparison.LESS_THAN: "not less than",
}


def points(promise: Threshold, distance: Fraction) -> Fraction:
    """A distance from the target in points: percentage points of a share, or units of a quantity."""
    return distance if promise.percent is None else distance * 100


def promise_of(scene: PriceScene, judge: str) -> tuple[Threshold, Measure]:
    """The promise of this id and the measure that it is about."""
    promise = scene.contract.part(judge)
    assert isinstance(promise, Threshold), "the contract's check has seen that this is a promise"
    measure = scene.contract.part(promise.measure)
    assert isinstance(measure, Measure), "the contract's check has seen that this is a measure"
    return promise, measure


def base_of(scene: PriceScene, base: Sequence[str] | Worth, subject: str, measure: Measure) -> Fraction:
    """What the prices, or a measure's units, have come to for the subject over the promise's window; at least 0."""
    if isinstance(base, Worth):
        return max(_worth(scene, base, subject), Fraction(0))
    over = measure.window if isinstance(measure.window, Months) else None
    return max(scene.charged(base, subject, over), Fraction(0))


def _worth(scene: PriceScene, base: Worth, subject: str) -> Fraction:
    total, subjects = Fraction(0), scene.subjects(base.measure)
    for one in [subject] if subject in subjects else subjects:
        value = scene.value(base.measure, one)
        if value.number is None:
            text = f"nothing is owed on {base.measure}, which has no value"
            scene.find("base_unknown", subject, text, measure=base.measure, state=value.state.value)
        else:
            total += value.number * Fraction(base.price)
    return total


def base_words(scene: PriceScene, base: Sequence[str] | Worth) -> str:
    """What a percentage is of."""
    if isinstance(base, Worth):
        return f"the worth of {base.measure}"
    fees = all(isinstance(scene.contract.part(price), FixedFee) for price in base)
    return ("the fee" if len(base) == 1 else "the fees") if fees else "the charges"


def standing_words(promise: Threshold, measure: Measure, judgment: Judgment) -> str:
    """`availability 97.1234 %, below the guaranteed 98 %`."""
    number = judgment.value.number
    if number is None or judgment.verdict in (Verdict.UNDEFINED, Verdict.INSUFFICIENT):
        return "too little is known" if judgment.verdict is Verdict.INSUFFICIENT else "nothing to measure"
    target = _target_words(promise, judgment)
    kind = getattr(measure, "kind", "")
    told = kind.replace("_", " ") if kind in _TELLING else measure.id
    reached = f"{told} {_reached_words(promise, judgment, number)}"
    if judgment.verdict is Verdict.MISSED:
        return f"{reached}, {_MISSED[promise.comparison]} the guaranteed {target}"
    return f"{reached}, guarantee of {_PROMISED[promise.comparison]}{target} kept"


def points_words(promise: Threshold, judgment: Judgment, count: Fraction) -> str:
    """So many points: percentage points, or in the unit of what was measured, cut."""
    text = plain(cut(count, _DIGITS))
    return f"{text} points" if promise.percent is not None else f"{text}{_symbol(judgment)}"


def percent_words(percent: Fraction) -> str:
    """A percentage with at most four decimals, cut."""
    return f"{plain(cut(percent, _DIGITS))} %"


def _target_words(promise: Threshold, judgment: Judgment) -> str:
    if promise.percent is not None:
        return f"{plain(promise.percent)} %"
    assert promise.value is not None, "a promise is of a percentage or of a value"
    return f"{plain(promise.value)}{_symbol(judgment)}"


def _reached_words(promise: Threshold, judgment: Judgment, number: Fraction) -> str:
    if promise.percent is not None:
        return f"{_read(number * 100, promise)} %"
    return f"{plain(_read(number, promise))}{_symbol(judgment)}"


def _read(number: Fraction, promise: Threshold) -> Decimal:
    return cut(number, _DIGITS) if promise.comparison.upwards else -cut(-number, _DIGITS)


def _symbol(judgment: Judgment) -> str:
    unit = judgment.value.unit
    return f" {UNITS[unit].symbol}" if unit in UNITS and unit != "C62" else ""

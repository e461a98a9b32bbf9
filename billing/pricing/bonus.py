"""Bonuses: what more than was promised is worth to the supplier. The mirror of a remedy.

Pure. Only a promise that was kept can be exceeded; what could not be judged earns nothing. Source: docs/terms.md#bonus.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from billing.pricing.remedy import capped
from billing.pricing.standing import (
    base_of,
    base_words,
    percent_words,
    points,
    points_words,
    promise_of,
    standing_words,
)
from billing.scene import Charge, PriceScene
from contracts.terms.base import Percent
from contracts.terms.judges.threshold import Threshold
from contracts.terms.prices.bonus import Bonus, BonusPerPoint
from contracts.value import Judgment, Verdict

_NONE: Final = Fraction(0)


def excess_points(promise: Threshold, judgment: Judgment, dead_band: Percent) -> Fraction:
    """Points beyond promise and dead band, at least 0: percentage points, or units of a promised quantity."""
    if judgment.verdict is not Verdict.MET or judgment.beyond is None:
        return _NONE
    return max(points(promise, judgment.beyond) - Fraction(dead_band), _NONE)


def bonus_percent(excess: Fraction, form: BonusPerPoint) -> Fraction:
    """Percent of the base that so many points earn, at least 0: each full step, or in proportion; cap included."""
    steps = max(excess, _NONE) / Fraction(form.points)
    percent = Fraction(form.percent) * (steps // 1 if form.form == "per_full_point" else steps)
    return capped(percent, form.cap_percent)


def rate_bonus(term: Bonus, scene: PriceScene) -> Iterable[Charge]:
    """One line a subject, of 0 where nothing was earned; none where the window is not due."""
    for subject in scene.subjects(term.of):
        yield from _rate_one(term, scene, subject)


def _rate_one(term: Bonus, scene: PriceScene, subject: str) -> Iterator[Charge]:
    judgment = scene.judgment(term.of, subject)
    if judgment.verdict is Verdict.NOT_DUE:
        return
    promise, measure = promise_of(scene, term.of)
    excess = excess_points(promise, judgment, term.dead_band_points)
    text, form = f": {standing_words(promise, measure, judgment)}", term.earned
    price = None
    if isinstance(form, BonusPerPoint):
        percent = bonus_percent(excess, form)
        amount = percent / 100 * base_of(scene, form.base, subject, measure) if percent else _NONE
        earned = f"bonus {percent_words(percent)} of {base_words(scene, form.base)}" if percent else "no bonus"
    else:
        price = Fraction(form.amount) if excess else None
        amount, earned = price or _NONE, "bonus" if excess else "no bonus"
    if excess:
        text += f", exceeded by {points_words(promise, judgment, excess)}"
        text += " beyond the dead band" if term.dead_band_points else ""
    yield scene.charge(term, subject, f"{text}, {earned}", Fraction(1 if amount else 0), "C62", price, amount)

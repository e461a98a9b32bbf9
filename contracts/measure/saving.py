"""M8 saving: baseline(drivers) + adjustments - actual.

Pure. Source: docs/terms.md#saving.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from contracts.fact_kinds import BaselineAdjustment, FactKind
from contracts.facts import FactBook
from contracts.measure.derived import Derived, in_unit, quantity
from contracts.terms.measures.saving import Saving
from contracts.value import Value


def saving(term: Saving, values: Mapping[str, Value], months: Fraction, adjusted: Fraction) -> Derived:
    """What was saved in `term.unit`; `months` is how many calendar months the window held, by seconds."""
    actual = quantity(values[term.actual])
    if actual is None:
        return Derived(None)
    baseline = Fraction(term.baseline.constant_per_month) * months + adjusted
    for driver in term.baseline.drivers:
        used = quantity(values[driver.measure])
        if used is None:
            return Derived(None)
        baseline += Fraction(driver.coefficient) * used
    return Derived(baseline - actual * in_unit(values[term.actual].unit, term.unit))


def baseline_adjustments(term: Saving, facts: FactBook, asset: str | None, months: Iterable[date]) -> Fraction:
    """The sum of the adjustments to the baseline of these months that the other side accepted in words.

    `asset` is whose saving it is; None where it is that of all assets together.
    """
    wanted = set(months)
    found = (fact for fact in facts.of(FactKind.BASELINE_ADJUSTMENT, asset) if fact.accepted_at)
    abouts = (fact.about for fact in found if isinstance(fact.about, BaselineAdjustment))
    return sum((Fraction(a.amount) for a in abouts if a.measure == term.id and a.month in wanted), Fraction(0))

"""M8 saving: baseline(drivers) + adjustments - actual.

Pure. Source: docs/terms.md#saving.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from contracts.facts.book import FactBook
from contracts.facts.kinds import BaselineAdjustment, FactKind, Says
from contracts.measuring.derived import Derived, in_unit, quantity
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


def baseline_adjustments(
    term: Saving, facts: FactBook, asset: str | None, months: Iterable[date]
) -> tuple[Fraction, list[dict[str, Any]]]:
    """The sum of the adjustments to the baseline of these months that the other side accepted in words; and a finding
    for each one on record, counted or not.

    `asset` is whose saving it is; None where it is that of all assets together.
    """
    wanted = set(months)
    total, findings = Fraction(0), []
    for fact in facts.of(FactKind.BASELINE_ADJUSTMENT, asset):
        about = fact.about
        if not isinstance(about, BaselineAdjustment) or about.measure != term.id or about.month not in wanted:
            continue
        month = f"{about.month:%Y-%m}"
        finding: dict[str, Any] = {"fact": fact.id, "asset": fact.asset, "month": month, "amount": str(about.amount)}
        if fact.accepted_at is not None:
            total += Fraction(about.amount)
            text = f"the baseline of {month} is adjusted by {about.amount}, as both sides agreed"
            findings.append(finding | {"kind": "baseline_adjusted", "text": text})
        else:
            standing = _ANSWERED[fact.answers[-1].says] if fact.answers else "not answered"
            text = f"an adjustment of the baseline of {month} by {about.amount} that is {standing}: not counted"
            findings.append(finding | {"kind": "adjustment_not_counted", "text": text})
    return total, findings


_ANSWERED: Final = {Says.REJECT: "rejected", Says.DISPUTE: "disputed"}

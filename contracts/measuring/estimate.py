"""Estimates: what is billed for a month that has no reading, until there is one.

Pure. Source: docs/terms.md#counter.
"""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from contracts.scene import Basis, Measured
from contracts.terms.measures.counter import Counter, Estimate


def estimated(term: Counter, found: Measured, before: Iterable[Measured]) -> Measured:
    """`found`, which has no reading, with the mean of the parts before it that have some, the latest first.

    As it is where no estimate is agreed or nothing lies before.
    """
    if not isinstance(term.missing, Estimate):
        return found
    shown = list(
        islice((one for one in before if not one.missing and not _is_estimate(one)), term.missing.mean_of_months)
    )
    if not shown:
        return found
    mean = sum((one.amount for one in shown), Fraction(0)) / len(shown)
    text = f"no reading: the mean of {len(shown)} parts of months before, until readings come"
    finding = {"kind": "estimated", "months": len(shown), "metric": term.metric, "text": text}
    basis = Basis(found.basis.sources, found.basis.spans, [*found.basis.findings, finding])
    return replace(found, amount=mean, missing=False, basis=basis)


def _is_estimate(one: Measured) -> bool:
    return any(finding["kind"] == "estimated" for finding in one.basis.findings)

"""Views: one log as each side reads it, and the time that the two see differently.

Pure. Source: docs/terms.md#views.
"""

from collections.abc import Iterator

from typing_extensions import TypedDict

from contracts.content import period_content
from contracts.contract import View
from contracts.evaluate import Evaluator
from contracts.scene import Measured
from vouch.json_types import ByClass, Micros, Span
from vouch.period import Period


class Side(TypedDict):
    """One side's measure and its time by class."""

    measure: str
    micros: ByClass


class Differing(Span):
    """A span that the two sides put into different classes."""

    owner: str
    supplier: str


class ViewSaid(TypedDict):
    """One log as both sides read it."""

    view: str
    asset: str
    owner: Side
    supplier: Side
    differing_micros: Micros
    differ: list[Differing]


def view_differences(evaluator: Evaluator, index: int) -> list[ViewSaid]:
    """For each view and asset: both sides' seconds by class, and every span in which the classes differ."""
    contract = evaluator.parts[index].contract
    found = []
    for view in contract.views:
        for asset, _ in evaluator.served(index):
            owner = evaluator.measured(index, view.owner, asset)
            supplier = evaluator.measured(index, view.supplier, asset)
            if owner is not None and supplier is not None:
                found.append(_compared(view, asset, owner, supplier))
    return found


def _compared(view: View, asset: str, owner: Measured, supplier: Measured) -> ViewSaid:
    differ = list(_differ(owner, supplier))
    return {
        "view": view.id,
        "asset": asset,
        "owner": {"measure": view.owner, "micros": dict(owner.micros)},
        "supplier": {"measure": view.supplier, "micros": dict(supplier.micros)},
        "differing_micros": sum(period.micros for period, _, _ in differ),
        "differ": [{**period_content(p), "owner": mine, "supplier": theirs} for p, mine, theirs in differ],
    }


def _differ(owner: Measured, supplier: Measured) -> Iterator[tuple[Period, str, str]]:
    """The spans in which the classes differ, in time order: both sides divide the same time, so one pass is enough."""
    mine, theirs = owner.basis.spans, supplier.basis.spans
    i = j = 0
    while i < len(mine) and j < len(theirs):
        (ours, span, _), (others, other, _) = mine[i], theirs[j]
        shared = span.overlap(other)
        if shared is not None and ours != others:
            yield shared, ours, others
        if span.end <= other.end:
            i += 1
        else:
            j += 1

"""Views: one log as each side reads it, and the time that the two see differently.

Pure. Source: docs/terms.md#views.
"""

from typing import Any

from contracts.content import period_content
from contracts.contract import View
from contracts.evaluate import Evaluator
from contracts.scene import Measured


def view_differences(evaluator: Evaluator, index: int) -> list[dict[str, Any]]:
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


def _compared(view: View, asset: str, owner: Measured, supplier: Measured) -> dict[str, Any]:
    differ = []
    for mine, span, _ in owner.evidence.spans:
        for theirs, other, _ in supplier.evidence.spans:
            shared = span.overlap(other) if mine != theirs else None
            if shared is not None:
                differ.append((shared, mine, theirs))
    return {
        "view": view.id,
        "asset": asset,
        "owner": {"measure": view.owner, "micros": dict(owner.micros)},
        "supplier": {"measure": view.supplier, "micros": dict(supplier.micros)},
        "differing_micros": sum(period.micros for period, _, _ in differ),
        "differ": [{**period_content(p), "owner": mine, "supplier": theirs} for p, mine, theirs in sorted(differ)],
    }

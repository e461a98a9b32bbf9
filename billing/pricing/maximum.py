"""Maximums: what goes beyond an agreed amount comes off, in the month in which it does.

Pure. What was taken off before counts, so that charged and taken off are never more than the amount; where credits
bring the sum below it again, what was taken off is given back. Source: docs/terms.md#maximum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from billing.pricing.service import Service, window_months
from billing.pricing.words import number
from billing.scene import Charge, PriceScene
from contracts.evaluate import ALL_ASSETS
from contracts.terms.judges.planned_window import Split
from contracts.terms.prices.maximum import Maximum
from contracts.terms.window import Months, Partial

_NOTHING: Final = Fraction(0)


def comes_off(charged: Fraction, limit: Fraction, taken: Fraction) -> Fraction:
    """What comes off now, where `taken` came off before; less than zero is given back.

    Then `charged` less all that came off is at most `limit`, and all of `charged` where that is below it.
    """
    return max(charged - limit, _NOTHING) - taken


@dataclass(frozen=True, slots=True)
class MaximumSoFar:
    """A window so far: what was charged, what came off, and the limit that the parts before this one bear."""

    charged: Fraction = _NOTHING
    taken: Fraction = _NOTHING
    limit: Fraction = _NOTHING


def rate_maximum(term: Maximum, scene: PriceScene) -> Iterable[Charge]:
    """One charge where something comes off or is given back, and when the window is due."""
    before: MaximumSoFar = scene.carried(ALL_ASSETS) or MaximumSoFar()
    charged = before.charged + scene.charged(term.of, ALL_ASSETS, None)
    limit = _limit(term, scene, before)
    now = -before.taken if limit is None else comes_off(charged, limit, before.taken)
    due = scene.due(term.window)
    months = window_months(term.window)
    borne = Fraction(term.amount) * scene.share_of("month", ALL_ASSETS) / months if months else _NOTHING
    scene.carry(ALL_ASSETS, MaximumSoFar() if due else MaximumSoFar(charged, before.taken + now, before.limit + borne))
    if now or (due and limit is not None):
        text = f", {number(charged)} of at most {number(limit)} {scene.contract.currency}" if limit is not None else ""
        sign = Fraction(0 if not now else -1 if now > 0 else 1)
        yield scene.charge(term, ALL_ASSETS, text, sign, "C62", None, -now)


def _limit(term: Maximum, scene: PriceScene, before: MaximumSoFar) -> Fraction | None:
    """The limit of the window, as far as is known; None where it is not to be judged, as it is not whole."""
    whole, months, service = Fraction(term.amount), window_months(term.window), Service(scene)
    waits = isinstance(term.window, Months) and term.window.partial is Partial.WAIT
    if waits and months and service.whole_share(term.window, ALL_ASSETS) < 1:
        text = "the contract does not run all through the window: no maximum holds"
        scene.find("maximum_not_judged", ALL_ASSETS, text)
        return None
    if term.partial_period is Split.WHOLE or not months:
        return whole
    months_left = scene.share_of("month", ALL_ASSETS) + service.months_to_come(term.window, ALL_ASSETS)
    return before.limit + whole * months_left / months

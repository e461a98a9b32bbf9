"""Gain shares: a saving divided between the sides, and what is paid back of one that was guaranteed.

Pure. Positive amounts are the customer's to pay, negative ones the supplier's. Source: docs/terms.md#gain-share.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from billing.scene import Charge, PriceScene
from contracts.terms.prices.gain_share import GainShare, Guarantee
from contracts.terms.side import Side
from contracts.value import State, Value, cut
from vouch.canonical import plain
from vouch.units import unit_of

_NONE: Final = Fraction(0)


def share_of_saving(saving: Fraction, price: Decimal, percent: Decimal, paid_by: Side) -> Fraction:
    """The agreed percent of a saving's worth, signed by who pays it; 0 for a saving of 0 or less."""
    worth = max(saving, _NONE) * Fraction(price) * Fraction(percent) / 100
    return worth if paid_by is Side.CUSTOMER else -worth


def refund(saving: Fraction, price: Decimal, guarantee: Guarantee) -> tuple[Fraction, Fraction]:
    """(units missing, what is paid back for them): both at least 0, the latter at most the guarantee's maximum.

    More used than the baseline says is missing as well: a saving of -5 where 10 are guaranteed lacks 15.
    """
    missing = max(Fraction(guarantee.quantity) - saving, _NONE)
    worth = missing * Fraction(price)
    return missing, worth if isinstance(guarantee.refund_max, str) else min(worth, Fraction(guarantee.refund_max))


def rate_gain_share(term: GainShare, scene: PriceScene) -> Iterable[Charge]:
    """A line a subject when the saving's window is due, of 0 where nothing is shared; a second one for a refund."""
    for subject in scene.subjects(term.measure):
        value = scene.value(term.measure, subject)
        if value.state is State.NOT_DUE:
            continue
        if value.number is None:
            why = "too little is known" if value.state is State.INSUFFICIENT else "nothing to measure"
            yield scene.charge(term, subject, f": {why}, nothing owed", _NONE, "C62", None, _NONE)
            continue
        yield _share(term, scene, subject, value, value.number)
        yield from _refund(term, scene, subject, value, value.number)


def _share(term: GainShare, scene: PriceScene, subject: str, value: Value, saving: Fraction) -> Charge:
    amount = share_of_saving(saving, term.price, term.percent, term.paid_by)
    if saving > 0:
        text = f": {_amount(saving, value)} saved, {plain(term.percent)} % of their worth"
    else:
        text = f": nothing saved, {_amount(-saving, value)} above the baseline" if saving else ": nothing saved"
    quantity = max(saving, _NONE) if term.paid_by is Side.CUSTOMER else -max(saving, _NONE)
    unit_price = Fraction(term.price) * Fraction(term.percent) / 100
    return scene.charge(term, subject, text, quantity, _unit(value), unit_price, amount)


def _refund(term: GainShare, scene: PriceScene, subject: str, value: Value, saving: Fraction) -> Iterator[Charge]:
    if not isinstance(term.guarantee, Guarantee):
        return
    missing, amount = refund(saving, term.price, term.guarantee)
    if not missing:
        return
    guaranteed = _amount(Fraction(term.guarantee.quantity), value)
    text = f": {_amount(missing, value)} short of the {guaranteed} guaranteed"
    if amount < missing * Fraction(term.price):
        yield scene.charge(term, subject, f"{text}, refund at its cap", Fraction(-1), "C62", None, -amount)
    else:
        yield scene.charge(term, subject, f"{text}, refund", -missing, _unit(value), Fraction(term.price), -amount)


def _unit(value: Value) -> str:
    return value.unit or "C62"


def _amount(quantity: Fraction, value: Value) -> str:
    symbol = f" {unit_of(value.unit).symbol}" if _unit(value) != "C62" else ""
    return f"{plain(cut(quantity, 4))}{symbol}"

"""Combinations: of several credits, what is left after claims, rule and caps. The rest is taken back in one line.

Pure. Credits are counted as positive amounts here. Bonuses in the list are left as they are, and so is a credit that an
obligation suspends: its own line takes it back, and it uses up no cap. Source: docs/terms.md#combination.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal, assert_never

from billing.pricing.claims import ClaimStanding, claim_deadline, claim_standing
from billing.pricing.obligation_consequence import suspended_prices
from billing.scene import Charge, PriceScene
from contracts.evaluate import ALL_ASSETS
from contracts.terms.prices.combination import AmountCap, Cap, Combination, LongCap, Rule, ShareCap
from contracts.terms.prices.remedy import Remedy
from contracts.terms.window import Months
from vouch.money import Money
from vouch.period import iso

_NONE: Final = Fraction(0)
_UNCLAIMED: Final = {
    ClaimStanding.PENDING: "is not claimed yet",
    ClaimStanding.FORFEITED: "was not claimed in time",
}
_RULES: Final = {
    Rule.SUM: "all are paid",
    Rule.HIGHEST: "only the highest is paid",
    Rule.FIRST: "only the first is paid",
}


@dataclass(frozen=True, slots=True)
class Used:
    """What one subject was paid in `month` and in the window so far; the month's cap is a share of `month_base`.

    `withheld` is what the window's cap kept back; it is paid later where that cap is a share and grows in the window.
    """

    month: date
    in_month: Fraction = _NONE
    month_base: Fraction = _NONE
    in_window: Fraction = _NONE
    withheld: Fraction = _NONE


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of credits after the rule, then under the month's cap, and what is paid in the end."""

    by_rule: Fraction
    by_month: Fraction
    paid: Fraction


def left_by_rule(owed: Sequence[Fraction], rule: Rule) -> Fraction:
    """What the rule leaves of credits of 0 or more, in the order of the list."""
    match rule:
        case Rule.SUM:
            return sum(owed, _NONE)
        case Rule.HIGHEST:
            return max(owed, default=_NONE)
        case Rule.FIRST:
            return next((one for one in owed if one), _NONE)
        case _:
            assert_never(rule)


def combine(
    owed: Sequence[Fraction],
    rule: Rule,
    month_room: Fraction | None,
    window_room: Fraction | None,
    withheld: Fraction = _NONE,
) -> Left:
    """What is left of credits of 0 or more where each cap has so much room, None for no cap; room below 0 is none.

    What was `withheld` earlier in the window is paid as well, as far as both caps have room for it.
    """
    by_rule = left_by_rule(owed, rule)
    rooms = [max(room, _NONE) for room in (month_room, window_room) if room is not None]
    by_month = by_rule if month_room is None else min(by_rule, max(month_room, _NONE))
    return Left(by_rule, by_month, min([by_month + withheld, *rooms]))


def rate_combination(term: Combination, scene: PriceScene) -> Iterable[Charge]:
    """One line for each subject of which something is taken back or, once withheld, paid after all."""
    remedies = [part for name in term.of if isinstance(part := scene.contract.part(name), Remedy)]
    before: Mapping[str, Used] = scene.carried(ALL_ASSETS) or {}
    after = dict(before)
    subjects = list(dict.fromkeys(subject for remedy in remedies for subject in scene.subjects(remedy.of)))
    # While nothing is in service nothing is owed, but what the contract as a whole is charged counts for a share.
    for subject in subjects or ([ALL_ASSETS] if isinstance(term.cap_per_month, ShareCap) else []):
        used = before.get(subject, Used(scene.first_of_month))
        if used.month != scene.first_of_month:
            used = replace(used, month=scene.first_of_month, in_month=_NONE, month_base=_NONE)
        after[subject] = yield from _rate_subject(term, scene, subject, [remedy.id for remedy in remedies], used)
    if isinstance(term.cap_per_window, LongCap) and scene.due(term.cap_per_window.window):
        after = {subject: replace(used, in_window=_NONE, withheld=_NONE) for subject, used in after.items()}
    scene.carry(ALL_ASSETS, MappingProxyType(after))


def _rate_subject(
    term: Combination, scene: PriceScene, subject: str, remedies: Sequence[str], used: Used
) -> Generator[Charge, None, Used]:
    owed = _owed(scene, subject, remedies)
    claims = _claims(term, scene, subject, owed)
    claimed = [owed[name] for name, standing in claims.items() if standing is ClaimStanding.CLAIMED]
    month_base = used.month_base + _base(term.cap_per_month, scene, subject, None)
    month_cap, window_cap = _cap(term.cap_per_month, month_base), _window_cap(term, scene, subject)
    month_room = None if month_cap is None else month_cap - used.in_month
    window_room = None if window_cap is None else window_cap - used.in_window
    left = combine(claimed, term.rule, month_room, window_room, used.withheld)
    taken = sum(owed.values(), _NONE) - left.paid
    if taken:
        words = [f"{name} {_UNCLAIMED[standing]}" for name, standing in claims.items() if standing in _UNCLAIMED]
        words += [_RULES[term.rule]] if left.by_rule < sum(claimed) else []
        words += _cap_words(scene, left, used, month_cap, window_cap)
        quantity = Fraction(1 if taken > 0 else -1)
        yield scene.charge(term, subject, f": {'; '.join(words)}", quantity, "C62", None, taken)
    return Used(
        month=used.month,
        in_month=used.in_month + left.paid,
        month_base=month_base,
        in_window=used.in_window + left.paid,
        withheld=used.withheld + left.by_month - left.paid if _grows(term) else _NONE,
    )


def _owed(scene: PriceScene, subject: str, remedies: Sequence[str]) -> dict[str, Fraction]:
    suspended = suspended_prices(scene, subject) if subject != ALL_ASSETS else {}
    standing = [name for name in remedies if name not in suspended]
    return {name: max(-scene.charged([name], subject, None), _NONE) for name in standing}


def _claims(
    term: Combination, scene: PriceScene, subject: str, owed: Mapping[str, Fraction]
) -> dict[str, ClaimStanding]:
    """How each credit stands, with a finding for those not claimed; where none is needed, or nothing owed, claimed."""
    claims = dict.fromkeys(owed, ClaimStanding.CLAIMED)
    if isinstance(term.claim, str):
        return claims
    deadline = claim_deadline(scene.month, term.claim, scene.contract.zone)
    for name, amount in owed.items():
        standing = claim_standing(scene, name, subject, deadline) if amount else ClaimStanding.CLAIMED
        claims[name] = standing
        if standing in _UNCLAIMED:
            text = f"{name} of {_money(scene, amount)} {_UNCLAIMED[standing]}, before {iso(deadline)}"
            scene.find(standing.value, subject, text, remedy=name, until=iso(deadline))
    return claims


def _window_cap(term: Combination, scene: PriceScene, subject: str) -> Fraction | None:
    if not isinstance(term.cap_per_window, LongCap):
        return None
    window, cap = term.cap_per_window.window, term.cap_per_window.cap
    return _cap(cap, _base(cap, scene, subject, window if isinstance(window, Months) else None))


def _base(cap: Cap | Literal["none"], scene: PriceScene, subject: str, over: Months | None) -> Fraction:
    return scene.charged(cap.of, subject, over) if isinstance(cap, ShareCap) else _NONE


def _cap(cap: Cap | Literal["none"], base: Fraction) -> Fraction | None:
    if isinstance(cap, AmountCap):
        return Fraction(cap.amount)
    return max(base, _NONE) * Fraction(cap.percent) / 100 if isinstance(cap, ShareCap) else None


def _grows(term: Combination) -> bool:
    return isinstance(term.cap_per_window, LongCap) and isinstance(term.cap_per_window.cap, ShareCap)


def _cap_words(
    scene: PriceScene, left: Left, used: Used, month_cap: Fraction | None, window_cap: Fraction | None
) -> Iterator[str]:
    if month_cap is not None and left.by_month < left.by_rule:
        yield f"at most {_money(scene, month_cap)} in a month"
    if window_cap is not None and left.paid == max(window_cap - used.in_window, _NONE) < left.by_month + used.withheld:
        yield f"at most {_money(scene, window_cap)} in the window so far"
    if left.paid > left.by_month:
        yield "what the window's cap kept back before is paid, as far as it now allows"


def _money(scene: PriceScene, amount: Fraction) -> str:
    money = Money(amount, scene.contract.currency)
    return f"{money.rounded()} {money.currency}"

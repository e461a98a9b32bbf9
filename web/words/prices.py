"""Prices in sentences.

Pure. Says what the agreed data says and nothing else; docs/terms.md explains the rules behind it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from contracts.contract import Contract
from contracts.terms import (
    Bonus,
    Combination,
    Correction,
    FixedFee,
    GainShare,
    Indexation,
    Maximum,
    Minimum,
    ObligationConsequence,
    Remedy,
    UsagePrice,
)
from contracts.terms.base import PricePart
from contracts.terms.prices.bonus import BonusPerPoint
from contracts.terms.prices.combination import AmountCap, Cap, ClaimDays, ClaimMonths, LongCap
from contracts.terms.prices.fixed_fee import Billed, FeePer, Proration
from contracts.terms.prices.gain_share import Guarantee
from contracts.terms.prices.minimum import CarryOver, MinimumAmount
from contracts.terms.prices.obligation_consequence import Surcharge
from contracts.terms.prices.remedy import FlatAmount, Ladder, PerIncident, PerPoint, PerTime, Proportion, Worth
from contracts.terms.prices.rollover import Rollover
from contracts.terms.prices.usage_price import Flat, Multiplier, NegativeUse, Package, PartialPeriod, Tiered
from vouch.canonical import plain
from web.formats import number, quantity, unit_word
from web.words.agreed import acceptance_words, named, several, window_words

_PRORATION: Final = {
    Proration.NONE: "A month in which something is in service for a part only costs all of it.",
    Proration.DAYS: "Where it is in service for a part of the month only, its share is reckoned by the day.",
    Proration.SECONDS: "Where it is in service for a part of the month only, its share is reckoned by the second.",
}
_PARTIAL: Final = {
    PartialPeriod.PRORATE: "Tiers and included units are reckoned for the time in service.",
    PartialPeriod.WHOLE: "",
    PartialPeriod.CONTINUE: "After an amendment, tiers go on where the version before left them.",
}
_NEGATIVE: Final = {
    NegativeUse.CREDIT: "A negative quantity is paid back.",
    NegativeUse.CARRY: "A negative quantity goes to the next month.",
    NegativeUse.REJECT: "A negative quantity costs nothing.",
}


def _texts(prices: Iterable[str], contract: Contract) -> str:
    """What the named prices are called on the invoice."""
    parts = [(name, contract.find_part(name)) for name in prices]
    return several([f"“{part.text}”" if isinstance(part, PricePart) else f"“{name}”" for name, part in parts])


def _fixed_fee(term: FixedFee, contract: Contract) -> list[str]:
    for_what = "each covered asset" if term.per is FeePer.ASSET else "the contract as a whole"
    interval = "a calendar month" if term.interval_months == 1 else f"every {term.interval_months} calendar months"
    advance = ", billed in advance" if term.billed is Billed.IN_ADVANCE else ""
    words = [
        f"{contract.currency} {plain(term.amount)} {interval} for {for_what}{advance}.",
        _PRORATION[term.proration],
    ]
    return words + [f"Free of charge from {span.from_} until {span.until}." for span in term.free_of_charge]


def _usage_price(term: UsagePrice, contract: Contract) -> list[str]:
    measures = several(
        [f"“{one.measure}”" + ("" if one.weight == 1 else f" times {plain(one.weight)}") for one in term.of]
    )
    window = "the month" if term.tiers_over == "month" else window_words(term.tiers_over)
    words = [f"{_scheme_words(term, contract)} used in {window}.", f"What is used is {measures}."]
    if term.included:
        words.append(f"{quantity(term.included, term.unit)} are included.")
    if isinstance(term.rollover, Rollover):
        words.append(f"Included units that are left go on to the next month, at most {number(term.rollover.cap)}.")
    if isinstance(term.multiplier, Multiplier):
        words.append(f"Prices are multiplied by a factor that “{term.multiplier.measure}” decides.")
    if not isinstance(term.scheme, Flat) or term.included:
        words.append(_PARTIAL[term.partial_period])
    if term.negative is not NegativeUse.CREDIT:
        words.append(_NEGATIVE[term.negative])
    return [one for one in words if one]


def _scheme_words(term: UsagePrice, contract: Contract) -> str:
    unit = unit_word(term.unit)
    match term.scheme:
        case Flat(price=price):
            return f"{contract.currency} {plain(price)} for each {unit}"
        case Package(size=size, price=price):
            return f"{contract.currency} {plain(price)} for each started {quantity(size, term.unit)}"
        case Tiered(model=model):
            tiers = "; ".join(_tier_words(term.scheme, contract))
            how = "Graduated" if model == "graduated" else "By volume, one price for all units"
            return f"{how}: {tiers} (per {unit})"


def _tier_words(scheme: Tiered, contract: Contract) -> Iterable[str]:
    above = None
    for tier in scheme.tiers:
        price = f"{contract.currency} {plain(tier.price)}"
        if tier.up_to is None:
            yield f"{price} beyond {number(above or 0)}"
        elif above is None:
            yield f"{price} up to {number(tier.up_to)}"
        else:
            yield f"{price} from there up to {number(tier.up_to)}"
        above = tier.up_to


def _minimum(term: Minimum, contract: Contract) -> list[str]:
    window = window_words(term.window)
    if isinstance(term.commitment, MinimumAmount):
        of = _texts(term.commitment.of, contract)
        words = [f"At least {contract.currency} {plain(term.commitment.amount)} for {of} in {window}."]
    else:
        least, price = number(term.commitment.quantity), plain(term.commitment.price)
        measure = term.commitment.measure
        words = [f"At least {least} of “{measure}” in {window}: each missing unit costs {contract.currency} {price}."]
    if term.reduced_by:
        words.append(f"Less the share of time that {named(term.reduced_by)} grants.")
    if isinstance(term.carry_over, CarryOver):
        words.append(f"What goes beyond it counts for the next {term.carry_over.windows} windows.")
    return words


def _maximum(term: Maximum, contract: Contract) -> list[str]:
    most = f"{contract.currency} {plain(term.amount)}"
    return [f"At most {most} for {_texts(term.of, contract)} in {window_words(term.window)}."]


def _remedy(term: Remedy, contract: Contract) -> list[str]:
    return [_credit_words(term, contract)]


def _credit_words(term: Remedy, contract: Contract) -> str:
    form, currency = term.credit, contract.currency
    match form:
        case Ladder():
            steps = ", ".join(f"{plain(tier.percent)} % below {plain(tier.below)} %" for tier in form.tiers)
            return f"Credit in percent of {_base(form.base, contract)}: {steps}; {_capped(form.cap_percent)}."
        case PerPoint():
            each = (
                f"for each started {_points(form.points)}"
                if form.form == "per_started_point"
                else (f"for each {_points(form.points)}, in proportion,")
            )
            base = _base(form.base, contract)
            return f"Credit: {plain(form.percent)} % of {base} {each} of shortfall; {_capped(form.cap_percent)}."
        case Proportion():
            base = _base(form.base, contract)
            return f"Credit: {base} times (promised / measured − 1); {_capped(form.cap_percent)}."
        case FlatAmount():
            return f"Credit: {currency} {plain(form.amount)} where “{term.of}” is missed."
        case PerTime():
            per = "hour" if form.form == "per_hour" else "started day"
            most = "" if isinstance(form.cap_amount, str) else f", at most {currency} {plain(form.cap_amount)} each"
            beyond = f"beyond {plain(form.free_hours)} hours"
            return f"Credit: {currency} {plain(form.amount)} a {per} of “{term.of}” {beyond}{most}."
        case PerIncident():
            over = f"whose {form.limit_of} took longer than {plain(form.over_hours)} hours"
            return f"Credit: {currency} {plain(form.amount)} for each of “{term.of}” {over}."


def _base(base: list[str] | Worth, contract: Contract) -> str:
    """What a percentage is of."""
    if isinstance(base, Worth):
        return f"“{base.measure}” at {contract.currency} {plain(base.price)} a unit"
    return _texts(base, contract)


def _points(points: Any) -> str:
    return "point" if points == 1 else f"{plain(points)} points"


def _capped(cap: Any) -> str:
    return "without a cap" if isinstance(cap, str) else f"at most {plain(cap)} % of it"


def _bonus(term: Bonus, contract: Contract) -> list[str]:
    if not isinstance(term.earned, BonusPerPoint):
        return [f"Bonus: {contract.currency} {plain(term.earned.amount)} where “{term.of}” is exceeded{_band(term)}."]
    form = "full " if term.earned.form == "per_full_point" else ""
    base, cap = _base(term.earned.base, contract), _capped(term.earned.cap_percent)
    percent, point = plain(term.earned.percent), _points(term.earned.points)
    return [f"Bonus: {percent} % of {base} for each {form}{point} beyond “{term.of}”{_band(term)}; {cap}."]


def _band(term: Bonus) -> str:
    return f" by more than {_points(term.dead_band_points)}" if term.dead_band_points else ""


def _gain_share(term: GainShare, contract: Contract) -> list[str]:
    words = [
        f"A unit of “{term.measure}” is worth {contract.currency} {plain(term.price)}; "
        f"the {term.paid_by} pays {plain(term.percent)} % of what is saved."
    ]
    if isinstance(term.guarantee, Guarantee):
        words.append(f"{number(term.guarantee.quantity)} are guaranteed: each missing unit is paid back at that price.")
    return words


def _obligation_consequence(term: ObligationConsequence, contract: Contract) -> list[str]:
    what = term.consequence
    if isinstance(what, Surcharge):
        per = what.per.replace("_", " ")
        return [f"{contract.currency} {plain(what.amount)} for each {per} of “{term.judge}”."]
    where = "touches" if what.where == "any_overlap" else "holds all of"
    return [f"{_texts(what.prices, contract)} are not paid for a month that “{term.judge}” {where}."]


def _combination(term: Combination, contract: Contract) -> list[str]:
    rule = {"sum": "all are paid", "highest": "the highest is paid", "first": "the first that is owed is paid"}
    words = [f"Of {_texts(term.of, contract)}, {rule[term.rule]}."]
    if not isinstance(term.cap_per_month, str):
        words.append(f"At most {_cap_words(term.cap_per_month, contract)} a month.")
    if isinstance(term.cap_per_window, LongCap):
        window = window_words(term.cap_per_window.window)
        words.append(f"At most {_cap_words(term.cap_per_window.cap, contract)} in {window}.")
    if isinstance(term.claim, ClaimDays):
        words.append(f"Paid only where the customer claims it within {term.claim.within_days} days after the month.")
    if isinstance(term.claim, ClaimMonths):
        words.append(
            f"Paid only where the customer claims it within {term.claim.within_months} months after the month."
        )
    return words


def _cap_words(cap: Cap, contract: Contract) -> str:
    if isinstance(cap, AmountCap):
        return f"{contract.currency} {plain(cap.amount)}"
    return f"{plain(cap.percent)} % of {_texts(cap.of, contract)}"


def _indexation(term: Indexation, contract: Contract) -> list[str]:
    parts = [f"{plain(term.fixed_percent)} % fixed"] if term.fixed_percent else []
    parts += [f"{plain(one.percent)} % by “{one.index}” against {one.base_month}" for one in term.indices]
    words = [f"{_texts(term.of, contract)}: {several(parts)}."] if parts else []
    adjusted = term.adjusted
    words.append(f"Adjusted from {adjusted.first_month} on, every {adjusted.every_months} months.")
    if term.growth_percent:
        words.append(f"Each time {plain(term.growth_percent)} % more.")
    return [*words, f"For an index value on record, {acceptance_words(term.acceptance)}."]


def _correction(term: Correction, contract: Contract) -> list[str]:
    return [
        f"A month is billed with what is known {term.cutoff_days} days after its end.",
        f"What becomes known later corrects the last {term.look_back_months} months, where it comes to "
        f"{contract.currency} {plain(term.minimum_amount)} or more.",
    ]


PRICES: Final[Mapping[type, Callable[[Any, Contract], Sequence[str]]]] = {
    Bonus: _bonus,
    Combination: _combination,
    Correction: _correction,
    FixedFee: _fixed_fee,
    GainShare: _gain_share,
    Indexation: _indexation,
    Maximum: _maximum,
    Minimum: _minimum,
    ObligationConsequence: _obligation_consequence,
    Remedy: _remedy,
    UsagePrice: _usage_price,
}

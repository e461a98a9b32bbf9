"""Indexation: the factor by which agreed prices have moved, from published indices and agreed growth.

Pure. Each adjustment starts from the agreed price and the base month again, so that nothing is rounded twice and a
revised index corrects the months it touches. Source: docs/terms.md#indexation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from billing.pricing.service import months_from
from billing.pricing.words import number
from contracts.contract import add_months, parse_month
from contracts.facts.book import FactBook, standing_under
from contracts.facts.kinds import FactKind, IndexValue
from contracts.terms.prices.indexation import Indexation, IndexWeight, OnRevision, Unpublished
from vouch.money import round_half_up

_ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Used:
    """The value of an index that went into a factor; `month` is the one it was published for.

    A provisional one stands in for a later month that is not published yet.
    """

    index: str
    month: date
    value: Fraction
    provisional: bool


@dataclass(frozen=True, slots=True)
class IndexFactor:
    """What agreed prices are multiplied by after so many `adjustments`, exact, and what it rests on."""

    factor: Fraction
    adjustments: int
    used: tuple[Used, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()


Published = Mapping[tuple[str, date], Fraction]


def adjustments_until(term: Indexation, month: date) -> int:
    """How many times prices have been adjusted by `month`, which is the first of a month."""
    since = months_from(parse_month(term.adjusted.first_month), month)
    return 0 if since < 0 else 1 + since // term.adjusted.every_months


def published(term: Indexation, facts: FactBook) -> Published:
    """The index values that stand under the term's acceptance rule; the last recorded one of a month, or the first."""
    found: dict[tuple[str, date], Fraction] = {}
    for fact in facts.all():
        if fact.kind is not FactKind.INDEX_VALUE or not isinstance(fact.about, IndexValue):
            continue
        key = fact.about.index, fact.about.month
        stays = term.on_revision is OnRevision.KEEP_FIRST and key in found
        if fact.about.value > 0 and not stays and standing_under(fact, term.acceptance, facts.known_at).accepted:
            found[key] = Fraction(fact.about.value)
    return found


def index_factor(term: Indexation, month: date, facts: FactBook) -> IndexFactor:
    """The factor that holds in `month`, as `facts` know the indices; 1 before the first adjustment.

    A month not published yet: the last value known before it, or, where so agreed, the factor of the adjustment before.
    Without a value for its base month an index moves nothing. Bounds are put on the factor as a whole.
    """
    values = published(term, facts)
    count = adjustments_until(term, month)
    findings: list[dict[str, Any]] = []
    while count:
        found, missing = _adjusted(term, count, values)
        findings += [_unpublished(term, index, wanted) for index, wanted in missing]
        if not missing or term.unpublished is Unpublished.LAST_KNOWN:
            return _bounded(term, IndexFactor(found.factor, count, found.used, (*findings, *found.findings)))
        count -= 1
    return IndexFactor(_ONE, 0, (), tuple(findings))


def indexed_price(
    term: Indexation, amount: Decimal, month: date, facts: FactBook
) -> tuple[Fraction, tuple[dict[str, Any], ...]]:
    """An agreed price as it holds in `month`, rounded half up to the term's decimals, and the findings.

    Before the first adjustment it is the agreed price as written.
    """
    found = index_factor(term, month, facts)
    if not found.adjustments:
        return Fraction(amount), found.findings
    price = round_half_up(Fraction(amount) * found.factor, term.price_decimals)
    return Fraction(price), found.findings


@dataclass(slots=True)
class _Made:
    factor: Fraction
    used: tuple[Used, ...]
    findings: list[dict[str, Any]] = field(default_factory=list)


def _adjusted(term: Indexation, count: int, values: Published) -> tuple[_Made, list[tuple[str, date]]]:
    """The factor of one adjustment, and (index, month) of the values that are not published yet."""
    first = parse_month(term.adjusted.first_month)
    wanted = add_months(first, (count - 1) * term.adjusted.every_months - term.adjusted.lag_months)
    made, missing = _Made(Fraction(term.fixed_percent) / 100, ()), []
    for one in term.indices:
        base = values.get((one.index, parse_month(one.base_month)))
        now = _value(one, wanted, values)
        if now is None or now.provisional:
            missing.append((one.index, wanted))
        if base is None:
            made.findings.append(_no_base(one))
        ratio = now.value / base if now is not None and base is not None else _ONE
        made.factor += Fraction(one.percent) / 100 * ratio
        made.used += (now,) if now is not None else ()
    made.factor *= (1 + Fraction(term.growth_percent) / 100) ** count
    return made, missing


def _value(one: IndexWeight, wanted: date, values: Published) -> Used | None:
    """The value for the month, or the last one before it, which is provisional."""
    months = [month for index, month in values if index == one.index and month <= wanted]
    if not months:
        return None
    last = max(months)
    return Used(one.index, last, values[one.index, last], last != wanted)


def _bounded(term: Indexation, found: IndexFactor) -> IndexFactor:
    factor = found.factor
    if not isinstance(term.min_factor_percent, str):
        factor = max(factor, Fraction(term.min_factor_percent) / 100)
    if not isinstance(term.max_factor_percent, str):
        factor = min(factor, Fraction(term.max_factor_percent) / 100)
    if factor == found.factor:
        return found
    text = f"the index factor of {number(found.factor)} is bounded to {number(factor)}"
    finding = {"kind": "index_bounded", "text": text, "factor": str(found.factor), "bounded": str(factor)}
    return IndexFactor(factor, found.adjustments, found.used, (*found.findings, finding))


def _unpublished(term: Indexation, index: str, month: date) -> dict[str, Any]:
    last = term.unpublished is Unpublished.LAST_KNOWN
    then = "the last known value holds provisionally" if last else "prices are not adjusted for now"
    text = f"{index} for {month:%Y-%m} is not published yet: {then}"
    return {"kind": "index_unpublished", "text": text, "index": index, "month": f"{month:%Y-%m}"}


def _no_base(one: IndexWeight) -> dict[str, Any]:
    text = f"{one.index} has no value for its base month {one.base_month}: it moves no price"
    return {"kind": "index_without_base", "text": text, "index": one.index, "month": one.base_month}

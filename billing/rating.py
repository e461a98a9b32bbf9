"""Rating: what a contract's months come to in money, price by price in their order.

Pure. Months are gone through from the first on, so that balances, caps and commitments are always those that follow
from all that is known; nothing is stored between two months.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from billing.pricing.bonus import rate_bonus
from billing.pricing.combination import rate_combination
from billing.pricing.fixed_fee import rate_fixed_fee
from billing.pricing.gain_share import rate_gain_share
from billing.pricing.indexation import indexed_price
from billing.pricing.maximum import rate_maximum
from billing.pricing.minimum import rate_minimum
from billing.pricing.obligation_consequence import rate_obligation_consequence
from billing.pricing.remedy import rate_remedy
from billing.pricing.usage_price import rate_usage_price
from billing.scene import Charge, PriceScene
from contracts.contract import Contract
from contracts.evaluate import ALL_ASSETS, Evaluator
from contracts.facts.book import FactBook
from contracts.scene import Incident, JudgedSpan
from contracts.terms import (
    Bonus,
    Combination,
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
from contracts.terms.window import Months, Window, WindowKind
from contracts.value import Judgment, Value
from vouch.exact import exact
from vouch.money import Money
from vouch.period import Period


@dataclass(frozen=True)
class Touched:
    """What a price asked for: results it rests on, as (measure or judge, subject), in the order of asking."""

    measures: tuple[tuple[str, str], ...]
    judges: tuple[tuple[str, str], ...]

    def about(self, subject: str) -> list[tuple[str, str]]:
        """Those about the subject and about all assets together, measures first; for `*` all of them."""
        if subject == ALL_ASSETS:
            return [*self.measures, *self.judges]
        places = sorted(self._places.get(subject, []) + self._places.get(ALL_ASSETS, []))
        return [asked for _, asked in places]

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, tuple[str, str]]]]:
        found: dict[str, list[tuple[int, tuple[str, str]]]] = {}
        for place, asked in enumerate((*self.measures, *self.judges)):
            found.setdefault(asked[1], []).append((place, asked))
        return found


@dataclass(slots=True)
class RatedPart:
    """The charges of one part of a month in order, what each price rests on, inferences by price."""

    index: int
    charges: list[Charge] = field(default_factory=list)
    touched: dict[str, Touched] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    # What each price came to for each subject: its charges, or what it said it accrued.
    amounts: dict[str, dict[str, Fraction]] = field(default_factory=dict)


def rate(evaluator: Evaluator) -> list[RatedPart]:
    """The parts of the last month in time order, and those of all months before where amounts depend on them."""
    rated: list[RatedPart] = []
    first = 0 if any(_looks_back(part.contract) for part in evaluator.parts) else _first_of_last_month(evaluator)
    carried: dict[tuple[str, str], Any] = {}
    with exact():
        for index, part in enumerate(evaluator.parts):
            if index < first:
                continue
            now = RatedPart(index)
            rated.append(now)
            for price in part.contract.line_prices:
                scene = _Scene(evaluator, rated, carried, price)
                charges = list(_RATE[type(price)](price, scene))
                now.charges += charges
                now.touched[price.id] = scene.touched()
                _count(now, price.id, charges, scene.accrued)
    return rated


def _looks_back(contract: Contract) -> bool:
    """Whether a month's amounts depend on earlier ones: a price's own, or as the base of a longer window's remedy."""
    chained = any(price.chained for price in contract.prices)
    return chained or any(measure.window != "month" for measure in contract.measures)


def _first_of_last_month(evaluator: Evaluator) -> int:
    parts = evaluator.parts
    return next((index for index, part in enumerate(parts) if part.first == parts[-1].first), 0)


def _count(now: RatedPart, price: str, charges: Iterable[Charge], accrued: Mapping[str, Fraction]) -> None:
    amounts = now.amounts.setdefault(price, {})
    for charge in charges:
        if charge.subject not in accrued:
            amounts[charge.subject] = amounts.get(charge.subject, Fraction(0)) + charge.money.amount
    amounts |= accrued


class _Scene(PriceScene):
    """One part as one price sees it."""

    def __init__(
        self, evaluator: Evaluator, rated: list[RatedPart], carried: dict[tuple[str, str], Any], price: PricePart
    ) -> None:
        self._evaluator, self._rated, self._carried, self._price = evaluator, rated, carried, price
        self._index = rated[-1].index
        self._part = evaluator.parts[self._index]
        self._measures: dict[tuple[str, str], None] = {}
        self._judges: dict[tuple[str, str], None] = {}
        self.accrued: dict[str, Fraction] = {}

    def touched(self) -> Touched:
        """What was asked for so far."""
        return Touched(tuple(self._measures), tuple(self._judges))

    @property
    def contract(self) -> Contract:
        return self._part.contract

    @property
    def part(self) -> Period:
        return self._part.period

    @property
    def month(self) -> Period:
        return self._part.month

    @property
    def first_of_month(self) -> date:
        return self._part.first

    @property
    def begins(self) -> bool:
        return self._index == 0 and self._part.first == self._part.contract.first_month

    @property
    def ends(self) -> bool:
        heir = self._part.successor
        return self._part.ends_contract or (heir is not None and heir.find_part(self._price.id) is None)

    @property
    def facts(self) -> FactBook:
        return self._evaluator.facts

    def served(self) -> Sequence[tuple[str, Period]]:
        return self._evaluator.served(self._index)

    def subjects(self, part: str) -> Sequence[str]:
        return self._evaluator.subjects(self._index, part)

    def value(self, measure: str, subject: str) -> Value:
        self._measures[measure, subject] = None
        return self._evaluator.value(self._index, measure, subject)

    def month_value(self, measure: str, subject: str) -> Value:
        self._measures[measure, subject] = None
        return self._evaluator.value(self._index, measure, subject, "month")

    def judgment(self, judge: str, subject: str) -> Judgment:
        self._judges[judge, subject] = None
        return self._evaluator.judgment(self._index, judge, subject)

    def spans(self, judge: str, asset: str) -> Sequence[JudgedSpan]:
        self._judges[judge, asset] = None
        return self._evaluator.judged(self._index, judge, asset)

    def incidents(self, measure: str, subject: str) -> Sequence[Incident]:
        found = self.month_value(measure, subject).incidents
        return [one for one in found if one.closed_at is not None]

    def due(self, window: Window) -> bool:
        if not isinstance(window, Months):
            return self._part.ends_month
        return self._evaluator.reach(self._index, window).due

    def share_of(self, window: Window, subject: str) -> Fraction:
        parts = self._evaluator.parts
        if not isinstance(window, Months):
            return Fraction(self._served_micros(self._index, subject), self._part.month.micros)
        first = self._evaluator.reach(self._index, window).first
        months = sum(
            (Fraction(self._served_micros(n, subject), parts[n].month.micros) for n in range(first, self._index + 1)),
            Fraction(0),
        )
        return (
            min(Fraction(1), months / window.months)
            if window.kind is not WindowKind.LIFE and window.months
            else Fraction(1)
        )

    def charged(self, prices: Sequence[str], subject: str, over: Months | None) -> Fraction:
        first = self._index if over is None else self._evaluator.reach(self._index, over).first
        total = Fraction(0)
        for part in self._rated:
            if part.index >= first:
                for price in prices:
                    amounts = part.amounts.get(price, {})
                    total += sum(amounts.values()) if subject == ALL_ASSETS else amounts.get(subject, 0)
        return total

    def indexed(self, term: PricePart, amount: Decimal) -> Fraction:
        for price in self.contract.prices:
            if isinstance(price, Indexation) and term.id in price.of:
                found, findings = indexed_price(price, amount, self._part.first, self.facts)
                for finding in findings:
                    if finding not in self._rated[-1].findings:
                        self._rated[-1].findings.append(finding)
                return found
        return Fraction(amount)

    def carried(self, subject: str) -> Any:
        return self._carried.get((self._price.id, subject))

    def carry(self, subject: str, state: Any) -> None:
        self._carried[self._price.id, subject] = state

    def accrue(self, subject: str, amount: Fraction) -> None:
        self.accrued[subject] = self.accrued.get(subject, Fraction(0)) + amount

    def charge(
        self,
        term: PricePart,
        subject: str,
        text: str,
        quantity: Fraction,
        unit: str,
        unit_price: Fraction | None,
        amount: Fraction,
        service: Period | None = None,
    ) -> Charge:
        whose = "" if subject == ALL_ASSETS else f", {subject}"
        return Charge(
            price=term.id,
            subject=subject,
            description=f"{term.text}{whose}{text}",
            quantity=quantity,
            unit=unit,
            unit_price=unit_price,
            money=Money(amount, self.contract.currency),
            vat_percent=self.contract.vat_of(term),
            service=service or self.part,
        )

    def find(self, kind: str, subject: str, text: str, **facts: Any) -> None:
        self._rated[-1].findings.append(
            {"kind": kind, "price": self._price.id, "subject": subject, "text": text} | facts
        )

    def _served_micros(self, index: int, subject: str) -> int:
        part = self._evaluator.parts[index]
        served = part.period if subject == ALL_ASSETS else part.contract.served(subject, part.period)
        return served.micros if served else 0


_RATE: Final[Mapping[type, Callable[[Any, PriceScene], Iterable[Charge]]]] = {
    Bonus: rate_bonus,
    Combination: rate_combination,
    FixedFee: rate_fixed_fee,
    GainShare: rate_gain_share,
    Maximum: rate_maximum,
    Minimum: rate_minimum,
    ObligationConsequence: rate_obligation_consequence,
    Remedy: rate_remedy,
    UsagePrice: rate_usage_price,
}

"""Months of a contract for tests of prices: what was used and charged is given, parts and windows are real.

`course(...)` goes through the parts in order, hands on what a price carries, and returns what each part came to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from billing.scene import Charge
from contracts.contract import Contract, CoveredAsset, parse_month
from contracts.facts.book import FactBook, book_at
from contracts.months import MonthPart, month_parts, reach
from contracts.scene import Incident, JudgedSpan
from contracts.terms.base import PricePart
from contracts.terms.window import Months, Window
from contracts.value import Judgment, State, Value
from tests.price_world import price
from vouch.money import Money
from vouch.period import Period

# One given amount a part, or one for each subject: exact text, None for no value.
Given = Sequence[str | Mapping[str, str | None] | None]


def at(text: str) -> datetime:
    """`2026-06-01`, or `2026-06-01 06:00`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def covered(asset: str, since: str = "2020-01-01", until: str | None = None) -> CoveredAsset:
    """An asset in service between two instants as `at` reads them."""
    return CoveredAsset(asset, at(since), at(until) if until else None)


def agreed(
    document: Mapping[str, Any],
    *assets: CoveredAsset,
    version: int = 1,
    since: str = "2026-01-01",
    until: str | None = None,
    zone: str = "UTC",
) -> Contract:
    """A version with one price."""
    return Contract(
        id="contract-1",
        version=version,
        issuer="issuer",
        customer="customer",
        currency="EUR",
        zone=ZoneInfo(zone),
        effective_from=at(since),
        effective_until=at(until) if until else None,
        vat_percent=Decimal(19),
        assets=assets or (covered("truck-1"),),
        measures=(),
        judges=(),
        prices=(price(document),),
        views=(),
        digest="",
        begins_at=at(since),
    )


@dataclass(frozen=True)
class Came:
    """What one part came to."""

    part: MonthPart
    charges: list[Charge]
    accrued: dict[str, Fraction]
    found: list[dict[str, Any]]

    @property
    def sums(self) -> list[str]:
        """The charges' exact amounts."""
        return [str(charge.money.amount) for charge in self.charges]

    @property
    def texts(self) -> list[str]:
        """What the charges say after the term's own text."""
        return [charge.description for charge in self.charges]

    @property
    def kinds(self) -> list[str]:
        """The kinds of the findings."""
        return [finding["kind"] for finding in self.found]


def course(
    rate: Callable[[Any, "PartScene"], Iterable[Charge]],
    *versions: Contract,
    last: str,
    first: str = "2026-01",
    used: Given = (),
    unit: str = "KMT",
    subject: str = "truck-1",
    charged: Sequence[str] = (),
    factors: Sequence[str] = (),
    waived: Mapping[str, Sequence[Period]] | None = None,
    times: str | None = None,
    until: str | None = None,
) -> list[Came]:
    """All parts from `first` to `last`, or of the last month what it has come to `until` then.

    `used` are a measure's values and `charged` what other prices came to, part by part; `factors` are what agreed
    prices are times of; `waived` are granted spans by asset; `times` is the value of the measure named `times`.
    """
    parts = month_parts(versions, parse_month(first), parse_month(last), at(until) if until else None)
    carried: dict[str, Any] = {}
    came: list[Came] = []
    for n in range(len(parts)):
        scene = PartScene(parts, n, carried, subject, used, unit, charged, factors, waived or {}, times)
        (term,) = parts[n].contract.prices
        charges = list(rate(term, scene))
        came.append(Came(parts[n], charges, scene.accrued, scene.found))
    return came


@dataclass
class PartScene:
    """One part of the course."""

    parts: Sequence[MonthPart]
    n: int
    state: dict[str, Any]
    subject: str
    used: Given
    unit: str
    sums: Sequence[str]
    factors: Sequence[str]
    waived: Mapping[str, Sequence[Period]]
    times: str | None
    accrued: dict[str, Fraction] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)

    @property
    def contract(self) -> Contract:
        """The governing version."""
        return self.parts[self.n].contract

    @property
    def part(self) -> Period:
        """The part."""
        return self.parts[self.n].period

    @property
    def month(self) -> Period:
        """Its month."""
        return self.parts[self.n].month

    @property
    def first_of_month(self) -> date:
        """The month by name."""
        return self.parts[self.n].first

    @property
    def begins(self) -> bool:
        """Whether it is the first part."""
        return self.n == 0

    @property
    def ends(self) -> bool:
        """Whether it is the contract's last."""
        return self.parts[self.n].ends_contract

    @property
    def facts(self) -> FactBook:
        """No records."""
        return book_at([], self.part.end)

    def served(self) -> Sequence[tuple[str, Period]]:
        """The assets in service."""
        return [(c.asset, span) for c in self.contract.assets if (span := c.within(self.part)) is not None]

    def subjects(self, part: str) -> Sequence[str]:
        """Those with something given in this part, or the one subject while anything is in service."""
        given = self.used[self.n] if self.n < len(self.used) else None
        if isinstance(given, Mapping):
            return list(given)
        return [self.subject] if self.served() else []

    def value(self, measure: str, subject: str) -> Value:
        """The value of `times`."""
        return self._value(self.times, "HUR")

    def month_value(self, measure: str, subject: str) -> Value:
        """As given."""
        given = self.used[self.n]
        return self._value(given[subject] if isinstance(given, Mapping) else given, self.unit)

    def _value(self, number: str | None, unit: str) -> Value:
        state = State.UNDEFINED if number is None else State.DEFINED
        return Value(state, None if number is None else Fraction(number), unit, self.part)

    def judgment(self, judge: str, subject: str) -> Judgment:
        """Nothing is promised here."""
        raise AssertionError("this price has no use for it")

    def spans(self, judge: str, asset: str) -> Sequence[JudgedSpan]:
        """Those waived, as granted."""
        within = (self.part.overlap(span) for span in self.waived.get(asset, ()))
        return [JudgedSpan(span, True, "", "customer") for span in within if span is not None]

    def incidents(self, measure: str, subject: str) -> Sequence[Incident]:
        """None."""
        return []

    def due(self, window: Window) -> bool:
        """As windows are."""
        if not isinstance(window, Months):
            return self.parts[self.n].ends_month
        return reach(self.parts, self.n, window).due

    def share_of(self, window: Window, subject: str) -> Fraction:
        """The share by the part's end; of a month, the part's own."""
        if not isinstance(window, Months):
            return self._share(self.n, subject)
        if window.months is None:
            return Fraction(1)
        within = range(reach(self.parts, self.n, window).first, self.n + 1)
        return sum((self._share(n, subject) for n in within), Fraction(0)) / window.months

    def _share(self, n: int, subject: str) -> Fraction:
        part = self.parts[n]
        own = [c.within(part.period) for c in part.contract.assets if c.asset == subject]
        served = [part.period] if subject == "*" else [span for span in own if span is not None]
        return Fraction(sum(span.micros for span in served), part.month.micros)

    def charged(self, prices: Sequence[str], subject: str, over: Months | None) -> Fraction:
        """As given for this part."""
        assert over is None
        return Fraction(self.sums[self.n])

    def indexed(self, term: PricePart, amount: Decimal) -> Fraction:
        """The amount times the part's factor."""
        return Fraction(amount) * Fraction(self.factors[self.n] if self.factors else 1)

    def carried(self, subject: str) -> Any:
        """What was handed on."""
        return self.state.get(subject)

    def carry(self, subject: str, state: Any) -> None:
        """Kept for the next part."""
        hash(state)
        self.state[subject] = state

    def accrue(self, subject: str, amount: Fraction) -> None:
        """Kept."""
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
        """A charge whose description is `text` alone; what one can multiply has to be right."""
        assert unit_price is None or (unit_price >= 0 and quantity * unit_price == amount)
        assert quantity * amount >= 0 or unit_price is not None
        money = Money(amount, "EUR")
        return Charge(term.id, subject, text, quantity, unit, unit_price, money, Decimal(19), service or self.part)

    def find(self, kind: str, subject: str, text: str, **facts: Any) -> None:
        """Kept."""
        self.found.append({"kind": kind, "subject": subject, "text": text, **facts})

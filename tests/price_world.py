"""A month for tests of prices: what was measured, judged and charged is given, and nothing is computed.

`charges` are sums by (price, subject); `before` what came to be charged earlier in a long window. Both as exact text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from billing.scene import Charge
from contracts.contract import Contract
from contracts.facts.book import FactBook, book_at
from contracts.facts.entry import AnyEntry
from contracts.scene import Incident, JudgedSpan
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice, Threshold
from contracts.terms.base import PricePart
from contracts.terms.window import Months
from contracts.value import Judgment, State, Value, Verdict
from vouch.money import Money
from vouch.period import Period

ZONE: Final = ZoneInfo("Europe/Berlin")
JUNE: Final = Period.month(2026, 6, ZONE)
HOUR_MICROS: Final = 3_600_000_000

AVAILABILITY: Final = {
    "kind": "availability",
    "id": "uptime",
    "window": "month",
    "metric": "state",
    "scope": "asset",
    "up": ["up"],
    "down": ["down"],
    "unknown": [],
    "out": [],
    "degraded": {},
    "service_hours": "always",
    "exclusions": [],
    "shaping": "none",
    "unknown_rule": {"carry_seconds": 0, "then": "exclude", "coverage_min_percent": "none"},
    "denominator": "counted",
}
PROMISE: Final = {"kind": "threshold", "id": "promise", "measure": "uptime", "comparison": "at_least", "percent": "98"}
STOPS: Final = {
    "kind": "incident_list",
    "id": "stops",
    "window": "month",
    "scope": "asset",
    "source": {"causes": ["breakdown"], "acceptance": "not_needed"},
    "service_hours": "always",
    "excused_by": [],
    "value": "count",
}
FEE: Final = {
    "kind": "fixed_fee",
    "id": "fee",
    "text": "Fee",
    "amount": "1000",
    "per": "asset",
    "interval_months": 1,
    "billed": "in_arrears",
    "proration": "none",
    "free_of_charge": [],
}


def measure(document: Mapping[str, Any]) -> AnyMeasure:
    """A measure as a contract says it."""
    return TypeAdapter[AnyMeasure](AnyMeasure).validate_python(dict(document))


def judge(document: Mapping[str, Any]) -> AnyJudge:
    """A judge as a contract says it."""
    return TypeAdapter[AnyJudge](AnyJudge).validate_python(dict(document))


def price(document: Mapping[str, Any]) -> AnyPrice:
    """A price as a contract says it."""
    return TypeAdapter[AnyPrice](AnyPrice).validate_python(dict(document))


def judged(promised: AnyJudge, number: str | None, verdict: Verdict, *, unit: str = "") -> Judgment:
    """A judgment of that verdict; `number` is a share of one, or a quantity in `unit`."""
    assert isinstance(promised, Threshold)
    target = Fraction(promised.value) if promised.value is not None else Fraction(promised.percent or 0) / 100
    value = None if number is None else Fraction(number)
    beyond = None if value is None else value - target if promised.comparison.upwards else target - value
    state = State.DEFINED if value is not None else State(verdict.value)
    return Judgment(verdict, target, beyond, Value(state, value, unit, JUNE))


def stop(hours: str, *, response: str | None = None, asset: str = "truck-1", day: int = 10) -> Incident:
    """An incident of June that has ended, opened at midnight UTC, with its service time in hours."""
    opened = datetime(2026, 6, day, tzinfo=UTC)
    micros = int(Fraction(hours) * HOUR_MICROS)
    waited = None if response is None else int(Fraction(response) * HOUR_MICROS)
    return Incident(asset, "breakdown", opened, datetime(2026, 6, 28, tzinfo=UTC), None, micros, waited, None)


@dataclass(frozen=True)
class PriceWorld:
    """One month of one contract. `before` is charged(over=...) of the earlier months of any long window."""

    measures: Sequence[AnyMeasure] = ()
    judges: Sequence[AnyJudge] = ()
    prices: Sequence[AnyPrice] = ()
    assets: Sequence[str] = ("truck-1",)
    judgments: Mapping[tuple[str, str], Judgment] = field(default_factory=dict)
    values: Mapping[tuple[str, str], Value] = field(default_factory=dict)
    judged_spans: Mapping[tuple[str, str], Sequence[JudgedSpan]] = field(default_factory=dict)
    stops: Mapping[tuple[str, str], Sequence[Incident]] = field(default_factory=dict)
    charges: Mapping[tuple[str, str], str] = field(default_factory=dict)
    before: Mapping[tuple[str, str], str] = field(default_factory=dict)
    entries: Sequence[AnyEntry] = ()
    known_at: datetime = datetime(2026, 7, 2, tzinfo=UTC)
    part: Period = JUNE
    month: Period = JUNE
    due_now: bool = True
    state: Mapping[str, Any] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    handed_on: dict[str, Any] = field(default_factory=dict)
    begins: bool = False
    ends: bool = False
    first_of_month: date = date(2026, 6, 1)

    @cached_property
    def contract(self) -> Contract:
        """A contract of nothing but these parts."""
        return Contract(
            id="contract-1",
            version=1,
            issuer="issuer",
            customer="customer",
            currency="EUR",
            zone=ZONE,
            effective_from=datetime(2025, 12, 31, 23, tzinfo=UTC),
            effective_until=None,
            vat_percent=Decimal(19),
            assets=(),
            measures=tuple(self.measures),
            judges=tuple(self.judges),
            prices=tuple(self.prices),
            views=(),
            digest="",
            begins_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    @cached_property
    def facts(self) -> FactBook:
        """The entries as known."""
        return book_at(self.entries, self.known_at)

    def served(self) -> Sequence[tuple[str, Period]]:
        """All assets, all of the part."""
        return [(asset, self.part) for asset in self.assets]

    def subjects(self, part: str) -> Sequence[str]:
        """Those with something given for the measure or judge."""
        given = (*self.judgments, *self.values, *self.judged_spans, *self.stops)
        return list(dict.fromkeys(subject for name, subject in given if name == part))

    def value(self, measure: str, subject: str) -> Value:
        """As given."""
        return self.values[measure, subject]

    def month_value(self, measure: str, subject: str) -> Value:
        """As given."""
        return self.values[measure, subject]

    def judgment(self, judge: str, subject: str) -> Judgment:
        """As given."""
        return self.judgments[judge, subject]

    def spans(self, judge: str, asset: str) -> Sequence[JudgedSpan]:
        """As given."""
        return self.judged_spans.get((judge, asset), ())

    def incidents(self, measure: str, subject: str) -> Sequence[Incident]:
        """As given."""
        return self.stops[measure, subject]

    def due(self, window: Any) -> bool:
        """A month always is; a longer window as given."""
        return self.due_now or not isinstance(window, Months)

    def share_of(self, window: Any, subject: str) -> Fraction:
        """All of it."""
        return Fraction(1)

    def charged(self, prices: Sequence[str], subject: str, over: Months | None) -> Fraction:
        """The sums given, with those of earlier months in a long window."""
        books = (self.charges,) if over is None else (self.charges, self.before)
        return sum((Fraction(book.get((name, subject), "0")) for book in books for name in prices), Fraction(0))

    def indexed(self, term: PricePart, amount: Decimal) -> Fraction:
        """As agreed."""
        return Fraction(amount)

    def carried(self, subject: str) -> Any:
        """As given."""
        return self.state.get(subject)

    def carry(self, subject: str, state: Any) -> None:
        """Kept in `handed_on`."""
        self.handed_on[subject] = state

    def accrue(self, subject: str, amount: Fraction) -> None:
        """Nothing here accrues."""
        raise AssertionError("this price has no use for it")

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
        """A charge whose description is `text` alone."""
        money = Money(amount, "EUR")
        return Charge(term.id, subject, text, quantity, unit, unit_price, money, Decimal(19), service or self.part)

    def find(self, kind: str, subject: str, text: str, **facts: Any) -> None:
        """Kept in `found`."""
        self.found.append({"kind": kind, "subject": subject, "text": text, **facts})

    def but(self, **changes: Any) -> "PriceWorld":
        """The same world with some of it otherwise."""
        return replace(self, found=[], handed_on={}, **changes)

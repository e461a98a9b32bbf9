"""What a price may look at, and the charges it makes.

Pure. A price is rated once for each version's part of a month, after those listed before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from contracts.contract import Contract
from contracts.facts.book import FactBook
from contracts.scene import Incident, JudgedSpan
from contracts.terms.base import PricePart
from contracts.terms.window import Months
from contracts.value import Judgment, Value
from vouch.money import Money
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class Charge:
    """The rated amount of one service period. `quantity` is negative for a credit; `unit_price` never is.

    `unit_price` is None where the price of one unit is the amount itself. `subject` is an asset, or `*` for all.
    """

    price: str
    subject: str
    description: str
    quantity: Fraction
    unit: str
    unit_price: Fraction | None
    money: Money
    vat_percent: Decimal
    service: Period
    findings: tuple[dict[str, Any], ...] = field(default=())


class PriceScene(Protocol):
    """The month as one price sees it: everything is for `part`, the version's share of `month`."""

    @property
    def contract(self) -> Contract:
        """The governing version."""

    @property
    def part(self) -> Period:
        """Its share of the month."""

    @property
    def month(self) -> Period:
        """The whole calendar month."""

    @property
    def first_of_month(self) -> date:
        """The month by name."""

    @property
    def begins(self) -> bool:
        """Whether the contract begins with this part."""

    @property
    def ends(self) -> bool:
        """Whether the contract ends with this part, as known, or goes on in a version without this price."""

    @property
    def facts(self) -> FactBook:
        """The parties' records."""

    def served(self) -> Sequence[tuple[str, Period]]:
        """The assets in service, each with its share of the part."""

    def subjects(self, part: str) -> Sequence[str]:
        """For whom a measure or judge has values here: assets, or `*`."""

    def value(self, measure: str, subject: str) -> Value:
        """A measure over its own window, which ends with this part."""

    def month_value(self, measure: str, subject: str) -> Value:
        """A measure over this part alone, whatever its window; never `not_due`."""

    def judgment(self, judge: str, subject: str) -> Judgment:
        """How a promise stands."""

    def spans(self, judge: str, asset: str) -> Sequence[JudgedSpan]:
        """What a span judge says of this part, granted and refused."""

    def incidents(self, measure: str, subject: str) -> Sequence[Incident]:
        """The incidents that ended in this part."""

    def due(self, window: Any) -> bool:
        """Whether a `Window` ends with this part."""

    def share_of(self, window: Any, subject: str) -> Fraction:
        """How much of a `Window` around this part the subject was there for by its end, by seconds: 1 for all of it."""

    def charged(self, prices: Sequence[str], subject: str, over: Months | None) -> Fraction:
        """What these prices have come to: in this part, or with `over` since that window began. Exact.

        A subject's own charges; for `*` those of all subjects. Fees count in the months that bear them.
        """

    def indexed(self, term: PricePart, amount: Decimal) -> Fraction:
        """An agreed amount of the term after indexation."""

    def carried(self, subject: str) -> Any:
        """What this price carried forward for the subject at the end of the part before; None at first."""

    def carry(self, subject: str, state: Any) -> None:
        """Hand something immutable on to this price's next part."""

    def accrue(self, subject: str, amount: Fraction) -> None:
        """Count `amount` as this part's share of the price, in place of the charges made in it."""

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
        """A charge of the term in the contract's currency; `text` goes on where the term's own text ends."""

    def find(self, kind: str, subject: str, text: str, **facts: Any) -> None:
        """Note an inference for the statement."""

"""Invoices: a head, lines that are rounded once, and what they come to.

Pure. How these are made and written is for documents/.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from vouch.period import Period


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One charge as the customer reads it. `amount` is in whole minor units and negative for a credit.

    Quantity and unit price are cut after twelve decimals where they have more; the amount was made of the exact ones.
    """

    position: int
    evaluation: int
    price: str
    asset: str | None
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    vat_percent: Decimal


@dataclass(frozen=True, slots=True)
class VatTotal:
    """The lines of one rate: their sum and the tax on it."""

    vat_percent: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """gross = net + vat; the rates in order."""

    vat_totals: tuple[VatTotal, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class InvoiceBody:
    """Lines, and what they come to."""

    lines: tuple[InvoiceLine, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class InvoiceHead:
    """An invoice without its lines; number, dates, content and digests are None while it is a draft."""

    id: int
    contract: str
    issuer: str
    customer: str
    currency: str
    month: date
    period_start: datetime
    period_end: datetime
    known_at: datetime
    net: Decimal
    vat: Decimal
    gross: Decimal
    status: str
    number: str | None
    issued_at: datetime | None
    issued_on: date | None
    due_on: date | None
    content: str | None
    digest: str | None
    previous_digest: str | None

    @property
    def period(self) -> Period:
        """The billing period."""
        return Period(self.period_start.astimezone(UTC), self.period_end.astimezone(UTC))

    @property
    def name(self) -> str:
        """The number, or how a draft is called."""
        return self.number or f"draft-{self.id}"


def invoice_number(year: int, count: int) -> str:
    """INV-2026-000001 and so on."""
    return f"INV-{year}-{count:06d}"

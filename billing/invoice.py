"""Invoices: charges become lines that are rounded once, and totals that are sums of rounded lines.

Pure. VAT is computed per rate on the sum of its lines. Source: docs/data_path.md#arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from billing.month import RatedLine
from contracts.content import decimal_text
from contracts.contract import Party
from contracts.evaluate import ALL_ASSETS
from vouch.canonical import plain
from vouch.exact import exact
from vouch.money import minor_digits, round_half_up
from vouch.period import Period, iso


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One charge as the customer reads it. `amount` is in whole minor units and negative for a credit.

    Quantity and unit price are cut after twelve decimals where they have more; the amount was made of the exact ones.
    """

    position: int
    evaluation: int
    term: str
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
class InvoiceBody:
    """Lines and totals: gross = net + vat."""

    lines: tuple[InvoiceLine, ...]
    vat_totals: tuple[VatTotal, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal


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


def compose(
    rated: Sequence[RatedLine], evaluation_ids: Mapping[tuple[int, str, str], int], currency: str
) -> InvoiceBody:
    """The invoice that these lines make; `evaluation_ids` has the evaluation of each line's key."""
    with exact():
        lines = tuple(_line(position, line, evaluation_ids[line.key]) for position, line in enumerate(rated, start=1))
        digits = minor_digits(currency)
        zero = Decimal(0).scaleb(-digits)
        vat_totals = []
        for percent in sorted({line.vat_percent for line in lines}):
            base = sum((line.amount for line in lines if line.vat_percent == percent), zero)
            vat_totals.append(VatTotal(percent, base, round_half_up(Fraction(base) * Fraction(percent) / 100, digits)))
        net = sum((line.amount for line in lines), zero)
        vat = sum((total.amount for total in vat_totals), zero)
        return InvoiceBody(lines, tuple(vat_totals), net, vat, net + vat)


def _line(position: int, line: RatedLine, evaluation: int) -> InvoiceLine:
    charge, price = line.charge, line.charge.unit_price
    return InvoiceLine(
        position=position,
        evaluation=evaluation,
        term=charge.term,
        asset=None if charge.subject == ALL_ASSETS else charge.subject,
        description=charge.description,
        quantity=Decimal(decimal_text(charge.quantity)),
        unit=charge.unit,
        unit_price=abs(line.amount) if price is None else Decimal(decimal_text(price)),
        amount=line.amount,
        vat_percent=charge.vat_percent,
    )


def line_content(line: InvoiceLine, evaluation_digest: str) -> dict[str, Any]:
    """A line as the issued document states it; amounts are text."""
    return {
        "position": line.position,
        "term": line.term,
        "asset": line.asset,
        "description": line.description,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "unit_price": plain(line.unit_price),
        "amount": format(line.amount, "f"),
        "vat_percent": plain(line.vat_percent),
        "evaluation": line.evaluation,
        "evaluation_digest": evaluation_digest,
    }


def vat_content(total: VatTotal) -> dict[str, str]:
    """The tax of one rate as the issued document states it."""
    return {
        "vat_percent": plain(total.vat_percent),
        "base": format(total.base, "f"),
        "amount": format(total.amount, "f"),
    }


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a draft gets at issue. `previous_digest` names the document before it in its series, or is empty."""

    number: str
    issued_at: datetime
    issued_on: date
    due_on: date
    previous_digest: str


def document_content(
    head: InvoiceHead,
    body: InvoiceBody,
    stamp: Stamp,
    parties: tuple[Party, Party],
    zone: ZoneInfo,
    evaluation_digests: Mapping[int, str],
) -> dict[str, Any]:
    """The whole document as it is frozen at issue; `parties` are issuer and customer."""
    issuer, customer = parties
    return {
        "number": stamp.number,
        "issued_on": stamp.issued_on.isoformat(),
        "due_on": stamp.due_on.isoformat(),
        "contract": head.contract,
        "currency": head.currency,
        "month": f"{head.month:%Y-%m}",
        "time_zone": zone.key,
        "period": [iso(head.period.start), iso(head.period.end)],
        "issuer": _party_content(issuer) | {"iban": issuer.iban},
        "customer": _party_content(customer),
        "lines": [line_content(line, evaluation_digests[line.evaluation]) for line in body.lines],
        "vat": [vat_content(total) for total in body.vat_totals],
        "net": format(body.net, "f"),
        "vat_total": format(body.vat, "f"),
        "gross": format(body.gross, "f"),
        "previous_digest": stamp.previous_digest,
    }


def invoice_number(year: int, count: int) -> str:
    """INV-2026-000001 and so on."""
    return f"INV-{year}-{count:06d}"


def _party_content(party: Party) -> dict[str, Any]:
    return {
        "id": party.id,
        "legal_name": party.legal_name,
        "address": list(party.address),
        "country": party.country,
        "vat_id": party.vat_id,
        "email": party.email,
    }

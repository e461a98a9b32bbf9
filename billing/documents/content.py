"""What an invoice states: one function for the draft and for the document that is frozen at issue.

Pure. Amounts and numbers are text. The published JSON Schema is made of these types (docs/schemas/invoice.json).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, NotRequired
from zoneinfo import ZoneInfo

from pydantic import Field, with_config
from typing_extensions import TypedDict

from billing.documents.totals import TotalsContent, totals_content
from billing.invoice import InvoiceBody, InvoiceHead, InvoiceLine
from contracts.contract import Party
from vouch.canonical import plain
from vouch.json_types import CLOSED, Currency, Day, DecimalText, Digest, Instant, Month, Position
from vouch.period import iso

FORM: Final = 2


class PartyContent(TypedDict):
    """A legal person as documents print it; an issuer's has an IBAN, or null."""

    id: str
    legal_name: str
    address: list[str]
    country: str
    vat_id: str | None
    email: str | None
    iban: NotRequired[str | None]


class LineContent(TypedDict):
    """A charge. `price` is the id of the agreed price, `evaluation_digest` that of the evidence it rests on."""

    position: Position
    price: str
    asset: str | None
    description: str
    quantity: DecimalText
    unit: Annotated[str, Field(description="a UN/ECE code")]
    unit_price: DecimalText
    amount: DecimalText
    vat_percent: DecimalText
    evaluation: int
    evaluation_digest: Digest


class InvoiceContent(TotalsContent):
    """A contract's month as it is charged: what a draft states, and an issued document too."""

    invoice: Annotated[Literal[2], Field(description="the version of this form")]
    contract: str
    currency: Currency
    month: Month
    time_zone: str
    period: Annotated[list[Instant], Field(min_length=2, max_length=2, description="[from, until)")]
    issuer: PartyContent
    customer: PartyContent
    lines: list[LineContent]


@with_config(CLOSED)
class IssuedContent(InvoiceContent):
    """A document as it is frozen at issue. `previous_digest` is that of the document before it, empty for the first."""

    number: str
    issued_on: Day
    due_on: Day
    previous_digest: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a draft gets at issue. `previous_digest` names the document before it in its series, or is empty."""

    number: str
    issued_at: datetime
    issued_on: date
    due_on: date
    previous_digest: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a document states beside its lines: who sells to whom, and in which zone its months are."""

    issuer: PartyContent
    customer: PartyContent
    time_zone: str


def frame_of(issuer: Party, customer: Party, zone: ZoneInfo) -> Frame:
    """The frame of a document that is made now."""
    seller = _party_content(issuer)
    seller["iban"] = issuer.iban
    return Frame(seller, _party_content(customer), zone.key)


def frame_in(document: Mapping[str, Any]) -> Frame:
    """The frame that a document has, in whichever form it was issued."""
    return Frame(document["issuer"], document["customer"], document["time_zone"])


def invoice_content(
    head: InvoiceHead, body: InvoiceBody, frame: Frame, evaluation_digests: Mapping[int, str]
) -> InvoiceContent:
    """What the invoice states, whether it is issued or not."""
    return {
        "invoice": FORM,
        "contract": head.contract,
        "currency": head.currency,
        "month": f"{head.month:%Y-%m}",
        "time_zone": frame.time_zone,
        "period": [iso(head.period.start), iso(head.period.end)],
        "issuer": frame.issuer,
        "customer": frame.customer,
        "lines": [_line_content(line, evaluation_digests[line.evaluation]) for line in body.lines],
        **totals_content(body.totals),
    }


def issued_content(stated: InvoiceContent, stamp: Stamp) -> IssuedContent:
    """The whole document as it is frozen."""
    return {
        **stated,
        "number": stamp.number,
        "issued_on": stamp.issued_on.isoformat(),
        "due_on": stamp.due_on.isoformat(),
        "previous_digest": stamp.previous_digest,
    }


def in_form(document: IssuedContent, form: int) -> dict[str, Any]:
    """The document as it would have been written in an earlier form, to be held against one that was.

    Form 1 did not name its form, and called a line's price its term.
    """
    written: dict[str, Any] = dict(document)
    if form == 1:
        del written["invoice"]
        written["lines"] = [
            {"term" if name == "price" else name: value for name, value in line.items()} for line in document["lines"]
        ]
    return written


def form_of(document: Mapping[str, Any]) -> int:
    """The form in which a document was issued."""
    return int(document.get("invoice", 1))


def _line_content(line: InvoiceLine, evaluation_digest: str) -> LineContent:
    return {
        "position": line.position,
        "price": line.price,
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


def _party_content(party: Party) -> PartyContent:
    return {
        "id": party.id,
        "legal_name": party.legal_name,
        "address": list(party.address),
        "country": party.country,
        "vat_id": party.vat_id,
        "email": party.email,
    }

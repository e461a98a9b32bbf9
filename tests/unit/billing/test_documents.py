"""Documents: one content for draft and issued, amounts as text, cells that are never formulas."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from billing.documents.content import (
    InvoiceContent,
    IssuedContent,
    Stamp,
    form_of,
    frame_in,
    frame_of,
    in_form,
    invoice_content,
    issued_content,
)
from billing.documents.csv import COLUMNS, csv_rows
from billing.documents.json import invoice_object
from billing.invoice import InvoiceBody, InvoiceHead, InvoiceLine, Totals, VatTotal
from contracts.contract import Party
from tests.builders import BERLIN, T0
from vouch.canonical import canonical_json
from vouch.period import Period

JUNE = Period.month(2026, 6, BERLIN)
LINE = InvoiceLine(
    position=1,
    evaluation=7,
    price="use",
    asset="asset-1",
    description="Use",
    quantity=Decimal("12.50"),
    unit="KMT",
    unit_price=Decimal("0.10"),
    amount=Decimal("-1.30"),
    vat_percent=Decimal("19.0"),
)
VAT = VatTotal(Decimal("19.0"), Decimal("-1.30"), Decimal("-0.25"))
BODY = InvoiceBody((LINE,), Totals((VAT,), Decimal("-1.30"), Decimal("-0.25"), Decimal("-1.55")))
HEAD = InvoiceHead(
    id=3,
    contract="contract-1",
    issuer="seller",
    customer="buyer",
    currency="EUR",
    month=date(2026, 6, 1),
    period_start=JUNE.start,
    period_end=JUNE.end,
    known_at=T0,
    net=BODY.totals.net,
    vat=BODY.totals.vat,
    gross=BODY.totals.gross,
    status="draft",
    number=None,
    issued_at=None,
    issued_on=None,
    due_on=None,
    content=None,
    digest=None,
    previous_digest=None,
)


def row_of(line: InvoiceLine, head: InvoiceHead = HEAD) -> dict[str, str]:
    header, row = csv_rows([(head, replace(BODY, lines=(line,)))])
    return dict(zip(header, row, strict=True))


def test_a_row_has_the_line_and_its_invoice() -> None:
    issued = replace(
        HEAD, number="INV-2026-000001", issued_on=date(2026, 7, 3), due_on=date(2026, 7, 17), status="issued"
    )

    assert list(row_of(LINE)) == list(COLUMNS)
    assert list(row_of(LINE, issued).values()) == [
        "INV-2026-000001", "issued", "seller", "buyer", "contract-1", "2026-06", "2026-07-03", "2026-07-17", "EUR", "1",
        "use", "asset-1", "Use", "12.5", "KMT", "0.1", "-1.30", "19",
    ]  # fmt: skip
    assert (row_of(LINE)["invoice"], row_of(LINE)["issued_on"]) == ("draft-3", "")


def test_no_invoices_are_a_header() -> None:
    assert list(csv_rows([])) == [COLUMNS]
    assert list(csv_rows([(HEAD, replace(BODY, lines=()))])) == [COLUMNS]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_begins_a_formula(start: str) -> None:
    text = f'{start}HYPERLINK("http://example.net")'
    row = row_of(replace(LINE, description=text, asset=text, price=text), replace(HEAD, customer=text, contract=text))

    for column in ("description", "asset", "price", "customer", "contract"):
        assert row[column] == f"'{text}"


def test_numbers_stay_numbers() -> None:
    row = row_of(replace(LINE, quantity=Decimal(-1)))

    assert (row["amount"], row["quantity"]) == ("-1.30", "-1")


def test_a_line_of_no_asset_has_an_empty_cell() -> None:
    assert row_of(replace(LINE, asset=None))["asset"] == ""


SELLER = Party(
    "seller", "Seller GmbH", ("Street 1",), "DE", "DE1", None, iban="DE00", time_zone=BERLIN, payment_days=14
)
BUYER = Party("buyer", "Buyer AG", ("Way 2", "City"), "DE", None, "a@example.net")
STAMP = Stamp("INV-2026-000001", datetime(2026, 7, 3, 8, tzinfo=UTC), date(2026, 7, 3), date(2026, 7, 17), "d" * 64)


def stated(line: InvoiceLine = LINE) -> InvoiceContent:
    return invoice_content(HEAD, replace(BODY, lines=(line,)), frame_of(SELLER, BUYER, BERLIN), {7: "e" * 64})


def test_a_line_keeps_its_minor_digits_as_text() -> None:
    (content,) = stated(replace(LINE, amount=Decimal("5.00")))["lines"]

    assert (content["amount"], content["quantity"], content["unit_price"], content["vat_percent"]) == (
        "5.00", "12.5", "0.1", "19",
    )  # fmt: skip
    assert content["evaluation_digest"] == "e" * 64


def test_a_draft_is_what_it_states_by_now_and_an_issued_invoice_what_was_frozen() -> None:
    draft = invoice_object(HEAD, stated())
    assert draft == {"status": "draft", "draft": {"name": "draft-3", **stated()}}

    frozen = replace(HEAD, status="issued", number="INV-2026-000001", content='{"net":"1.00"}', digest="d")
    assert invoice_object(frozen, stated()) == {"status": "issued", "digest": "d", "document": {"net": "1.00"}}
    json.dumps(draft)


def test_the_document_is_complete_and_canonical() -> None:
    content = issued_content(stated(), STAMP)

    assert json.loads(canonical_json(content)) == content
    assert TypeAdapter(IssuedContent).validate_json(canonical_json(content)) == content
    assert (content["issuer"]["iban"], content["customer"]["email"]) == ("DE00", "a@example.net")
    assert "iban" not in content["customer"]
    assert content["period"] == ["2026-05-31T22:00:00Z", "2026-06-30T22:00:00Z"]
    assert (content["net"], content["vat_total"], content["gross"]) == ("-1.30", "-0.25", "-1.55")
    assert content["vat"] == [{"vat_percent": "19", "base": "-1.30", "amount": "-0.25"}]


def test_an_issued_document_is_a_draft_with_a_stamp() -> None:
    content = issued_content(stated(), STAMP)

    assert {name: value for name, value in content.items() if name in stated()} == stated()
    assert set(content) - set(stated()) == {"number", "issued_on", "due_on", "previous_digest"}
    assert frame_in(content) == frame_of(SELLER, BUYER, BERLIN)


def test_the_form_before_called_a_price_a_term_and_did_not_name_its_form() -> None:
    content = issued_content(stated(), STAMP)
    before = in_form(content, 1)

    assert (form_of(content), form_of(before)) == (2, 1)
    assert in_form(content, 2) == content
    assert "invoice" not in before
    assert before["lines"] == [{"term": "use"} | {k: v for k, v in stated()["lines"][0].items() if k != "price"}]
    assert {k: v for k, v in before.items() if k != "lines"} == {
        k: v for k, v in content.items() if k not in ("lines", "invoice")
    }

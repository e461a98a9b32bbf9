"""Invoices: the list, the document, its JSON, and its verification.

Shell.
"""

import json
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from psycopg import Connection

from billing.export import invoice_object
from billing.invoice import InvoiceBody, InvoiceHead, line_content
from billing.store import InvoiceFilter, list_invoices, load_body
from billing.verify import verify_invoice
from contracts import store as contract_store
from contracts.contract import parse_month
from contracts.run import load_current
from contracts.store import load_customer, load_issuer
from vouch.canonical import canonical_json, plain
from vouch.errors import Invalid
from vouch.period import iso
from web import access, store
from web.connection import connection

pages = Blueprint("invoices", __name__)

LISTED_MAX: Final = 500
_STATUSES: Final = ("", "draft", "issued")


@pages.get("/invoices")
def invoice_list() -> str:
    """Drafts and issued invoices, newest month first."""
    month, status = request.args.get("month", ""), request.args.get("status", "")
    if status not in _STATUSES:
        raise Invalid(f"{status!r} is not a status: draft or issued")
    customer = access.wanted_customer(request.args.get("customer"))
    wanted = InvoiceFilter(parse_month(month) if month else None, customer, None, status or None)
    conn = connection()
    staff = access.visible_customer() is None
    return render_template(
        "invoices.html",
        invoices=list_invoices(conn, wanted, limit=LISTED_MAX),
        customers=store.list_customers(conn) if staff else [],
        names={row.id: row.legal_name for row in store.list_customers(conn)} if staff else {},
        listed_max=LISTED_MAX,
        month=month,
        status=status,
        customer=request.args.get("customer", ""),
    )


@pages.get("/invoices/<invoice>")
def invoice_page(invoice: InvoiceHead) -> str:
    """The document."""
    return render_template("invoice.html", invoice=invoice, document=load_document(connection(), invoice))


@pages.get("/invoices/<invoice>/document.json")
def invoice_json(invoice: InvoiceHead) -> Response:
    """The issued document byte for byte as it was frozen, or what a draft would say today."""
    content = invoice.content or canonical_json(invoice_object(invoice, load_body(connection(), invoice)))
    return json_download(content, f"{invoice.name}.json")


@pages.get("/invoices/<invoice>/verify")
def verify_page(invoice: InvoiceHead) -> str:
    """Recompute it from the raw readings, here and now."""
    found = verify_invoice(connection(), invoice.name, invoice.issuer if invoice.number else None)
    return render_template("verify.html", invoice=invoice, found=found)


def load_document(conn: Connection[Any], invoice: InvoiceHead) -> dict[str, Any]:
    """What the invoice states: frozen where it is issued, from today's registry while it is a draft."""
    if invoice.content is not None:
        frozen: dict[str, Any] = json.loads(invoice.content)
        return frozen
    body = load_body(conn, invoice)
    ids = sorted({line.evaluation for line in body.lines})
    digests = {key: one.digest for key, one in contract_store.list_evaluations(conn, ids).items()}
    return _draft_document(conn, invoice, body, digests)


def _draft_document(
    conn: Connection[Any], invoice: InvoiceHead, body: InvoiceBody, digests: dict[int, str]
) -> dict[str, Any]:
    issuer, customer = load_issuer(conn, invoice.issuer), load_customer(conn, invoice.customer)
    parties = {
        role: {
            "id": party.id,
            "legal_name": party.legal_name,
            "address": list(party.address),
            "country": party.country,
            "vat_id": party.vat_id,
            "email": party.email,
        }
        for role, party in (("issuer", issuer), ("customer", customer))
    }
    return parties | {
        "contract": invoice.contract,
        "currency": invoice.currency,
        "month": f"{invoice.month:%Y-%m}",
        "time_zone": load_current(conn, invoice.contract).zone.key,
        "period": [iso(invoice.period.start), iso(invoice.period.end)],
        "lines": [line_content(line, digests[line.evaluation]) for line in body.lines],
        "vat": [
            {"vat_percent": plain(v.vat_percent), "base": format(v.base, "f"), "amount": format(v.amount, "f")}
            for v in body.vat_totals
        ],
        "net": format(body.net, "f"),
        "vat_total": format(body.vat, "f"),
        "gross": format(body.gross, "f"),
    }


def json_download(content: str, name: str) -> Response:
    """JSON as a file to keep."""
    response = Response(content, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

"""Invoices: the list, the document, its JSON, and its verification.

Shell.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from psycopg import Connection

from billing.documents.json import invoice_object, read_frozen
from billing.invoice import InvoiceHead
from billing.run import state_invoice
from billing.store import InvoiceFilter, list_invoices, load_body
from billing.verify import verify_invoice
from contracts.contract import parse_month
from vouch.canonical import canonical_json
from vouch.errors import Invalid
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
    conn = connection()
    content = invoice.content
    if content is None:
        content = canonical_json(invoice_object(invoice, state_invoice(conn, invoice, load_body(conn, invoice))))
    return json_download(content, f"{invoice.name}.json")


@pages.get("/invoices/<invoice>/verify")
def verify_page(invoice: InvoiceHead) -> str:
    """Recompute it from the raw readings, here and now."""
    found = verify_invoice(connection(), invoice.name, invoice.issuer if invoice.number else None)
    return render_template("verify.html", invoice=invoice, found=found)


def load_document(conn: Connection[Any], invoice: InvoiceHead) -> Mapping[str, Any]:
    """What the invoice states: frozen where it is issued, from today's registry while it is a draft."""
    if invoice.content is not None:
        return read_frozen(invoice.content)
    return state_invoice(conn, invoice, load_body(conn, invoice))


def json_download(content: str, name: str) -> Response:
    """JSON as a file to keep."""
    response = Response(content, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

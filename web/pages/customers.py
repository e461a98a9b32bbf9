"""Customers: the list for staff, and one customer's contracts and invoices.

Shell.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from billing.store import InvoiceFilter, list_invoices
from contracts.contract import Party
from web import access, store
from web.connection import connection

pages = Blueprint("customers", __name__)


@pages.get("/")
def index() -> ResponseReturnValue:
    """Staff see all customers; a customer's people come to their own page."""
    own = access.visible_customer()
    if own is not None:
        return redirect(url_for("customers.customer_page", customer=own))
    return render_template("customers.html", customers=store.list_customers(connection()))


@pages.get("/customers/<customer>")
def customer_page(customer: Party) -> str:
    """One customer."""
    conn = connection()
    invoices = list_invoices(conn, InvoiceFilter(customer=customer.id), limit=12)
    contracts = [(row, this_month(row.time_zone)) for row in store.list_contracts(conn, customer.id)]
    return render_template("customer.html", customer=customer, contracts=contracts, invoices=invoices)


def this_month(zone: str) -> date:
    """The month that clocks in `zone` show now."""
    return datetime.now(UTC).astimezone(ZoneInfo(zone)).date().replace(day=1)

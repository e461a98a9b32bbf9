"""One contract: what is agreed, for which assets, and its months.

Shell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from flask import Blueprint, render_template, request

from billing.invoice import InvoiceHead
from billing.store import InvoiceFilter, list_invoices
from contracts.contract import Contract, parse_month
from contracts.store import load_customer, load_issuer
from ingest.registry.known_store import list_assignments
from vouch.period import MICROSECOND
from web import store
from web.access import Agreement
from web.connection import connection

pages = Blueprint("contracts", __name__)

MONTHS_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the contract and its invoice, if it has one."""

    month: date
    is_open: bool
    invoice: InvoiceHead | None


@pages.get("/contracts/<contract>")
def contract_page(contract: Agreement) -> str:
    """One contract."""
    conn = connection()
    newest = contract.newest
    now = datetime.now(UTC)
    before = request.args.get("before")
    months = _before(months_of(contract.versions, now), parse_month(before) if before else None)
    shown = months[:MONTHS_SHOWN]
    invoices = {head.month: head for head in list_invoices(conn, InvoiceFilter(contract=newest.id))}
    assets = [covered.asset for covered in newest.assets]
    serving = {
        assignment.asset: assignment.device
        for assignment in list_assignments(conn, assets, now)
        if assignment.serves_from <= now and (assignment.serves_until is None or now < assignment.serves_until)
    }
    return render_template(
        "contract.html",
        contract=newest,
        versions=contract.versions[::-1],
        recorded=store.list_recorded(conn, newest.id),
        customer=load_customer(conn, newest.customer),
        issuer=load_issuer(conn, newest.issuer),
        assets=store.list_assets(conn, assets),
        serving=serving,
        months=[MonthRow(month, newest.month(month).end > now, invoices.get(month)) for month in shown],
        older=shown[-1] if len(months) > len(shown) else None,
    )


def months_of(versions: Sequence[Contract], now: datetime) -> list[date]:
    """The months of a contract that have begun, newest first, in its own zone."""
    first, last = versions[0], versions[-1]
    end = now if last.effective_until is None else min(now, last.effective_until - MICROSECOND)
    if end < first.effective_from:
        return []
    start_on = first.effective_from.astimezone(first.zone).date()
    end_on = end.astimezone(last.zone).date()
    start, count = start_on.year * 12 + start_on.month - 1, end_on.year * 12 + end_on.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count, start - 1, -1)]


def _before(months: list[date], before: date | None) -> list[date]:
    return months if before is None else [month for month in months if month < before]

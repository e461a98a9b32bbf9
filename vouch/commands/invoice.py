"""Invoices: listed, issued, shown, exported.

Shell.
"""

import csv
import json
import sys
from typing import Any

import click

from vouch.commands.common import console, open_database, print_table

_MONTH = click.option("--month", help="As 2026-10.")


_CUSTOMER = click.option("--customer")


_STATUS = click.option("--status", type=click.Choice(["draft", "issued"]))


ISSUER = click.option("--issuer", help="Where two issuers have the same number.")


@click.group()
def invoice() -> None:
    """Invoices: drafts and issued ones."""


def _filter(month: str | None, customer: str | None, status: str | None) -> Any:
    from billing.store import InvoiceFilter
    from contracts.contract import parse_month

    return InvoiceFilter(month=parse_month(month) if month else None, customer=customer, status=status)


@invoice.command("list")
@_MONTH
@_CUSTOMER
@_STATUS
def invoice_list(month: str | None, customer: str | None, status: str | None) -> None:
    """One line an invoice."""
    from billing.store import list_invoices

    with open_database() as conn:
        found = list_invoices(conn, _filter(month, customer, status))
    print_invoices("Invoices", found)


def print_invoices(title: str, found: list[Any]) -> None:
    """A table of invoice heads."""
    rows = [
        (
            head.name,
            f"{head.month:%Y-%m}",
            head.contract,
            head.customer,
            head.issued_on,
            f"{head.net:,}",
            f"{head.vat:,}",
            f"{head.gross:,}",
            head.currency,
        )
        for head in found
    ]
    columns = ["invoice", "month", "contract", "customer", "issued", "net>", "VAT>", "gross>", ""]
    print_table(title, columns, rows)


@invoice.command("issue")
@click.argument("names", metavar="DRAFT...", nargs=-1)
@click.option("--month", help="All drafts of this month, as 2026-10.")
def invoice_issue(names: tuple[str, ...], month: str | None) -> None:
    """Give drafts their numbers and freeze them. An invoice issued before keeps its number."""
    from billing.run import issue_invoice
    from billing.store import list_invoices, load_by_name
    from vouch.errors import Invalid

    if bool(names) == bool(month):
        raise Invalid("name the drafts to issue, or give --month for all drafts of a month")
    with open_database() as conn:
        heads = [load_by_name(conn, name) for name in names] or list_invoices(conn, _filter(month, None, "draft"))
        conn.commit()
        for head in heads:
            issued = issue_invoice(conn, head.id)
            conn.commit()
            console.print(f"{head.name}: {issued.number}, {issued.gross:,} {issued.currency}, due {issued.due_on}")
    if not heads:
        console.print("no drafts to issue; `vouch close MONTH` makes them")


@invoice.command("show")
@click.argument("name", metavar="INVOICE")
@ISSUER
def invoice_show(name: str, issuer: str | None) -> None:
    """An invoice with its lines."""
    from billing.store import load_body, load_by_name

    with open_database() as conn:
        head = load_by_name(conn, name, issuer)
        body = load_body(conn, head)
    console.print(
        f"[bold]{head.name}[/] {head.status}, contract {head.contract}, customer {head.customer}, {head.month:%Y-%m}"
    )
    rows = [
        (n.position, n.description, f"{n.quantity.normalize():f}", n.unit, n.unit_price, n.amount, n.vat_percent)
        for n in body.lines
    ]
    columns = ["line>", "description", "quantity>", "unit", "price>", "amount>", "VAT %>"]
    print_table("", columns, rows)
    for total in body.totals.vat_totals:
        console.print(f"VAT {total.vat_percent} % on {total.base:,}: {total.amount:,}")
    console.print(f"net {head.net:,}  VAT {head.vat:,}  [bold]gross {head.gross:,} {head.currency}[/]")
    if head.digest:
        console.print(f"issued {head.issued_on}, due {head.due_on}, digest {head.digest}", soft_wrap=True)


@invoice.command("export")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), required=True)
@click.option("--invoice", "name", help="Only this one.")
@_MONTH
@_CUSTOMER
@_STATUS
def invoice_export(form: str, name: str | None, month: str | None, customer: str | None, status: str | None) -> None:
    """Write invoices to standard output: JSON, one object an invoice; or CSV, one row a line.

    Amounts in JSON are text, digit by digit. An issued invoice's JSON is the frozen document itself.
    """
    from billing.documents.csv import csv_rows
    from billing.documents.json import invoice_object
    from billing.run import state_invoice
    from billing.store import list_invoices, load_body, load_by_name

    with open_database() as conn:
        heads = [load_by_name(conn, name)] if name else list_invoices(conn, _filter(month, customer, status))
        bodies = [(head, load_body(conn, head)) for head in heads]
        if form == "json":
            objects = [invoice_object(head, state_invoice(conn, head, body)) for head, body in bodies]
            json.dump(objects, sys.stdout, indent=2, ensure_ascii=False)
            sys.stdout.write("\n")
        else:
            csv.writer(sys.stdout, lineterminator="\n").writerows(csv_rows(bodies))

"""Invoices as rows of CSV, one a line of an invoice.

Pure. Cells never begin a formula; the columns keep their order.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from billing.invoice import InvoiceBody, InvoiceHead
from vouch.canonical import plain

COLUMNS: Final = (
    "invoice", "status", "issuer", "customer", "contract", "month", "issued_on", "due_on", "currency", "line",
    "price", "asset", "description", "quantity", "unit", "unit_price", "amount", "vat_percent",
)  # fmt: skip


def csv_rows(invoices: Iterable[tuple[InvoiceHead, InvoiceBody]]) -> Iterator[tuple[str, ...]]:
    """The header, then one row a line."""
    yield COLUMNS
    for head, body in invoices:
        for line in body.lines:
            row = (
                head.name,
                head.status,
                head.issuer,
                head.customer,
                head.contract,
                f"{head.month:%Y-%m}",
                str(head.issued_on or ""),
                str(head.due_on or ""),
                head.currency,
                str(line.position),
                line.price,
                line.asset or "",
                line.description,
                plain(line.quantity),
                line.unit,
                plain(line.unit_price),
                format(line.amount, "f"),
                plain(line.vat_percent),
            )
            yield tuple(_harmless(cell) if i in _TEXT else cell for i, cell in enumerate(row))


_TEXT: Final = frozenset(map(COLUMNS.index, ("customer", "contract", "asset", "description", "price")))


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

"""Exports: invoices as JSON objects and as CSV rows.

Pure. Amounts are text in JSON; CSV cells never begin a formula. The columns of the CSV keep their order.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from billing.invoice import InvoiceBody, InvoiceHead, line_content
from vouch.canonical import plain

CSV_COLUMNS: Final = (
    "invoice", "status", "issuer", "customer", "contract", "month", "issued_on", "due_on", "currency", "line",
    "term", "asset", "description", "quantity", "unit", "unit_price", "amount", "vat_percent",
)  # fmt: skip


def invoice_object(head: InvoiceHead, body: InvoiceBody) -> dict[str, Any]:
    """The frozen document of an issued invoice with its digest, or what a draft says by now."""
    if head.content is not None:
        document: dict[str, Any] = json.loads(head.content)
        return {"status": head.status, "digest": head.digest, "document": document}
    return {
        "status": head.status,
        "draft": {
            "name": head.name,
            "contract": head.contract,
            "customer": head.customer,
            "issuer": head.issuer,
            "currency": head.currency,
            "month": f"{head.month:%Y-%m}",
            "lines": [line_content(line, "") for line in body.lines],
            "net": format(head.net, "f"),
            "vat_total": format(head.vat, "f"),
            "gross": format(head.gross, "f"),
        },
    }


def csv_rows(invoices: Iterable[tuple[InvoiceHead, InvoiceBody]]) -> Iterator[tuple[str, ...]]:
    """The header, then one row a line."""
    yield CSV_COLUMNS
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
                line.term,
                line.asset or "",
                line.description,
                plain(line.quantity),
                line.unit,
                plain(line.unit_price),
                format(line.amount, "f"),
                plain(line.vat_percent),
            )
            yield tuple(_harmless(cell) if i in _TEXT else cell for i, cell in enumerate(row))


_TEXT: Final = frozenset(map(CSV_COLUMNS.index, ("customer", "contract", "asset", "description", "term")))


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

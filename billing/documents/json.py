"""Invoices as JSON: canonical, for documents and digests, and as objects in a list.

Pure. Amounts are text, digit by digit.
"""

import json
from typing import Any

from billing.documents.content import InvoiceContent
from billing.invoice import InvoiceHead


def read_frozen(content: str) -> dict[str, Any]:
    """The document of an issued invoice, in the form in which it was issued."""
    document: dict[str, Any] = json.loads(content)
    return document


def invoice_object(head: InvoiceHead, stated: InvoiceContent) -> dict[str, Any]:
    """The frozen document of an issued invoice with its digest, or what a draft states by now."""
    if head.content is not None:
        return {"status": head.status, "digest": head.digest, "document": read_frozen(head.content)}
    return {"status": head.status, "draft": {"name": head.name, **stated}}

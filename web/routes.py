"""Addresses: months in them, and where an invoice's pages are.

Shell.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, request, url_for
from werkzeug.routing import BaseConverter, ValidationError

from billing.invoice import InvoiceHead
from contracts.contract import parse_month
from vouch.errors import Invalid
from web import store
from web.connection import connection


class MonthConverter(BaseConverter):
    """`2026-10` in an address; what is no month is no page."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> date:
        """The month's first day."""
        try:
            return parse_month(value)
        except Invalid as error:
            raise ValidationError from error

    def to_url(self, value: date) -> str:
        """As people write it."""
        return f"{value:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a long list is shown: from `first` on; pages count from 1."""

    number: int
    pages: int
    first: int
    total: int


def page_asked(total: int, per_page: int) -> Page:
    """The page that the address asks for by `page=`, the last one where it asks for more, else the first."""
    pages = max(1, -(-total // per_page))
    text = request.args.get("page", "1")
    asked = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
    number = min(max(asked, 1), pages)
    return Page(number, pages, (number - 1) * per_page, total)


def invoice_url(endpoint: str, head: InvoiceHead, **values: Any) -> str:
    """A page of an invoice; names the issuer where there are several, whose numbers may be the same."""
    if "several_issuers" not in g:
        g.several_issuers = store.count_issuers(connection()) > 1
    if head.number is not None and g.several_issuers:
        values["issuer"] = head.issuer
    return url_for(endpoint, invoice=head.name, **values)

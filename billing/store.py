"""Storage of invoices. Drafts are replaced, issued invoices are protected by the database. The caller commits.

Shell.
"""

from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from billing.documents.content import Stamp
from billing.invoice import InvoiceBody, InvoiceHead, InvoiceLine, Totals, VatTotal
from vouch.errors import Conflict, NotFound
from vouch.locks import Lock
from vouch.period import Period


class NoInvoice(NotFound):
    """No invoice has that number or id."""

    def __init__(self, invoice: str) -> None:
        super().__init__(f"no invoice {invoice}; `vouch invoice list` shows those there are")


class ClockWentBack(Conflict):
    """An invoice would be dated before the number that precedes it."""

    def __init__(self, issued_on: date, last: date) -> None:
        super().__init__(f"an invoice dated {issued_on} cannot follow one dated {last}: check the database clock")


_HEAD: Final = """
    SELECT id, contract, issuer, customer, currency, month, period_start, period_end, known_at, net, vat, gross,
           status, number, issued_at, issued_on, due_on, content, digest, previous_digest
      FROM billing.invoice
"""


def find_for_month(conn: Connection[Any], contract: str, month: date) -> InvoiceHead | None:
    """The contract's invoice of that month, locked until the transaction ends."""
    with conn.cursor(row_factory=class_row(InvoiceHead)) as cur:
        query = _HEAD + " WHERE contract = %s AND month = %s FOR UPDATE"
        return cur.execute(query.encode(), (contract, month)).fetchone()


def list_months(conn: Connection[Any], contract: str) -> set[date]:
    """The months for which the contract has an invoice, draft or issued."""
    rows = conn.execute("SELECT month FROM billing.invoice WHERE contract = %s", (contract,)).fetchall()
    return {row[0] for row in rows}


def load_invoice(conn: Connection[Any], invoice: int, *, lock: bool = False) -> InvoiceHead:
    """One invoice by id. Raises NoInvoice."""
    with conn.cursor(row_factory=class_row(InvoiceHead)) as cur:
        query = _HEAD + " WHERE id = %s" + (" FOR UPDATE" if lock else "")
        found = cur.execute(query.encode(), (invoice,)).fetchone()
    if found is None:
        raise NoInvoice(str(invoice))
    return found


def load_by_name(conn: Connection[Any], name: str, issuer: str | None = None) -> InvoiceHead:
    """One invoice by number or draft name. Raises NoInvoice, or Conflict where two issuers share the number."""
    if name.startswith("draft-") and name[6:].isdecimal() and len(name) < 25:
        return load_invoice(conn, int(name[6:]))
    with conn.cursor(row_factory=class_row(InvoiceHead)) as cur:
        query = _HEAD + " WHERE number = %(number)s AND (%(issuer)s::text IS NULL OR issuer = %(issuer)s)"
        found = cur.execute(query.encode(), {"number": name, "issuer": issuer}).fetchall()
    if not found:
        raise NoInvoice(name)
    if len(found) > 1:
        issuers = ", ".join(head.issuer for head in found)
        raise Conflict(f"{name} is a number of several issuers: choose one by --issuer ({issuers})")
    return found[0]


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices to list; None means all."""

    month: date | None = None
    customer: str | None = None
    contract: str | None = None
    status: str | None = None


def list_invoices(conn: Connection[Any], wanted: InvoiceFilter, limit: int = 10_000) -> list[InvoiceHead]:
    """Newest month first, then by number and contract."""
    with conn.cursor(row_factory=class_row(InvoiceHead)) as cur:
        query = (
            _HEAD
            + """ WHERE (%(month)s::date IS NULL OR month = %(month)s)
                    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
                    AND (%(contract)s::text IS NULL OR contract = %(contract)s)
                    AND (%(status)s::text IS NULL OR status = %(status)s)
                  ORDER BY month DESC, issuer, number NULLS LAST, contract LIMIT %(limit)s"""
        )
        given = {
            "month": wanted.month,
            "customer": wanted.customer,
            "contract": wanted.contract,
            "status": wanted.status,
            "limit": limit,
        }
        return cur.execute(query.encode(), given).fetchall()


# A line's columns are the fields of an InvoiceLine, in their order.
_LINE: Final = ", ".join(field.name for field in fields(InvoiceLine))
_LINES: Final = f"SELECT {_LINE} FROM billing.invoice_line WHERE invoice = %s ORDER BY position"


def load_body(conn: Connection[Any], head: InvoiceHead) -> InvoiceBody:
    """Lines and totals of an invoice."""
    with conn.cursor(row_factory=class_row(InvoiceLine)) as cur:
        lines = tuple(cur.execute(_LINES.encode(), (head.id,)).fetchall())
    with conn.cursor(row_factory=class_row(VatTotal)) as cur:
        query = """SELECT vat_percent, base, amount FROM billing.invoice_vat
                    WHERE invoice = %s ORDER BY vat_percent"""
        vat_totals = tuple(cur.execute(query, (head.id,)).fetchall())
    return InvoiceBody(lines, Totals(vat_totals, head.net, head.vat, head.gross))


@dataclass(frozen=True, slots=True)
class DraftHead:
    """What a draft says beside its lines."""

    contract: str
    issuer: str
    customer: str
    currency: str
    month: date
    period: Period
    known_at: datetime


_ADD_INVOICE: Final = """
    INSERT INTO billing.invoice (contract, issuer, customer, currency, month, period_start, period_end, known_at,
                                 net, vat, gross)
    VALUES (%(contract)s, %(issuer)s, %(customer)s, %(currency)s, %(month)s, %(start)s, %(end)s, %(known_at)s,
            %(net)s, %(vat)s, %(gross)s)
    ON CONFLICT (contract, month) DO UPDATE
       SET known_at = EXCLUDED.known_at, net = EXCLUDED.net, vat = EXCLUDED.vat, gross = EXCLUDED.gross
    RETURNING id
"""

_ADD_LINES: Final = f"COPY billing.invoice_line (invoice, {_LINE}) FROM STDIN"


def put_draft(conn: Connection[Any], head: DraftHead, body: InvoiceBody) -> int:
    """Write or replace a contract's draft for a month; returns its id."""
    row = conn.execute(
        _ADD_INVOICE,
        {
            "contract": head.contract,
            "issuer": head.issuer,
            "customer": head.customer,
            "currency": head.currency,
            "month": head.month,
            "start": head.period.start,
            "end": head.period.end,
            "known_at": head.known_at,
            "net": body.totals.net,
            "vat": body.totals.vat,
            "gross": body.totals.gross,
        },
    ).fetchone()
    assert row is not None
    invoice: int = row[0]
    conn.execute("DELETE FROM billing.invoice_line WHERE invoice = %s", (invoice,))
    conn.execute("DELETE FROM billing.invoice_vat WHERE invoice = %s", (invoice,))
    with conn.cursor() as cur:
        with cur.copy(_ADD_LINES.encode()) as copy:
            for line in body.lines:
                copy.write_row((invoice, *astuple(line)))
        cur.executemany(
            "INSERT INTO billing.invoice_vat (invoice, vat_percent, base, amount) VALUES (%s, %s, %s, %s)",
            [(invoice, total.vat_percent, total.base, total.amount) for total in body.totals.vat_totals],
        )
    return invoice


# Issue


@dataclass(frozen=True, slots=True)
class NextNumber:
    """The number that is ours until the transaction ends, and what came before it in its series."""

    count: int
    last_issued_on: date
    previous_digest: str


def lock_series(conn: Connection[Any], issuer: str) -> None:
    """One issue at a time per issuer, so that dates follow numbers; held until the transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", (issuer, Lock.NUMBERING_INVOICES))


_NEXT_NUMBER: Final = """
    INSERT INTO billing.number_series AS s (issuer, year, last_number, last_issued_on, last_digest)
    VALUES (%(issuer)s, %(year)s, 1, %(issued_on)s, '')
    ON CONFLICT (issuer, year) DO UPDATE SET last_number = s.last_number + 1
    RETURNING last_number, last_issued_on, last_digest
"""


def take_number(conn: Connection[Any], issuer: str, issued_on: date) -> NextNumber:
    """Take the next number of issuer and year; others wait until we commit, and get it if we do not.

    Raises ClockWentBack.
    """
    given = {"issuer": issuer, "year": issued_on.year, "issued_on": issued_on}
    row = conn.execute(_NEXT_NUMBER, given).fetchone()
    assert row is not None
    number = NextNumber(*row)
    if issued_on < number.last_issued_on:
        raise ClockWentBack(issued_on, number.last_issued_on)
    return number


_DIGEST_BEFORE: Final = """
    SELECT digest FROM billing.invoice
     WHERE issuer = %(issuer)s AND left(number, 9) = left(%(number)s, 9)
       AND (length(number), number) < (length(%(number)s), %(number)s)
     ORDER BY length(number) DESC, number DESC LIMIT 1
"""


def find_digest_before(conn: Connection[Any], head: InvoiceHead) -> str:
    """The digest of the issued document before this one in its series; empty for the first."""
    row = conn.execute(_DIGEST_BEFORE, {"issuer": head.issuer, "number": head.number}).fetchone()
    return str(row[0]) if row else ""


def mark_issued(conn: Connection[Any], head: InvoiceHead, stamp: Stamp, content: str, digest: str) -> None:
    """Turn a draft into an issued invoice and move its series on."""
    conn.execute(
        """UPDATE billing.invoice
              SET status = 'issued', number = %s, issued_at = %s, issued_on = %s, due_on = %s,
                  content = %s, digest = %s, previous_digest = %s
            WHERE id = %s""",
        (
            stamp.number,
            stamp.issued_at,
            stamp.issued_on,
            stamp.due_on,
            content,
            digest,
            stamp.previous_digest,
            head.id,
        ),
    )
    conn.execute(
        """UPDATE billing.number_series SET last_issued_on = %s, last_digest = %s
            WHERE issuer = %s AND year = %s""",
        (stamp.issued_on, digest, head.issuer, stamp.issued_on.year),
    )

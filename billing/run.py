"""Use cases of billing: close a month, issue, verify.

Shell. Closing is safe to run twice and by several workers at once: a contract's month is taken under an advisory lock,
evaluated inside one snapshot, and written only where it differs from what is there.
"""

import gc
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from psycopg import Connection, errors

from billing import evaluation_store, store
from billing.corrections import cutoff
from billing.documents.content import InvoiceContent, Stamp, frame_of, invoice_content, issued_content
from billing.documents.lines import compose
from billing.invoice import InvoiceBody, InvoiceHead, invoice_number
from billing.month import rate_month
from contracts import store as contract_store
from contracts.contract import Party, governing
from contracts.run import DatabaseKnowledge, bring_up_to_date, load_current
from vouch.canonical import canonical_json, digest_of
from vouch.database import advisory_lock
from vouch.errors import Conflict
from vouch.knowledge import database_clock, snapshot

log = logging.getLogger(__name__)

_TRIES: Final = 5


class Outcome(StrEnum):
    """What closing did with one contract's month."""

    DRAFTED = "drafted"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    ISSUED = "issued already"
    NOT_OVER = "month not over"
    NOT_IN_FORCE = "not in force"
    BUSY = "being closed elsewhere"


@dataclass(frozen=True, slots=True)
class Closed:
    """One contract's month after closing; `invoice` is None where there is none."""

    contract: str
    outcome: Outcome
    invoice: int | None


def close_month(
    conn: Connection[Any],
    month: date,
    contracts: Sequence[str] | None = None,
    progress: Callable[[Closed], None] = lambda closed: None,
) -> list[Closed]:
    """Evaluate and draft `month` for these contracts (default: all) whose month is over. Running it again is safe.

    `conn` must not be in a transaction. Raises NoContract.
    """
    bring_up_to_date(conn)
    wanted = contract_store.list_contracts(conn) if contracts is None else contracts
    conn.commit()
    closed = []
    with _collector_paused():
        for contract in wanted:
            closed.append(_close_contract(conn, contract, month))
            progress(closed[-1])
    return closed


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No cyclic garbage collection: nothing here makes cycles, and looking for them took a fifth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def due_months(conn: Connection[Any], days_after: int) -> list[tuple[date, str]]:
    """(month, contract) of every month in force that ended `days_after` days ago or more and has no invoice yet."""
    now = database_clock(conn)
    found: list[tuple[date, str]] = []
    for contract in contract_store.list_contracts(conn):
        versions = contract_store.load_versions(conn, contract)
        zone = versions[0].zone
        invoiced = store.list_months(conn, contract)
        month = versions[0].effective_from.astimezone(zone).date().replace(day=1)
        while (period := versions[-1].month(month)).end + timedelta(days=days_after) <= now:
            if month not in invoiced and governing(versions, period):
                found.append((month, contract))
            month = (month + timedelta(days=31)).replace(day=1)
    return sorted(found)


def _close_contract(conn: Connection[Any], contract: str, month: date) -> Closed:
    conn.autocommit = True
    try:
        with advisory_lock(conn, _lock_key(contract, month)) as held:
            if not held:
                return Closed(contract, Outcome.BUSY, None)
            return _draft_surely(conn, contract, month)
    finally:
        conn.autocommit = False


def _draft_surely(conn: Connection[Any], contract: str, month: date) -> Closed:
    """Draft, in a new snapshot where somebody issued or replaced the invoice meanwhile."""
    for _ in range(_TRIES - 1):
        try:
            return _draft(conn, contract, month)
        except errors.SerializationFailure:
            log.info("closing again after a concurrent change", extra={"contract": contract})
    return _draft(conn, contract, month)


def _draft(conn: Connection[Any], contract: str, month: date) -> Closed:
    with snapshot(conn) as known_at:
        versions = contract_store.load_versions(conn, contract)
        current = versions[-1]
        whole = current.month(month)
        if whole.end > known_at:
            return Closed(contract, Outcome.NOT_OVER, None)
        if not governing(versions, whole):
            return Closed(contract, Outcome.NOT_IN_FORCE, None)
        standing = store.find_for_month(conn, contract, month)
        if standing is not None and standing.status == "issued":
            return Closed(contract, Outcome.ISSUED, standing.id)
        rule = current.correction
        billed_at = known_at if rule is None else cutoff(current, month, rule)
        if not contract_store.list_versions(conn, contract, billed_at):
            billed_at = known_at
        if billed_at > known_at:
            return Closed(contract, Outcome.NOT_OVER, None)
        rated = rate_month(DatabaseKnowledge(conn, contract, known_at, billed_at), month)
        evaluations = rated.evaluations()
        ids = evaluation_store.add_evaluations(conn, contract, list(evaluations.values()), billed_at)
        body = compose(rated.lines, dict(zip(evaluations, ids, strict=True)), current.currency)
        if standing is not None and store.load_body(conn, standing) == body:
            return Closed(contract, Outcome.UNCHANGED, standing.id)
        head = store.DraftHead(contract, current.issuer, current.customer, current.currency, month, whole, billed_at)
        invoice = store.put_draft(conn, head, body)
    outcome = Outcome.DRAFTED if standing is None else Outcome.REVISED
    log.info("month closed", extra={"contract": contract, "outcome": outcome, "invoice": invoice})
    return Closed(contract, outcome, invoice)


def _lock_key(contract: str, month: date) -> int:
    digest = hashlib.sha256(f"close {contract} {month}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def issue_invoice(conn: Connection[Any], invoice: int) -> InvoiceHead:
    """Give a draft its number and freeze it; an invoice issued already is returned as it is.

    One transaction: the number is taken and the document stored together, or neither. Raises NoInvoice.
    """
    with conn.transaction():
        head = store.load_invoice(conn, invoice, lock=True)
        if head.status == "issued":
            return head
        body = store.load_body(conn, head)
        if not body.lines:
            raise Conflict(f"{head.name} has no lines: there is nothing to invoice")
        stated = state_invoice(conn, head, body)
        stamp = _take_stamp(conn, contract_store.load_issuer(conn, head.issuer))
        content = canonical_json(issued_content(stated, stamp))
        store.mark_issued(conn, head, stamp, content, digest_of(content))
        log.info("invoice issued", extra={"invoice": head.id, "number": stamp.number})
        return store.load_invoice(conn, invoice)


def _take_stamp(conn: Connection[Any], issuer: Party) -> Stamp:
    """The issuer's next number with its dates; the series stays ours until the transaction ends."""
    assert issuer.time_zone is not None
    assert issuer.payment_days is not None
    store.lock_series(conn, issuer.id)
    issued_at = database_clock(conn)
    issued_on = issued_at.astimezone(issuer.time_zone).date()
    taken = store.take_number(conn, issuer.id, issued_on)
    return Stamp(
        number=invoice_number(issued_on.year, taken.count),
        issued_at=issued_at,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=issuer.payment_days),
        previous_digest=taken.previous_digest,
    )


def state_invoice(conn: Connection[Any], head: InvoiceHead, body: InvoiceBody) -> InvoiceContent:
    """What a draft states by today's registry, and would at issue. Raises NoParty."""
    issuer, customer = contract_store.load_issuer(conn, head.issuer), contract_store.load_customer(conn, head.customer)
    frame = frame_of(issuer, customer, load_current(conn, head.contract).zone)
    stored = evaluation_store.list_evaluations(conn, sorted({line.evaluation for line in body.lines}))
    return invoice_content(head, body, frame, {key: one.digest for key, one in stored.items()})

"""Access: who may see what. The one place that decides it.

Before a page runs, `guard` turns the names in its address (customer, contract, invoice) into what they name, and only
if the viewer may see it: a page is handed the thing itself and never its name. What a viewer may not see is not there
(404), in the words used for what does not exist. Lists ask `visible_customer`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from psycopg import Connection

from billing.invoice import InvoiceHead
from billing.store import NoInvoice, load_by_name
from contracts import store as contract_store
from contracts.contract import Contract, Party
from contracts.store import NoParty, load_customer
from vouch.errors import Conflict
from web import store
from web.connection import connection
from web.store import Account

# Pages for people who have not signed in.
PUBLIC: Final = frozenset({"static", "auth.sign_in", "healthz"})
# Parts of an address that mean something only within a subject.
DETAILS: Final = frozenset({"month", "asset", "position"})


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract with all its versions, in order; at least one."""

    versions: tuple[Contract, ...]

    @property
    def newest(self) -> Contract:
        """What is agreed now."""
        return self.versions[-1]


def viewer() -> Account:
    """The person who is signed in."""
    account: Account = current_user.account
    return account


def visible_customer() -> str | None:
    """The only customer whose things the viewer may see; None for staff, who see all."""
    return viewer().customer


def wanted_customer(requested: str | None) -> str | None:
    """Which customer's things to list: the requested one's if the viewer may see them, else NotFound."""
    if requested:
        _require(requested, NoParty("customer", requested))
    return requested or visible_customer()


def _require(customer: str, refusal: Exception) -> None:
    if visible_customer() not in (None, customer):
        raise refusal


def _resolve_customer(conn: Connection[Any], name: str) -> Party:
    _require(name, NoParty("customer", name))
    return load_customer(conn, name)


def _resolve_contract(conn: Connection[Any], name: str) -> Agreement:
    versions = contract_store.load_versions(conn, name)
    _require(versions[-1].customer, contract_store.NoContract(name))
    return Agreement(tuple(versions))


def _resolve_invoice(conn: Connection[Any], name: str) -> InvoiceHead:
    issuer = request.args.get("issuer")
    if issuer is None and not name.startswith("draft-"):
        issuers = store.list_issuers_of_number(conn, name, visible_customer())
        if len(issuers) > 1:
            raise Conflict(f"{name} is a number of several issuers: add ?issuer= with one of {', '.join(issuers)}")
        issuer = issuers[0] if issuers else None
    head = load_by_name(conn, name, issuer)
    _require(head.customer, NoInvoice(name))
    return head


SUBJECTS: Final[Mapping[str, Callable[[Connection[Any], str], Any]]] = {
    "customer": _resolve_customer,
    "contract": _resolve_contract,
    "invoice": _resolve_invoice,
}


def guard() -> ResponseReturnValue | None:
    """Before every request: who is it, and what is the page about?"""
    if request.endpoint is None or request.endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("auth.sign_in", next=back))
    given = request.view_args or {}
    for name in given.keys() & SUBJECTS.keys():
        given[name] = SUBJECTS[name](connection(), given[name])
    return None


def check_routes(app: Flask) -> None:
    """A page whose address holds a name that nobody resolves is our mistake, found at start."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        unknown = rule.arguments - SUBJECTS.keys() - DETAILS
        assert not unknown, f"{rule}: {unknown} is neither a subject nor a detail of one"
        assert not rule.arguments or rule.arguments & SUBJECTS.keys(), f"{rule}: details of what?"

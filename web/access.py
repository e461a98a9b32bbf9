"""Access: who may see what, and what programs may do. The one place that decides it.

Shell. Before a page runs, `guard` turns the names in its address (customer, contract, invoice) into what they name, and
only if the viewer may see it: a page is handed the thing itself and never its name. What a viewer may not see is not
there (404), in the words used for what does not exist. Lists ask `visible_customer`.

Programs speak in the name of an account, by its token and never by a cookie: they see what the account sees, and what
they may do depends on its role.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from psycopg import Connection
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.exceptions import NotFound as PageNotFound

from billing.invoice import InvoiceHead
from billing.store import NoInvoice, load_by_name
from contracts import store as contract_store
from contracts.contract import Contract, Party
from contracts.store import NoParty, load_customer
from ingest.registry import device_store
from ingest.registry.device_store import DeviceRow
from ingest.rejection_store import Refused, load_refused
from vouch.errors import Conflict
from web import store
from web.accounts import tokens
from web.accounts.role import STAFF, Role
from web.accounts.store import Account
from web.connection import connection

# Pages for people who have not signed in.
PUBLIC: Final = frozenset({"static", "auth.sign_in", "healthz", "metrics", "api.openapi"})
# Parts of an address that mean something only within a subject.
DETAILS: Final = frozenset({"month", "asset", "position"})
# Pages about what belongs to no customer: by blueprint, and what on them only some of the staff may do.
STAFF_PAGES: Final = frozenset({"ingest"})
DOERS: Final[Mapping[str, frozenset[Role]]] = {"ingest.replay": frozenset({Role.ACCOUNT_MANAGER})}

API: Final = "api"
# Which roles may call what, by endpoint. What a customer reads is cut down to what is its own.
CALLERS: Final[Mapping[str, frozenset[Role]]] = {
    "api.apply": frozenset({Role.ACCOUNT_MANAGER}),
    "api.device_list": STAFF | {Role.CUSTOMER},
    "api.device": STAFF | {Role.CUSTOMER},
    "api.add_credentials": frozenset({Role.ACCOUNT_MANAGER}),
    "api.remove_credentials": frozenset({Role.ACCOUNT_MANAGER}),
    "api.add_certificate": frozenset({Role.ACCOUNT_MANAGER}),
    "api.revoke_certificate": frozenset({Role.ACCOUNT_MANAGER}),
    "api.rejections": STAFF,
    "api.replay": frozenset({Role.ACCOUNT_MANAGER}),
    "api.balance": STAFF,
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract with all its versions, in order; at least one."""

    versions: tuple[Contract, ...]

    @property
    def newest(self) -> Contract:
        """What is agreed now."""
        return self.versions[-1]


def viewer() -> Account:
    """The person who is signed in, or in whose name a program speaks."""
    account: Account = g.speaks_for if "speaks_for" in g else current_user.account
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


def _resolve_device(conn: Connection[Any], name: str) -> DeviceRow:
    return device_store.load_device(conn, name, visible_customer())


def _resolve_rejected(conn: Connection[Any], message: Any) -> Refused:
    return load_refused(conn, int(message))


SUBJECTS: Final[Mapping[str, Callable[[Connection[Any], str], Any]]] = {
    "customer": _resolve_customer,
    "contract": _resolve_contract,
    "invoice": _resolve_invoice,
    "device": _resolve_device,
    "rejected": _resolve_rejected,
}


def guard() -> ResponseReturnValue | None:
    """Before every request: who is it, and what is the page about?"""
    if request.endpoint is None or request.endpoint in PUBLIC:
        return None
    if request.blueprint == API:
        _admit_program(request.endpoint)
    elif not current_user.is_authenticated:
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("auth.sign_in", next=back))
    elif request.blueprint in STAFF_PAGES:
        _admit_staff(request.endpoint)
    given = request.view_args or {}
    for name in given.keys() & SUBJECTS.keys():
        given[name] = SUBJECTS[name](connection(), given[name])
    return None


def may_do(endpoint: str) -> bool:
    """Whether the viewer's role may do what is done there."""
    return endpoint not in DOERS or viewer().role in DOERS[endpoint]


def _admit_staff(endpoint: str) -> None:
    """Raises PageNotFound for a customer's people, Forbidden where the role may look and not touch."""
    if visible_customer() is not None:
        raise PageNotFound
    if not may_do(endpoint):
        raise Forbidden(f"an account with the role {viewer().role} may not do this")


def _admit_program(endpoint: str) -> None:
    """Raises Unauthorized without a token that is in force, Forbidden where its account's role may not."""
    account = tokens.account_of(connection(), request.headers.get("Authorization"))
    if account is None:
        raise Unauthorized(
            "expected the header `Authorization: Bearer TOKEN` with a token that is in force: `vouch token add`",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "vouch"}),
        )
    if account.role not in CALLERS[endpoint]:
        raise Forbidden(f"an account with the role {account.role} may not do this")
    g.speaks_for = account


def check_routes(app: Flask) -> None:
    """A page whose address holds a name that nobody resolves is our mistake, found at start."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        assert not rule.endpoint.startswith(f"{API}.") or rule.endpoint in CALLERS, f"{rule}: who may call it?"
        unknown = rule.arguments - SUBJECTS.keys() - DETAILS
        assert not unknown, f"{rule}: {unknown} is neither a subject nor a detail of one"
        assert not rule.arguments or rule.arguments & SUBJECTS.keys(), f"{rule}: details of what?"

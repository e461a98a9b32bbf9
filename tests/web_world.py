"""A world for the portal's tests: two sellers who number alike, two customers, a month with faults and a silence.

October, in Berlin, is 745 hours long. The truck is down for 10 of them and silent for 6, of which a reading's state
holds one: 730 hours up, 10 down, 5 unknown and left out. It drives one kilometre an hour.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import count
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from psycopg import Connection, sql

from billing.invoice import InvoiceHead
from billing.run import close_month, issue_invoice
from billing.store import InvoiceFilter, list_invoices
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from tests.world import CONTRACT, OCTOBER, OCTOBER_STARTS, agree, declare_world, message, write
from vouch.database import connect, migrate, open_pool
from vouch.settings import Settings, load_settings
from web.accounts.auth import add_account
from web.accounts.role import Role
from web.app import create_app

SEPTEMBER: Final = date(2026, 9, 1)
FAULT_STARTS: Final = OCTOBER_STARTS + timedelta(days=9)
SILENCE_STARTS: Final = OCTOBER_STARTS + timedelta(days=19, hours=12)
HOSTILE: Final = "<script>alert('x')</script> & Sons"
PASSWORD: Final = "a long enough password"

STRANGE_REGISTRY: Final = f"""
registry: 1
issuers:
  - {{id: rival, legal_name: Rival Ltd, address: [Road 3, Leeds], country: GB, time_zone: Europe/London,
     payment_days: 30}}
customers:
  - {{id: stranger, legal_name: "{HOSTILE}", address: ["<b>Lane</b> 4"], country: GB}}
assets:
  - {{id: truck-9, name: "{HOSTILE}", customer: stranger, product_type: truck,
     served_by: [{{device: device-9, since: "2026-09-01T00:00:00+02:00"}}]}}
"""
STRANGE_CONTRACT: Final = (
    CONTRACT.replace("contract: trucks", "contract: strange")
    .replace("issuer: seller", "issuer: rival")
    .replace("customer: buyer", "customer: stranger")
    .replace("truck-1", "truck-9")
)
_NUMBERS: Final = count(1)


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal over a seeded database; `invoice` is the buyer's issued October, `strange` the stranger's."""

    app: Flask
    database: str
    invoice: InvoiceHead
    strange: InvoiceHead

    def signed_in(self, email: str) -> FlaskClient:
        """A browser in which that person has signed in."""
        client = self.app.test_client()
        assert sign_in(client, email).status_code == 303
        return client

    @property
    def staff(self) -> FlaskClient:
        """An account manager's browser."""
        return self.signed_in("manager@seller.example")

    @property
    def buyer(self) -> FlaskClient:
        """The browser of one of the buyer's people."""
        return self.signed_in("person@buyer.example")


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, path: str = "/sign-in") -> Any:
    """Through the form, with its token."""
    return client.post(path, data={"email": email, "password": password, "csrf_token": token_of(client)})


def token_of(client: FlaskClient, path: str = "/sign-in") -> str:
    """The token that a page's form carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found is not None
    return found[1]


def portal_settings(database: str, **chosen: Any) -> Settings:
    """Settings for a portal over `database`."""
    return load_settings(database_url=database, secret_key="k" * 40, **chosen)


def add_people(conn: Connection[Any]) -> None:
    """One of each role, committed."""
    add_account(conn, "manager@seller.example", "Mara Manager", Role.ACCOUNT_MANAGER, None, PASSWORD)
    add_account(conn, "finance@seller.example", "Finn Finance", Role.FINANCE, None, PASSWORD)
    add_account(conn, "person@buyer.example", "Bea Buyer", Role.CUSTOMER, "buyer", PASSWORD)
    conn.commit()


@contextmanager
def open_portal(services: Settings) -> Iterator[Portal]:
    """A portal over a database of its own, in which October is issued and September is not closed."""
    name = f"vouch_web_{next(_NUMBERS)}"
    with connect(services.database_url) as conn:
        conn.autocommit = True
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield from _seeded(f"{services.database_url.rpartition('/')[0]}/{name}")
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _seeded(database: str) -> Iterator[Portal]:
    migrate(database)
    with connect(database) as conn:
        seed(conn)
        invoice, strange = _issued(conn, "buyer"), _issued(conn, "stranger")
    with open_pool(database, "vouch-test-web") as pool:
        yield Portal(create_app(portal_settings(database), pool), database, invoice, strange)


def seed(conn: Connection[Any]) -> None:
    """Registry, contracts, readings, people, and October issued."""
    declare_world(conn)
    apply_registry(conn, *parse_registry(STRANGE_REGISTRY, "others.yaml"))
    agree(conn, STRANGE_CONTRACT)
    for device in ("device-1", "device-9"):
        write_eventful_october(conn, device)
    add_people(conn)
    for closed in close_month(conn, OCTOBER):
        assert closed.invoice is not None
        issue_invoice(conn, closed.invoice)
        conn.commit()


def write_eventful_october(conn: Connection[Any], device: str) -> None:
    """A reading each full hour from a day before October to two hours after it, but for the silence."""
    messages = []
    for n in range(24 + 745 + 2):
        at = OCTOBER_STARTS + timedelta(hours=n - 24)
        down = FAULT_STARTS <= at < FAULT_STARTS + timedelta(hours=10)
        if not SILENCE_STARTS <= at < SILENCE_STARTS + timedelta(hours=5):
            messages.append(message(device, at, odometer_km=1000 + n, state="FAULT" if down else "RUNNING"))
    write(conn, messages)


def _issued(conn: Connection[Any], customer: str) -> InvoiceHead:
    (head,) = list_invoices(conn, InvoiceFilter(customer=customer, status="issued"))
    return head


class Balanced(HTMLParser):
    """Checks that every element that is opened is closed, in order; collects what pages are asked about."""

    VOID: Final = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.rects: list[dict[str, str | None]] = []
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An opening tag."""
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag == "rect":
            self.rects.append(given)
        if "style" in given or any(name.startswith("on") for name in given):
            self.faults.append(f"<{tag}> carries style or script")
        if tag == "script":
            self.faults.append("a script")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself, as SVG has them."""
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """A closing tag."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes nothing")


def plain_text(page: str) -> str:
    """What a reader sees: without tags, blanks joined."""
    text = re.sub(r"<[^>]+>", " ", page).replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")
    return re.sub(r"\s+", " ", text)


def link(path: str, head: InvoiceHead) -> str:
    """A page of an invoice, its issuer named as there are two."""
    return f"/invoices/{head.name}{path}?issuer={head.issuer}"

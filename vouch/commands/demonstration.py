"""The demonstration: a month of three simulated fleets, from MQTT messages to issued and verified invoices.

Shell. Everything is the product's own path; nothing is put into the database by the way. What an earlier run has done
is found and left as it is.
"""

import secrets
import signal
import threading
import time
from datetime import date
from typing import Any, Final

import click
from psycopg import Connection

from billing.run import close_month, issue_invoice
from billing.store import InvoiceFilter, list_invoices
from billing.verify import verify_invoice
from contracts.run import load_current
from device_sim.fleet import FLEETS, Fleet, fleet
from device_sim.publisher import simulate
from vouch.commands.common import console, open_database, progress_line, say
from vouch.commands.fleets import declare
from vouch.commands.invoice import print_invoices
from vouch.errors import Conflict
from vouch.mqtt import tls_files
from vouch.running import up
from vouch.settings import Settings
from web.accounts.auth import add_account, set_password
from web.accounts.role import Role
from web.accounts.store import AccountExists

SEED: Final = "demo"


def run_demo(settings: Settings, month: date, *, leave: bool) -> None:
    """Do all of it and serve the portal until Ctrl-C; with `leave`, stop everything at the end instead."""
    began = time.monotonic()
    console.print("[bold]Starting database, broker and services[/]")
    with up.running(settings, say=say) as found:
        fleets = [fleet(name, SEED, None, [month]) for name in FLEETS]
        contracts = [name for one in fleets for name in one.contracts]
        with open_database(found) as conn:
            issued = _issued(conn, month, contracts)
        for one in fleets:
            _take_in(found, one, month, done=set(one.contracts) <= issued)
        with open_database(found) as conn:
            _bill(conn, month, contracts)
            people = _invite(conn, contracts)
        console.print(f"\nDone in {time.monotonic() - began:.0f} s. Portal: [bold]{up.portal_address(found)}[/]")
        for email, role, password in people:
            console.print(f"  {email:<34} {role:<16} password {password}", markup=False)
        if leave:
            console.print("Stopping everything (EXIT).")
            return
        console.print("Follow a line to its readings: Invoices, an invoice, a line. Ctrl-C stops everything.")
        _wait_for_stop()


def _issued(conn: Connection[Any], month: date, contracts: list[str]) -> set[str]:
    heads = list_invoices(conn, InvoiceFilter(month=month, status="issued"))
    return {head.contract for head in heads} & set(contracts)


def _take_in(settings: Settings, one: Fleet, month: date, *, done: bool) -> None:
    """Have a fleet's month published over MQTT and stored, unless its invoices say that it was."""
    console.print(f"[bold]Fleet {one.name}[/], {month:%B %Y}")
    if done:
        say("its invoices are issued already: nothing to publish")
        return
    declare(settings, one.name, one.registry, one.contracts)
    truth = settings.home / f"truth-{one.name}-{month:%Y-%m}.json"
    url = settings.simulator_mqtt_url or settings.mqtt_url
    show = progress_line("stored")
    delivery = simulate(url, one.name, SEED, None, f"{month:%Y-%m}", truth, 0.0, show, files=tls_files(settings))
    say(f"{delivery}; the truth is in {truth}")


def _bill(conn: Connection[Any], month: date, contracts: list[str]) -> None:
    console.print(f"[bold]Closing {month:%B %Y}[/]")
    for closed in close_month(conn, month, contracts):
        say(f"{closed.contract}: {closed.outcome}")
        if closed.invoice is not None:
            issue_invoice(conn, closed.invoice)
            conn.commit()
    found = [h for h in list_invoices(conn, InvoiceFilter(month=month, status="issued")) if h.contract in contracts]
    conn.commit()
    print_invoices("Issued invoices", found)
    console.print("[bold]Verifying every line from raw readings[/]")
    for head in found:
        result = verify_invoice(conn, head.name, head.issuer)
        say(f"{head.name}: {'all ' if result.vouched else ''}{len(result.lines)} lines {_word(result.vouched)}")
        if not result.vouched:
            raise Conflict(f"{head.name} is not vouched for: `vouch verify {head.name}` says what differs")


def _word(vouched: bool) -> str:
    return "vouched" if vouched else "DIFFER"


def _invite(conn: Connection[Any], contracts: list[str]) -> list[tuple[str, Role, str]]:
    """Accounts for whoever looks at the demonstration, each time with new passwords: (email, role, password)."""
    customers = sorted({load_current(conn, contract).customer for contract in contracts})
    wanted: list[tuple[str, Role, str | None]] = [
        ("manager@demo.example", Role.ACCOUNT_MANAGER, None),
        ("finance@demo.example", Role.FINANCE, None),
        *((f"{customer}@demo.example", Role.CUSTOMER, customer) for customer in customers),
    ]
    people = []
    for email, role, customer in wanted:
        password = secrets.token_urlsafe(9)
        try:
            add_account(conn, email, f"Demo {role.replace('_', ' ')}", role, customer, password)
        except AccountExists:
            set_password(conn, email, password)
        people.append((email, role, password))
    conn.commit()
    return people


def _wait_for_stop() -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    stopping.wait()
    click.echo()
    say("stopping everything")

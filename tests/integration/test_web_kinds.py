"""Every kind of measure, judge and price on the portal's pages, with figures worked out by hand: tests/web_kinds.py."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from billing.invoice import InvoiceHead
from billing.run import close_month, issue_invoice
from billing.store import load_body
from tests.web_kinds import seed_kinds
from tests.web_world import Balanced, Portal, link, open_portal, plain_text
from tests.world import OCTOBER
from vouch.database import connect
from vouch.settings import Settings


@pytest.fixture(scope="module")
def portal(services: Settings) -> Iterator[Portal]:
    with open_portal(services) as portal:
        with connect(portal.database) as conn:
            seed_kinds(conn)
        yield portal


@pytest.fixture(scope="module")
def buyer(portal: Portal) -> FlaskClient:
    return portal.buyer


@pytest.fixture(scope="module")
def before(buyer: FlaskClient) -> str:
    """The month's page while there is no invoice."""
    return page(buyer, "/contracts/cold/2026-10")


@pytest.fixture(scope="module")
def invoice(portal: Portal, before: str) -> InvoiceHead:
    with connect(portal.database) as conn:
        (closed,) = close_month(conn, OCTOBER, ["cold"])
        issued = issue_invoice(conn, closed.invoice or 0)
        conn.commit()
    return issued


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200, f"{path}: {plain_text(text)}"
    assert not Balanced(text).faults, path
    return text


def test_the_month_shows_each_measure_with_its_unit_and_promise(before: str) -> None:
    shown = plain_text(before)

    for words in (
        "Not invoiced yet",
        # 2 kWh an hour; 8 pallets on each of 31 days.
        "Energy Counter",
        "1,490 kWh",
        "Pallets Sum of events",
        "248",
        # 10 hours down, 5 unknown, 30 defrosting at a half each: 700 + 15 hours.
        "Running Time in states",
        "715 h",
        # Of 700 hours up 7 are maintenance; 2 unknown ones are on record as up: (693 + 15 + 2) / (693 + 10 + 30 + 2).
        "Availability Availability · promised at least 99 %",
        "96.5986 %",
        "No data, on record as up",
        "Maintenance, left out",
        "Degraded: DEFROST",
        # 6 hours outside of 740 known ones.
        "In temperature Share of time in a band · promised more than 99.5 %",
        "99.1891 %",
        # Opened at 00:30, responded to at 05:00.
        "4.5 h",
        "too-warm",
        # 1,490 / 248, 142/147 x 734/740, 1,000 + 2 x 248 - 1,490, 248 / 249.
        "6.008",
        "95.8154 %",
        "6 kWh",
        "99.5983 %",
        # 715 / 740 of the first month of three; the year is over in December.
        "96.6216 % so far",
    ):
        assert words in shown, words


def test_the_month_shows_what_judges_granted_and_refused_and_why(before: str) -> None:
    shown = plain_text(before)

    for words in (
        "7 Oct 2026, 20:00:00 CEST 7 Oct 2026, 22:00:00 CEST Weekly window granted",
        "28 Oct 2026, 20:00:00 CET 28 Oct 2026, 21:00:00 CET Weekly window granted",
        "28 Oct 2026, 21:00:00 CET 28 Oct 2026, 22:00:00 CET Weekly window refused the allowance was used up",
        "Service F-1 refused known too late",
        "Strike F-2 refused known too late",
        "Second miss Streak · Cold store right arisen",
        "termination: 2026-10 missed",
    ):
        assert words in shown, words


def test_the_month_shows_what_is_on_record_and_how_it_stands(before: str) -> None:
    shown = plain_text(before)

    for words in (
        "F-1 Cold store Planned work cause service 27 Oct 2026, 07:00 CET – 27 Oct 2026, 11:00 CET by the supplier",
        "accepted by the customer",
        "cause strike · letter of the union",
        "disputed by the customer: we saw nobody on strike",
        "Index value index labour, month 2026-10, value 101",
        "not answered by the customer yet",
    ):
        assert words in shown, words
    # The value of September is of another month.
    assert "F-5" not in shown


def test_the_month_shows_both_sides_views(before: str) -> None:
    shown = plain_text(before)

    # The customer sees 7 hours of maintenance as up time, and 2 hours without data as just that.
    assert "Both sides' views" in before
    assert "Up time Cold store Owner Availability customer up 700:00:00" in shown
    assert "9:00:00" in shown
    assert "20 Oct 2026, 14:00:00 CEST 20 Oct 2026, 16:00:00 CEST unknown no data, on record as up" in shown


def test_every_line_opens_to_its_evidence(portal: Portal, buyer: FlaskClient, invoice: InvoiceHead) -> None:
    with connect(portal.database) as conn:
        lines = load_body(conn, invoice).lines
    shown = {line.price: plain_text(page(buyer, link(f"/lines/{line.position}", invoice))) for line in lines}

    for term, words in (
        ("fee", "In service 745:00:00"),
        ("handled", "Pallets, store-1, above 100"),
        ("uptime", "Exactly: 142 / 147 of the time that counts, which falls short by 2.4013 percentage points"),
        ("uptime", "Gap attributed"),
        ("temperature", "outside the band"),
        ("response", "too-warm F-4"),
        ("extra", "at most 2"),
        ("shared", "6 kWh"),
        ("not-clean", "Cleaning Obligation"),
        ("together", "Reckoned on"),
    ):
        assert words in shown[term], (term, shown[term])
    assert f"{len(lines)} of {len(lines)} lines" in plain_text(page(buyer, link("/verify", invoice)))


def test_the_invoiced_month_shows_the_same_and_leads_to_its_lines(buyer: FlaskClient, invoice: InvoiceHead) -> None:
    shown = plain_text(page(buyer, "/contracts/cold/2026-10"))

    for words in (f"Invoice {invoice.number}", "96.5986 %", "715 h as known now", "line 5", "On record"):
        assert words in shown, words
    for path in ("/contracts/cold", "/contracts/cold/2026-10/store-1", link("", invoice)):
        page(buyer, path)

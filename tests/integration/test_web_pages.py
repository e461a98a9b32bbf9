"""The portal's pages over a seeded database: what they say, to whom, and how they are built."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.run import DatabaseKnowledge
from ingest.summaries.summariser import summarise_stale
from tests.builders import BERLIN
from tests.web_world import HOSTILE, Balanced, Portal, link, open_portal, plain_text
from tests.world import CONTRACT, OCTOBER, OCTOBER_STARTS, agree, message, write
from vouch.database import connect
from vouch.knowledge import snapshot
from vouch.settings import Settings
from web.access import API, PUBLIC, check_routes


@pytest.fixture(scope="module")
def portal(services: Settings) -> Iterator[Portal]:
    with open_portal(services) as portal, connect(portal.database) as conn:
        # Somebody nobody knows: the one message that is refused.
        write(conn, [message("device-77", OCTOBER_STARTS, state="RUNNING")])
        yield portal


@pytest.fixture(scope="module")
def staff(portal: Portal) -> FlaskClient:
    return portal.staff


@pytest.fixture(scope="module")
def buyer(portal: Portal) -> FlaskClient:
    return portal.buyer


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {plain_text(answer.get_data(as_text=True))}"
    return plain_text(answer.get_data(as_text=True))


def addresses(portal: Portal, *, strange: bool) -> dict[str, str]:
    """A page for every rule of the portal that needs signing in, about the buyer's things or the stranger's."""
    head = portal.strange if strange else portal.invoice
    values = {
        "customer": head.customer,
        "contract": head.contract,
        "invoice": head.name,
        "month": OCTOBER,
        "asset": "truck-9" if strange else "truck-1",
        "position": 1,
        "device": "device-9" if strange else "device-1",
        "rejected": 1,
    }
    found = {}
    with portal.app.test_request_context():
        for rule in portal.app.url_map.iter_rules():
            page = not rule.endpoint.startswith(f"{API}.")
            if not page or rule.endpoint in PUBLIC or "GET" not in (rule.methods or ()):
                continue
            given: dict[str, Any] = {name: values[name] for name in rule.arguments}
            if "invoice" in given:
                given["issuer"] = head.issuer
            address = portal.app.url_map.bind("localhost").build(rule.endpoint, given)
            found[rule.rule] = address
    return found


# Who sees what


def test_without_signing_in_every_page_leads_to_the_form(portal: Portal) -> None:
    for address in addresses(portal, strange=False).values():
        answer = portal.app.test_client().get(address)
        assert answer.status_code == 302
        assert answer.location.startswith("/sign-in?next=")


def test_staff_see_every_page_of_every_customer(portal: Portal, staff: FlaskClient) -> None:
    for strange in (True, False):
        for rule, address in addresses(portal, strange=strange).items():
            assert staff.get(address).status_code == 200, rule


def test_a_customers_people_see_all_of_their_own_and_nothing_else(portal: Portal, buyer: FlaskClient) -> None:
    own, strange = addresses(portal, strange=False), addresses(portal, strange=True)
    about_nobody = {"/", "/invoices", "/devices"}
    of_staff = {rule for rule in own if rule.startswith("/ingest")}

    for rule in of_staff:
        assert buyer.get(own[rule]).status_code == 404, rule
    about_nobody |= of_staff
    assert own.keys() - about_nobody
    for rule in own.keys() - about_nobody:
        assert buyer.get(own[rule]).status_code == 200, rule
        assert buyer.get(strange[rule]).status_code == 404, rule


def test_what_may_not_be_seen_is_answered_like_what_does_not_exist(portal: Portal, buyer: FlaskClient) -> None:
    for hidden, absent in (
        ("/customers/stranger", "/customers/nobody12"),
        ("/contracts/strange", "/contracts/no-such"),
        (link("", portal.strange), link("", portal.strange).replace("000001", "000099")),
    ):
        pages = [buyer.get(path).get_data(as_text=True) for path in (hidden, absent)]
        names = [path.split("?")[0].rsplit("/", 1)[1] for path in (hidden, absent)]
        assert pages[0].replace(names[0], "") == pages[1].replace(names[1], "")


def test_lists_hold_only_what_the_viewer_may_see(buyer: FlaskClient) -> None:
    assert buyer.get("/").location == "/customers/buyer"
    assert "stranger" not in buyer.get("/invoices").get_data(as_text=True)
    assert "strange" not in text_of(buyer, "/invoices")
    assert buyer.get("/invoices?customer=stranger").status_code == 404
    assert buyer.get("/invoices?customer=buyer").status_code == 200


def test_a_number_of_two_sellers_is_asked_about_but_leads_its_own_customer_on(
    portal: Portal, staff: FlaskClient, buyer: FlaskClient
) -> None:
    assert portal.invoice.number == portal.strange.number
    asked = staff.get(f"/invoices/{portal.invoice.number}")

    assert asked.status_code == 409
    assert "rival, seller" in asked.get_data(as_text=True)
    assert buyer.get(f"/invoices/{portal.invoice.number}").status_code == 200
    assert link("", portal.invoice) in staff.get("/invoices").get_data(as_text=True).replace("&amp;", "&")


def test_a_page_whose_address_nobody_resolves_stops_the_portal_at_start() -> None:
    odd = Flask("odd")
    odd.add_url_rule("/odd/<thing>", "odd", lambda thing: thing)

    with pytest.raises(AssertionError, match="neither a subject nor a detail"):
        check_routes(odd)


# What pages say: figures reckoned by hand, see tests/web_world.py


def test_the_month_page_shows_what_was_measured_and_what_it_came_to(portal: Portal, buyer: FlaskClient) -> None:
    shown = text_of(buyer, "/contracts/trucks/2026-10")

    assert "745 hours in Europe/Berlin" in shown
    # 730 / 740, cut.
    assert "98.6486 %" in shown
    for hours in ("730:00:00", "10:00:00", "5:00:00"):
        assert hours in shown
    # 745.00 fee + 745 km at 0.10 - 5 % of the fee = 782.25; VAT 19 % = 148.63.
    for amount in ("€930.88", "€782.25", "€148.63", "€745.00", "€74.50", "−€37.25"):
        assert amount in shown
    assert f"Invoice {portal.invoice.number}" in shown
    assert "745 km" in shown


def test_a_month_that_is_over_and_not_closed_says_how_to_close_it(staff: FlaskClient) -> None:
    shown = text_of(staff, "/contracts/trucks/2026-09")

    # 745.00 fee, 24 km on the last day, the rest of the month unknown and left out: 747.40, VAT 142.01.
    for amount in ("€889.41", "€747.40", "€142.01", "€2.40"):
        assert amount in shown
    assert "Not invoiced yet" in shown
    assert "vouch close 2026-09 drafts its invoice" in shown
    assert "100.0000 %" in shown
    assert "696:00:00" in shown


def test_the_running_month_says_so_far_and_agrees_with_the_engine(services: Settings) -> None:
    now = datetime.now(BERLIN)
    began = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with open_portal(services) as portal, connect(portal.database) as conn:
        # However young the month is, and whichever it is.
        driven = (began, 9000), (now, 9007)
        write(conn, [message("device-1", at, odometer_km=km, state="RUNNING") for at, km in driven])
        page = portal.staff.get(f"/contracts/trucks/{now:%Y-%m}").get_data(as_text=True)
        shown = plain_text(page)
        with snapshot(conn) as known_at:
            known = DatabaseKnowledge(conn, "trucks", known_at, known_at, until=known_at)
            used = known.evaluator(began.date()).value(0, "distance", "truck-1").number

    assert "so far, as known at" in shown
    assert "So far" in shown
    assert used is not None
    assert used.denominator == 1
    assert f"{used} km" in shown
    pieces = [rect for rect in Balanced(page).rects if rect.get("data-class") == "none"]
    assert pieces, "the rest of the month is still to come"


def test_the_widths_of_a_band_partition_the_month(staff: FlaskClient) -> None:
    page = staff.get("/contracts/trucks/2026-10").get_data(as_text=True)
    (picture,) = re.findall(r'<svg class="band".*?</svg>', page, re.DOTALL)
    found = re.findall(r'data-class="(\w+)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', picture)
    widths: dict[str, Decimal] = {}
    place = Decimal(0)
    for name, x, width in found:
        assert Decimal(x) == place
        place += Decimal(width)
        widths[name] = widths.get(name, Decimal(0)) + Decimal(width)

    assert place == 1000
    for name, hours in (("up", 730), ("down", 10), ("unknown", 5)):
        assert abs(widths[name] - Decimal(1000) * hours / 745) < Decimal("0.01")
    titles = re.findall(r"<title>(\w+): [^<]*, ([\d:]+)</title>", picture)
    seconds = sum(int(h) * 3600 + int(m) * 60 + int(s) for _, t in titles for h, m, s in [t.split(":")])
    assert seconds == 745 * 3600


def test_an_asset_is_shown_day_by_day_with_the_day_of_25_hours(buyer: FlaskClient) -> None:
    shown = text_of(buyer, "/contracts/trucks/2026-10/truck-1")

    assert "25 h" in shown
    assert "2 stretches down or unknown" in shown
    assert "down 10 Oct 2026, 00:00:00 CEST 10 Oct 2026, 10:00:00 CEST 10:00:00" in shown
    assert "unknown 20 Oct 2026, 12:00:00 CEST 20 Oct 2026, 17:00:00 CEST 5:00:00" in shown
    assert "Sat 24 Oct 24 km" in shown
    assert "Sun 25 Oct 25 km" in shown
    assert buyer.get("/contracts/trucks/2026-10/truck-2").status_code == 404


def test_readings_that_come_after_the_invoice_are_said_to_be_late(services: Settings) -> None:
    with open_portal(services) as portal, connect(portal.database) as conn:
        assert "came after the invoice" not in text_of(portal.staff, "/contracts/trucks/2026-10")
        late = OCTOBER_STARTS + timedelta(hours=10, minutes=30)
        write(conn, [message("device-1", late, odometer_km=5)])
        summarise_stale(conn)
        shown = text_of(portal.staff, "/contracts/trucks/2026-10")

        # The counter shows 5 between 1034 and 1035: two resets more, 5 and then 1030 on top.
        assert "1,779 km as known now, 745 km on the invoice" in shown


def test_the_invoice_page_is_the_issued_document(portal: Portal, buyer: FlaskClient) -> None:
    shown = text_of(buyer, link("", portal.invoice))

    for words in (
        "Seller GmbH",
        "Street 1",
        "VAT ID DE123456788",
        "Buyer AG",
        "1 October 2026 – 31 October 2026",
        "745 hours in Europe/Berlin",
        "1 month",
        "€930.88",
        "VAT 19 % on €782.25 €148.63",
        portal.invoice.digest or "",
    ):
        assert words in shown
    assert "DRAFT" not in shown


def test_a_draft_is_marked_as_one(services: Settings) -> None:
    from billing.run import close_month
    from tests.web_world import SEPTEMBER

    with open_portal(services) as portal, connect(portal.database) as conn:
        closed = {one.contract: one.invoice for one in close_month(conn, SEPTEMBER)}
        buyer = portal.buyer
        name = f"draft-{closed['trucks']}"
        for path in (f"/invoices/{name}", "/invoices", "/contracts/trucks", f"/invoices/{name}/lines/1"):
            assert "DRAFT" in text_of(buyer, path), path
        assert "Not a demand for payment" in text_of(buyer, f"/invoices/{name}")
        assert "in draft" in text_of(buyer, "/contracts/trucks/2026-09")
        assert text_of(buyer, "/invoices?status=draft").count("draft-") == 1
        assert "draft-" not in text_of(buyer, "/invoices?status=issued")
        assert json.loads(buyer.get(f"/invoices/{name}/document.json").data)["status"] == "draft"
        assert "Vouched." in text_of(buyer, f"/invoices/{name}/verify")
        assert buyer.get(f"/invoices/draft-{closed['strange']}").status_code == 404


def test_the_evidence_of_a_credit_shows_the_time_it_rests_on(portal: Portal, buyer: FlaskClient) -> None:
    shown = text_of(buyer, link("/lines/3", portal.invoice))

    for words in (
        "98.6486 %",
        "credit 5 % of the fee",
        "line 1",
        "73 / 74 of the time that counts",
        "falls short by 0.3513 percentage points",
        "730:00:00",
        "10:00:00",
        "5:00:00",
        "A state holds until the next reading, at most 1 hour",
        "is left out of the reckoning altogether",
        "first reading used RUNNING",
        "trucks, version 1, document",
        "Engine version 2",
    ):
        assert words in shown, words


def test_the_evidence_of_use_shows_opening_and_closing_reading(portal: Portal, buyer: FlaskClient) -> None:
    shown = text_of(buyer, link("/lines/2", portal.invoice))

    assert "1,024 1 Oct 2026, 00:00:00 CEST 1,769 1 Nov 2026, 00:00:00 CET 745 km" in shown
    assert "745 km × €0.10" in shown


def test_a_day_of_a_source_opens_to_its_readings_page_by_page(
    portal: Portal, buyer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.evidence.READINGS_PER_PAGE", 10)
    path = link("/lines/2", portal.invoice) + "&device=device-1&metric=odometer_km&day=2026-10-05"
    pages = [text_of(buyer, f"{path}&page={n}") for n in (1, 2, 3)]

    # 24 readings of the UTC day; the first is 98 hours after October began.
    assert "page 1 of 3, 24 readings" in pages[0]
    assert "1 5 Oct 2026, 02:00:00 CEST 2026-10-05 00:00:00Z 1,122" in pages[0]
    assert "24 6 Oct 2026, 01:00:00 CEST 2026-10-05 23:00:00Z 1,145" in pages[2]
    assert "1,132" in pages[1]
    assert "they have the digest" in pages[0]
    onward = re.search(r'<a rel="next" href="([^"]+)"', buyer.get(path).get_data(as_text=True))
    assert onward is not None
    assert "page 2 of 3" in text_of(buyer, onward[1].replace("&amp;", "&"))
    assert "RUNNING" in text_of(
        buyer, link("/lines/3", portal.invoice) + "&device=device-1&metric=state&day=2026-10-05"
    )


def test_of_many_sources_the_days_of_one_are_listed_at_a_time(
    portal: Portal, buyer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.evidence.SOURCES_OPEN_MAX", 0)
    closed = buyer.get(link("/lines/2", portal.invoice)).get_data(as_text=True)
    opened = buyer.get(link("/lines/2", portal.invoice) + "&device=device-1&metric=odometer_km")

    assert "day=2026-10-05" not in closed
    assert "device=device-1&amp;metric=odometer_km" in closed
    assert "day=2026-10-05" in opened.get_data(as_text=True)


def test_a_large_fleet_is_shown_a_page_of_assets_at_a_time(services: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.months.ASSETS_PER_PAGE", 1)
    amended = CONTRACT.replace("version: 1", "version: 2").replace(
        "effective_from: 2026-09-01\n", "effective_from: 2026-11-01\n"
    )
    second = "\n  - {asset: truck-2, in_service_from: 2026-11-01}\nmeasures:"
    with open_portal(services) as portal, connect(portal.database) as conn:
        agree(conn, amended.replace("\nmeasures:", second))
        staff = portal.staff
        first, last = (text_of(staff, f"/contracts/trucks/2026-11?page={n}") for n in (1, 2))

        assert "First truck" in first
        assert "Second truck" not in first
        assert "page 1 of 2, 2 assets" in first
        assert "Second truck" in last
        assert "Version 1, from 1 September 2026" in text_of(staff, "/contracts/trucks")
        assert text_of(staff, "/contracts/trucks/2026-10").count("Second truck") == 0


def test_only_sources_of_the_line_open(portal: Portal, buyer: FlaskClient) -> None:
    for query in (
        "device=device-9&metric=odometer_km&day=2026-10-05",
        "device=device-1&metric=state&day=2026-10-05",
        "device=device-1&metric=odometer_km&day=2026-12-24",
        "device=device-1&metric=odometer_km&day=x",
        "device=device-1",
    ):
        assert buyer.get(f"{link('/lines/2', portal.invoice)}&{query}").status_code == 404, query


def test_readings_of_somebody_else_on_the_same_day_are_not_shown(services: Settings) -> None:
    from ingest.registry.apply import apply_registry
    from ingest.registry.file import parse_registry
    from tests.world import REGISTRY

    with open_portal(services) as portal, connect(portal.database) as conn:
        swapped = REGISTRY.replace(
            '{device: device-1, since: "2026-09-01T00:00:00+02:00"}',
            '{device: device-1, since: "2026-09-01T00:00:00+02:00", until: "2026-11-01T01:00:00+01:00"}',
        )
        apply_registry(conn, *parse_registry(swapped, "registry.yaml"))
        conn.execute(
            "UPDATE ingest.assignment SET serves = tstzrange('2026-10-06T10:00Z', NULL) WHERE device = 'device-9'"
        )
        conn.commit()
        path = link("/lines/2", portal.strange) + "&device=device-9&metric=odometer_km&day=2026-10-06"
        shown = text_of(portal.staff, path)

        assert "10 further readings of the day were made while the device served another asset" in shown
        assert "2026-10-06 09:00:00Z" not in shown
        assert "2026-10-06 10:00:00Z" in shown


def test_verification_says_vouched_or_what_differs(services: Settings) -> None:
    with open_portal(services) as portal, connect(portal.database) as conn:
        buyer = portal.buyer
        assert "3 of 3 lines" in text_of(buyer, link("/verify", portal.invoice))
        conn.execute("UPDATE ingest.reading SET value = value + 1 WHERE measured_at = '2026-10-31T23:00Z'")
        conn.commit()

        shown = text_of(buyer, link("/verify", portal.invoice))
        assert "Not vouched." in shown
        assert "2026-10-31" in shown
        day = link("/lines/2", portal.invoice) + "&device=device-1&metric=odometer_km&day=2026-10-31"
        assert "no longer have the digest" in text_of(buyer, day)


def test_downloads_are_the_stored_bytes(portal: Portal, buyer: FlaskClient) -> None:
    document = buyer.get(link("/document.json", portal.invoice))
    evidence = buyer.get(link("/lines/3/evidence.json", portal.invoice))

    assert hashlib.sha256(document.data).hexdigest() == portal.invoice.digest
    assert document.headers["Content-Disposition"] == f'attachment; filename="{portal.invoice.name}.json"'
    stated = json.loads(document.data)["lines"][2]["evaluation_digest"]
    assert hashlib.sha256(evidence.data).hexdigest() == stated


def test_the_contract_page_says_what_is_agreed_in_plain_words(buyer: FlaskClient) -> None:
    shown = text_of(buyer, "/contracts/trucks")

    for words in (
        "EUR 745 a calendar month for each covered asset.",
        "EUR 0.1 for each km used in the month.",
        "What the counter “odometer_km” rose by, in km, in each calendar month; each asset by itself.",
        "The share of the time that counts in which an asset was up, in each calendar month; each asset by itself.",
        "“availability” is at least 99 %.",
        "Time counts around the clock",
        "5 % below 99 %, 20 % below 95 %; at most 20 % of it.",
        "First truck",
        "device-1",
        "October 2026",
        "running",
    ):
        assert words in shown, words


# How pages are built


def test_every_page_is_well_formed_and_leads_only_to_pages_that_answer(portal: Portal, staff: FlaskClient) -> None:
    seen: set[str] = set()
    for strange in (True, False):
        for rule, address in addresses(portal, strange=strange).items():
            answer = staff.get(address)
            if answer.mimetype != "text/html":
                continue
            page = Balanced(answer.get_data(as_text=True))
            assert not page.faults, f"{rule}: {page.faults}"
            assert len(page.ids) == len(set(page.ids)), rule
            seen |= {href.split("#")[0] for href in page.links if href.startswith("/")}

    assert len(seen) > 30
    for href in seen:
        assert staff.get(href).status_code == 200, href


def test_every_page_has_language_title_and_one_main_heading(portal: Portal, staff: FlaskClient) -> None:
    for rule, address in addresses(portal, strange=False).items():
        answer = staff.get(address)
        if answer.mimetype == "text/html":
            page = answer.get_data(as_text=True)
            assert '<html lang="en">' in page
            assert re.search(r"<title>[^<]{3,} · vouch</title>", page), rule
            assert page.count("<h1") == 1, rule
            assert 'href="#content"' in page
            assert "{{" not in page


def test_hostile_names_are_text_and_nothing_else(portal: Portal, staff: FlaskClient) -> None:
    for rule, address in addresses(portal, strange=True).items():
        answer = staff.get(address)
        if answer.mimetype == "text/html":
            page = answer.get_data(as_text=True)
            assert "<script" not in page, rule
            assert "<b>Lane" not in page, rule
    assert "&lt;script&gt;" in staff.get("/customers/stranger").get_data(as_text=True)
    assert HOSTILE.split("&")[0].strip() in re.sub(
        "&(lt|gt|#39);", lambda m: {"lt": "<", "gt": ">", "#39": "'"}[m[1]], staff.get("/").get_data(as_text=True)
    )


def test_mistaken_addresses_get_a_page_that_says_what_is_wrong(portal: Portal, staff: FlaskClient) -> None:
    head = portal.invoice
    for path, status in (
        ("/invoices?month=October", 422),
        ("/invoices?status=paid", 422),
        ("/contracts/trucks?before=x", 422),
        ("/contracts/trucks/2026-13", 404),
        ("/contracts/trucks/2026-08", 404),
        ("/contracts/trucks/2999-01", 404),
        ("/contracts/trucks/0000-01", 404),
        ("/contracts/nothing", 404),
        ("/contracts/trucks/2026-10/nothing", 404),
        ("/customers/nobody", 404),
        ("/invoices/INV-2026-999999", 404),
        ("/invoices/draft-99999999999999999999", 404),
        ("/invoices/draft-0", 404),
        (link("/lines/99", head), 404),
        (link("/lines/0", head), 404),
        (link("/lines/99999999999999999999", head), 404),
        (f"/invoices/{head.name}", 409),
        ("/nowhere", 404),
    ):
        answer = staff.get(path)
        assert answer.status_code == status, path
        page = answer.get_data(as_text=True)
        assert not Balanced(page).faults
        assert f">{status}<" in page
    assert staff.post("/sign-out").status_code == 400
    assert staff.get("/sign-out").status_code == 405


def test_an_unknown_text_in_a_query_harms_nothing(portal: Portal, staff: FlaskClient) -> None:
    for query in ("customer=%00", "customer='; DROP TABLE web.account --", "month=", "page=-1", "page=x"):
        assert staff.get(f"/invoices?{query}").status_code in (200, 404, 422), query
    day = link("/lines/2", portal.invoice) + "&device=device-1&metric=odometer_km&day=2026-10-05"
    for page in ("0", "-1", "x", "999999999999", "²"):
        assert staff.get(f"{day}&page={page}").status_code == 200, page

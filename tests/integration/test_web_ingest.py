"""The portal's pages on what comes in: ingest, refused messages, devices, and outages of our own in a month."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from psycopg import Connection

from ingest.clocks.skew import HourOffset
from ingest.clocks.store import put_offsets
from ingest.message import Message
from ingest.notes import Clue, PresenceNote
from ingest.presence.listening import Stretch
from ingest.presence.listening_store import put_process, put_stretch
from ingest.presence.store import add_presence
from ingest.vitals import BrokerCounters, Health, Report, Status
from tests.unit.ingest.test_vitals import WELL
from tests.web_world import SILENCE_STARTS, Balanced, Portal, link, open_portal, plain_text
from tests.world import OCTOBER_ENDS, OCTOBER_STARTS, message, write
from vouch.database import connect
from vouch.knowledge import recording
from vouch.period import to_micros
from vouch.settings import Settings

HOUR = timedelta(hours=1)
UNKNOWN_DEVICE = message("device-77", OCTOBER_STARTS, state="RUNNING")


@pytest.fixture(scope="module")
def portal(services: Settings) -> Iterator[Portal]:
    with open_portal(services) as portal, connect(portal.database) as conn:
        record(conn)
        yield portal


@pytest.fixture(scope="module")
def staff(portal: Portal) -> FlaskClient:
    return portal.staff


@pytest.fixture(scope="module")
def buyer(portal: Portal) -> FlaskClient:
    return portal.buyer


def record(conn: Connection[Any]) -> None:
    """An outage of ours within the truck's silence, a process that is there, a broker that dropped, two refusals."""
    listen(conn, OCTOBER_STARTS - HOUR, SILENCE_STARTS + 2 * HOUR)
    listen(conn, SILENCE_STARTS + 4 * HOUR, OCTOBER_ENDS + 100 * HOUR)
    run, now = uuid4(), datetime.now(UTC)
    listen(conn, now - HOUR, now, run)
    broker = BrokerCounters(version="mosquitto 2", dropped=3, stored_messages=12_345, stored_bytes=99)
    health = Health(Status.DEGRADED, ("the broker dropped 3 messages",), WELL)
    proof = Stretch(run, "vouch-ingest", to_micros(now - HOUR), to_micros(now))
    put_process(conn, proof, Report("plant-1", 4711, to_micros(now - HOUR), health, broker))
    write(conn, [UNKNOWN_DEVICE, Message("vouch/v1/device-1/telemetry", b"\xff\xfe<script>")])
    with recording(conn) as recorded_at:
        gone = PresenceNote("device-1", None, False, Clue.WILL, "the broker published its will")
        gone_at = to_micros(OCTOBER_ENDS + 3 * HOUR)
        add_presence(conn, [(gone_at, gone)], recorded_at, lambda source: source)
    conn.commit()


def listen(conn: Connection[Any], since: datetime, until: datetime, run: UUID | None = None) -> None:
    put_stretch(conn, Stretch(run or uuid4(), "vouch-ingest", to_micros(since), to_micros(until)))


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, plain_text(page)
    assert Balanced(page).faults == []
    return plain_text(page)


# Our own outage in a month


def test_unknown_time_that_fell_into_our_outage_is_named_so_on_every_page(portal: Portal, buyer: FlaskClient) -> None:
    for path in ("/contracts/trucks/2026-10", "/contracts/trucks/2026-10/truck-1", link("/lines/3", portal.invoice)):
        shown = text_of(buyer, path)
        assert "unknown: vouch was not listening" in shown.lower()
        assert "When vouch was not listening" in shown
        # Between the last proof before it and the first after it; in all, still five hours are unknown.
        assert "20 Oct 2026, 14:00:00 CEST 20 Oct 2026, 16:00:00 CEST 2:00:00" in shown
        assert "3:00:00" in shown


def test_what_a_contract_comes_to_does_not_change_by_it(portal: Portal, buyer: FlaskClient) -> None:
    shown = text_of(buyer, "/contracts/trucks/2026-10")

    for words in ("98.6486 %", "730:00:00", "10:00:00", "€930.88"):
        assert words in shown
    assert "Vouched." in text_of(buyer, link("/verify", portal.invoice))


def test_a_gap_into_which_no_unknown_time_falls_is_not_spoken_of(staff: FlaskClient) -> None:
    shown = text_of(staff, "/contracts/trucks/2026-09")

    assert "When vouch was not listening" not in shown


# Ingest


def test_staff_see_balance_processes_listening_broker_and_reasons(staff: FlaskClient) -> None:
    shown = text_of(staff, "/ingest")

    for words in (
        "balances",
        "vouch-ingest",
        "4711 on plant-1",
        "degraded",
        "the broker dropped 3 messages",
        "Messages kept 12,345",
        "no room for 3 messages",
        "Nobody was listening",
        "Unknown device",
        "Undecodable",
    ):
        assert words in shown, words


def test_what_comes_in_is_not_a_customers_to_see(portal: Portal, staff: FlaskClient, buyer: FlaskClient) -> None:
    number = first_refused(staff)

    for path in ("/ingest", "/ingest/rejections", f"/ingest/rejections/{number}"):
        assert buyer.get(path).status_code == 404
    assert "Ingest" not in text_of(buyer, "/customers/buyer")
    assert portal.app.test_client().get("/ingest").location.startswith("/sign-in")


def first_refused(staff: FlaskClient) -> int:
    page = staff.get("/ingest/rejections?reason=unknown_device").get_data(as_text=True)
    found = re.search(r"/ingest/rejections/(\d+)", page)
    assert found is not None
    return int(found[1])


def test_refused_messages_are_listed_by_reason(staff: FlaskClient) -> None:
    everything = text_of(staff, "/ingest/rejections")
    some = text_of(staff, "/ingest/rejections?reason=undecodable")

    assert "vouch/v1/device-77/telemetry" in everything
    assert "vouch/v1/device-77/telemetry" not in some
    assert "vouch/v1/device-1/telemetry" in some


def test_a_refused_message_is_shown_with_its_bytes(staff: FlaskClient) -> None:
    (binary,) = re.findall(
        r'/ingest/rejections/(\d+)"', staff.get("/ingest/rejections?reason=undecodable").get_data(as_text=True)
    )
    text = text_of(staff, f"/ingest/rejections/{first_refused(staff)}")

    assert "device &#39;device-77&#39; is not" in text or "'device-77'" in text
    assert "RUNNING" in text
    assert "00000000 ff fe 3c 73 63 72 69 70 74 3e ..&lt;script&gt;" in text_of(staff, f"/ingest/rejections/{binary}")
    assert staff.get("/ingest/rejections/999999").status_code == 404


def test_an_account_manager_has_a_message_taken_in_again(services: Settings) -> None:
    with open_portal(services) as portal, connect(portal.database) as conn:
        write(conn, [message("device-2", OCTOBER_STARTS, state="ODD")])
        conn.execute("""UPDATE ingest.metric SET states = states || '{"ODD": 3}' WHERE name = 'state'""")
        conn.execute("UPDATE ingest.registry_revision SET revision = revision + 1")
        conn.commit()
        staff, finance = portal.staff, portal.signed_in("finance@seller.example")
        path = re.findall(r'(/ingest/rejections/\d+)"', staff.get("/ingest/rejections").get_data(as_text=True))[0]
        found = re.search(r'name="csrf_token" value="([^"]+)"', staff.get(path).get_data(as_text=True))
        assert found is not None

        assert "Take it in again" not in text_of(finance, path)
        assert staff.post(f"{path}/replay").status_code == 400
        assert finance.post(f"{path}/replay", data={"csrf_token": token_of(finance)}).status_code == 403
        answer = staff.post(f"{path}/replay", data={"csrf_token": found[1]})
        assert (answer.status_code, answer.location) == (303, path)
        shown = text_of(staff, path)

    assert "1 readings stored, 0 places refused again" in shown
    assert "waits" not in shown
    assert "Take it in again" not in shown


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/ingest").get_data(as_text=True))
    assert found is not None
    return found[1]


# Devices


def test_a_device_is_shown_with_its_presence_and_last_readings(staff: FlaskClient) -> None:
    shown = text_of(staff, "/devices/device-1?month=2026-10")

    for words in ("serves First truck", "there", "silent", "unknown: vouch was not listening", "RUNNING", "1,770 km"):
        assert words in shown, words
    assert "gone" in text_of(staff, "/devices/device-1?month=2026-11")
    assert "The broker published its will" in text_of(staff, "/devices/device-1?month=2026-11").replace(
        "the broker", "The broker"
    )


def test_devices_are_listed_and_found_by_name(staff: FlaskClient) -> None:

    assert "device-9" in text_of(staff, "/devices")
    assert "will" in text_of(staff, "/devices").lower()
    assert staff.get("/devices?name=device-1").location == "/devices/device-1"
    assert staff.get("/devices?name=device-77").status_code == 404


def test_a_customers_people_see_the_devices_of_their_own_assets(buyer: FlaskClient) -> None:
    own = text_of(buyer, "/devices")

    assert "device-1" in own
    assert "device-9" not in own
    assert "There is nothing here" in plain_text(buyer.get("/devices/device-9").get_data(as_text=True))
    assert "since it serves your asset" in text_of(buyer, "/devices/device-1?month=2026-10")


def test_pages_lead_to_the_device_they_rest_on(portal: Portal, staff: FlaskClient) -> None:

    assert "/devices/device-1?month=2026-10" in staff.get("/contracts/trucks/2026-10/truck-1").get_data(as_text=True)
    day = link("/lines/3", portal.invoice) + "&device=device-1&metric=state"
    assert "/devices/device-1?month=2026-" in staff.get(day).get_data(as_text=True)


def test_where_a_clock_is_ahead_the_time_by_ours_stands_beside_its_own(services: Settings) -> None:
    with open_portal(services) as portal, connect(portal.database) as conn:
        now = datetime.now(UTC)
        assert "By our clock" not in text_of(portal.staff, "/devices/device-1")
        hour = to_micros(now.replace(minute=0, second=0, microsecond=0))
        put_offsets(conn, [HourOffset("device-1", hour, -90_000_000, 12)], now)
        conn.commit()
        shown = text_of(portal.staff, "/devices/device-1")

    assert "Its clock is at least 0:01:30 ahead of ours, by 12 readings received lately" in shown
    assert "By our clock, at the latest" in shown

"""Signing in to the portal: passwords, sessions, cookies, tokens and limits."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from psycopg import Connection

from tests.intake import free_port, wait_for
from tests.web_world import PASSWORD, add_people, portal_settings, sign_in, token_of
from tests.world import declare_world
from vouch.database import open_pool
from vouch.errors import Invalid, Unavailable
from vouch.settings import load_settings
from web.accounts.auth import add_account, check_password, set_password
from web.accounts.role import Role
from web.accounts.store import AccountExists, NoAccount, find_account
from web.app import create_app
from web.server import serve

PEOPLE = "person@buyer.example"


@pytest.fixture
def app(conn: Connection[Any], database: str) -> Iterator[Flask]:
    declare_world(conn)
    add_people(conn)
    with open_pool(database, "vouch-test-web") as pool:
        yield create_app(portal_settings(database), pool)


def test_the_right_password_opens_the_portal_and_signing_out_closes_it(app: Flask) -> None:
    client = app.test_client()

    assert sign_in(client, "Person@Buyer.example ").status_code == 303
    assert client.get("/customers/buyer").status_code == 200
    signed_out = client.post("/sign-out", data={"csrf_token": token_of(client, "/customers/buyer")})
    assert (signed_out.status_code, signed_out.location) == (303, "/sign-in")
    assert client.get("/customers/buyer").status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app: Flask) -> None:
    pages = []
    for email in (PEOPLE, "nobody@buyer.example"):
        answer = sign_in(app.test_client(), email, "not the password")
        assert answer.status_code == 401
        pages.append(answer.get_data(as_text=True).replace(email, "").partition("csrf_token")[0])

    assert pages[0] == pages[1]
    assert "do not match" in pages[0]


def test_an_unknown_address_costs_a_hash_as_well(app: Flask, conn: Connection[Any]) -> None:
    def seconds(email: str) -> float:
        began = time.perf_counter()
        assert check_password(conn, email, "not the password") is None
        return time.perf_counter() - began

    known, unknown = (min(seconds(email) for _ in range(3)) for email in (PEOPLE, "nobody@buyer.example"))

    assert unknown > known / 2


def test_guessing_is_slowed_down_by_account_and_by_network_address(app: Flask) -> None:
    client = app.test_client()
    token = token_of(client)

    def guess(email: str, network: str) -> int:
        form = {"email": email, "password": "guess", "csrf_token": token}
        return client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": network}).status_code

    assert [guess(PEOPLE, "192.0.2.1") for _ in range(10)] == [401] * 10
    assert guess("finance@seller.example", "192.0.2.1") == 429
    assert guess(PEOPLE, "192.0.2.2") == 429
    assert guess("finance@seller.example", "192.0.2.2") == 401


def test_a_post_without_its_token_is_refused(app: Flask) -> None:
    client = app.test_client()

    answer = client.post("/sign-in", data={"email": PEOPLE, "password": PASSWORD})

    assert answer.status_code == 400
    assert client.get("/customers/buyer").status_code == 302
    assert client.post("/sign-out").status_code == 400


@pytest.mark.parametrize("secure", [True, False])
def test_the_session_cookie_is_kept_from_scripts_and_other_sites(
    conn: Connection[Any], database: str, secure: bool
) -> None:
    add_account(conn, "staff@seller.example", "Staff", Role.FINANCE, None, PASSWORD)
    conn.commit()
    with open_pool(database, "vouch-test-web") as pool:
        client = create_app(portal_settings(database, cookies_secure=secure), pool).test_client()
        base = "https://localhost" if secure else "http://localhost"
        token = token_of_page(client.get("/sign-in", base_url=base).get_data(as_text=True))
        answer = client.post(
            "/sign-in",
            data={"email": "staff@seller.example", "password": PASSWORD, "csrf_token": token},
            base_url=base,
            headers={"Referer": f"{base}/sign-in"},
        )

    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) == secure


def token_of_page(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_every_answer_carries_the_headers_that_keep_strangers_out(app: Flask) -> None:
    for path in ("/sign-in", "/nowhere", "/healthz", "/static/vouch.css"):
        headers = app.test_client().get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert app.test_client().get("/sign-in").headers["Cache-Control"] == "no-store"


def test_sign_in_leads_on_to_a_page_of_the_portal_and_nowhere_else(app: Flask) -> None:
    first = app.test_client().get("/invoices?month=2026-10")
    assert first.location == "/sign-in?next=/invoices?month%3D2026-10"
    for target, expected in (
        ("/invoices?month=2026-10", "/invoices?month=2026-10"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/%09/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ):
        with app.test_client() as client:
            path = f"/sign-in?next={target.replace('?', '%3F')}"
            assert sign_in(client, PEOPLE, path=path).location == expected, target


def test_a_session_ends_when_its_account_changes_or_goes(app: Flask, conn: Connection[Any]) -> None:
    changes = (
        lambda: set_password(conn, PEOPLE, "another long password"),
        lambda: conn.execute("UPDATE web.account SET role = 'finance', customer = NULL WHERE email = %s", (PEOPLE,)),
        lambda: conn.execute("DELETE FROM web.account WHERE email = %s", (PEOPLE,)),
    )
    password = PASSWORD
    for change in changes:
        client = app.test_client()
        assert sign_in(client, PEOPLE, password).status_code == 303
        assert client.get("/invoices").status_code == 200
        change()
        conn.commit()
        password = "another long password"

        assert client.get("/invoices").status_code == 302


def test_a_session_ends_after_twelve_hours(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    sign_in(client, PEOPLE)
    now = time.time()

    monkeypatch.setattr("web.accounts.auth.time.time", lambda: now + 12 * 3600 - 60)
    assert client.get("/invoices").status_code == 200
    monkeypatch.setattr("web.accounts.auth.time.time", lambda: now + 12 * 3600 + 60)
    assert client.get("/invoices").status_code == 302


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(app: Flask, conn: Connection[Any]) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    conn.execute("UPDATE web.account SET password_hash = %s WHERE email = %s", (weak, PEOPLE))
    conn.commit()
    client = app.test_client()

    assert sign_in(client, PEOPLE).status_code == 303
    assert client.get("/customers/buyer").status_code == 200
    renewed = find_account(conn, PEOPLE)
    assert renewed is not None
    assert renewed.password_hash != weak


def test_accounts_are_refused_that_could_not_sign_in_or_see_anything(conn: Connection[Any]) -> None:
    declare_world(conn)
    add_account(conn, " Some@Where.example", "Some One", Role.FINANCE, None, PASSWORD)
    # No type lets it through, and the database does not either.
    unknown: Any = "king"

    with pytest.raises(AccountExists):
        add_account(conn, "some@where.example", "Some One", Role.FINANCE, None, PASSWORD)
    for email, name, role, customer, password in (
        ("other@where.example", "Other", Role.FINANCE, None, "short"),
        ("other@where.example", "Other", Role.CUSTOMER, None, PASSWORD),
        ("other@where.example", "Other", Role.FINANCE, "buyer", PASSWORD),
        ("other@where.example", "Other", unknown, None, PASSWORD),
        ("other@where.example", "Other", Role.CUSTOMER, "nobody", PASSWORD),
        ("other@where.example", " ", Role.FINANCE, None, PASSWORD),
        ("no address", "Other", Role.FINANCE, None, PASSWORD),
    ):
        with pytest.raises(Invalid):
            add_account(conn, email, name, role, customer, password)
    with pytest.raises(NoAccount):
        set_password(conn, "nobody@where.example", PASSWORD)


def test_the_portal_does_not_start_without_a_secret_key(database: str) -> None:
    with pytest.raises(Unavailable, match="VOUCH_SECRET_KEY"):
        serve(load_settings(database_url=database, secret_key=""))


def test_connections_that_the_database_closed_are_not_used_again(app: Flask, conn: Connection[Any]) -> None:
    client = app.test_client()
    sign_in(client, PEOPLE)
    for _ in range(2):
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vouch-test-web'")
        conn.commit()

        assert client.get("/customers/buyer").status_code == 200


def test_health_follows_the_database(app: Flask, database: str) -> None:
    assert app.test_client().get("/healthz").status_code == 200
    with open_pool(database, "vouch-test-web") as pool:
        away = create_app(portal_settings(database), pool)
    # The pool is closed now: no connection is to be had.
    answer = away.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})
    assert away.test_client().get("/sign-in").status_code == 200


def test_the_portal_serves_over_http_and_stops_when_told(database: str) -> None:
    settings = {"VOUCH_DATABASE_URL": database, "VOUCH_SECRET_KEY": "k" * 40}
    script = "from vouch.settings import load_settings; from web.server import serve; serve(load_settings())"
    with free_port() as port:
        environment = os.environ | settings | {"VOUCH_WEB_PORT": str(port)}
        process = subprocess.Popen([sys.executable, "-c", script], env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            assert wait_for(lambda: process.poll() is not None or listens(address), 60)
            assert answer_of(f"{address}/healthz") == (200, b'{"status":"ok"}\n')
            status, page = answer_of(f"{address}/")
            assert status == 200
            assert b"<h1>Sign in</h1>" in page
            process.terminate()
            assert process.wait(15) == 0
        finally:
            process.kill()


def listens(address: str) -> bool:
    """Whether anybody answers there."""
    try:
        return answer_of(address) is not None
    except urllib.error.URLError:
        return False


def answer_of(url: str) -> tuple[int, bytes]:
    """Status and body."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read()

"""The API: who may call what, what comes back, and that its description is true."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import fastjsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from psycopg import Connection
from werkzeug.test import TestResponse

from ingest.access.credentials import list_with_password
from tests.web_world import STRANGE_REGISTRY, add_people, portal_settings
from tests.world import OCTOBER_STARTS, REGISTRY, declare_world, message, write
from vouch.authority import Authority
from vouch.database import open_pool
from vouch.document import parse_document
from vouch.settings import Settings
from web import access
from web.accounts.role import Role
from web.accounts.token_store import NoToken, TokenExists
from web.accounts.tokens import TOKENS_MAX, TooManyTokens, add_token, revoke_token
from web.api.openapi import DESCRIPTION
from web.app import create_app

MANAGER: Final = "manager@seller.example"
FINANCE: Final = "finance@seller.example"
BUYER: Final = "person@buyer.example"


class Answer:
    """An answer whose JSON may be looked into."""

    def __init__(self, response: TestResponse) -> None:
        self.status_code = response.status_code
        self.mimetype = response.mimetype
        self.headers = response.headers
        self.data = response.data
        self.json: Any = response.get_json(silent=True)


Call = Callable[..., Answer]

DESCRIBED: Final = {
    (method.upper(), path): operation
    for path, operations in DESCRIPTION["paths"].items()
    for method, operation in operations.items()
}


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return portal_settings(
        database,
        ca_folder=tmp_path / "ca",
        mqtt_password_file=tmp_path / "passwords",
        mqtt_acl_file=tmp_path / "acl",
        mqtt_reload_command="",
    )


@pytest.fixture
def app(conn: Connection[Any], settings: Settings) -> Iterator[Flask]:
    declare_world(conn)
    add_people(conn)
    with open_pool(settings.database_url, "vouch-test-web") as pool:
        yield create_app(settings, pool)


@pytest.fixture
def call(app: Flask, conn: Connection[Any]) -> Call:
    """Calls the API as somebody, with a token of his own, and holds every answer to its description."""
    tokens: dict[str, str] = {}

    def as_somebody(email: str, method: str, path: str, **named: Any) -> Answer:
        if email not in tokens:
            tokens[email] = add_token(conn, email, "test", 1)
            conn.commit()
        return send(app, tokens[email], method, path, **named)

    return as_somebody


def send(app: Flask, token: str, method: str, path: str, **named: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token}"}
    answer = Answer(app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **named))
    check_described(method, path.partition("?")[0], answer)
    return answer


def check_described(method: str, path: str, answer: Answer) -> None:
    """Status and body are such as the description says."""
    parts = path.split("/")
    template = "/".join("{device}" if i == 2 and parts[1] == "devices" else part for i, part in enumerate(parts))
    responses = DESCRIBED[method, template]["responses"]
    assert str(answer.status_code) in responses, f"{method} {template} may not answer {answer.status_code}"
    content = responses[str(answer.status_code)].get("content", {})
    if not content:
        assert answer.data == b""
        return
    ((kind, described),) = content.items()
    assert answer.mimetype == kind
    schema = described["schema"] | {"components": DESCRIPTION["components"]}
    fastjsonschema.compile(schema, formats={"date-time": ".*T.*\\+00:00$"})(answer.json)


def test_the_description_names_every_call_and_no_other(app: Flask) -> None:
    routes = {
        (method, rule.rule.removeprefix("/api/v1").replace("<device>", "{device}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api.")
    }
    taken = Answer(app.test_client().get("/api/v1/openapi.json")).json

    assert routes == set(DESCRIBED)
    assert taken == json.loads(json.dumps(DESCRIPTION))
    assert taken["openapi"] == "3.1.0"


def test_every_reference_of_the_description_leads_somewhere() -> None:
    text = json.dumps(DESCRIPTION)
    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert named
    assert named <= DESCRIPTION["components"]["schemas"].keys()
    operations = [operation["operationId"] for operation in DESCRIBED.values()]
    assert len(operations) == len(set(operations))


def test_the_roles_in_the_description_are_those_that_are_let_in() -> None:
    for (method, path), operation in DESCRIBED.items():
        if path != "/openapi.json":
            endpoint = ENDPOINTS[method, path]
            said = operation["description"].rpartition("Role")[2].partition(": ")[2].partition(";")[0]
            roles = set(Role) if said == "all" else set(said.rstrip(".").split(", "))
            assert roles == access.CALLERS[endpoint], path


ENDPOINTS: Final = {
    ("POST", "/registry"): "api.apply",
    ("GET", "/devices"): "api.device_list",
    ("GET", "/devices/{device}"): "api.device",
    ("POST", "/devices/{device}/credentials"): "api.add_credentials",
    ("DELETE", "/devices/{device}/credentials"): "api.remove_credentials",
    ("POST", "/devices/{device}/certificate"): "api.add_certificate",
    ("DELETE", "/devices/{device}/certificate"): "api.revoke_certificate",
    ("GET", "/rejections"): "api.rejections",
    ("POST", "/rejections/replay"): "api.replay",
    ("GET", "/balance"): "api.balance",
}


def test_nothing_is_told_without_a_token_that_is_in_force(app: Flask, conn: Connection[Any]) -> None:
    token = add_token(conn, MANAGER, "test", 1)
    ended = add_token(conn, MANAGER, "ended", 1)
    conn.execute(
        "UPDATE web.api_token SET created_at = created_at - interval '2 days', expires_at = now() WHERE name = 'ended'"
    )
    revoked = add_token(conn, MANAGER, "revoked", 1)
    revoke_token(conn, MANAGER, "revoked")
    conn.commit()

    for method, template in ENDPOINTS:
        path = template.replace("{device}", "device-1")
        for wrong in ("", "vouch_", token[:-1], token + "x", ended, revoked, "Ω"):
            answer = send(app, wrong, method, path)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer realm=vouch"
        bare = app.test_client().open(f"/api/v1{path}", method=method)
        assert (bare.status_code, "Set-Cookie" in bare.headers) == (401, False)


def test_a_role_may_call_what_access_says_and_nothing_else(call: Call) -> None:
    people = ((MANAGER, Role.ACCOUNT_MANAGER), (FINANCE, Role.FINANCE), (BUYER, Role.CUSTOMER))
    for (method, path), endpoint in ENDPOINTS.items():
        for email, role in people:
            answer = call(email, method, path.replace("{device}", "device-1"))
            assert (answer.status_code == 403) == (role not in access.CALLERS[endpoint]), (path, role)


def test_a_browser_that_is_signed_in_is_nobody_here(app: Flask) -> None:
    from tests.web_world import sign_in

    client = app.test_client()
    assert sign_in(client, MANAGER).status_code == 303

    assert client.get("/api/v1/balance").status_code == 401
    assert client.post("/api/v1/rejections/replay").status_code == 401


def test_what_is_not_there_is_answered_as_a_program_reads_it(app: Flask, call: Call) -> None:
    client = app.test_client()

    nowhere = Answer(client.get("/api/v1/nothing"))
    wrong_way = Answer(client.put("/api/v1/balance"))
    assert (nowhere.status_code, nowhere.mimetype) == (404, "application/problem+json")
    assert (wrong_way.status_code, wrong_way.json["status"]) == (405, 405)
    assert "GET" in wrong_way.headers["Allow"]
    assert call(MANAGER, "GET", "/devices/device-9").json["detail"] == "no device 'device-9' in the registry"


def test_the_same_registry_twice_changes_nothing_in_yaml_and_json(call: Call) -> None:
    text = STRANGE_REGISTRY.replace("rival", "newcomer")
    content = json.dumps(parse_document(text, "registry").content, default=float)

    checked = call(MANAGER, "POST", "/registry?check=true", data=text, content_type="application/yaml")
    first = call(MANAGER, "POST", "/registry", data=text, content_type="application/yaml")
    again = call(MANAGER, "POST", "/registry", data=text, content_type="text/yaml; charset=utf-8")
    as_json = call(MANAGER, "POST", "/registry", data=content, content_type="application/json")

    assert checked.json == again.json == as_json.json == {"changed": 0}
    assert first.json["changed"] > 2
    assert [one["id"] for one in call(MANAGER, "GET", "/devices").json["devices"]][-1] == "device-9"


def test_mistakes_come_with_their_places(call: Call) -> None:
    text = REGISTRY.replace("unit: KMT", "unit: KTM").replace(
        "silence_seconds_max: 7200}", "silence_seconds_max: 0}", 1
    )
    content = json.dumps(parse_document(text, "registry").content, default=float)

    as_yaml = call(MANAGER, "POST", "/registry", data=text, content_type="application/yaml")
    as_json = call(MANAGER, "POST", "/registry", data=content, content_type="application/json")

    assert as_yaml.status_code == as_json.status_code == 422
    places = ["product_types[0].metrics[0].unit", "product_types[0].metrics[0].silence_seconds_max"]
    assert [fault["place"] for fault in as_yaml.json["faults"]] == places
    assert [fault["place"] for fault in as_json.json["faults"]] == places
    assert [fault["line"] for fault in as_yaml.json["faults"]] == [12, 13]
    assert [fault["line"] for fault in as_json.json["faults"]] == [None, None]


NO_REGISTRY: Final[list[tuple[str | bytes, str, int]]] = [
    ("{", "application/json", 422),
    ('{"registry": 1, "registry": 1}', "application/json", 422),
    ('{"issuers": "\\u0000"}', "application/json", 422),
    ("[" * 100_000, "application/json", 422),
    ('{"registry": NaN}', "application/json", 422),
    (b"\xff", "application/json", 422),
    ("a: &b 1", "application/yaml", 422),
    ("", "application/yaml", 422),
    ("registry: 1", "text/plain", 415),
    ("registry: 1", "application/x-www-form-urlencoded", 415),
    (b" " * (16 * 1024 * 1024 + 1), "application/json", 413),
]


def test_what_is_no_registry_is_refused(call: Call) -> None:
    for body, kind, status in NO_REGISTRY:
        answer = call(MANAGER, "POST", "/registry", data=body, content_type=kind)
        assert answer.status_code == status, (body[:40], kind)


def test_a_registry_that_contradicts_what_is_declared_changes_nothing(call: Call) -> None:
    text = REGISTRY.replace("kind: counter, unit: KMT", "kind: counter, unit: MTR")

    answer = call(MANAGER, "POST", "/registry", data=text, content_type="application/yaml")

    assert answer.status_code == 409
    assert "product_types[0].metrics[0]" in answer.json["detail"]


def test_devices_are_listed_a_page_at_a_time(call: Call) -> None:
    first = call(MANAGER, "GET", "/devices?limit=1").json
    second = call(MANAGER, "GET", f"/devices?limit=1&after={first['next']}").json

    assert [one["id"] for one in first["devices"] + second["devices"]] == ["device-1", "device-2"]
    assert second["next"] is None
    assert first["devices"][0]["asset"] == "truck-1"
    for wrong in ("limit=0", "limit=1001", "limit=x", "page=2", "limit=1&limit=2", "after=" + "x" * 129):
        assert call(MANAGER, "GET", f"/devices?{wrong}").status_code == 422


def test_a_device_shows_what_it_said_last(call: Call, conn: Connection[Any]) -> None:
    write(
        conn,
        [
            message(
                "device-1",
                OCTOBER_STARTS + timedelta(hours=n),
                odometer_km=Decimal(100 + n) + Decimal("0.5"),
                state="RUNNING",
            )
            for n in range(3)
        ],
    )
    conn.commit()

    metrics = {one["name"]: one for one in call(MANAGER, "GET", "/devices/device-1").json["metrics"]}

    assert metrics["odometer_km"]["last"]["value"] == 102.5
    assert metrics["odometer_km"]["last"]["measured_at"] == "2026-10-01T00:00:00+00:00"
    assert metrics["state"]["last"]["value"] == "RUNNING"
    assert call(MANAGER, "GET", "/devices/device-2").json["metrics"][0]["last"] is None


def test_a_customer_sees_the_devices_that_serve_it_now(call: Call, conn: Connection[Any]) -> None:
    add = call(MANAGER, "POST", "/registry", data=STRANGE_REGISTRY, content_type="application/yaml")
    assert add.status_code == 200

    assert [one["id"] for one in call(BUYER, "GET", "/devices").json["devices"]] == ["device-1", "device-2"]
    assert call(BUYER, "GET", "/devices/device-1").status_code == 200
    assert call(BUYER, "GET", "/devices/device-9").status_code == 404
    conn.execute("UPDATE ingest.assignment SET serves = tstzrange(lower(serves), now()) WHERE device = 'device-2'")
    conn.commit()
    assert [one["id"] for one in call(BUYER, "GET", "/devices").json["devices"]] == ["device-1"]
    assert call(BUYER, "GET", "/devices/device-2").status_code == 404


def test_credentials_are_given_once_and_taken_away(call: Call, settings: Settings) -> None:
    given = call(MANAGER, "POST", "/devices/device-1/credentials")
    again = call(MANAGER, "POST", "/devices/device-1/credentials")

    assert given.status_code == again.status_code == 201
    assert given.json["user_name"] == "device-1"
    assert given.json["password"] != again.json["password"]
    assert given.headers["Cache-Control"] == "no-store"
    assert list_with_password(settings) == {"device-1"}
    assert call(MANAGER, "DELETE", "/devices/device-1/credentials").status_code == 204
    assert list_with_password(settings) == set()
    assert call(MANAGER, "DELETE", "/devices/device-1/credentials").status_code == 404
    assert call(MANAGER, "POST", "/devices/device-9/credentials").status_code == 404


def test_a_certificate_is_for_the_key_of_the_request_and_for_no_other_name(call: Call, settings: Settings) -> None:
    assert settings.ca_folder is not None
    path = "/devices/device-1/certificate"
    key = ec.generate_private_key(ec.SECP256R1())
    somebody = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "device-2")])
    builder = x509.CertificateSigningRequestBuilder(somebody)
    wanted = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    assert call(MANAGER, "POST", path, data=wanted, content_type="application/x-pem-file").status_code == 404
    authority = Authority.make(settings.ca_folder, datetime.now(UTC))
    given = call(MANAGER, "POST", path + "?days=3", data=wanted, content_type="application/x-pem-file")
    assert given.status_code == 201
    certificate = x509.load_pem_x509_certificate(given.json["certificate"].encode())
    certificate.verify_directly_issued_by(authority.certificate)
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == "CN=device-1"
    for body, kind, status in ((b"no request", "application/x-pem-file", 422), (wanted, "text/plain", 415)):
        assert call(MANAGER, "POST", path, data=body, content_type=kind).status_code == status
    assert call(MANAGER, "DELETE", "/devices/device-2/certificate").status_code == 404


def test_what_was_refused_is_listed_and_taken_in_again_once_its_device_is_declared(
    call: Call, conn: Connection[Any]
) -> None:
    write(conn, [message("device-9", OCTOBER_STARTS, odometer_km=1, state="RUNNING")])
    conn.commit()

    (refused,) = call(MANAGER, "GET", "/rejections").json["rejections"]
    assert (refused["topic"], refused["reasons"]) == ("vouch/v1/device-9/telemetry", ["unknown_device"])
    assert call(FINANCE, "GET", f"/rejections?after={refused['id']}").json == {"rejections": [], "next": None}
    call(MANAGER, "POST", "/registry", data=STRANGE_REGISTRY, content_type="application/yaml")
    assert call(MANAGER, "POST", "/rejections/replay?limit=10").json == {"stored": 2, "refused": 0, "next": None}
    assert call(MANAGER, "POST", "/rejections/replay").json == {"stored": 0, "refused": 0, "next": None}
    balance = call(FINANCE, "GET", "/balance").json
    assert balance["received"] == balance["stored"] + balance["duplicate"] + balance["rejected"]


def test_a_token_is_kept_as_a_digest_and_named_once(conn: Connection[Any], app: Flask) -> None:
    token = add_token(conn, MANAGER, "plant", 30)
    with pytest.raises(TokenExists):
        add_token(conn, MANAGER, "plant", 30)
    row = conn.execute("SELECT t::text FROM web.api_token AS t").fetchone()
    revoke_token(conn, MANAGER, "plant")
    add_token(conn, MANAGER, "plant", 30)

    assert row is not None
    assert token not in row[0]
    with pytest.raises(NoToken):
        revoke_token(conn, MANAGER, "plan")
    for n in range(TOKENS_MAX - 1):
        add_token(conn, MANAGER, f"token {n}", 30)
    with pytest.raises(TooManyTokens):
        add_token(conn, MANAGER, "one more", 30)


def test_an_account_that_is_gone_takes_its_tokens_with_it(call: Call, conn: Connection[Any]) -> None:
    assert call(BUYER, "GET", "/devices").status_code == 200
    conn.execute("DELETE FROM web.account WHERE email = %s", (BUYER,))
    conn.commit()

    assert call(BUYER, "GET", "/devices").status_code == 401


def test_a_flood_is_slowed_down(app: Flask) -> None:
    client = app.test_client()
    answers = [client.get("/api/v1/openapi.json") for _ in range(601)]

    assert [answer.status_code for answer in answers] == [200] * 600 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].mimetype == "application/problem+json"

"""From device to database over TLS: the simulator and ingest, with passwords and with certificates."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from device_sim.message import Message
from device_sim.pace import due_offsets
from device_sim.publisher import publish
from ingest.access.access_list import GATEWAY_ACCOUNT, INGEST_ACCOUNT
from ingest.store import load_balance
from tests.intake import free_port, ingesting, wait_for
from tests.world import declare_world
from vouch.authority import Authority
from vouch.broker_address import TlsFiles, parse_broker
from vouch.errors import Unavailable
from vouch.running import up
from vouch.settings import Settings

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
COUNT = 3_000

# For vouch itself, over TLS: without use_username_as_clientid, as each connection needs a client id of its own. The
# broker's working folder is where its certificates are.
LISTENERS = """
listener {password_port} 127.0.0.1
certfile server.crt
keyfile server.key

listener {certificate_port} 127.0.0.1
use_identity_as_username true
require_certificate true
cafile ca.crt
crlfile crl.pem
certfile server.crt
keyfile server.key
"""


class Broker:
    """A broker that also serves vouch itself by TLS only, and the files to enter it."""

    def __init__(self, settings: Settings, authority: Authority, password_port: int, certificate_port: int) -> None:
        self.settings = settings
        self.authority = authority
        self.ca = authority.folder / "ca.crt"
        account = parse_broker(settings.mqtt_url)
        self.password_url = f"mqtts://{account.username}:{account.password}@localhost:{password_port}"
        self.certificate_url = f"mqtts://localhost:{certificate_port}"

    def files(self, name: str) -> TlsFiles:
        """A certificate for an account of vouch's own."""
        issued, key = self.authority.issue(name, datetime.now(UTC), 1)
        return TlsFiles(self.ca, issued.file, key)


@pytest.fixture(scope="module")
def broker(make_home: Callable[[], Path]) -> Iterator[Broker]:
    home = make_home()
    authority = Authority.make(home / "ca", datetime.now(UTC))
    authority.certify_server(["localhost"], datetime.now(UTC))
    with free_port() as password_port, free_port() as certificate_port:
        ports = {"password_port": password_port, "certificate_port": certificate_port}
        (home / "mosquitto.conf").write_text(LISTENERS.format(**ports))
        with up.embedded(home) as settings:
            yield Broker(settings, authority, **ports)


@pytest.fixture
def declared(conn: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    declare_world(conn)
    conn.commit()
    return conn


def said() -> list[Message]:
    instants = [NOON + timedelta(seconds=n) for n in range(COUNT)]
    return [Message("device-1", at, ((at, {"odometer_km": Decimal(1000 + n)}),)) for n, at in enumerate(instants)]


def test_a_month_of_readings_goes_through_with_passwords(
    broker: Broker, declared: psycopg.Connection[Any], database: str
) -> None:
    gateway = parse_broker(broker.settings.simulator_mqtt_url)
    devices = parse_broker(broker.settings.device_mqtts_url)
    url = f"mqtts://{gateway.username}:{gateway.password}@localhost:{devices.port}"

    with ingesting(database, broker.password_url, mqtt_ca_file=broker.ca):
        delivery = publish(url, due_offsets(said()), COUNT, files=TlsFiles(broker.ca))

    assert (delivery.messages, delivery.stored) == (COUNT, COUNT)
    assert load_balance(declared).stored == COUNT


@pytest.mark.parametrize("receipts", [True, False])
def test_certificates_are_enough_for_ingest_and_gateway(
    broker: Broker, declared: psycopg.Connection[Any], database: str, receipts: bool
) -> None:
    ours = broker.files(INGEST_ACCOUNT)
    files = {"mqtt_ca_file": ours.ca, "mqtt_cert_file": ours.certificate, "mqtt_key_file": ours.key}

    with ingesting(database, broker.certificate_url, **files):
        delivery = publish(
            broker.settings.device_certificate_url,
            due_offsets(said()),
            COUNT,
            files=broker.files(GATEWAY_ACCOUNT),
            receipts=receipts,
        )
        assert wait_for(lambda: load_balance(declared).stored == COUNT)

    assert delivery.messages == COUNT
    assert delivery.stored == (COUNT if receipts else 0)


def test_a_gateway_without_the_right_authority_says_why_it_does_not_get_in(broker: Broker) -> None:
    files = replace(broker.files(GATEWAY_ACCOUNT), ca=None)

    with pytest.raises(Unavailable, match="certificate verify failed"):
        publish(broker.settings.device_certificate_url, due_offsets(said()), COUNT, files=files)

"""TLS and client certificates at the real broker: who is let in, as whom, and how soon that changes."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.access.credentials import add_device, reload_broker, remove_device
from ingest.access.cut_off import StillLetIn, cut_off
from vouch.authority import Authority, authority_folder
from vouch.broker_address import TlsFiles, parse_broker
from vouch.mqtt import prepare_client, tls_context
from vouch.running import up
from vouch.settings import Settings

NOT_AUTHORIZED = 135
SECONDS_MAX = 5.0


class Device:
    """One connection over TLS, and what became of it."""

    def __init__(self, url: str, files: TlsFiles, user: str = "", password: str = "", client_id: str = "any") -> None:
        self.entered: int | None = None
        self.left: int | None = None
        self._answers: dict[int, int] = {}
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        address = parse_broker(url, files)
        prepare_client(self._client, address)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = lambda *args: setattr(self, "entered", args[3].value)
        self._client.on_disconnect = lambda *args: setattr(self, "left", args[3].value)
        self._client.on_publish = lambda *args: self._answers.update({args[2]: args[3].value})
        self._client.connect(address.host, address.port)
        self._client.loop_start()
        wait_until(lambda: self.entered is not None or self.left is not None)

    def publish(self, topic: str) -> int:
        """The broker's answer."""
        mid = self._client.publish(topic, "1", qos=1).mid
        wait_until(lambda: mid in self._answers)
        return self._answers[mid]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def address_of(url: str) -> tuple[str, int]:
    address = parse_broker(url)
    return address.host, address.port


@pytest.fixture(scope="module")
def broker(make_home: Callable[[], Path]) -> Iterator[Settings]:
    """A broker with an authority of its own, made before the start."""
    home = make_home()
    made = Authority.make(home / "ca", datetime.now(UTC))
    made.certify_server(["localhost", "127.0.0.1"], datetime.now(UTC))
    with up.embedded(home) as settings:
        yield settings


@pytest.fixture(scope="module")
def authority(broker: Settings) -> Authority:
    return Authority.open(authority_folder(broker))


@pytest.fixture
def enter(broker: Settings, authority: Authority) -> Iterator[Callable[..., Device]]:
    """Connects with a certificate (`name`) or with user and password, and disconnects after the test."""
    devices = []

    def open_device(files: TlsFiles | None = None, user: str = "", password: str = "", **named: Any) -> Device:
        url = broker.device_mqtts_url if user else broker.device_certificate_url
        devices.append(Device(url, files or TlsFiles(authority.folder / "ca.crt"), user, password, **named))
        return devices[-1]

    yield open_device
    for device in devices:
        device.close()


def files_for(authority: Authority, name: str, days: int = 1, now: datetime | None = None) -> TlsFiles:
    issued, key = authority.issue(name, now or datetime.now(UTC), days)
    return TlsFiles(authority.folder / "ca.crt", issued.file, key)


def is_turned_away(enter: Callable[..., Device], files: TlsFiles) -> bool:
    # With TLS 1.3 the client has finished its half before the broker refuses the certificate.
    try:
        return enter(files).entered is None
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_device_enters_over_tls_with_its_password(broker: Settings, enter: Callable[..., Device]) -> None:
    password = add_device(broker, "press-1")

    device = enter(user="press-1", password=password)
    assert device.entered == 0
    assert device.publish("vouch/v1/press-1/telemetry") != NOT_AUTHORIZED
    assert device.publish("vouch/v1/press-2/telemetry") == NOT_AUTHORIZED
    assert enter(user="press-1", password="a wrong one").entered == NOT_AUTHORIZED


def test_a_broker_that_another_authority_certified_is_not_believed(
    broker: Settings, enter: Callable[..., Device], tmp_path: Path
) -> None:
    other = Authority.make(tmp_path / "ca", datetime.now(UTC))

    with pytest.raises(ssl.SSLCertVerificationError):
        enter(TlsFiles(other.folder / "ca.crt"), user="press-1", password="unimportant")
    with pytest.raises(ssl.SSLCertVerificationError):
        enter(TlsFiles(), user="press-1", password="unimportant")


def test_a_certificate_lets_a_device_speak_as_itself_only(authority: Authority, enter: Callable[..., Device]) -> None:
    device = enter(files_for(authority, "press-2"))

    assert device.entered == 0
    assert device.publish("vouch/v1/press-2/telemetry") != NOT_AUTHORIZED
    assert device.publish("vouch/v1/press-3/telemetry") == NOT_AUTHORIZED
    assert device.publish("vouch/v1/press-2/receipt") == NOT_AUTHORIZED


def test_a_device_with_a_certificate_cannot_take_the_client_id_of_another(
    broker: Settings, authority: Authority, enter: Callable[..., Device]
) -> None:
    ingest = Device(broker.mqtt_url, TlsFiles(), client_id="vouch-ingest")
    other = enter(files_for(authority, "press-3"))

    assert enter(files_for(authority, "press-4"), client_id="vouch-ingest").entered == 0
    assert enter(files_for(authority, "press-5"), client_id="press-3").entered == 0
    time.sleep(0.2)
    assert ingest.left is None
    assert other.left is None
    assert enter(files_for(authority, "press-3")).entered == 0
    wait_until(lambda: other.left is not None)
    ingest.close()


def test_no_certificate_a_foreign_one_and_one_that_has_run_out_are_turned_away(
    authority: Authority, enter: Callable[..., Device], tmp_path: Path
) -> None:
    other = Authority.make(tmp_path / "ca", datetime.now(UTC))
    foreign, key = other.issue("press-6", datetime.now(UTC), 1)
    believed = authority.folder / "ca.crt"

    assert is_turned_away(enter, TlsFiles(believed))
    assert is_turned_away(enter, TlsFiles(believed, foreign.file, key))
    assert is_turned_away(enter, files_for(authority, "press-6", 1, datetime.now(UTC) - timedelta(days=2)))
    assert enter(files_for(authority, "press-6")).entered == 0


def test_a_revoked_certificate_is_refused_from_the_reload_on_and_a_new_one_is_not(
    broker: Settings, authority: Authority, enter: Callable[..., Device]
) -> None:
    for name in ("press-7", "press-8"):
        files = files_for(authority, name)
        assert enter(files).entered == 0

        authority.revoke(name, datetime.now(UTC))
        reload_broker(broker)

        assert is_turned_away(enter, files)
        assert enter(files_for(authority, name)).entered == 0


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
def test_a_tls_session_that_was_kept_does_not_bring_a_revoked_device_back(
    broker: Settings, authority: Authority, version: ssl.TLSVersion
) -> None:
    name = f"press-{version.name}"
    context = tls_context(files_for(authority, name))
    context.maximum_version = version

    kept = say_hello(broker, context, None)
    assert say_hello(broker, context, kept) is not None
    authority.revoke(name, datetime.now(UTC))
    reload_broker(broker)

    # The broker reads its lists again a moment after it is told to.
    deadline = time.monotonic() + SECONDS_MAX
    while is_let_in(broker, context, kept) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_let_in(broker, context, kept)


def is_let_in(broker: Settings, context: ssl.SSLContext, session: ssl.SSLSession | None) -> bool:
    try:
        say_hello(broker, context, session)
    except (ssl.SSLError, ConnectionError):
        return False
    return True


def say_hello(broker: Settings, context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSession | None:
    """Connect with MQTT 3.1.1's shortest CONNECT, resuming a TLS session; the one that could be resumed next."""
    with (
        socket.create_connection(address_of(broker.device_certificate_url), timeout=SECONDS_MAX) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as line,
    ):
        line.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")
        assert line.recv(4) == b"\x20\x02\x00\x00"
        assert line.session_reused == (session is not None)
        return line.session


def test_a_revoked_device_that_is_connected_is_cut_off(
    broker: Settings, authority: Authority, enter: Callable[..., Device]
) -> None:
    device = enter(files_for(authority, "press-9"))
    authority.revoke("press-9", datetime.now(UTC))
    reload_broker(broker)
    assert device.publish("vouch/v1/press-9/telemetry") != NOT_AUTHORIZED

    cut_off(broker, "press-9")

    assert device.left is not None


def test_a_device_that_has_another_way_in_is_told_of(
    broker: Settings, authority: Authority, enter: Callable[..., Device]
) -> None:
    coming_back = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="any", protocol=mqtt.MQTTv5)
    prepare_client(coming_back, parse_broker(broker.device_mqtt_url))
    coming_back.username_pw_set("press-10", add_device(broker, "press-10"))
    coming_back.reconnect_delay_set(1, 1)
    coming_back.connect(*address_of(broker.device_mqtt_url))
    coming_back.loop_start()
    wait_until(coming_back.is_connected)

    try:
        with pytest.raises(StillLetIn, match="vouch device remove"):
            cut_off(broker, "press-10")
        remove_device(broker, "press-10")
        cut_off(broker, "press-10")
    finally:
        coming_back.disconnect()
        coming_back.loop_stop()


def test_a_certificate_of_the_broker_that_ends_soon_is_told_of_at_the_start(make_home: Callable[[], Path]) -> None:
    home, told = make_home(), list[str]()
    long_ago = datetime.now(UTC) - timedelta(days=800)
    Authority.make(home / "ca", long_ago).certify_server(["localhost"], long_ago)

    with up.embedded(home, say=told.append):
        pass

    assert any("the broker's certificate ends on" in line for line in told)


def test_a_renewed_server_certificate_is_served_without_a_restart(broker: Settings, authority: Authority) -> None:

    def served() -> str:
        return ssl.get_server_certificate(address_of(broker.device_mqtts_url))

    before = served()
    authority.certify_server(["localhost", "127.0.0.1", "mqtt.example.net"], datetime.now(UTC))
    reload_broker(broker)

    wait_until(lambda: served() != before)
    assert served() == (authority.folder / "server.crt").read_text()

"""The broker's address, as settings give it."""

from pathlib import Path

import pytest

from vouch.broker_address import TlsFiles, parse_broker
from vouch.errors import Invalid, Unavailable
from vouch.mqtt import UnusableTlsFile, tls_context


def test_an_address_may_hold_a_user_and_a_password_with_signs_in_it() -> None:
    address = parse_broker("mqtt://gate%2F1:p%40ss@broker.example")

    assert (address.username, address.password, address.host, address.port) == (
        "gate/1", "p@ss", "broker.example", 1883,
    )  # fmt: skip
    assert "p@ss" not in repr(address)


@pytest.mark.parametrize("url", ["broker:1883", "http://broker", "mqtt://", "mqtt://broker:port"])
def test_an_address_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="mqtt://user:password@host:port"):
        parse_broker(url)


def test_without_an_address_the_ways_to_give_one_are_named() -> None:
    with pytest.raises(Unavailable, match="VOUCH_MQTT_URL"):
        parse_broker("")


def test_a_file_for_tls_that_cannot_be_used_is_named_with_its_setting(tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")

    for missing in (tmp_path / "none.pem", text):
        with pytest.raises(UnusableTlsFile, match=f"VOUCH_MQTT_CA_FILE names {missing}"):
            tls_context(TlsFiles(ca=missing))
        with pytest.raises(UnusableTlsFile, match=f"VOUCH_MQTT_CERT_FILE names {missing}"):
            tls_context(TlsFiles(certificate=missing))
    with pytest.raises(UnusableTlsFile, match="expected VOUCH_MQTT_CERT_FILE with it"):
        tls_context(TlsFiles(key=text))

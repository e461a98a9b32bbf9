"""The broker's address, as settings give it."""

import pytest

from vouch.broker_address import parse_broker
from vouch.errors import Invalid, Unavailable


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

"""Devices written with client libraries that are not ours: what each says it sent is what vouch stored."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from tests.publishers.conftest import Device, said_in


@pytest.mark.parametrize("version", [4, 5])
def test_all_that_aiomqtt_published_over_three_connections_is_stored(device: Device, version: int) -> None:
    account = device.run("with_aiomqtt.py", "aiomqtt", version=version, count=1_500)

    said = said_in(account["readings"])
    assert len(said) == 4_500
    assert device.stored(len(said)) == said
    assert device.balance().rejected == 0


@pytest.mark.parametrize("version", [4, 5])
def test_all_that_gmqtt_published_across_a_cut_line_is_stored(device: Device, version: int) -> None:
    account = device.run("with_gmqtt.py", "gmqtt", version=version, count=400)

    said = said_in(account["readings"])
    assert len(said) == 4_000
    assert device.stored(len(said)) == said
    assert device.balance().rejected == 0


def test_every_message_of_an_aiomqtt_device_is_answered_with_what_became_of_it(device: Device) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)

    account = device.run("receipts_with_aiomqtt.py", "aiomqtt", since=since.isoformat(), count=300)

    # A receipt comes after the commit, so nobody has to wait.
    assert device.stored() == said_in(account["readings"])
    assert len(account["receipts"]) == 300
    refused = [receipt for receipt in account["receipts"] if receipt["rejected_count"]]
    assert [receipt["stored"] for receipt in account["receipts"]] == [1] * 300
    assert account["receipts"][::10] == refused
    assert {(one["place"], one["reason"]) for receipt in refused for one in receipt["rejected"]} == {
        ("$.values.made_up", "unknown_metric")
    }
    assert (account["again"]["stored"], account["again"]["duplicate"]) == (0, 1)
    balance = device.balance()
    assert (balance.stored, balance.duplicate, balance.rejected) == (300, 1, 31)


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js and npm are not on this machine")
@pytest.mark.parametrize("version", [4, 5])
def test_all_that_a_node_js_device_published_across_a_cut_line_is_stored(device: Device, version: int) -> None:
    account = device.run("with_mqtt_js.cjs", "mqtt-js", version=version, count=1_000)

    said = said_in(account["readings"])
    assert len(said) == 3_000
    assert device.stored(len(said)) == said
    assert device.balance().rejected == 0
    # On MQTT 5 each message had its receipt.
    receipts = account["receipts"]
    assert receipts["stored"] + receipts["duplicate"] == (3_000 if version == 5 else 0)

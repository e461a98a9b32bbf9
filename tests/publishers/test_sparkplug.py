"""Sparkplug edge nodes written by others: what they say is stored, and none is online for ever."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.end_to_end.conftest import IngestProcess
from tests.publishers.conftest import Device, said_in, wait_heard, wait_until
from vouch.settings import Settings

SILENCE_SECONDS = 2


@pytest.fixture
def ingesting(services: Settings, database: str, tmp_path: Path) -> Iterator[IngestProcess]:
    """Ingest, with a short patience for edge nodes whose death is in doubt."""
    process = IngestProcess(services, database, tmp_path, VOUCH_SPARKPLUG_SILENCE_SECONDS=str(SILENCE_SECONDS))
    try:
        process.wait_subscribed()
        yield process
    finally:
        process.stop()


@pytest.mark.parametrize("end", ["clean", "silent"])
def test_all_that_pysparkplug_said_is_stored_and_it_is_offline_at_the_end(device: Device, end: str) -> None:
    account = device.run("with_pysparkplug.py", "pysparkplug", group=device.group, count=300, end=end)

    node, press = said_in(account["node"]), said_in(account["press"])
    assert len(node) == 300
    assert device.stored(len(node) + len(press)) == press
    assert device.stored(of=device.node) == node
    assert device.balance().rejected == 0
    wait_until(lambda: not device.presence()[-1][0] and not device.presence(device.node)[-1][0], 15)
    assert device.presence()[0] == device.presence(device.node)[0] == (True, "birth")


def test_what_pysparkplug_said_while_ingest_was_away_is_stored(device: Device) -> None:
    device.ingesting.kill_and_restart()

    account = device.run("with_pysparkplug.py", "pysparkplug", group=device.group, count=300, end="clean", pause=0.01)

    node, press = said_in(account["node"]), said_in(account["press"])
    assert device.stored(len(node) + len(press)) == press
    assert device.stored(of=device.node) == node


def test_pysparkplug_is_online_again_when_it_comes_back(device: Device) -> None:
    for start, end in ((0, "silent"), (1_000, "silent")):
        device.run("with_pysparkplug.py", "pysparkplug", group=device.group, count=20, end=end, strokes=start)

    wait_until(lambda: [online for online, _ in device.presence(device.node)] == [True, False, True, False], 15)


@pytest.mark.parametrize("end", ["clean", "silent"])
def test_all_that_mqtt_spb_wrapper_said_is_stored_and_it_is_offline_at_the_end(device: Device, end: str) -> None:
    account = device.run("with_mqtt_spb_wrapper.py", "mqtt-spb-wrapper", group=device.group, count=300, end=end)

    press = said_in(account["press"])
    assert len(press) == 1_200
    assert device.stored(len(press)) == press
    assert device.balance().rejected == 0
    wait_until(lambda: not device.presence()[-1][0], 15)


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js and npm are not on this machine")
@pytest.mark.parametrize("end", ["clean", "silent"])
def test_all_that_sparkplug_client_said_by_alias_and_compressed_is_stored(device: Device, end: str) -> None:
    account = device.run("with_sparkplug_client.cjs", "sparkplug-client", group=device.group, count=700, end=end)

    node, press = said_in(account["node"]), said_in(account["press"])
    assert device.stored(len(node) + len(press)) == press
    assert device.stored(of=device.node) == node
    assert device.balance().rejected == 0
    wait_until(lambda: not device.presence()[-1][0] and not device.presence(device.node)[-1][0], 15)


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js and npm are not on this machine")
def test_vouch_asks_sparkplug_client_to_be_born_again_where_it_missed_the_birth(
    device: Device, services: Settings
) -> None:
    device.ingesting.stop()
    asked = {"group": device.group, "count": 100, "end": "clean", "pause": 20, "reborn": True}
    with ThreadPoolExecutor(1) as elsewhere:
        running = elsewhere.submit(device.run, "with_sparkplug_client.cjs", "sparkplug-client", **asked)
        wait_heard(services.mqtt_url, f"spBv1.0/{device.group}/DDATA/#")
        device.ingesting.start_again()
        account = running.result()

    said, last = said_in(account["press"]), max(at for _, at, _ in said_in(account["press"]))
    wait_until(lambda: any(at == last for _, at, _ in device.stored()), 15)
    stored = device.stored()
    # Data of which the names were not known yet waited for the birth that vouch had asked for.
    first = min(at for _, at, _ in stored)
    assert stored == {one for one in said if one[1] >= first}
    assert 100 < len(stored) < len(said)
    assert device.balance().rejected == 0


def test_all_that_tahu_said_with_times_that_stand_still_is_stored_with_its_messages_times(device: Device) -> None:
    account = device.run("with_tahu.py", "mqtt-spb-wrapper", group=device.group, count=300)

    press = said_in(account["press"])
    assert len(press) == 1_200
    assert device.stored(len(press)) == press
    assert device.balance().rejected == 0
    assert device.findings() == {"frozen_timestamp"}
    # Its will has another bdSeq than its birth.
    wait_until(lambda: not device.presence()[-1][0], 15)

"""mosquitto_pub and mosquitto_rr, the broker's own command line clients, as a device."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.publishers.conftest import Device, Said, text_of, wait_until

VERSIONS = ["mqttv31", "mqttv311", "mqttv5"]


def run(device: Device, *options: str, lines: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run it on the device's topic with the device's account."""
    account = ("-h", device.host, "-p", str(device.port), "-u", device.name, "-P", device.password)
    command = ["mosquitto_pub", *account, "-t", f"vouch/v1/{device.name}/telemetry", *options]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def line(at: datetime, strokes: int) -> str:
    """A message of two readings."""
    return json.dumps({"measured_at": at.isoformat(), "values": {"strokes": strokes, "state": "RUNNING"}})


def said(at: datetime, strokes: int) -> list[Said]:
    """What such a message says."""
    return [("strokes", at, text_of(Decimal(strokes))), ("state", at, "RUNNING")]


def instants(count: int) -> list[datetime]:
    """A tenth of a second apart, the last one now."""
    now = datetime.now(UTC)
    return [now - timedelta(seconds=0.1) * n for n in reversed(range(count))]


@pytest.mark.parametrize("version", VERSIONS)
def test_single_messages_of_every_quality_of_service_are_stored(device: Device, version: str) -> None:
    expected: set[Said] = set()
    for strokes, at in enumerate(instants(9)):
        kept = ("-r",) if strokes == 8 else ()
        run(device, "-V", version, "-q", str(strokes % 3), "-m", line(at, strokes), *kept)
        expected |= set(said(at, strokes))

    assert device.stored(len(expected)) == expected
    assert device.balance().rejected == 0
    # What is retained would reach the tests that come after this one.
    run(device, "-r", "-n")


@pytest.mark.parametrize("version", VERSIONS)
def test_many_lines_over_one_connection_are_all_stored(device: Device, version: str) -> None:
    told = list(enumerate(instants(5_000)))

    run(device, "-V", version, "-q", "1", "-l", lines="".join(f"{line(at, n)}\n" for n, at in told))

    assert device.stored(2 * len(told)) == {one for n, at in told for one in said(at, n)}
    assert device.balance().rejected == 0


def test_a_file_of_a_thousand_readings_is_one_message(device: Device) -> None:
    told = list(enumerate(instants(1_000)))
    text = f'{{"readings": [{",".join(line(at, n) for n, at in told)}]}}'

    run(device, "-q", "1", "-s", lines=text)

    assert device.stored(2 * len(told)) == {one for n, at in told for one in said(at, n)}


def test_what_it_loses_itself_beyond_65535_lines_is_what_vouch_does_not_have(device: Device) -> None:
    told = list(enumerate(instants(100_000)))

    log = run(device, "-q", "1", "-l", "-d", lines="".join(f"{line(at, n)}\n" for n, at in told)).stdout

    # Message ids start again after 65,535. It waits for the last line's id, takes the answer to an earlier line of
    # the same id for it, and leaves with exit code 0.
    sent, answered = log.count("sending PUBLISH"), log.count("received PUBACK")
    assert answered <= sent < 65_535
    stored = device.stored(2 * answered)
    kept = len(stored) // 2
    assert answered <= kept <= sent
    assert stored == {one for n, at in told[:kept] for one in said(at, n)}
    assert device.balance().rejected == 0


def test_what_a_device_says_in_anothers_name_is_not_taken(device: Device) -> None:
    (at,) = instants(1)
    account = ("-h", device.host, "-p", str(device.port), "-u", device.name, "-P", device.password)

    command = ["mosquitto_pub", *account, "-V", "mqttv5", "-q", "1", "-t", "vouch/v1/another/telemetry"]
    done = subprocess.run([*command, "-m", line(at, 1)], capture_output=True, text=True, timeout=60)
    run(device, "-q", "1", "-m", line(at, 2))

    assert "Not authorized" in done.stdout + done.stderr
    assert device.stored(2) == set(said(at, 2))
    assert device.balance().received == 2


def test_mosquitto_rr_prints_the_receipt_of_what_it_published(device: Device) -> None:
    (at,) = instants(1)
    account = ("-h", device.host, "-p", str(device.port), "-u", device.name, "-P", device.password)
    topics = ("-t", f"vouch/v1/{device.name}/telemetry", "-e", f"vouch/v1/{device.name}/receipt")
    command = ["mosquitto_rr", "-V", "mqttv5", "-q", "1", "-W", "20", *account, *topics, "-m", line(at, 7)]

    first, second = (subprocess.run(command, capture_output=True, text=True, timeout=60) for _ in range(2))

    assert json.loads(first.stdout) == {"stored": 2, "duplicate": 0, "rejected_count": 0, "rejected": []}
    assert json.loads(second.stdout) == {"stored": 0, "duplicate": 2, "rejected_count": 0, "rejected": []}
    assert device.stored() == set(said(at, 7))


def test_its_will_says_that_it_is_gone_when_it_is_killed(device: Device) -> None:
    account = ("-h", device.host, "-p", str(device.port), "-u", device.name, "-P", device.password)
    presence = f"vouch/v1/{device.name}/presence"
    will = ("--will-topic", presence, "--will-payload", '{"online": false}', "--will-qos", "1")
    command = ["mosquitto_pub", *account, *will, "-q", "1", "-l", "-t", f"vouch/v1/{device.name}/telemetry"]
    (at,) = instants(1)

    subprocess.run(["mosquitto_pub", *account, "-q", "1", "-t", presence, "-m", '{"online": true}'], check=True)
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as living:
        assert living.stdin is not None
        living.stdin.write(f"{line(at, 1)}\n")
        living.stdin.flush()
        assert device.stored(2) == set(said(at, 1))
        living.kill()

    wait_until(lambda: device.presence() == [(True, "birth"), (False, "will")], 10)

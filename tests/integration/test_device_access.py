"""From the command line to a device that gets in, or does not: passwords, TLS, certificates, gateways.

The devices are Mosquitto's own client, as docs/mqtt.md shows it.
"""

import csv
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from ingest.access.credentials import list_with_password
from tests.world import REGISTRY
from vouch.__main__ import main
from vouch.running import up
from vouch.settings import Settings

Run = Callable[..., Result]

PAGE = Path(__file__).parents[2] / "docs/mqtt.md"
FLEET = [f"meter-{number}" for number in range(300)]
METERS = """
product_types:
  - id: meter
    name: Meter
    metrics: [{name: energy_kwh, kind: counter, unit: KWH, resolution: 0.001, plausible: [0, 1000000], on_fall: reset,
               silence_seconds_max: 7200}]
devices:
""" + "".join(f"  - {{id: {device}, product_type: meter}}\n" for device in [*FLEET, "press-7"])
PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def served(make_home: Callable[[], Path]) -> Iterator[Settings]:
    """Database and broker of this module's own, without an authority at first."""
    with up.embedded(make_home()) as settings:
        yield settings


@pytest.fixture
def run(served: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against them, in an empty folder, with a registry that knows device-1, device-2 and the fleet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOUCH_HOME", str(served.home))
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    (tmp_path / "meters.yaml").write_text("registry: 1" + METERS)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    for file in ("registry.yaml", "meters.yaml"):
        applied = invoke("registry", "apply", file)
        assert applied.exit_code == 0, applied.output
    return invoke


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def value_of(output: str, name: str) -> str:
    """What a line `name value` of a command's output says."""
    return next(line.removeprefix(name).strip() for line in output.splitlines() if line.startswith(name))


def publish(url: str, device: str, *options: str, topic: str = "") -> str:
    """Publish a reading with Mosquitto's client; what it has to complain of."""
    parts = urlsplit(url)
    sent = ["-t", topic or f"vouch/v1/{device}/telemetry", "-m", "{}", "-q", "1", "-V", "5"]
    command = ["mosquitto_pub", "-h", str(parts.hostname), "-p", str(parts.port), *sent, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    # Without anybody who reads it, the broker says so; that is no refusal.
    return "" if "No matching subscribers" in done.stderr else done.stderr.strip()


def wait_for(url: str, device: str, *options: str) -> None:
    """Until it gets in, for as long as a broker takes to start."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while trouble := publish(url, device, *options):
        assert time.monotonic() < deadline, trouble
        time.sleep(0.1)


def test_an_authority_made_while_the_broker_runs_lets_devices_in_over_tls(served: Settings, run: Run) -> None:
    password = value_of(done(run("device", "add", "device-1")), "password")
    made = done(run("ca", "init", "--host", "mqtt.example.net"))

    assert "The broker starts again now, with TLS" in made
    assert stat.S_IMODE((served.home / "ca/ca.key").stat().st_mode) == 0o600
    believed = ("--cafile", str(served.home / "ca/ca.crt"))
    known = ("-u", "device-1", "-P", password)
    wait_for(served.device_mqtts_url, "device-1", *believed, *known)
    assert publish(served.device_mqtt_url, "device-1", *known) == ""
    assert "Not authorized" in publish(served.device_mqtts_url, "device-2", *believed, *known)
    assert "mqtt.example.net" in done(run("ca", "show"))
    again = done(run("ca", "init", "--host", "other.example.net"))
    assert "The broker has read its new certificate" in again
    assert publish(served.device_mqtts_url, "device-1", *believed, *known) == ""


def test_a_certificate_is_issued_used_and_revoked(served: Settings, run: Run, tmp_path: Path) -> None:
    done(run("ca", "init"))
    issued = done(run("ca", "issue", "device-2", "--to", "device"))
    certificate, key, believed = (value_of(issued, name) for name in ("certificate", "key", "authority"))
    entering = ("--cafile", believed, "--cert", certificate, "--key", key)

    assert (tmp_path / "device").stat().st_mode & 0o777 == 0o700
    wait_for(served.device_certificate_url, "device-2", *entering)
    assert "Not authorized" in publish(served.device_certificate_url, "device-1", *entering)

    assert "1 certificate revoked" in done(run("ca", "revoke", "device-2"))
    assert publish(served.device_certificate_url, "device-2", *entering) != ""
    assert run("ca", "revoke", "device-2").exit_code == 3
    assert "device-2" in done(run("ca", "show"))


def test_a_device_may_keep_its_key_to_itself(served: Settings, run: Run, tmp_path: Path) -> None:
    done(run("ca", "init"))
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
         "own.key", "-out", "own.csr", "-subj", "/CN=whatever"],
        check=True, capture_output=True,
    )  # fmt: skip

    issued = done(run("ca", "issue", "device-2", "--request", "own.csr"))
    (tmp_path / "wrong.csr").write_text("no request")
    wrong = run("ca", "issue", "device-2", "--request", "wrong.csr")

    entering = ("--cafile", value_of(issued, "authority"), "--cert", value_of(issued, "certificate"))
    wait_for(served.device_certificate_url, "device-2", *entering, "--key", "own.key")
    assert "key " not in issued
    assert (wrong.exit_code, "expected one in PEM" in wrong.output) == (2, True)


def test_nobody_undeclared_gets_a_certificate(run: Run) -> None:
    done(run("ca", "init"))

    refused = run("ca", "issue", "device-9")

    assert (refused.exit_code, "neither a device of the registry" in refused.output) == (3, True)


def test_a_gateway_publishes_for_the_devices_it_was_given(served: Settings, run: Run) -> None:
    named = value_of(done(run("gateway", "add", "hall-1", "--device", "device-1", "--device", "meter-1")), "password")
    every = value_of(done(run("gateway", "add", "hall-2", "--all")), "password")
    first, second = ("-u", "hall-1", "-P", named), ("-u", "hall-2", "-P", every)

    assert [publish(served.device_mqtt_url, device, *first) for device in ("device-1", "meter-1")] == ["", ""]
    assert "Not authorized" in publish(served.device_mqtt_url, "device-2", *first)
    node = value_of(done(run("gateway", "add", "line-1", "--edge-node", "plant/node-1")), "password")
    third = ("-u", "line-1", "-P", node)
    for topic, refused in (("plant/NBIRTH/node-1", False), ("plant/DDATA/node-1/pump", False),
                           ("plant/NBIRTH/node-2", True), ("yard/NBIRTH/node-1", True)):  # fmt: skip
        trouble = publish(served.device_mqtt_url, "line-1", *third, topic=f"spBv1.0/{topic}")
        assert ("Not authorized" in trouble) == refused, topic
    assert publish(served.device_mqtt_url, "device-2", *second) == ""
    listed = done(run("gateway", "list"))
    assert "device-1, meter-1" in listed
    assert "any device" in listed

    done(run("gateway", "remove", "hall-1"))
    assert "Not authorized" in publish(served.device_mqtt_url, "device-1", *first)
    assert run("gateway", "remove", "hall-1").exit_code == 3
    assert run("gateway", "add", "device-1", "--all").exit_code == 4
    assert run("gateway", "add", "hall-3", "--device", "device-9").exit_code == 3


def test_a_fleet_gets_its_credentials_at_once(served: Settings, run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet.txt").write_text("# our meters\n" + "\n".join(FLEET))
    done(run("device", "add", "meter-7"))

    assert "299 devices have new credentials, 1 keep theirs" in done(
        run("device", "add", "--file", "fleet.txt", "--passwords", "new.csv")
    )

    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o600
    with (tmp_path / "new.csv").open() as file:
        given = {row["device"]: row["password"] for row in csv.DictReader(file)}
    assert given.keys() == set(FLEET) - {"meter-7"}
    assert publish(served.device_mqtt_url, "meter-299", "-u", "meter-299", "-P", given["meter-299"]) == ""
    assert "0 devices have new credentials, 299 keep theirs" in done(
        run("device", "add", "--file", "new.csv", "--passwords", "none.csv")
    )
    assert not (tmp_path / "none.csv").exists()
    assert run("device", "add", "--file", "fleet.txt", "--passwords", "new.csv", "--renew").exit_code == 4


def test_a_file_with_an_undeclared_device_changes_nothing(served: Settings, run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet.csv").write_text("place,device\nhall,meter-1\nyard,meter-1000\n")
    before = list_with_password(served)

    refused = run("device", "add", "--file", "fleet.csv", "--passwords", "new.csv", "--renew")

    assert (refused.exit_code, "'meter-1000' is not in the registry" in refused.output) == (3, True)
    assert list_with_password(served) == before
    assert not (tmp_path / "new.csv").exists()


def test_the_commands_of_the_page_publish(served: Settings, run: Run, tmp_path: Path) -> None:
    section = PAGE.read_text().split("## How a device connects")[1].split("\n## ")[0]
    commands = [block for block in section.split("\n\n") if block.startswith("    mosquitto_pub")]
    password = value_of(done(run("device", "add", "press-7")), "password")
    done(run("ca", "init"))
    done(run("ca", "issue", "press-7", "--to", "."))
    urls = (served.device_mqtt_url, served.device_mqtts_url, served.device_certificate_url)
    ports = dict(zip(("PORT", "TLS_PORT", "CERTIFICATE_PORT"), (str(urlsplit(url).port) for url in urls), strict=True))
    wait_for(served.device_mqtts_url, "press-7", "--cafile", "ca.crt", "-u", "press-7", "-P", password)

    assert len(commands) == 3
    for command in commands:
        sent = subprocess.run(
            ["sh", "-c", command], env=ports | {"PASSWORD": password, "PATH": os.environ["PATH"]},
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        assert "Not authorized" not in sent.stderr

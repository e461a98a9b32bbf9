"""SenML from devices that are not ours: an encoder written by others, and mosquitto_pub with what the docs show."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cbor2

from tests.publishers.conftest import Device, said_in


def test_all_that_kpn_senml_encoded_is_stored(device: Device) -> None:
    account = device.run("with_kpn_senml.py", "kpn-senml", count=300)

    said = said_in(account["readings"])
    assert len(said) == 600
    assert device.stored(len(said)) == said
    assert device.balance().rejected == 0


def test_packs_that_mosquitto_pub_sends_are_stored(device: Device, tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    in_json = [
        {"bn": f"urn:dev:ops:32473-{device.name}:", "bt": at.timestamp(), "n": "oil_celsius", "u": "Cel", "v": 61.5},
        {"n": "state", "vs": "RUNNING"},
        {"n": "oil_celsius", "u": "Cel", "t": 60, "v": 62},
    ]
    in_cbor = [{-2: f"{device.name}/", -3: int(at.timestamp()), 0: "strokes", 2: 7}, {0: "strokes", 2: 8, 6: 60}]
    (tmp_path / "pack.json").write_text(json.dumps(in_json))
    (tmp_path / "pack.cbor").write_bytes(cbor2.dumps(in_cbor))

    for form in ("json", "cbor"):
        account = ("-h", device.host, "-p", str(device.port), "-u", device.name, "-P", device.password, "-q", "1")
        topic = f"vouch/v1/{device.name}/senml/{form}"
        subprocess.run(
            ["mosquitto_pub", *account, "-t", topic, "-f", str(tmp_path / f"pack.{form}")], check=True, timeout=60
        )

    later = at + timedelta(minutes=1)
    assert device.stored(5) == {
        ("oil_celsius", at, "61.5"),
        ("oil_celsius", later, "62"),
        ("state", at, "RUNNING"),
        ("strokes", at, "7"),
        ("strokes", later, "8"),
    }
    assert device.balance().rejected == 0

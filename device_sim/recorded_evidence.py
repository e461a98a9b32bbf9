"""Recorded telemetry as a folder of evidence: a contract's month is evaluated from it without a broker or a database.

Shell. The same registry, contracts and rows as a replay over MQTT has. Rows that repeat or contradict others are
written as they are: whoever reads the folder says what becomes of them. The folder's form: docs/evidence.md.
"""

import gzip
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from device_sim.paperwork import yaml_text
from device_sim.replay import recorded_contracts, recorded_readings, recorded_registry
from vouch.errors import Conflict, NotFound
from vouch.period import iso


def write_evidence(
    folder: Path,
    to: Path,
    contract: str | None = None,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> int:
    """Write the set in `folder` into the folder `to`, which is new or empty: how many readings it holds.

    `contract` is which of the set's contracts; it may be left out where there is one. Readings may be cut to a span
    that holds both its ends. Raises NoRecording, NotFound, Conflict.
    """
    contracts = recorded_contracts(folder)
    if contract is None and len(contracts) > 1:
        raise Conflict(f"{folder} has several contracts: say which one of {', '.join(contracts)}")
    name = next(iter(contracts)) if contract is None else contract
    if name not in contracts:
        raise NotFound(f"{folder} has no contract {name!r}; it has {', '.join(contracts)}")
    to.mkdir(parents=True, exist_ok=True)
    if any(to.iterdir()):
        raise Conflict(f"{to} is not empty: evidence is written into a folder of its own")
    _write(to / "contract.yaml", contracts[name])
    count = 0
    with gzip.open(to / "readings.csv.gz", "wt", encoding="utf-8", newline="\n", compresslevel=6) as file:
        file.write("device,metric,measured_at,value\n")
        for line in _lines(folder, from_at, until_at):
            file.write(line)
            count += 1
    # Last: a folder without it is unfinished.
    _write(to / "evidence.yaml", yaml_text(_evidence(name, yaml.safe_load(recorded_registry(folder)))))
    return count


def _lines(folder: Path, from_at: datetime | None, until_at: datetime | None) -> Iterator[str]:
    for device, at, values in recorded_readings(folder, from_at, until_at):
        for metric, value in values.items():
            text = format(value, "f") if isinstance(value, Decimal) else value
            yield f"{device},{metric},{iso(at)},{text}\n"


def _evidence(contract: str, registry: dict[str, Any]) -> dict[str, Any]:
    """What is measured, by which devices, and whom they served, as the registry says."""
    types = {one["id"]: one["metrics"] for one in registry["product_types"]}
    meanings = {one["name"]: one for metrics in types.values() for one in metrics}
    spans = [(asset, span) for asset in registry["assets"] for span in asset["served_by"]]
    return {
        "evidence": 1,
        "contract": contract,
        "metrics": {
            name: {key: value for key, value in one.items() if key != "name"} for name, one in meanings.items()
        },
        "devices": [
            {"device": span["device"], "metrics": [one["name"] for one in types[asset["product_type"]]]}
            for asset, span in spans
        ],
        "assignments": [
            {"asset": asset["id"], "device": span["device"], "serves_from": span["since"]}
            | ({"serves_until": span["until"]} if "until" in span else {})
            for asset, span in spans
        ],
    }


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")

"""Contract files with a mistake, for tests: the contract with every kind of part, changed, and what is said of it."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.document import ContractDocument, check_document, metric_faults, parse_contract
from ingest.catalogue import Metric, MetricKind
from tests.builders import metric
from vouch.document import Document, DocumentFaults, parse_document

FULL: Final = Path(__file__).with_name("full_contract.yaml").read_text()
# What its two trucks have, as a folder of evidence says it.
FULL_EVIDENCE: Final = """\
evidence: 1
contract: full
metrics:
  odometer_km: {kind: counter, unit: KMT, on_fall: rollover, modulus: 1000000, silence_seconds_max: 7200}
  power_kw: {kind: gauge, unit: KWT, silence_seconds_max: 7200}
  lost_kwh: {kind: amount, unit: KWH, silence_seconds_max: 7200}
  pages: {kind: amount, unit: ZP, silence_seconds_max: 7200}
  cabin_temperature: {kind: gauge, unit: CEL, silence_seconds_max: 7200}
  axle_load: {kind: gauge, unit: KGM, silence_seconds_max: 7200}
  state: {kind: state, states: {RUNNING: 1, LIMITED: 2, DOWN: 3, SERVICE: 4, LOST: 5}, silence_seconds_max: 7200}
assignments:
  - {asset: truck-1, device: box-1, serves_from: "2026-01-01T00:00:00+01:00"}
  - {asset: truck-2, device: box-2, serves_from: "2026-01-01T00:00:00+01:00"}
"""
Where = tuple[str | int, ...]


@cache
def full() -> ContractDocument:
    return parse_contract(FULL, "full.yaml")[1]


@cache
def parsed() -> Any:
    """What the file says, for whoever changes nothing in it."""
    return parse_document(FULL, "full.yaml").content


def content() -> Any:
    """The same, for whoever does."""
    return pickle.loads(_pickled())


@cache
def _pickled() -> bytes:
    """Several times quicker to copy, and it is copied thousands of times."""
    return pickle.dumps(parsed())


def document_of(value: Any) -> Document:
    """A file that says this, a value a line."""
    lines: dict[Where, int] = {}

    def number(one: dict[str, Any] | list[Any], where: Where) -> None:
        for key, each in one.items() if isinstance(one, dict) else enumerate(one):
            lines[inner := (*where, key)] = len(lines) + 1
            if isinstance(each, dict | list):
                number(each, inner)

    lines[()] = 1
    if isinstance(value, dict | list):
        number(value, ())
    return Document("c.yaml", value, lines)


def at(value: Any, where: Where) -> Any:
    for part in where:
        value = value[part]
    return value


def changed(where: Where, to: Any) -> Any:
    found = content()
    at(found, where[:-1])[where[-1]] = to
    return found


def without(where: Where) -> Any:
    found = content()
    del at(found, where[:-1])[where[-1]]
    return found


def faults_of(value: Any) -> list[str]:
    return _faults(document_of(value))


def _faults(document: Document) -> list[str]:
    with pytest.raises(DocumentFaults) as raised:
        check_document(document)
    return str(raised.value).splitlines()


def spelled(where: Where) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in where).removeprefix(".") or "document"


def assert_named(value: Any, where: Where, *, of: int = 1) -> list[str]:
    """Refused, with that path and its line in the file, or that of the nearest thing around it that is there."""
    document = document_of(value)
    stands = where
    while stands not in document.lines:
        stands = stands[:-1]
    faults = _faults(document)
    found = [fault for fault in faults if fault.startswith(f"c.yaml:{document.lines[stands]}: {spelled(where)}: ")]
    assert found, (where, faults)
    assert len(faults) <= of, faults
    return found


def fields(model: BaseModel, raw: Any, where: Where = ()) -> Iterator[tuple[Where, BaseModel, FieldInfo]]:
    for name, info in type(model).model_fields.items():
        key = info.alias or name
        if key in raw:
            yield (*where, key), model, info
            yield from _inside(getattr(model, name), raw[key], (*where, key))


def _inside(value: Any, raw: Any, where: Where) -> Iterator[tuple[Where, BaseModel, FieldInfo]]:
    if isinstance(value, BaseModel):
        yield from fields(value, raw, where)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _inside(one, raw[i], (*where, i))


ALL: Final = list(fields(full(), parsed()))
PLACES: Final = [where for where, _, _ in ALL]


def place(name: str) -> Where:
    """Where the part of that id stands."""
    for several in ("measures", "judges", "prices", "views"):
        for i, part in enumerate(parsed()[several]):
            if part["id"] == name:
                return several, i
    raise AssertionError(name)


STATES: Final = {"RUNNING": 1, "LIMITED": 2, "DOWN": 3, "SERVICE": 4, "LOST": 5}
CATALOGUE: Final[dict[str, Metric]] = {
    "odometer_km": metric(MetricKind.COUNTER, "odometer_km", unit="KMT"),
    "power_kw": metric(MetricKind.GAUGE, "power_kw", unit="KWT"),
    "lost_kwh": metric(MetricKind.AMOUNT, "lost_kwh", unit="KWH"),
    "pages": metric(MetricKind.AMOUNT, "pages", unit="ZP"),
    "cabin_temperature": metric(MetricKind.GAUGE, "cabin_temperature", unit="CEL"),
    "axle_load": metric(MetricKind.GAUGE, "axle_load", unit="KGM"),
    "state": replace(metric(MetricKind.STATE, "state"), states=STATES),
}


def catalogue_faults(value: Any) -> list[str]:
    """What the metrics of the assets refuse in a contract whose form is right."""
    document = document_of(value)
    agreed = check_document(document)
    faults = metric_faults(agreed, dict.fromkeys(("truck-1", "truck-2"), CATALOGUE))
    return str(document.faults(faults)).splitlines()

"""Registry files: what is declared, and each mistake as one line with file, line and path."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.catalogue import MetricKind, OnFall
from ingest.registry.file import RegistryDocument, parse_registry
from vouch.document import DocumentFaults

GOOD = """\
registry: 1
issuers:
  - id: seller
    legal_name: Seller GmbH
    address: [Street 1]
    country: DE
    time_zone: Europe/Berlin
    payment_days: 14
customers:
  - id: buyer
    legal_name: Buyer AG
    address: [Way 2]
    country: DE
product_types:
  - id: truck
    name: Truck
    metrics:
      - name: km
        kind: counter
        unit: KMT
        resolution: 0.1
        plausible: [0, 5000000]
        on_fall: reset
        silence_seconds_max: 7200
      - name: state
        kind: state
        states: {UP: 1, DOWN: 2}
        silence_seconds_max: 7200
assets:
  - id: truck-1
    name: First truck
    customer: buyer
    product_type: truck
    served_by:
      - device: device-1
        since: "2026-09-01T00:00:00+02:00"
        until: "2026-10-01T00:00:00+02:00"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(DocumentFaults) as raised:
        parse_registry(text, "r.yaml")
    return str(raised.value).splitlines()


def changed(line: str, to: str) -> str:
    assert GOOD.count(line) >= 1, line
    return GOOD.replace(line, to, 1)


def test_a_registry_is_what_the_file_says() -> None:
    _, declared = parse_registry(GOOD, "r.yaml")

    km, state = declared.product_types[0].metrics
    assert (km.kind, km.on_fall, str(km.resolution)) == (MetricKind.COUNTER, OnFall.RESET, "0.1")
    assert state.states == {"UP": 1, "DOWN": 2}
    (served,) = declared.assets[0].served_by
    assert served.since == datetime(2026, 8, 31, 22, tzinfo=UTC)
    assert served.since.tzinfo is UTC
    assert declared.issuers[0].payment_days == 14


def test_a_registry_comes_back_from_its_own_json() -> None:
    _, declared = parse_registry(GOOD, "r.yaml")

    assert parse_registry(declared.model_dump_json(exclude_none=True), "r.json")[1] == declared


def test_a_file_may_declare_nothing() -> None:
    assert parse_registry("registry: 1", "r.yaml")[1] == RegistryDocument()


@pytest.mark.parametrize(
    ("line", "to", "number", "path", "word"),
    [
        ("registry: 1", "registry: 2", 1, "registry", "1"),
        ("issuers:", "issuer:", 2, "issuer", "did you mean 'issuers'"),
        ("- id: seller", "- id: Seller", 3, "issuers[0].id", "found 'Seller'"),
        ("    legal_name: Seller GmbH\n", "", 3, "issuers[0].legal_name", "required, but missing"),
        ("legal_name: Seller GmbH", "legal_name: ''", 4, "issuers[0].legal_name", "1 to 200"),
        ("address: [Street 1]", "address: []", 5, "issuers[0].address", "at least 1"),
        ("address: [Street 1]", "address: Street 1", 5, "issuers[0].address", "list"),
        ("address: [Street 1]", "address: [a, b, c, d, e, f, g]", 5, "issuers[0].address", "at most 6"),
        ("country: DE", "country: Germany", 6, "issuers[0].country", "found 'Germany'"),
        ("time_zone: Europe/Berlin", "time_zone: CEST", 7, "issuers[0].time_zone", "IANA time zone"),
        ("time_zone: Europe/Berlin", "time_zone: ../etc", 7, "issuers[0].time_zone", "IANA time zone"),
        ("payment_days: 14", "payment_days: '14'", 8, "issuers[0].payment_days", "a whole number from 0 to 365"),
        ("payment_days: 14", "payment_days: true", 8, "issuers[0].payment_days", "a whole number from 0 to 365"),
        ("payment_days: 14", "payment_days: -1", 8, "issuers[0].payment_days", "from 0 to 365"),
        ("payment_days: 14", "payment_days: 366", 8, "issuers[0].payment_days", "from 0 to 365"),
        ("- name: km", "- name: Km", 18, "product_types[0].metrics[0].name", "found 'Km'"),
        ("kind: counter", "kind: meter", 19, "product_types[0].metrics[0].kind", "'counter'"),
        ("unit: KMT", "unit: km", 20, "product_types[0].metrics[0].unit", "did you mean KMT"),
        ("resolution: 0.1", "resolution: 0", 21, "product_types[0].metrics[0].resolution", "above 0"),
        ("resolution: 0.1", "resolution: 1e-1", 21, "product_types[0].metrics[0].resolution", "plain decimal"),
        ("plausible: [0, 5000000]", "plausible: [0]", 22, "product_types[0].metrics[0].plausible[1]", "missing"),
        ("plausible: [0, 5000000]", "plausible: [0, x]", 22, "product_types[0].metrics[0].plausible[1]", "plain"),
        ("plausible: [0, 5000000]", "plausible: [5, 1]", 18, "product_types[0].metrics[0]", "[lowest, highest]"),
        ("on_fall: reset", "on_fall: zero", 23, "product_types[0].metrics[0].on_fall", "'rollover'"),
        ("        on_fall: reset\n", "", 18, "product_types[0].metrics[0]", "'on_fall': reset, rollover, dip or"),
        ("        unit: KMT\n", "", 18, "product_types[0].metrics[0]", "'unit'"),
        (
            "silence_seconds_max: 7200",
            "silence_seconds_max: 0",
            24,
            "product_types[0].metrics[0].silence_seconds_max",
            "a whole number above 0",
        ),
        (
            "silence_seconds_max: 7200",
            "silence_seconds_max: 1.5",
            24,
            "product_types[0].metrics[0].silence_seconds_max",
            "a whole number above 0",
        ),
        ("        states: {UP: 1, DOWN: 2}\n", "", 25, "product_types[0].metrics[1]", "'states'"),
        (
            "states: {UP: 1, DOWN: 2}",
            "states: {UP: 1, DOWN: 1}",
            25,
            "product_types[0].metrics[1]",
            "a code of its own",
        ),
        (
            "states: {UP: 1, DOWN: 2}",
            "states: {UP: 1, UP: 2}",
            27,
            "product_types[0].metrics[1].states.UP",
            "given twice",
        ),
        ("states: {UP: 1, DOWN: 2}", "states: {UP: 40000}", 27, "product_types[0].metrics[1].states.UP", "less"),
        ("states: {UP: 1, DOWN: 2}", "states: {UP: 1.0}", 27, "product_types[0].metrics[1].states.UP", "integer"),
        ("states: {UP: 1, DOWN: 2}", "states: {}", 27, "product_types[0].metrics[1].states", "at least 1"),
        ("device: device-1", "device: vouch-ingest", 35, "assets[0].served_by[0].device", "does not begin with vouch-"),
        ("device: device-1", "device: a/b", 35, "assets[0].served_by[0].device", "found 'a/b'"),
        ('"2026-09-01T00:00:00+02:00"', '"2026-09-01T00:00:00"', 36, "assets[0].served_by[0].since", "offset"),
        ('"2026-09-01T00:00:00+02:00"', "2026-09-01", 36, "assets[0].served_by[0].since", "an instant"),
        (
            '"2026-09-01T00:00:00+02:00"',
            "0001-01-01T00:00:00+02:00",
            36,
            "assets[0].served_by[0].since",
            "2000 to 2199",
        ),
        (
            '"2026-09-01T00:00:00+02:00"',
            "9999-12-31T23:59:59-23:00",
            36,
            "assets[0].served_by[0].since",
            "2000 to 2199",
        ),
        ('"2026-09-01T00:00:00+02:00"', "5", 36, "assets[0].served_by[0].since", "an instant"),
        (
            '"2026-10-01T00:00:00+02:00"',
            '"2026-09-01T00:00:00+02:00"',
            35,
            "assets[0].served_by[0]",
            "later than 'since'",
        ),
    ],
)
def test_a_mistake_is_one_line(line: str, to: str, number: int, path: str, word: str) -> None:
    (fault,) = faults_of(changed(line, to))

    assert fault.startswith(f"r.yaml:{number}: {path}: ")
    assert word in fault


@pytest.mark.parametrize("text", ["", "- 1", "5", "registry"])
def test_a_file_of_the_wrong_shape_is_one_line(text: str) -> None:
    (fault,) = faults_of(text)

    assert fault.startswith("r.yaml:1: document: ")


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ("assets:\n  - {id: a, name: A, customer: c, product_type: p}\n", "assets[1].id"),
        ("customers:\n  - {id: a, legal_name: A, address: [x], country: DE}\n", "customers[1].id"),
        ("devices:\n  - {id: a, product_type: p}\n", "devices[1].id"),
    ],
)
def test_an_id_is_declared_once(entry: str, path: str) -> None:
    head, row = entry.splitlines()
    (fault,) = faults_of(f"{head}\n{row}\n{row}\n")

    assert fault == f"r.yaml:3: {path}: 'a' is declared twice"


@pytest.mark.parametrize("value", ["5", "text", "[[]]", "{a: 1}", "true", "[5]", "~"])
@pytest.mark.parametrize("key", ["issuers", "customers", "product_types", "devices", "assets"])
def test_a_list_of_another_shape_gives_faults_and_no_traceback(key: str, value: str) -> None:
    for fault in faults_of(f"registry: 1\n{key}: {value}"):
        assert fault.startswith(f"r.yaml:2: {key}")


def metric_of(**fields: Any) -> str:
    given = {"name": "m", "silence_seconds_max": 60} | fields
    body = ", ".join(f"{key}: {value}" for key, value in given.items())
    return f"product_types:\n  - {{id: p, name: P, metrics: [{{{body}}}]}}"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "gauge", "unit": "CEL"},
        {"kind": "gauge", "unit": "CEL", "plausible": "[-40, 85.5]"},
        {"kind": "amount", "unit": "KGM"},
        {"kind": "counter", "unit": "KMT", "on_fall": "dip"},
        {"kind": "counter", "unit": "KMT", "on_fall": "reset", "jitter": "0.5", "step_max": "100"},
        {"kind": "counter", "unit": "KMT", "on_fall": "rollover", "modulus": "1000000", "jitter": "1"},
        {"kind": "counter", "unit": "KWH", "on_fall": "signed"},
        {"kind": "state", "states": "{A: 0}"},
    ],
)
def test_a_metric_says_what_its_kind_needs(fields: dict[str, str]) -> None:
    assert parse_registry(metric_of(**fields), "r.yaml")[1].product_types[0].metrics[0].name == "m"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "gauge"},
        {"kind": "gauge", "unit": "CEL", "states": "{A: 0}"},
        {"kind": "gauge", "unit": "CEL", "on_fall": "dip"},
        {"kind": "counter", "unit": "KMT"},
        {"kind": "state", "unit": "KMT", "states": "{A: 0}"},
        {"kind": "state", "states": "{A: 0}", "on_fall": "reset"},
        {"kind": "state"},
        {"kind": "gauge", "unit": "CEL", "jitter": "1"},
        {"kind": "gauge", "unit": "CEL", "step_max": "1"},
        {"kind": "counter", "unit": "KMT", "on_fall": "rollover"},
        {"kind": "counter", "unit": "KMT", "on_fall": "reset", "modulus": "100"},
        {"kind": "counter", "unit": "KMT", "on_fall": "rollover", "modulus": "100", "jitter": "100"},
        {"kind": "counter", "unit": "KMT", "on_fall": "reset", "jitter": "5", "step_max": "5"},
    ],
)
def test_a_metric_says_nothing_that_its_kind_has_not(fields: dict[str, str]) -> None:
    (fault,) = faults_of(metric_of(**fields))

    assert fault.startswith("r.yaml:2: product_types[0].metrics[0]: ")


def test_a_device_says_where_and_since_when_it_speaks() -> None:
    text = "devices:\n  - {id: d, product_type: p, installed_at: '2026-09-01T00:00:00+02:00', sparkplug: G/E/D}"
    (device,) = parse_registry(text, "r.yaml")[1].devices

    assert (device.installed_at, device.sparkplug) == (datetime(2026, 8, 31, 22, tzinfo=UTC), "G/E/D")


@pytest.mark.parametrize(
    ("fields", "path", "word"),
    [
        ("id: vouch-d, product_type: p", "id", "does not begin with vouch-"),
        ("id: d, product_type: p, installed_at: 2026-09-01", "installed_at", "an instant"),
        ("id: d, product_type: p, sparkplug: G", "sparkplug", "group/edge-node"),
        ("id: d, product_type: p, sparkplug: G/E/D/X", "sparkplug", "group/edge-node"),
        ("id: d, product_type: p, sparkplug: 'G/+'", "sparkplug", "group/edge-node"),
        ("id: d, product_type: p, sparkplug: 'G/'", "sparkplug", "group/edge-node"),
        ("id: d", "product_type", "required, but missing"),
    ],
)
def test_a_mistake_in_a_device_is_one_line(fields: str, path: str, word: str) -> None:
    (fault,) = faults_of(f"devices:\n  - {{{fields}}}")

    assert fault.startswith("r.yaml:2: devices[0]")
    assert path in fault
    assert word in fault


def test_a_sparkplug_address_belongs_to_one_device() -> None:
    rows = "  - {id: a, product_type: p, sparkplug: G/E}\n  - {id: b, product_type: p, sparkplug: G/E}\n"

    assert faults_of(f"devices:\n{rows}") == ["r.yaml:3: devices[1].sparkplug: 'G/E' is the address of a already"]


def two_metrics(first: str, second: str) -> str:
    head = "product_types:\n- id: p\n  name: P\n  metrics:\n"
    of = "kind: gauge, unit: CEL, silence_seconds_max: 60"
    return f"{head}  - {{name: a, {of}, {first}}}\n  - {{name: b, {of}, {second}}}\n"


def test_a_metric_has_other_names_under_which_devices_send_it() -> None:
    text = two_metrics("sent_as: [Temp/Inlet, 'Température 1']", "sent_as: []")

    assert parse_registry(text, "r.yaml")[1].product_types[0].metrics[0].sent_as == ["Temp/Inlet", "Température 1"]


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        ("sent_as: [b]", "sent_as: []", "r.yaml:5: product_types[0].metrics[0].sent_as[0]: 'b' means the metric b"),
        ("sent_as: [x]", "sent_as: [x]", "r.yaml:6: product_types[0].metrics[1].sent_as[0]: 'x' means the metric a"),
        ("sent_as: [x, x]", "sent_as: []", "r.yaml:5: product_types[0].metrics[0].sent_as[1]: 'x' means the metric a"),
        ("sent_as: [a]", "sent_as: []", "r.yaml:5: product_types[0].metrics[0].sent_as[0]: 'a' means the metric a"),
    ],
)
def test_a_name_means_one_metric(first: str, second: str, fault: str) -> None:
    assert faults_of(two_metrics(first, second)) == [f"{fault} already"]


@pytest.mark.parametrize("name", ["''", "x" * 201])
def test_a_name_under_which_devices_send_has_1_to_200_characters(name: str) -> None:
    (fault,) = faults_of(two_metrics(f"sent_as: [{name}]", "sent_as: []"))

    assert "1 to 200" in fault


def test_a_metric_is_declared_once() -> None:
    text = two_metrics("sent_as: []", "sent_as: []").replace("name: b", "name: a")

    assert faults_of(text) == ["r.yaml:6: product_types[0].metrics[1].name: 'a' is declared twice"]

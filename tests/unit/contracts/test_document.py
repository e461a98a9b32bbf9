"""Contract files: what they state, what comes back, and each mistake as one line with file, line and path."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contracts.contract import Contract
from contracts.document import (
    canonical_document,
    contract_of,
    contract_of_canonical,
    parse_canonical,
    parse_contract,
    registry_faults,
)
from contracts.terms import FixedFee, UptimeGuarantee, UsagePrice
from contracts.terms.uptime_guarantee import CreditPerStartedPoint, UnknownAs
from ingest.catalogue import Metric, MetricKind
from tests.builders import metric, utc, wall
from vouch.canonical import digest_of
from vouch.document import DocumentFaults

GOOD = """\
contract: trucks
version: 1
issuer: seller
customer: buyer
currency: EUR
time_zone: Europe/Berlin
effective_from: 2026-09-01
effective_until: 2027-09-01
vat_percent: 19
assets:
  - asset: truck-1
    in_service_from: 2026-09-01
    in_service_until: "2026-12-24T12:00:00+01:00"
  - asset: truck-2
    in_service_from: 2026-10-01
terms:
  - id: fee
    kind: fixed_fee
    text: Monthly fee
    vat_percent: 7.5
    amount: 320.00
    per: asset
  - id: km
    kind: usage_price
    text: Kilometres
    metric: km
    unit: KMT
    scope: pooled
    tiers:
      - up_to: 1000
        price: 0.20
      - up_to: 2500.5
        price: 0.10
      - price: 0.05
  - id: uptime
    kind: uptime_guarantee
    text: Uptime
    metric: state
    up: [up]
    down: [down]
    unknown: [lost]
    service_hours:
      monday: ["13:00-22:00", "06:00-12:00"]
      sunday: ["00:00-24:00"]
    planned_windows:
      - weekday: sunday
        from: "02:00"
        until: "04:00"
    planned_allowance_hours: 1.25
    unknown_rule:
      carry_seconds: 900
      then: exclude
    target_percent: 98
    credit:
      of: fee
      ladder:
        - below: 98
          percent: 5
        - below: 95.5
          percent: 20
      cap_percent: 20
"""

SIMPLE = """\
contract: meter
version: 1
issuer: seller
customer: buyer
currency: EUR
time_zone: Europe/Berlin
effective_from: 2026-09-01
vat_percent: 19
assets: [{asset: meter-1, in_service_from: 2026-09-01}]
terms: [{id: gas, kind: usage_price, text: Gas, metric: gas, unit: MTQ, scope: asset, price: 0.4137}]
"""

STATE = metric(MetricKind.STATE)
KM = metric(name="km", unit="KMT")


def read(text: str) -> Contract:
    return contract_of(parse_contract(text, "c.yaml")[1])


def faults_of(text: str) -> list[str]:
    with pytest.raises(DocumentFaults) as raised:
        parse_contract(text, "c.yaml")
    return str(raised.value).splitlines()


def changed(line: str, to: str) -> str:
    assert line in GOOD, line
    return GOOD.replace(line, to, 1)


def number_of(line: str) -> int:
    return GOOD.count("\n", 0, GOOD.index(line)) + 1


def test_a_contract_is_what_the_file_says() -> None:
    contract = read(GOOD)

    assert (contract.id, contract.version, contract.currency, contract.zone.key) == (
        "trucks",
        1,
        "EUR",
        "Europe/Berlin",
    )
    assert contract.effective_from == utc("2026-08-31 22:00")
    assert contract.effective_until == utc("2027-08-31 22:00")
    assert contract.assets[0].in_service_until == datetime(2026, 12, 24, 11, tzinfo=UTC)
    assert contract.assets[1].in_service_from == utc("2026-09-30 22:00")
    fee, km, uptime = contract.terms
    assert isinstance(fee, FixedFee)
    assert (fee.amount, contract.vat_of(fee)) == (Decimal(320), Decimal("7.5"))
    assert isinstance(km, UsagePrice)
    assert [(tier.up_to, tier.price) for tier in km.tiers] == [
        (1000, Decimal("0.20")),
        (Decimal("2500.5"), Decimal("0.10")),
        (None, Decimal("0.05")),
    ]
    assert contract.vat_of(km) == 19
    assert isinstance(uptime, UptimeGuarantee)
    assert uptime.service_hours == (wall("monday 06:00-12:00"), wall("monday 13:00-22:00"), wall("sunday 00:00-24:00"))
    assert uptime.planned_windows == (wall("sunday 02:00-04:00"),)
    assert (uptime.planned_allowance, uptime.carry) == (timedelta(hours=1, minutes=15), timedelta(seconds=900))
    assert uptime.unknown_as is UnknownAs.EXCLUDE


def test_a_credit_may_be_per_started_point() -> None:
    ladder = GOOD[GOOD.index("      ladder:") : GOOD.index("      cap_percent")]
    contract = read(changed(ladder, "      per_started_point: {points: 0.5, percent: 2}\n"))

    assert isinstance(contract.terms[2], UptimeGuarantee)
    assert contract.terms[2].credit.scheme == CreditPerStartedPoint(Decimal("0.5"), Decimal(2))


@pytest.mark.parametrize("text", [GOOD, SIMPLE])
def test_a_contract_comes_back_from_its_canonical_document(text: str) -> None:
    _, written = parse_contract(text, "c.yaml")
    canonical = canonical_document(written)

    assert canonical_document(parse_canonical(canonical)) == canonical
    assert contract_of_canonical(canonical) == contract_of(written)
    assert contract_of(written).digest == digest_of(canonical)
    assert canonical_document(parse_contract(canonical, "c.json")[1]) == canonical


def test_comments_order_and_quotes_do_not_change_the_digest() -> None:
    lines = SIMPLE.splitlines()
    other = "\n".join(["# A comment", *reversed(lines)]).replace("contract: meter", 'contract: "meter"')

    assert read(other).digest == read(SIMPLE).digest
    assert read(SIMPLE.replace("0.4137", "0.4138")).digest != read(SIMPLE).digest


def test_an_instant_is_the_same_contract_in_any_offset() -> None:
    at = '"2026-12-24T12:00:00+01:00"'

    assert read(changed(at, '"2026-12-24T11:00:00Z"')).digest == read(GOOD).digest


HEAD = [
    ("contract: trucks", "contract", ["Trucks", "-a", "''", "5", "a b", "[]", "x" * 65]),
    ("version: 1", "version", ["0", "-1", "1.5", "'1'", "true", "null", "one", "100001", "[1]"]),
    ("issuer: seller", "issuer", ["Seller", "5", "null"]),
    ("customer: buyer", "customer", ["Buyer", "5", "{}"]),
    ("currency: EUR", "currency", ["EUU", "eur", "5", "''", "null"]),
    ("time_zone: Europe/Berlin", "time_zone", ["Europe/Bonn", "CET+1", "5", "''", "/etc/passwd"]),
    ("effective_from: 2026-09-01", "effective_from", ["2026-09-31", "0001-01-01", "9999-12-31", "20260901", "5", "x"]),
    ("effective_until: 2027-09-01", "effective_until", ["2026-09-01T00:00:00", "true", "[]", "2200-01-01"]),
    ("vat_percent: 19", "vat_percent", ["-1", "101", "'x'", "true", "1e1", "null", "19.00000000001"]),
]
ASSET = [
    ("asset: truck-1", "assets[0].asset", ["a/b", "''", "5", "null", "x" * 129]),
    ("in_service_from: 2026-09-01", "assets[0].in_service_from", ["2026-09-31", "5", "null", "1999-12-31"]),
    ("in_service_until: ", "assets[0].in_service_until", ["x #", "true #", "9999-12-31T23:59:59-23:00 #"]),
]
FEE = [
    ("id: fee", "terms[0].id", ["Fee", "5", "null", "a b"]),
    ("text: Monthly fee", "terms[0].text", ["''", "5", "null", "x" * 201]),
    ("vat_percent: 7.5", "terms[0].vat_percent", ["-1", "100.5", "true"]),
    (
        "amount: 320.00",
        "terms[0].amount",
        ["-1", "1e2", "'x'", "true", "null", "[]", ".inf", "0.0000000000001", "1" * 21],
    ),
    ("per: asset", "terms[0].per", ["truck", "5", "null"]),
]
USAGE = [
    ("metric: km", "terms[1].metric", ["5", "null", "[]"]),
    ("unit: KMT", "terms[1].unit", ["km", "5", "null", "KM"]),
    ("scope: pooled", "terms[1].scope", ["both", "true", "null"]),
    ("- up_to: 1000", "terms[1].tiers[0].up_to", ["0", "-1", "'x'", "true", "1e3"]),
    ("price: 0.20", "terms[1].tiers[0].price", ["-0.1", "1e-1", "x", "true", "null", "0.0000000000001"]),
]
UPTIME = [
    ("metric: state", "terms[2].metric", ["5", "null", "{}"]),
    ("up: [up]", "terms[2].up", ["[]", "up", "5", "null"]),
    ("down: [down]", "terms[2].down", ["down", "5", "null"]),
    ("unknown: [lost]", "terms[2].unknown", ["lost", "5", "null"]),
    ('sunday: ["00:00-24:00"]', "terms[2].service_hours.sunday", ["always", "5", "null"]),
    ("weekday: sunday", "terms[2].planned_windows[0].weekday", ["sonntag", "6", "null"]),
    ('from: "02:00"', "terms[2].planned_windows[0].from", ["'24:01'", "2:00", "120", "null", "'02:00\n'"]),
    ('until: "04:00"', "terms[2].planned_windows[0].until", ["'04:60'", "4", "null"]),
    (
        "planned_allowance_hours: 1.25",
        "terms[2].planned_allowance_hours",
        ["-1", "745", "0.001", "1e1", "true", "null"],
    ),
    ("carry_seconds: 900", "terms[2].unknown_rule.carry_seconds", ["-1", "1.5", "'1'", "true", "null", "31622401"]),
    ("then: exclude", "terms[2].unknown_rule.then", ["ignore", "5", "null"]),
    ("target_percent: 98", "terms[2].target_percent", ["0", "-1", "100.1", "'x'", "true", "null"]),
    ("of: fee", "terms[2].credit.of", ["Fee", "5", "null"]),
    ("- below: 98", "terms[2].credit.ladder[0].below", ["-1", "101", "x", "true"]),
    ("percent: 5", "terms[2].credit.ladder[0].percent", ["-1", "101", "x", "true"]),
    ("cap_percent: 20", "terms[2].credit.cap_percent", ["-1", "101", "x", "true", "null"]),
]


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [(line, path, value) for line, path, values in [*HEAD, *ASSET, *FEE, *USAGE, *UPTIME] for value in values],
)
def test_a_wrong_value_is_one_line_with_file_line_and_path(line: str, path: str, value: str) -> None:
    key = line[: line.index(": ") + 2]

    (fault,) = faults_of(changed(line, f"{key}{value}"))
    assert fault.startswith((f"c.yaml:{number_of(line)}: {path}: ", f"c.yaml:{number_of(line)}: {path}["))


@pytest.mark.parametrize(
    ("line", "parent", "path"),
    [
        *((line, GOOD, path) for line, path, _ in HEAD[1:] if "until" not in line),
        ("    in_service_from: 2026-09-01", "asset: truck-1", "assets[0].in_service_from"),
        *((line, "id: fee", path) for line, path, _ in FEE if line[:2] not in ("id", "va")),
        ("metric: km", "id: km", "terms[1].metric"),
        ("unit: KMT", "id: km", "terms[1].unit"),
        ("scope: pooled", "id: km", "terms[1].scope"),
        ("        price: 0.20", "up_to: 1000", "terms[1].tiers[0].price"),
        ("metric: state", "id: uptime", "terms[2].metric"),
        ("up: [up]", "id: uptime", "terms[2].up"),
        ("down: [down]", "id: uptime", "terms[2].down"),
        ("unknown: [lost]", "id: uptime", "terms[2].unknown"),
        ("planned_allowance_hours: 1.25", "id: uptime", "terms[2].planned_allowance_hours"),
        ("target_percent: 98", "id: uptime", "terms[2].target_percent"),
        ("carry_seconds: 900", "unknown_rule:", "terms[2].unknown_rule.carry_seconds"),
        ("then: exclude", "unknown_rule:", "terms[2].unknown_rule.then"),
        ('from: "02:00"', "weekday: sunday", "terms[2].planned_windows[0].from"),
        ('until: "04:00"', "weekday: sunday", "terms[2].planned_windows[0].until"),
        ("of: fee", "credit:", "terms[2].credit.of"),
        ("cap_percent: 20", "credit:", "terms[2].credit.cap_percent"),
        ("          percent: 5", "below: 98", "terms[2].credit.ladder[0].percent"),
    ],
)
def test_a_missing_field_is_one_line_at_its_parent(line: str, parent: str, path: str) -> None:
    (fault,) = faults_of(changed(line, "#"))

    assert fault.startswith(f"c.yaml:{number_of(parent)}: {path}: ")
    assert "missing" in fault


@pytest.mark.parametrize(
    "block", ["tiers", "service_hours", "planned_windows", "unknown_rule", "credit", "terms", "assets"]
)
@pytest.mark.parametrize("value", ["5", "text", "true", "[5]", "{a: 5}"])
def test_a_block_of_another_shape_gives_faults_and_no_traceback(block: str, value: str) -> None:
    lines = GOOD.splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == f"{block}:")
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = next((i for i in range(start + 1, len(lines)) if len(lines[i]) - len(lines[i].lstrip()) <= depth), len(lines))
    text = "\n".join([*lines[:start], f"{lines[start]} {value}", *lines[end:]])

    for fault in faults_of(text):
        number = int(fault.removeprefix("c.yaml:").partition(":")[0])
        assert number == start + 1, fault


@pytest.mark.parametrize(
    ("line", "to", "expected"),
    [
        (
            "kind: fixed_fee",
            "kind: fee",
            "c.yaml:17: terms[0]: found kind 'fee'; expected one of 'fixed_fee', 'usage_price', 'uptime_guarantee'",
        ),
        ("id: km", "id: km\n    unity: KMT", "c.yaml:24: terms[1].unity: unknown key; did you mean 'unit'?"),
        ("per: asset", "per: asset\n    note: x", "c.yaml:23: terms[0].note: unknown key"),
        (
            "effective_until: 2027-09-01",
            "effective_until: 2026-09-01",
            "c.yaml:1: document: 'effective_until' must be later than 'effective_from'",
        ),
        (
            'in_service_until: "2026-12-24T12:00:00+01:00"',
            "in_service_until: 2026-09-01",
            "c.yaml:13: assets[0].in_service_until: must be later than 'in_service_from'",
        ),
        ("asset: truck-2", "asset: truck-1", "c.yaml:14: assets[1].asset: 'truck-1' is covered twice"),
        ("id: km", "id: fee", "c.yaml:23: terms[1].id: 'fee' names two terms"),
        (
            "of: fee",
            "of: km",
            "c.yaml:55: terms[2].credit.of: 'km' is not a fixed fee per asset of this contract; known: fee",
        ),
        (
            "per: asset",
            "per: contract",
            "c.yaml:55: terms[2].credit.of: 'fee' is not a fixed fee per asset of this contract; known: none",
        ),
        (
            "up_to: 2500.5",
            "up_to: 1000.0",
            "c.yaml:23: terms[1]: tiers rise: each but the last has an 'up_to' above the one before",
        ),
        (
            "      - price: 0.05\n",
            "",
            "c.yaml:23: terms[1]: the last tier has no 'up_to': every unit needs a price",
        ),
        (
            "up_to: 2500.5\n        price: 0.10",
            "price: 0.10",
            "c.yaml:23: terms[1]: tiers rise: each but the last has an 'up_to' above the one before",
        ),
        (
            "scope: pooled",
            "scope: pooled\n    price: 1",
            "c.yaml:23: terms[1]: either 'price' or 'tiers', and not both",
        ),
        ("down: [down]", "down: [up]", "c.yaml:35: terms[2]: each state is in one of 'up', 'down' and 'unknown' only"),
        ("up: [up]", "up: [up, up]", "c.yaml:35: terms[2]: each state is in one of 'up', 'down' and 'unknown' only"),
        ("13:00-22:00", "11:59-22:00", "c.yaml:35: terms[2]: service hours of one day do not overlap"),
        (
            "below: 98",
            "below: 97",
            "c.yaml:35: terms[2]: the ladder's first 'below' is the target: no shortfall is left without a step",
        ),
        (
            "below: 95.5",
            "below: 98",
            "c.yaml:54: terms[2].credit: a ladder's 'below' falls and its 'percent' rises from tier to tier",
        ),
        (
            "percent: 20\n      cap",
            "percent: 5\n      cap",
            "c.yaml:54: terms[2].credit: a ladder's 'below' falls and its 'percent' rises from tier to tier",
        ),
        (
            "      ladder:",
            "      per_started_point: {points: 1, percent: 5}\n      ladder:",
            "c.yaml:54: terms[2].credit: either 'ladder' or 'per_started_point', and not both",
        ),
        (
            'until: "04:00"',
            'until: "02:00"',
            "c.yaml:46: terms[2].planned_windows[0]: "
            "'until' must be later than 'from' on the same day; 24:00 ends the day",
        ),
    ],
)
def test_what_does_not_fit_together_is_one_line(line: str, to: str, expected: str) -> None:
    assert faults_of(changed(line, to)) == [expected]


@pytest.mark.parametrize(
    "hours", ["06:00", "6:00-7:00", "06:00-06:00", "07:00-06:00", "22:00-24:01", "06:00 - 07:00", ""]
)
def test_hours_lie_within_one_day(hours: str) -> None:
    (fault,) = faults_of(changed("13:00-22:00", hours))

    assert fault.startswith("c.yaml:43: terms[2].service_hours.monday[0]: ")


def test_hours_that_touch_do_not_overlap() -> None:
    _, uptime = read(changed("13:00-22:00", "12:00-22:00")).terms[1:]

    assert isinstance(uptime, UptimeGuarantee)
    assert uptime.service_hours[1] == wall("monday 12:00-22:00")


def test_points_of_a_credit_are_more_than_none() -> None:
    ladder = GOOD[GOOD.index("      ladder:") : GOOD.index("      cap_percent")]
    for points in ("0", "-1", "101", "x", "true"):
        (fault,) = faults_of(changed(ladder, f"      per_started_point: {{points: {points}, percent: 2}}\n"))
        assert fault.startswith("c.yaml:56: terms[2].credit.per_started_point.points: ")


def test_a_contract_fits_a_registry_that_has_its_assets_and_metrics() -> None:
    _, written = parse_contract(GOOD, "c.yaml")
    metrics = {asset: {"km": KM, "state": STATE} for asset in ("truck-1", "truck-2")}

    assert registry_faults(written, metrics, {"truck-1": "buyer", "truck-2": "buyer"}) == []


def registry_lines(text: str, owners: dict[str, str], **metrics: Metric) -> list[str]:
    document, written = parse_contract(text, "c.yaml")
    found = registry_faults(written, dict.fromkeys(owners, metrics), owners)
    return str(document.faults(found)).splitlines()


def test_an_asset_is_in_the_registry_and_its_customers() -> None:
    assert registry_lines(GOOD, {"truck-2": "other"}, km=KM, state=STATE) == [
        "c.yaml:11: assets[0].asset: asset 'truck-1' is not in the registry",
        "c.yaml:14: assets[1].asset: asset 'truck-2' belongs to customer 'other'",
    ]


OWNERS = {"truck-1": "buyer", "truck-2": "buyer"}


def test_a_usage_price_needs_a_counter_in_a_unit_that_converts() -> None:
    gauge = metric(MetricKind.GAUGE, "km", unit="KMT")

    assert registry_lines(GOOD, OWNERS, km=gauge, state=STATE) == [
        "c.yaml:26: terms[1].metric: 'km' is not a counter of every covered asset; known: none"
    ]
    assert registry_lines(GOOD, OWNERS, km=metric(name="km", unit="KGM"), state=STATE) == [
        "c.yaml:27: terms[1].unit: KGM (mass) cannot be expressed in KMT (length)"
    ]
    miles = changed("unit: KMT", "unit: SMI")
    assert registry_lines(miles, OWNERS, km=KM, state=STATE) == [
        "c.yaml:27: terms[1].unit: KMT in SMI is not a finite decimal factor"
    ]


def test_a_guarantee_needs_a_state_each_of_whose_states_has_its_place() -> None:
    assert registry_lines(GOOD, OWNERS, km=KM, state=metric(name="state")) == [
        "c.yaml:38: terms[2].metric: 'state' is not a state of every covered asset; known: none"
    ]
    assert registry_lines(changed("unknown: [lost]", "unknown: [gone]"), OWNERS, km=KM, state=STATE) == [
        "c.yaml:35: terms[2]: state 'lost' of state is in none of 'up', 'down' and 'unknown'",
        "c.yaml:41: terms[2].unknown[0]: 'gone' is not a state of state: up, down, lost",
    ]


def test_a_metric_has_the_same_meaning_for_every_asset() -> None:
    document, written = parse_contract(GOOD, "c.yaml")
    metrics = {
        "truck-1": {"km": KM, "state": STATE},
        "truck-2": {"km": metric(name="km", unit="MTR"), "state": STATE},
    }

    (line,) = str(document.faults(registry_faults(written, metrics, OWNERS))).splitlines()
    assert line == "c.yaml:26: terms[1].metric: 'km' is not a counter of every covered asset; known: none"

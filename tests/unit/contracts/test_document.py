"""Contract files: what they state, what comes back, and how they fit a registry.

Mistakes: test_bad_input.py and test_contradictions.py.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

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
from contracts.terms import Counter, FixedFee, UsagePrice
from ingest.catalogue import Metric, MetricKind
from ingest.catalogue import OnFall as Declared
from tests.builders import metric, utc
from vouch.canonical import digest_of

FULL: Final = (Path(__file__).parents[2] / "full_contract.yaml").read_text()
SIMPLE: Final = """\
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
measures:
  - id: km
    kind: counter
    window: month
    metric: km
    unit: KMT
    scope: asset
    on_fall: reset
    jitter: 0
    step_max: none
    attribution: at_reading
    rounding: none
    missing: none
    acceptance: not_needed
judges: []
prices:
  - {id: fee, kind: fixed_fee, text: Truck, vat_percent: 7.5, amount: 320.00, per: asset, interval_months: 1,
     billed: in_arrears, proration: seconds, free_of_charge: []}
  - id: distance
    kind: usage_price
    text: Kilometres
    of: [{measure: km, weight: 1}]
    unit: KMT
    scheme: {model: graduated, tiers: [{up_to: 1000, price: 0.20}, {up_to: 2500.5, price: 0.10}, {price: 0.05}]}
    included: 0
    rollover: none
    multiplier: none
    tiers_over: month
    partial_period: whole
    negative: credit
views: []
"""
KM: Final = metric(name="km", unit="KMT")


def read(text: str) -> Contract:
    return contract_of(parse_contract(text, "c.yaml")[1])


def test_a_contract_is_what_the_file_says() -> None:
    contract = read(SIMPLE)

    assert (contract.id, contract.version, contract.currency) == ("trucks", 1, "EUR")
    assert contract.zone.key == "Europe/Berlin"
    assert contract.effective_from == utc("2026-08-31 22:00")
    assert contract.effective_until == utc("2027-08-31 22:00")
    assert contract.assets[0].in_service_until == datetime(2026, 12, 24, 11, tzinfo=UTC)
    assert contract.assets[1].in_service_from == utc("2026-09-30 22:00")
    (km,) = contract.measures
    assert isinstance(km, Counter)
    assert (km.metric, km.unit, km.window) == ("km", "KMT", "month")
    fee, distance = contract.prices
    assert isinstance(fee, FixedFee)
    assert (fee.amount, contract.vat_of(fee)) == (Decimal(320), Decimal("7.5"))
    assert isinstance(distance, UsagePrice)
    assert distance.scheme.model == "graduated"
    assert [(tier.up_to, tier.price) for tier in distance.scheme.tiers] == [
        (1000, Decimal("0.20")),
        (Decimal("2500.5"), Decimal("0.10")),
        (None, Decimal("0.05")),
    ]
    assert contract.vat_of(distance) == 19


@pytest.mark.parametrize("text", [SIMPLE, FULL])
def test_a_contract_comes_back_from_its_canonical_document(text: str) -> None:
    _, written = parse_contract(text, "c.yaml")
    canonical = canonical_document(written)

    assert canonical_document(parse_canonical(canonical)) == canonical
    assert contract_of_canonical(canonical) == contract_of(written)
    assert contract_of(written).digest == digest_of(canonical)
    assert canonical_document(parse_contract(canonical, "c.json")[1]) == canonical


def test_comments_quotes_and_the_spelling_of_numbers_do_not_change_the_digest() -> None:
    other = "# A comment\n" + SIMPLE.replace("contract: trucks", 'contract: "trucks"').replace("320.00", "320")

    assert read(other).digest == read(SIMPLE).digest
    assert read(SIMPLE.replace("320.00", "320.01")).digest != read(SIMPLE).digest


def test_an_instant_is_the_same_contract_in_any_offset() -> None:
    assert "2026-12-24T12:00:00+01:00" in SIMPLE

    assert read(SIMPLE.replace("2026-12-24T12:00:00+01:00", "2026-12-24T11:00:00Z")).digest == read(SIMPLE).digest


OWNERS: Final = {"truck-1": "buyer", "truck-2": "buyer"}


def registry_lines(owners: dict[str, str], **metrics: dict[str, Metric]) -> list[str]:
    document, written = parse_contract(SIMPLE, "c.yaml")
    by_asset = {asset: metrics.get(asset.replace("-", "_"), {"km": KM}) for asset in owners}
    return str(document.faults(registry_faults(written, by_asset, owners))).splitlines()


def test_a_contract_fits_a_registry_that_has_its_assets_and_metrics() -> None:
    assert registry_lines(OWNERS) == []


def test_an_asset_is_in_the_registry_and_its_customers() -> None:
    assert registry_lines({"truck-2": "other"}) == [
        "c.yaml:11: assets[0].asset: asset 'truck-1' is not in the registry",
        "c.yaml:14: assets[1].asset: asset 'truck-2' belongs to customer 'other'",
    ]


def test_a_metric_has_the_same_meaning_for_every_asset() -> None:
    metres = replace(KM, unit="MTR")

    assert registry_lines(OWNERS, truck_2={"km": metres}) == [
        "c.yaml:20: measures[0].metric: 'km' is no metric of every covered asset; "
        "expected: a counter of every covered asset; known: none"
    ]


def test_a_counter_is_of_the_kind_counter() -> None:
    gauge = metric(MetricKind.GAUGE, "km", unit="KMT")

    assert registry_lines(OWNERS, truck_1={"km": gauge}, truck_2={"km": gauge}) == [
        "c.yaml:20: measures[0].metric: 'km' is a gauge; expected: a counter of every covered asset; known: none"
    ]


def counter_lines(declared: dict[str, Any], **term: str) -> list[str]:
    """What is wrong with a counter measure on a counter that is declared so."""
    text = SIMPLE
    for name, value in term.items():
        line = next(line for line in SIMPLE.splitlines() if line.startswith(f"    {name}: "))
        text = text.replace(line, f"    {name}: {value}", 1)
    document, written = parse_contract(text, "c.yaml")
    km = replace(KM, **declared)
    return str(document.faults(registry_faults(written, {asset: {"km": km} for asset in OWNERS}, OWNERS))).splitlines()


ROLLS: Final = {"on_fall": Declared.ROLLOVER, "modulus": Decimal(1000)}


@pytest.mark.parametrize(
    ("declared", "fitting"),
    [
        ({"on_fall": Declared.RESET}, ["reset", "refuse"]),
        (ROLLS, ["rollover\n    modulus: 1000", "refuse"]),
        ({"on_fall": Declared.DIP}, ["high_water"]),
        ({"on_fall": Declared.SIGNED}, ["signed"]),
    ],
    ids=lambda one: str(one["on_fall"]) if isinstance(one, dict) else "",
)
def test_a_fall_is_what_it_is_declared_to_be(declared: dict[str, Any], fitting: list[str]) -> None:
    for said in ["reset", "rollover\n    modulus: 1000", "high_water", "refuse", "signed"]:
        found = counter_lines(declared, on_fall=said)

        assert bool(found) is (said not in fitting)
        assert all(fault.startswith("c.yaml:23: measures[0].on_fall: found '") for fault in found)


def test_a_contradiction_says_what_is_declared() -> None:
    assert counter_lines({"on_fall": Declared.DIP}) == [
        "c.yaml:23: measures[0].on_fall: found 'reset'; expected: high_water, as a fall of 'km' is declared to be a dip"
    ]


def test_a_counter_goes_past_the_modulus_that_is_declared() -> None:
    (fault,) = counter_lines(ROLLS, on_fall="rollover\n    modulus: 10000")

    assert fault == "c.yaml:24: measures[0].modulus: found 10000; expected: 1000, as 'km' is declared"


def test_what_is_declared_to_be_jitter_is_no_fall() -> None:
    jitters = {"jitter": Decimal(2)}

    assert "measures[0].jitter: found 0; expected: at least 2" in counter_lines(jitters)[0]
    assert counter_lines(jitters, jitter="3") == []
    assert counter_lines(jitters | {"on_fall": Declared.DIP}, on_fall="high_water") == []


def test_what_is_declared_to_be_a_doubtful_step_is_doubted() -> None:
    steps = {"step_max": Decimal(500)}

    assert "measures[0].step_max: found none; expected: at most 500" in counter_lines(steps)[0]
    assert "measures[0].step_max: found 501; expected: at most 500" in counter_lines(steps, step_max="501")[0]
    assert counter_lines(steps, step_max="500") == []

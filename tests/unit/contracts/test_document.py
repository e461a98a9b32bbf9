"""Contract files: what they state, what comes back, and how they fit a registry.

Mistakes: test_bad_input.py and test_contradictions.py.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

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

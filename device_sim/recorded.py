"""Recorded sets: what is known of each beside its rows, and what its customer would have signed.

Pure. replay.py reads the rows. Origin and licence of the rows stand in the README of each set's folder.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from device_sim.contract_parts import (
    Part,
    availability,
    counter_measure,
    credit,
    fee,
    flat,
    promise,
    terms,
    usage_price,
)
from device_sim.paperwork import WEEKDAYS, contract, counter, covered, issuer, party, served, states, yaml_text

LIFT_METRIC: Final = "state"
LIFT_STATES: Final[Mapping[str, int]] = {"UNKNOWN": 0, "ACTIVE": 1, "INACTIVE": 2}


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter of ampds2_meters: its device, asset and file."""

    device: str
    asset: str
    asset_name: str
    product_type: str
    product_name: str
    metric: str
    unit: str
    resolution: Decimal
    file: str


METERS: Final = (
    Meter(
        device="gas-furnace",
        asset="gas-meter-burnaby",
        asset_name="Gas meter of the furnace",
        product_type="gas-meter",
        product_name="Gas meter",
        metric="gas_dm3",
        unit="DMQ",
        resolution=Decimal("0.001"),
        file="gas_furnace_2012-11_2013-03.csv.gz",
    ),
    Meter(
        device="water-house",
        asset="water-meter-burnaby",
        asset_name="Water meter of the house",
        product_type="water-meter",
        product_name="Water meter",
        metric="water_l",
        unit="LTR",
        resolution=Decimal("0.1"),
        file="water_house_2012-11_2013-03.csv.gz",
    ),
)

_BERLIN, _VANCOUVER = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Vancouver")
_LIFTS_FROM, _METERS_FROM = date(2019, 4, 1), date(2012, 11, 1)
# Where the recordings end: nobody owes a fee for months of which nothing was recorded.
_LIFTS_UNTIL, _METERS_UNTIL = date(2019, 8, 1), date(2013, 4, 1)


def lift_device(number: str) -> str:
    """The name under which a lift publishes; its asset has the same."""
    return f"lift-{number}"


def lift_registry(lifts: Sequence[Mapping[str, str]]) -> str:
    """The registry file for lifts given as rows of elevators.csv."""
    return yaml_text(
        {
            "registry": 1,
            "issuers": [
                issuer(
                    party("aufzug-service", "Aufzug-Service GmbH", ["Seilweg 1", "10115 Berlin"], "DE", "DE111111125"),
                    "DE02120300000000202051",
                    "Europe/Berlin",
                    14,
                )
            ],
            "customers": [
                party("bahnhof-betrieb", "Bahnhof-Betrieb AG", ["Gleisweg 2", "60329 Frankfurt"], "DE", "DE222222238")
            ],
            "product_types": [
                {"id": "lift", "name": "Station lift", "metrics": [states(LIFT_METRIC, dict(LIFT_STATES), 600)]}
            ],
            "assets": [
                {
                    "id": lift_device(lift["equipmentnumber"]),
                    "name": f"{lift['station']}, {lift['description']}"[:200],
                    "customer": "bahnhof-betrieb",
                    "product_type": "lift",
                    "served_by": [served(lift_device(lift["equipmentnumber"]), _midnight(_LIFTS_FROM, _BERLIN))],
                }
                for lift in lifts
            ],
        }
    )


def lift_contracts(lifts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Two contracts that differ only in who bears unknown time: nobody, or the issuer."""
    assets = [covered(lift_device(lift["equipmentnumber"]), _LIFTS_FROM) for lift in lifts]
    return {
        key: yaml_text(
            contract(key, ("aufzug-service", "bahnhof-betrieb"), "EUR", "Europe/Berlin", _LIFTS_FROM, 19)
            | {"effective_until": _LIFTS_UNTIL, "assets": assets}
            | _lift_terms(unknown_as)
        )
        for key, unknown_as in (("lifts-excluded", "exclude"), ("lifts-down", "down"))
    }


def _lift_terms(unknown_as: str) -> Part:
    hours = {"weekly": {day: ["06:00-22:00"] for day in WEEKDAYS}, "closed_on": []}
    states_by_class = {"up": ["ACTIVE"], "down": ["INACTIVE"], "unknown": ["UNKNOWN"]}
    return terms(
        [availability(LIFT_METRIC, states_by_class, hours, [], 900, unknown_as)],
        [promise(98)],
        [
            fee("Lift service", "320.00"),
            credit("Availability 06-22", {"form": "per_started_point", "points": 1, "percent": 5}, 50),
        ],
    )


def meter_registry() -> str:
    """The registry file for the two meters."""
    seller = party("burnaby-energy", "Burnaby Energy Ltd", ["100 Kingsway", "Burnaby BC"], "CA", "700000007 RT0001")
    return yaml_text(
        {
            "registry": 1,
            "issuers": [issuer(seller, None, "America/Vancouver", 21)],
            "customers": [
                party("burnaby-house", "House in Burnaby", ["1 Garden Village Lane", "Burnaby BC"], "CA", None)
            ],
            "product_types": [
                {
                    "id": meter.product_type,
                    "name": meter.product_name,
                    "metrics": [counter(meter.metric, meter.unit, meter.resolution, 10_000_000, 900)],
                }
                for meter in METERS
            ],
            "assets": [
                {
                    "id": meter.asset,
                    "name": meter.asset_name,
                    "customer": "burnaby-house",
                    "product_type": meter.product_type,
                    "served_by": [served(meter.device, _midnight(_METERS_FROM, _VANCOUVER))],
                }
                for meter in METERS
            ],
        }
    )


def meter_contracts() -> dict[str, str]:
    """Gas by the cubic metre and local month."""
    gas = METERS[0]
    assets = [covered(gas.asset, _METERS_FROM)]
    head = contract("gas-burnaby", ("burnaby-energy", "burnaby-house"), "CAD", "America/Vancouver", _METERS_FROM, 5)
    used = terms([counter_measure(gas.metric, "MTQ", "asset")], [], [usage_price("Gas", "MTQ", flat("0.4137"))])
    return {"gas-burnaby": yaml_text(head | {"effective_until": _METERS_UNTIL, "assets": assets} | used)}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)

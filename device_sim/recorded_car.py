"""A recorded car: its papers, for driving by the kilometre.

Pure. replay.py reads the rows. Origin and licence of the rows: docs/simulator.md#replay.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from device_sim.contract_parts import counter_measure, flat, terms, usage_price
from device_sim.paperwork import contract, counter, covered, issuer, party, served, yaml_text

CAR: Final = "car-1"
CAR_DEVICE: Final = "car-1-cloud"
ODOMETER: Final = "odometer_km"

# The car is taken on with the year: what it drove before, seen or unseen, is nobody's business here.
_FROM, _UNTIL = date(2023, 1, 1), date(2023, 3, 1)


def car_registry() -> str:
    """The registry file for the car."""
    seller = party("amstel-mobiel", "Amstel Mobiel BV", ["Kade 1", "1011 Amsterdam"], "NL", "NL123456782B12")
    since = datetime(_FROM.year, _FROM.month, _FROM.day, tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)
    # Until 12 January the vendor's cloud gives back a stale odometer between correct ones: the counter dips.
    odometer = counter(ODOMETER, "KMT", Decimal("0.1"), 1_000_000, 604_800) | {"on_fall": "dip"}
    return yaml_text(
        {
            "registry": 1,
            "issuers": [issuer(seller, None, "Europe/Amsterdam", 14)],
            "customers": [party("driver", "A. Driver", ["Gracht 2", "1012 Amsterdam"], "NL", None)],
            "product_types": [{"id": "car", "name": "Electric car", "metrics": [odometer]}],
            "assets": [
                {
                    "id": CAR,
                    "name": "Electric car",
                    "customer": "driver",
                    "product_type": "car",
                    "served_by": [served(CAR_DEVICE, since)],
                }
            ],
        }
    )


def car_contracts() -> dict[str, str]:
    """So much a kilometre beyond the highest that the odometer has shown."""
    head = contract("ev-odometer", ("amstel-mobiel", "driver"), "EUR", "Europe/Amsterdam", _FROM, 21)
    driven = counter_measure(ODOMETER, "KMT", "asset") | {"on_fall": "high_water"}
    parts = terms([driven], [], [usage_price("Kilometres", "KMT", flat("0.23"))])
    return {"ev-odometer": yaml_text(head | {"effective_until": _UNTIL, "assets": [covered(CAR, _FROM)]} | parts)}

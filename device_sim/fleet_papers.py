"""The fleets' papers: who sells what to whom, and what both agreed.

Pure. fleet.py adds the assets, devices and spans that a seed gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from device_sim.contract_parts import (
    Part,
    availability,
    counter_measure,
    credit,
    fee,
    flat,
    graduated,
    planned_window,
    promise,
    terms,
    usage_price,
)
from device_sim.faults import UNKNOWN
from device_sim.paperwork import WEEKDAYS, contract, counter, issuer, party, states
from device_sim.signals import FAULT, READY, RUNNING, WORKSHOP
from device_sim.truth import Promise


@dataclass(frozen=True, slots=True)
class Agreement:
    """One contract: the customer, its parts, and how many of eight assets of the fleet it covers."""

    customer: Mapping[str, Any]
    terms: Part
    eighths: int


@dataclass(frozen=True, slots=True)
class Papers:
    """A fleet's papers; `agreements` by contract id.

    The fleet's last asset joins on `joins_day` of the first month (as a new one where `joins_new`) or leaves on
    `leaves_day` of the last.
    """

    issuer: Mapping[str, Any]
    currency: str
    vat_percent: int
    asset_name: str
    product: Mapping[str, Any]
    agreements: Mapping[str, Agreement]
    promise: Promise | None = None
    joins_day: int | None = None
    joins_new: bool = False
    leaves_day: int | None = None

    def contract_of(self, index: int, size: int) -> str:
        """The contract that covers the asset at `index`: the fleet is shared out in order."""
        keys = list(self.agreements)
        upto = 0
        for key in keys:
            upto += self.agreements[key].eighths
            if index * 8 < upto * size:
                return key
        return keys[-1]

    def head(self, key: str, zone: str, since: date) -> dict[str, Any]:
        """The head of a contract's file."""
        parties = (str(self.issuer["id"]), str(self.agreements[key].customer["id"]))
        return contract(key, parties, self.currency, zone, since, self.vat_percent)


_NORDWERK: Final = issuer(
    party("nordwerk", "Nordwerk Geräte und Fahrzeuge GmbH", ["Speicherweg 4", "20457 Hamburg"], "DE", "DE123456788"),
    "DE89370400440532013000",
    "Europe/Berlin",
    14,
)
_MILEWAY: Final = issuer(
    party("mileway", "Mileway Tyres Ltd", ["7 Canal Wharf", "Leeds LS11 5PS"], "GB", "GB123456782"),
    "GB29NWBK60161331926819",
    "Europe/London",
    30,
)


def _by_use(text: str, metric: str, unit: str, scope: str, scheme: Part) -> Part:
    return terms([counter_measure(metric, unit, scope)], [], [usage_price(text, unit, scheme)])


def _with_fee(text: str, amount: str, used: Part) -> Part:
    return used | {"prices": [fee(text, amount), *used["prices"]]}


_PRINTERS: Final = Papers(
    issuer=_NORDWERK,
    currency="EUR",
    vat_percent=19,
    asset_name="Printer",
    product={
        "id": "office-printer",
        "name": "Office printer on an ink subscription",
        "metrics": [counter("pages_total", "ZP", 1, 10_000_000, 3600)],
    },
    agreements={
        "ink-brandt": Agreement(
            party("brandt", "Kanzlei Brandt PartG mbB", ["Lindenallee 12", "28195 Bremen"], "DE", "DE234567896"),
            _with_fee(
                "Printer with ink",
                "9.90",
                _by_use("Pages", "pages_total", "ZP", "asset", graduated(3000, "0.031", "0.024")),
            ),
            5,
        ),
        "ink-hafenschule": Agreement(
            party("hafenschule", "Hafenschule gGmbH", ["Am Deich 3", "27568 Bremerhaven"], "DE", "DE345678904"),
            _with_fee(
                "Printer with ink",
                "6.50",
                _by_use(
                    "Pages, all printers together", "pages_total", "ZP", "pooled", graduated(5000, "0.029", "0.0215")
                ),
            ),
            3,
        ),
    },
    joins_day=12,
    joins_new=True,
)

_TYRES: Final = Papers(
    issuer=_MILEWAY,
    currency="GBP",
    vat_percent=20,
    asset_name="Lorry",
    product={
        "id": "tyred-lorry",
        "name": "Lorry on tyres paid by the kilometre",
        "metrics": [counter("odometer_km", "KMT", Decimal("0.1"), 3_000_000, 7200)],
    },
    agreements={
        "tyres-pennine": Agreement(
            party("pennine", "Pennine Haulage Ltd", ["Mill Lane 20", "Halifax HX1 5QT"], "GB", "GB234567890"),
            _by_use("Tyres by the kilometre", "odometer_km", "KMT", "asset", flat("0.0312")),
            5,
        ),
        "tyres-ouse": Agreement(
            party("ouse", "Ouse Valley Logistics Ltd", ["2 Station Yard", "York YO1 6GD"], "GB", "GB345678908"),
            _by_use(
                "Tyres by the kilometre, whole fleet",
                "odometer_km",
                "KMT",
                "pooled",
                graduated(20_000, "0.0345", "0.0289"),
            ),
            3,
        ),
    },
    leaves_day=21,
)

# What both sides agreed on uptime; the contract below says the same in its own form.
_WORKDAY: Final = (5 * 60, 22 * 60)
_HOURS: Final = dict.fromkeys(range(5), (_WORKDAY,)) | {5: ((6 * 60, 16 * 60),)}
_PROMISE: Final = Promise(
    up=frozenset({RUNNING, READY}),
    down=frozenset({FAULT, WORKSHOP}),
    hours=_HOURS,
    planned={2: ((19 * 60, 22 * 60),)},
    allowance_hours=8,
    hold_seconds=900,
)


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _van_terms(agreed: Promise) -> Part:
    """The fee, a guarantee on it, and kilometres."""
    hours: Part = {
        "weekly": {
            WEEKDAYS[day]: [f"{_wall(opens)}-{_wall(closes)}" for opens, closes in spans]
            for day, spans in agreed.hours.items()
        },
        "closed_on": [],
    }
    windows = [
        {"weekday": WEEKDAYS[day], "from": _wall(opens), "until": _wall(closes)}
        for day, spans in agreed.planned.items()
        for opens, closes in spans
    ]
    states_by_class = {"up": sorted(agreed.up), "down": sorted(agreed.down), "unknown": [UNKNOWN]}
    ladder: list[Part] = [
        {"below": Decimal("98.5"), "percent": 5},
        {"below": 97, "percent": 10},
        {"below": 95, "percent": 25},
        {"below": 90, "percent": 40},
    ]
    return terms(
        [
            availability("state", states_by_class, hours, ["planned"], agreed.hold_seconds, "exclude"),
            counter_measure("odometer_km", "KMT", "asset"),
        ],
        [planned_window(windows, hours, agreed.allowance_hours), promise(Decimal("98.5"))],
        [
            fee("Van with guaranteed uptime", "890.00"),
            credit("Uptime in service hours", {"form": "ladder", "tiers": ladder}, 20),
            usage_price("Kilometres", "KMT", flat("0.085")),
        ],
    )


_UPTIME: Final = Papers(
    issuer=_NORDWERK,
    currency="EUR",
    vat_percent=19,
    asset_name="Delivery van",
    product={
        "id": "delivery-van",
        "name": "Delivery van with guaranteed uptime",
        "metrics": [
            states("state", {UNKNOWN: 0, RUNNING: 1, READY: 2, FAULT: 3, WORKSHOP: 4}, 600),
            counter("odometer_km", "KMT", Decimal("0.1"), 3_000_000, 7200),
        ],
    },
    agreements={
        "uptime-kurier": Agreement(
            party("kurier", "Elbkurier Logistik GmbH", ["Billstraße 80", "20539 Hamburg"], "DE", "DE456789012"),
            _van_terms(_PROMISE),
            8,
        ),
    },
    promise=_PROMISE,
    joins_day=8,
)

PAPERS: Final[Mapping[str, Papers]] = {"printers": _PRINTERS, "tyres": _TYRES, "uptime": _UPTIME}

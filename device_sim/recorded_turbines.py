"""Recorded wind turbines: their papers, for running time by status timers and for energy by mean power.

Pure. replay.py reads the rows. Origin and licence of the rows: docs/simulator.md#replay.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from device_sim.contract_parts import Part, credit, fee, flat, promise, terms, usage_price
from device_sim.paperwork import contract, covered, issuer, measured, party, served, yaml_text

READY, RUNNING, POWER = "ready_s", "running_s", "power_kw"
TOWIE: Final = tuple(f"towie-t{number:02}" for number in range(1, 22))
HAUTE_BORNE: Final = tuple(f"haute-borne-{name}" for name in ("r80711", "r80721", "r80736", "r80790"))
INTERVAL_SECONDS: Final = 600

_TOWIE_FROM, _TOWIE_UNTIL = date(2024, 7, 1), date(2024, 9, 1)
_BORNE_FROM, _BORNE_UNTIL = date(2014, 10, 1), date(2015, 4, 1)


def towie_turbine(station: str) -> str:
    """The turbine of a station number: 2304510 is the first."""
    return TOWIE[int(station) - 2304510]


def haute_borne_turbine(name: str) -> str:
    """The turbine of a name such as R80711."""
    return f"haute-borne-{name.lower()}"


def towie_registry() -> str:
    """The registry file for the 21 turbines."""
    seller = party("towie-service", "Towie Wind Service Ltd", ["1 Cabrach Road", "Dufftown"], "GB", "GB123456782")
    buyer = party("towie-owner", "Towie Wind Farm Ltd", ["2 Hill Road", "Keith"], "GB", None)
    metrics = [measured(name, "amount", "SEC", [0, INTERVAL_SECONDS], 1800) for name in (READY, RUNNING)]
    return _registry((seller, "Europe/London"), buyer, ("status-turbine", metrics), TOWIE, _TOWIE_FROM, "Etc/UTC")


def haute_borne_registry() -> str:
    """The registry file for the four turbines."""
    seller = party("haute-borne-energie", "Haute Borne Energie SA", ["1 rue du Vent", "55130 Vaudeville"], "FR", None)
    buyer = party("meuse-negoce", "Meuse Negoce SAS", ["2 quai du Port", "55000 Bar-le-Duc"], "FR", "FR40303265045")
    metrics = [measured(POWER, "gauge", "KWT", [-100, 2500], 1800)]
    place = seller, "Europe/Paris"
    return _registry(place, buyer, ("power-turbine", metrics), HAUTE_BORNE, _BORNE_FROM, "Europe/Paris")


def towie_contracts() -> dict[str, str]:
    """A fee and a price for each running hour, with 97 % of the observed time ready to operate."""
    head = contract("hill-of-towie", ("towie-service", "towie-owner"), "GBP", "Etc/UTC", _TOWIE_FROM, 20)
    measures = [
        _sum("ready", READY, "SEC", "value", "refuse"),
        # Each interval that was observed stands for its 600 s; one that was not is in neither side.
        _sum("observed", READY, "SEC", {"constant": INTERVAL_SECONDS}, "refuse"),
        {"id": "availability", "kind": "ratio", "window": "month", "numerator": ["ready"], "denominator": ["observed"]},
        _sum("used", RUNNING, "HUR", "value", "refuse"),
    ]
    form = {"form": "per_started_point", "points": Decimal("0.5"), "percent": Decimal("2.5")}
    prices = [
        fee("Turbine service", "5000.00"),
        usage_price("Running hours", "HUR", flat("9.40")),
        credit("Ready to operate", form, 30),
    ]
    return _contract(head, TOWIE, (_TOWIE_FROM, _TOWIE_UNTIL), terms(measures, [promise(97)], prices))


def haute_borne_contracts() -> dict[str, str]:
    """A price for each kilowatt-hour exported; what a standing turbine consumes does not count."""
    head = contract("la-haute-borne", ("haute-borne-energie", "meuse-negoce"), "EUR", "Europe/Paris", _BORNE_FROM, 20)
    exported = _sum("used", POWER, "KWH", {"mean_over_seconds": INTERVAL_SECONDS}, "ignore")
    prices = [usage_price("Energy exported", "KWH", flat("0.0824"))]
    return _contract(head, HAUTE_BORNE, (_BORNE_FROM, _BORNE_UNTIL), terms([exported], [], prices))


def _sum(key: str, metric: str, unit: str, of: str | Part, negative: str) -> Part:
    return {
        "id": key,
        "kind": "event_sum",
        "window": "month",
        "metric": metric,
        "unit": unit,
        "scope": "asset",
        "of": of,
        "negative": negative,
        "acceptance": "not_needed",
    }


def _registry(
    seller: tuple[Part, str],
    buyer: Part,
    product: tuple[str, list[Part]],
    turbines: Iterable[str],
    since: date,
    zone: str,
) -> str:
    kind, metrics = product
    begins = datetime(since.year, since.month, since.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return yaml_text(
        {
            "registry": 1,
            "issuers": [issuer(seller[0], None, seller[1], 30)],
            "customers": [buyer],
            "product_types": [{"id": kind, "name": "Wind turbine", "metrics": metrics}],
            "assets": [
                {
                    "id": turbine,
                    "name": f"Wind turbine {turbine}",
                    "customer": buyer["id"],
                    "product_type": kind,
                    "served_by": [served(turbine, begins)],
                }
                for turbine in turbines
            ],
        }
    )


def _contract(head: Part, turbines: Iterable[str], span: tuple[date, date], parts: Part) -> dict[str, str]:
    since, until = span
    assets = [covered(turbine, since) for turbine in turbines]
    return {head["contract"]: yaml_text(head | {"effective_until": until, "assets": assets} | parts)}

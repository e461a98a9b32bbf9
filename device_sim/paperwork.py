"""Paperwork: registry and contract files as text.

Pure. The forms are those of ingest's registry file and of the contract file; this module only writes them.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import yaml

from vouch.period import iso

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Dumper(yaml.SafeDumper):
    """Numbers digit by digit, instants with their offset, list items indented below their key, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(
    Decimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", format(number, "f"))
)
_Dumper.add_representer(
    datetime, lambda dumper, instant: dumper.represent_scalar("tag:yaml.org,2002:timestamp", iso(instant))
)


def yaml_text(content: dict[str, Any]) -> str:
    """`content` as block YAML in the order given; a Decimal must have a fraction, else it is an int."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def party(key: str, legal_name: str, address: list[str], country: str, vat_id: str | None) -> dict[str, Any]:
    """A legal person of the registry; the mail address is one that nobody can have."""
    who: dict[str, Any] = {"id": key, "legal_name": legal_name, "address": address, "country": country}
    return who | ({"vat_id": vat_id} if vat_id else {}) | {"email": f"invoices@{key}.example"}


def issuer(who: dict[str, Any], iban: str | None, zone: str, payment_days: int) -> dict[str, Any]:
    """A legal person that sells."""
    return who | ({"iban": iban} if iban else {}) | {"time_zone": zone, "payment_days": payment_days}


def counter(name: str, unit: str, resolution: Decimal | int, highest: int, silence: int) -> dict[str, Any]:
    """A counter of a metric catalogue that starts again from zero when it falls."""
    return {
        "name": name,
        "kind": "counter",
        "unit": unit,
        "resolution": resolution,
        "plausible": [0, highest],
        "on_fall": "reset",
        "silence_seconds_max": silence,
    }


def measured(name: str, kind: str, unit: str, plausible: list[int], silence: int) -> dict[str, Any]:
    """An amount or a gauge of a metric catalogue."""
    return {"name": name, "kind": kind, "unit": unit, "plausible": plausible, "silence_seconds_max": silence}


def states(name: str, codes: dict[str, int], silence: int) -> dict[str, Any]:
    """A state of a metric catalogue."""
    return {"name": name, "kind": "state", "states": codes, "silence_seconds_max": silence}


def served(device: str, since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """A device's span of service."""
    span: dict[str, Any] = {"device": device, "since": since}
    return span | ({"until": until} if until else {})


def covered(asset: str, since: date, until: date | None = None) -> dict[str, Any]:
    """An asset in a contract, with local dates."""
    span: dict[str, Any] = {"asset": asset, "in_service_from": since}
    return span | ({"in_service_until": until} if until else {})


def contract(
    key: str, parties: tuple[str, str], currency: str, zone: str, since: date, vat_percent: int
) -> dict[str, Any]:
    """The head of a contract file; `parties` are issuer and customer. Assets and parts follow."""
    return {
        "contract": key,
        "version": 1,
        "issuer": parties[0],
        "customer": parties[1],
        "currency": currency,
        "time_zone": zone,
        "effective_from": since,
        "vat_percent": vat_percent,
    }

"""Small agreements as contract files, and what a month of them comes to, without a database.

Times are in Berlin unless said otherwise; readings are what tests/offline.py takes.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import yaml

from billing.documents.lines import compose
from billing.invoice import InvoiceBody
from billing.month import RatedMonth, rate_month
from tests.builders import T0
from tests.offline import knowledge
from vouch.period import iso

Part = dict[str, Any]
EVERY_HOUR: Final = timedelta(hours=1)


def agreement(*parts: Part, assets: Sequence[Part] = (), **head: Any) -> str:
    """A contract file; parts find their list by their kind, measures and judges come before what names them."""
    lists: dict[str, list[Part]] = {"measures": [], "judges": [], "prices": []}
    for part in parts:
        lists[_LIST.get(part["kind"], "prices")].append(part)
    document = {
        "contract": "contract-1",
        "version": 1,
        "issuer": "seller",
        "customer": "buyer",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "effective_from": "2026-01-01",
        "vat_percent": 19,
        "assets": list(assets) or [covered()],
    }
    return yaml.safe_dump(document | head | lists | {"views": []}, sort_keys=False)


_LIST: Final = {"counter": "measures", "availability": "measures", "threshold": "judges"}


def covered(asset: str = "a-1", since: str = "2026-01-01", until: str | None = None) -> Part:
    """A covered asset."""
    return {"asset": asset, "in_service_from": since} | ({"in_service_until": until} if until else {})


def fee(amount: str = "100", **changes: Any) -> Part:
    """A fee by the month and asset, prorated by seconds."""
    agreed = {
        "id": "fee", "kind": "fixed_fee", "text": "Fee", "amount": amount, "per": "asset", "interval_months": 1,
        "billed": "in_arrears", "proration": "seconds", "free_of_charge": [],
    }  # fmt: skip
    return agreed | changes


def used(scope: str = "asset") -> Part:
    """Kilometres by the odometer."""
    return {
        "id": "used", "kind": "counter", "window": "month", "metric": "odometer", "unit": "KMT", "scope": scope,
        "on_fall": "reset", "jitter": 0, "step_max": "none", "attribution": "at_reading", "rounding": "none",
        "missing": "none", "acceptance": "not_needed",
    }  # fmt: skip


def usage(*tiers: tuple[str | None, str], **changes: Any) -> Part:
    """A graduated price for what was used."""
    written = [{"up_to": up_to, "price": price} if up_to else {"price": price} for up_to, price in tiers]
    agreed = {
        "id": "use", "kind": "usage_price", "text": "Use", "of": [{"measure": "used", "weight": 1}], "unit": "KMT",
        "scheme": {"model": "graduated", "tiers": written}, "included": 0, "rollover": "none", "multiplier": "none",
        "tiers_over": "month", "partial_period": "whole", "negative": "credit",
    }  # fmt: skip
    return agreed | changes


def availability(carry: timedelta = EVERY_HOUR) -> Part:
    """Up time around the clock; what is unknown is left out."""
    seconds = carry // timedelta(seconds=1)
    return {
        "id": "availability", "kind": "availability", "window": "month", "metric": "state", "scope": "asset",
        "up": ["up"], "down": ["down"], "unknown": [], "out": [], "degraded": {}, "service_hours": "always",
        "exclusions": [], "shaping": "none", "denominator": "counted",
        "unknown_rule": {"carry_seconds": seconds, "then": "exclude", "coverage_min_percent": "none"},
    }  # fmt: skip


def guarantee(credit: Part, carry: timedelta = EVERY_HOUR, percent: str = "98") -> list[Part]:
    """An availability, its promise, and a remedy in percent of the fee."""
    promise = {"id": "promise", "kind": "threshold", "measure": "availability", "comparison": "at_least"}
    remedy = {"id": "uptime", "kind": "remedy", "text": "Uptime", "of": "promise", "credit": credit | {"base": ["fee"]}}
    return [availability(carry), promise | {"percent": percent}, remedy]


def ladder(*tiers: tuple[str, str], cap: str = "100") -> Part:
    """Credit tiers: below so many percent, so many percent of the fee."""
    written = [{"below": below, "percent": percent} for below, percent in tiers]
    return {"form": "ladder", "tiers": written, "cap_percent": cap}


def per_point(points: str, percent: str, cap: str = "100") -> Part:
    """A credit for each started so many points."""
    return {"form": "per_started_point", "points": points, "percent": percent, "cap_percent": cap}


def counted(*values: float, start: datetime, asset: str = "a-1") -> list[str]:
    """Readings of the odometer, one an hour."""
    return [f"{asset},odometer,{iso(start + n * EVERY_HOUR)},{value}" for n, value in enumerate(values)]


def stated(text: str, start: datetime = T0, asset: str = "a-1") -> list[str]:
    """Readings of the state, one an hour: U up, D down, anything else silence."""
    names = {"U": "up", "D": "down"}
    return [
        f"{asset},state,{iso(start + n * EVERY_HOUR)},{names[letter]}"
        for n, letter in enumerate(text)
        if letter in names
    ]


def rated(agreed: str, month: str, readings: Sequence[str] = ()) -> RatedMonth:
    """A month such as `2026-06` by one contract file."""
    names = tuple(one["asset"] for one in yaml.safe_load(agreed)["assets"])
    return rate_month(knowledge([agreed], list(readings), assets=names), date.fromisoformat(f"{month}-01"))


def invoice(agreed: str, month: str, readings: Sequence[str] = ()) -> InvoiceBody:
    """Its lines and totals; evaluations are numbered from 100."""
    found = rated(agreed, month, readings)
    keys = dict.fromkeys(line.key for line in found.lines)
    return compose(found.lines, {key: 100 + n for n, key in enumerate(keys)}, yaml.safe_load(agreed)["currency"])


def amounts(body: InvoiceBody) -> list[str]:
    """The lines' amounts."""
    return [str(line.amount) for line in body.lines]

"""Parts of contract files as the simulator's customers would have signed them: measures, judges and prices.

Pure. The form is that of the contract file, docs/terms.md; this module only writes it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Part = dict[str, Any]


def terms(measures: Sequence[Part], judges: Sequence[Part], prices: Sequence[Part]) -> Part:
    """The parts of one contract; both sides read the same log in the same way."""
    return {"measures": list(measures), "judges": list(judges), "prices": list(prices), "views": []}


def counter_measure(metric: str, unit: str, scope: str) -> Part:
    """What a counter rose by each month, a fall being a new beginning; its id is `used`."""
    return {
        "id": "used",
        "kind": "counter",
        "window": "month",
        "metric": metric,
        "unit": unit,
        "scope": scope,
        "on_fall": "reset",
        "jitter": 0,
        "step_max": "none",
        "attribution": "at_reading",
        "rounding": "none",
        "missing": "none",
        "acceptance": "not_needed",
    }


def availability(
    metric: str,
    states: Mapping[str, Sequence[str]],
    service_hours: Part,
    exclusions: Sequence[str],
    carry_seconds: int,
    unknown_as: str,
) -> Part:
    """The share of time in which each asset was up; `states` by up, down and unknown. Its id is `availability`."""
    return {
        "id": "availability",
        "kind": "availability",
        "window": "month",
        "metric": metric,
        "scope": "asset",
        "up": list(states["up"]),
        "down": list(states["down"]),
        "unknown": list(states["unknown"]),
        "out": [],
        "degraded": {},
        "service_hours": service_hours,
        "exclusions": [{"judge": judge, "mode": "out", "causality": "overlap"} for judge in exclusions],
        "shaping": "none",
        "unknown_rule": {"carry_seconds": carry_seconds, "then": unknown_as, "coverage_min_percent": "none"},
        "denominator": "counted",
    }


def planned_window(weekly: Sequence[Part], service_hours: Part, allowance_hours: int) -> Part:
    """Weekly windows for work, up to an allowance a month; its id is `planned`."""
    return {
        "id": "planned",
        "kind": "planned_window",
        "weekly": list(weekly),
        "announced": "none",
        "service_hours": service_hours,
        "allowance": {"hours": allowance_hours, "per": "month", "partial_period": "whole"},
    }


def promise(percent: Decimal | int) -> Part:
    """An availability of at least so much; its id is `promise`."""
    return {
        "id": "promise",
        "kind": "threshold",
        "measure": "availability",
        "comparison": "at_least",
        "percent": percent,
    }


def fee(text: str, amount: str) -> Part:
    """So much a month for each asset, by the second; its id is `fee`."""
    return {
        "id": "fee",
        "kind": "fixed_fee",
        "text": text,
        "amount": Decimal(amount),
        "per": "asset",
        "interval_months": 1,
        "billed": "in_arrears",
        "proration": "seconds",
        "free_of_charge": [],
    }


def usage_price(text: str, unit: str, scheme: Part) -> Part:
    """A price for what was used; its id is `usage`."""
    return {
        "id": "usage",
        "kind": "usage_price",
        "text": text,
        "of": [{"measure": "used", "weight": 1}],
        "unit": unit,
        "scheme": scheme,
        "included": 0,
        "rollover": "none",
        "multiplier": "none",
        "tiers_over": "month",
        "partial_period": "whole",
        "negative": "credit",
    }


def flat(price: str) -> Part:
    """One price for every unit."""
    return {"model": "flat", "price": Decimal(price)}


def graduated(up_to: int, price: str, beyond: str) -> Part:
    """One price up to a quantity, another beyond it."""
    return {"model": "graduated", "tiers": [{"up_to": up_to, "price": Decimal(price)}, {"price": Decimal(beyond)}]}


def credit(text: str, scheme: Part, cap_percent: int) -> Part:
    """What a missed promise gives back of the fee; its id is `uptime`."""
    return {
        "id": "uptime",
        "kind": "remedy",
        "text": text,
        "of": "promise",
        "credit": scheme | {"base": ["fee"], "cap_percent": cap_percent},
    }

"""The catalogue: what is declared about metrics, devices and whom they serve.

Pure. Loaded by registry.py; everything that has to know what a reading means asks here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class MetricKind(StrEnum):
    """Only rises / used in one interval or event / any value / holds until the next."""

    COUNTER = "counter"
    AMOUNT = "amount"
    GAUGE = "gauge"
    STATE = "state"


class OnFall(StrEnum):
    """What a falling counter means."""

    RESET = "reset"
    DIP = "dip"


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of a product type's metric catalogue. `states` maps a state's name to its stored code."""

    name: str
    kind: MetricKind
    unit: str | None
    resolution: Decimal | None
    value_min: Decimal | None
    value_max: Decimal | None
    states: Mapping[str, int]
    on_fall: OnFall | None
    silence_seconds_max: int


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one device, under the number its readings are stored with."""

    id: int
    device: str
    metric: Metric


@dataclass(frozen=True, slots=True)
class Assignment:
    """`device` serves `asset` from an instant until another, or until further notice."""

    asset: str
    device: str
    serves_from: datetime
    serves_until: datetime | None


# device → metric name → series
Catalogue = Mapping[str, Mapping[str, Series]]

"""The catalogue: what is declared about metrics, devices and whom they serve.

Pure. Loaded by registry.py; everything that has to know what a reading means asks here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import inf


class MetricKind(StrEnum):
    """Only rises / used in one interval or event / any value / holds until the next."""

    COUNTER = "counter"
    AMOUNT = "amount"
    GAUGE = "gauge"
    STATE = "state"


class OnFall(StrEnum):
    """What a falling counter means: it started again from zero; it went past its modulus and on from zero; it shows too
    little for a while; or it really goes down, and what was used is given back."""

    RESET = "reset"
    ROLLOVER = "rollover"
    DIP = "dip"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of a product type's metric catalogue.

    `states` maps a state's name to its stored code. Of a counter, whatever `on_fall` says: a fall of at most `jitter`
    is a dip, and a rise of more than `step_max` a spike until the next reading confirms it; in the metric's own unit.
    `sent_as` are other names under which devices send the metric; they are no part of its meaning.
    """

    name: str
    kind: MetricKind
    unit: str | None
    resolution: Decimal | None
    value_min: Decimal | None
    value_max: Decimal | None
    states: Mapping[str, int]
    on_fall: OnFall | None
    silence_seconds_max: int
    modulus: Decimal | None = None
    jitter: Decimal = Decimal(0)
    step_max: Decimal | None = None
    sent_as: tuple[str, ...] = field(default=(), compare=False)
    surely: tuple[float, float] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """`surely`: between these a number is plausible; on them and beyond, only exact comparison can tell."""
        low = self.value_min if self.value_min is not None else Decimal("-Infinity")
        if self.never_negative:
            low = max(low, Decimal(0))
        high = self.value_max if self.value_max is not None else Decimal("Infinity")
        bounds = (inf, -inf) if self.kind is MetricKind.STATE else (float(low), float(high))
        object.__setattr__(self, "surely", bounds)

    @property
    def never_negative(self) -> bool:
        """Whether it is a counter that counts on from zero after a fall, and so shows nothing below it."""
        return self.on_fall in (OnFall.RESET, OnFall.ROLLOVER)


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


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device as ingest knows it.

    `installed_at` is in microseconds since 1970; None: not known. `series` is keyed by each metric's name and by the
    other names under which devices send it.
    """

    id: str
    installed_at: int | None
    series: Mapping[str, Series]


# Keyed by device id, and by the Sparkplug address of those that have one (ingest/sparkplug_topics.py: address_of); no
# device id has a slash.
Known = Mapping[str, KnownDevice]

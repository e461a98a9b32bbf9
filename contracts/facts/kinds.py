"""Kinds of facts: who says them, and what each kind is about.

Pure. This module imports nothing of the terms, so that terms can name kinds of facts. Source: docs/facts.md.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from ingest.registry.file import Instant, Name, Slug, in_reach
from vouch.document import PlainDecimal
from vouch.period import iso


class FactKind(StrEnum):
    """Every kind of event that a term may ask for."""

    PLANNED_WORK = "planned_work"
    EXCUSABLE_EVENT = "excusable_event"
    OBLIGATION_MET = "obligation_met"
    OBLIGATION_BREACHED = "obligation_breached"
    MAINTENANCE_DONE = "maintenance_done"
    COUNTER_CORRECTION = "counter_correction"
    DEVICE_SWAP = "device_swap"
    CLAIM = "claim"
    GAP_CAUSE = "gap_cause"
    BASELINE_ADJUSTMENT = "baseline_adjustment"
    INDEX_VALUE = "index_value"
    INCIDENT = "incident"
    EVENT_CANCELLED = "event_cancelled"


class Says(StrEnum):
    """What an entry does."""

    PROPOSE = "propose"
    ACCEPT = "accept"
    REJECT = "reject"
    DISPUTE = "dispute"
    WITHDRAW = "withdraw"


class GapClass(StrEnum):
    """What time without data is to count as, now that its cause is known."""

    UP = "up"
    DOWN = "down"
    EXCLUDE = "exclude"


_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("text of one line, without control characters")
    return text


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("an exact number, as text or as a decimal")
    return value


def _month(text: Any) -> date:
    match = _MONTH.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a month such as 2026-10")
    return in_reach(date(int(match[1]), int(match[2]), 1))


# A function and no `format` bound to a text: of that Python 3.13 tells pydantic no signature.
def _month_text(month: date) -> str:
    return f"{month:%Y-%m}"


Words = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_one_line)]
MetricName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=64)]
Amount = Annotated[PlainDecimal, Field(max_digits=30, decimal_places=15), BeforeValidator(_exact)]
At = Annotated[Instant, PlainSerializer(iso, str, when_used="json")]
Month = Annotated[
    date,
    BeforeValidator(_month),
    PlainSerializer(_month_text, str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{_MONTH.pattern}$"}),
]


class FactModel(BaseModel):
    """A piece of an entry: no key unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What a fact is about: the fields that its kind has.


class Cause(FactModel):
    """Why: one of the causes that the contract names."""

    cause: Slug


class Duty(FactModel):
    """Which obligation of the contract, by its id."""

    obligation: Slug


class CounterCorrection(FactModel):
    """What is added to a counter's usage, in the metric's own unit; less than zero takes away."""

    metric: MetricName
    amount: Amount


class DeviceSwap(FactModel):
    """What the counter of the old device showed last and that of the new one first, in the metric's own unit."""

    metric: MetricName
    old_device: Name
    new_device: Name
    final: Amount
    initial: Amount

    @model_validator(mode="after")
    def _two_devices(self) -> Self:
        if self.old_device == self.new_device:
            raise ValueError("a swap has two devices: 'new_device' is another one than 'old_device'")
        return self


class Claim(FactModel):
    """Which price (a remedy, by its id) is claimed, and for which month of the contract."""

    price: Slug
    month: Month


class GapCause(FactModel):
    """Why there was no data, and what the time is to count as."""

    counts_as: GapClass
    cause: Slug


class BaselineAdjustment(FactModel):
    """What is added to the baseline of a measure in one month, in the measure's own unit."""

    measure: Slug
    month: Month
    amount: Amount


class IndexValue(FactModel):
    """What an index was published as for one month."""

    index: Slug
    month: Month
    value: Amount


class Incident(FactModel):
    """Why, and when somebody began to attend to it; null while nobody did."""

    cause: Slug
    responded_at: At | None = None


class EventCancelled(FactModel):
    """Which event of an amount does not count, by its identity."""

    device: Name
    metric: MetricName
    measured_at: At


About = (
    Cause
    | Duty
    | CounterCorrection
    | DeviceSwap
    | Claim
    | GapCause
    | BaselineAdjustment
    | IndexValue
    | Incident
    | EventCancelled
)

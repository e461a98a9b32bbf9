"""A batch: what becomes of the messages that are written in one transaction.

Pure. Each decoded reading meets the catalogue and ends as exactly one of: a row to store, a duplicate of another row
of this batch, or a rejection. Whether a row is already stored only the table knows; that is writer.py's business.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from ingest.catalogue import Catalogue, Metric, MetricKind, Series
from ingest.formats import json as vouch_json
from ingest.message import Message
from ingest.reading import WHOLE_MESSAGE, Decoded, Reading, Rejection, decimal_of
from ingest.topics import device_of
from vouch.period import iso, to_micros, utc_day

# A device clock may be this far ahead of ours before its readings are refused.
AHEAD_MAX: Final = timedelta(hours=1)
# No telemetry is older; an unset device clock says 1970 or 2000.
YEAR_MIN: Final = 2010


@dataclass(frozen=True, slots=True)
class Row:
    """A reading ready to store; `message` is the index of its message in the batch."""

    series: int
    measured_at: datetime
    value: float
    message: int
    place: str

    @property
    def identity(self) -> tuple[int, int]:
        """(series, microseconds since 1970): the permanent identity of a reading."""
        return self.series, to_micros(self.measured_at)


@dataclass(slots=True)
class Batch:
    """The sorted-out messages: received = rows + duplicates + rejections."""

    messages: list[Message]
    rows: list[Row] = field(default_factory=list)
    duplicates: int = 0
    rejections: list[tuple[int, Rejection]] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Readings and undecodable places taken in."""
        return len(self.rows) + self.duplicates + len(self.rejections)

    @property
    def stale_days(self) -> set[tuple[int, date]]:
        """(series, UTC day) of every row."""
        return {(row.series, utc_day(row.measured_at)) for row in self.rows}


def sort_out(messages: Iterable[Message], catalogue: Catalogue, now: datetime) -> Batch:
    """Decode `messages` and hold every reading against the catalogue; `now` bounds device clocks."""
    batch = Batch(list(messages))
    seen: dict[tuple[int, int], float] = {}
    for index, message in enumerate(batch.messages):
        decoded, devices_series = _open(message, catalogue)
        batch.rejections.extend((index, rejection) for rejection in decoded.rejections)
        for reading in decoded.readings:
            outcome = _resolve(reading, devices_series, now, index)
            if isinstance(outcome, Rejection):
                batch.rejections.append((index, outcome))
                continue
            earlier = seen.get(outcome.identity)
            if earlier is None:
                seen[outcome.identity] = outcome.value
                batch.rows.append(outcome)
            elif earlier == outcome.value:
                batch.duplicates += 1
            else:
                batch.rejections.append((index, conflict(outcome.place, outcome.value, earlier)))
    return batch


def conflict(place: str, value: float, stored: float) -> Rejection:
    """The refusal of a second value under an identity that already has one."""
    detail = f"{value!r} at an instant that already holds {stored!r}"
    return Rejection(place, "conflicting_value", detail)


def _open(message: Message, catalogue: Catalogue) -> tuple[Decoded, Mapping[str, Series]]:
    device = device_of(message.topic)
    if device is None:
        return _refused("unknown_topic", f"{message.topic!r} is not a telemetry topic"), {}
    if device not in catalogue:
        return _refused("unknown_device", f"device {device!r} is not in the registry"), {}
    return vouch_json.decode(message.payload), catalogue[device]


def _resolve(reading: Reading, devices_series: Mapping[str, Series], now: datetime, message: int) -> Row | Rejection:
    series = devices_series.get(reading.metric)
    if series is None:
        detail = f"{reading.metric!r} is not in the device's metric catalogue"
        return Rejection(reading.place, "unknown_metric", detail)
    if reading.measured_at > now + AHEAD_MAX:
        detail = f"{iso(reading.measured_at)} is more than {AHEAD_MAX} ahead of our clock"
        return Rejection(reading.place, "future_time", detail)
    if reading.measured_at.year < YEAR_MIN:
        detail = f"{iso(reading.measured_at)} is before {YEAR_MIN}"
        return Rejection(reading.place, "ancient_time", detail)
    value = _stored_value(series.metric, reading)
    if isinstance(value, Rejection):
        return value
    return Row(series.id, reading.measured_at, value, message, reading.place)


def _stored_value(metric: Metric, reading: Reading) -> float | Rejection:
    value = reading.value
    if metric.kind is MetricKind.STATE:
        if isinstance(value, str) and value in metric.states:
            return float(metric.states[value])
        detail = f"{value!r} is not a state of {metric.name}: {', '.join(metric.states)}"
        return Rejection(reading.place, "unknown_state", detail)
    if isinstance(value, str):
        detail = f"{metric.name} is a {metric.kind}: a number is expected, not {value!r}"
        return Rejection(reading.place, "not_a_number", detail)
    number = decimal_of(value)
    if metric.never_negative and number < 0:
        detail = f"{number} is below zero, from where {metric.name} starts again"
        return Rejection(reading.place, "implausible_value", detail)
    low, high = metric.value_min, metric.value_max
    if (low is not None and number < low) or (high is not None and number > high):
        detail = f"{number} is outside the plausible range {low} to {high} of {metric.name}"
        return Rejection(reading.place, "implausible_value", detail)
    return value


def _refused(reason: str, detail: str) -> Decoded:
    return Decoded((), (Rejection(WHOLE_MESSAGE, reason, detail),))

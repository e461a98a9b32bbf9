"""A batch: what becomes of the messages that are written in one transaction.

Pure. Each decoded reading meets what is known of its device and ends as exactly one of: a row to store, a duplicate of
another row of this batch, or a rejection. Whether a row is already stored only the table knows; that is writer.py's
business. Instants are microseconds since 1970-01-01T00:00Z.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, Inexact
from typing import Final, NamedTuple

from ingest.catalogue import Known, KnownDevice, Metric, MetricKind
from ingest.message import Opened
from ingest.notes import Note
from ingest.reading import WHOLE_MESSAGE, Reading, Rejection, Strand, decimal_of, float_of
from ingest.sparkplug_topics import is_sparkplug
from vouch.errors import Invalid
from vouch.exact import exact
from vouch.period import DAY, MICROSECOND, from_micros, iso, to_micros
from vouch.units import factor

# A device clock may be this far ahead of ours before its readings are refused.
AHEAD_MAX: Final = timedelta(hours=1)
# No telemetry is older; an unset device clock says 1970 or 2000.
YEAR_MIN: Final = 2010
_AHEAD_MICROS: Final = AHEAD_MAX // MICROSECOND
_EARLIEST: Final = to_micros(datetime(YEAR_MIN, 1, 1, tzinfo=UTC))
_DAY_MICROS: Final = DAY // MICROSECOND
_EPOCH: Final = date(1970, 1, 1)

# Per series, the values of this batch by instant.
_Seen = dict[int, dict[int, float]]


class Row(NamedTuple):
    """A reading ready to store; `message` is the index of its message in the batch."""

    series: int
    at: int
    value: float
    message: int
    place: str

    @property
    def identity(self) -> tuple[int, int]:
        """(series, microseconds since 1970): the permanent identity of a reading."""
        return self[:2]


class RowStrand(NamedTuple):
    """Rows of one series from one message, as columns."""

    series: int
    at: list[int]
    values: list[float]
    message: int
    strand: Strand

    def rows(self) -> Iterator[Row]:
        """Each of them."""
        for n, (at, value) in enumerate(zip(self.at, self.values, strict=True)):
            yield Row(self.series, at, value, self.message, self.strand.place(n))


@dataclass(slots=True)
class Batch:
    """The sorted-out messages: received = stored + duplicates + rejections.

    What is to be stored are `loose` rows and whole strands of them. `duplicates` holds the index of the message of
    each; `rejections` and `notes` have it beside them. `conflicts` are the rejections of a second value at a taken
    instant, with the instant.
    """

    opened: Sequence[Opened]
    loose: list[Row] = field(default_factory=list)
    strands: list[RowStrand] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    rejections: list[tuple[int, Rejection]] = field(default_factory=list)
    notes: list[tuple[int, Note]] = field(default_factory=list)
    conflicts: list[tuple[int, int, Rejection]] = field(default_factory=list)

    def refuse_conflict(self, message: int, at: int, place: str, value: float, stored: float) -> None:
        """Refuse a second value under an identity that already has one."""
        detail = f"{value!r} at an instant that already holds {stored!r}"
        refusal = Rejection(place, "conflicting_value", detail)
        self.rejections.append((message, refusal))
        self.conflicts.append((message, at, refusal))

    @property
    def received(self) -> int:
        """Readings and undecodable places taken in."""
        return self.stored + len(self.duplicates) + len(self.rejections)

    @property
    def stored(self) -> int:
        """Readings to store, or stored."""
        return len(self.loose) + sum([len(strand.at) for strand in self.strands])

    @property
    def rows(self) -> list[Row]:
        """All that is to be stored, row by row."""
        return [*self.loose, *(row for strand in self.strands for row in strand.rows())]

    @property
    def stored_by_message(self) -> Counter[int]:
        """Readings to store, by the index of their message."""
        counts = Counter([row.message for row in self.loose])
        for strand in self.strands:
            counts[strand.message] += len(strand.at)
        return counts

    @property
    def stale_days(self) -> set[tuple[int, date]]:
        """(series, UTC day) of every row."""
        days = {(row[0], row[1] // _DAY_MICROS) for row in self.loose}
        for series, instants, *_ in self.strands:
            days |= {(series, day) for day in {at // _DAY_MICROS for at in instants}}
        return {(series, _EPOCH + day * DAY) for series, day in days}


def sort_out(opened: Sequence[Opened], known: Known, now: int) -> Batch:
    """Hold every reading against what is known; `now` bounds device clocks."""
    batch = Batch(opened)
    latest = now + _AHEAD_MICROS
    seen: _Seen = {}
    for index, (_, source, decoded, notes) in enumerate(opened):
        device = known.get(source)
        if device is None:
            _without_device(batch, index)
            continue
        if decoded.rejections:
            batch.rejections += [(index, rejection) for rejection in decoded.rejections]
        if notes:
            batch.notes += [(index, note) for note in notes]
        readings = decoded.readings
        if decoded.repeats:
            _sort_readings(batch, index, device, _without_amounts(batch, index, device, readings), latest, seen)
        elif not (type(readings) is Strand and _sort_strand(batch, index, device, readings, latest, seen)):
            _sort_readings(batch, index, device, readings, latest, seen)
    return batch


def _sort_strand(batch: Batch, index: int, device: KnownDevice, strand: Strand, latest: int, seen: _Seen) -> bool:
    """Take a strand whole; False, with nothing taken, where any of its readings has to be looked at by itself."""
    series = device.series.get(strand.metric)
    if series is None or min(strand.at) < _earliest(device) or max(strand.at) > latest:
        return False
    low, high = series.metric.surely
    if not low < min(strand.values) or not max(strand.values) < high:
        return False
    said = dict(zip(strand.at, strand.values, strict=True))
    earlier = seen.get(series.id)
    if len(said) < len(strand.at) or (earlier is not None and not earlier.keys().isdisjoint(said)):
        return False
    if earlier is None:
        seen[series.id] = said
    else:
        earlier.update(said)
    batch.strands.append(RowStrand(series.id, strand.at, strand.values, index, strand))
    return True


def _earliest(device: KnownDevice) -> int:
    return _EARLIEST if device.installed_at is None else max(_EARLIEST, device.installed_at)


def expected(opened: Sequence[Opened], known: Known) -> int:
    """How many readings and refused places these messages will come to, as far as the devices are known.

    What an unknown device sends is refused as one. Known too late, it is more: a count that is corrected only grows.
    """
    return sum(
        [
            len(decoded.readings) + len(decoded.rejections)
            if source in known or not source
            else bool(decoded.readings or decoded.rejections)
            for _, source, decoded, _ in opened
        ]
    )


def _sort_readings(
    batch: Batch,
    index: int,
    device: KnownDevice,
    readings: Iterable[Reading],
    latest: int,
    seen: _Seen,
) -> None:
    """The readings of one message; what is not plainly a plausible number of a known metric is looked at closely."""
    get, rows, earliest = device.series.get, batch.loose, _earliest(device)
    for reading in readings:
        name, at, value, place, unit = reading
        series = get(name)
        if series is None or unit is not None or not earliest <= at <= latest or isinstance(value, str):
            stored = _stored_value(reading, device, latest)
        else:
            low, high = series.metric.surely
            stored = value if low < value < high else _stored_value(reading, device, latest)
        if isinstance(stored, Rejection):
            batch.rejections.append((index, stored))
            continue
        assert series is not None, "what is stored has a series"
        said = seen.get(series.id)
        if said is None:
            said = seen[series.id] = {}
        earlier = said.get(at)
        if earlier is None:
            said[at] = stored
            rows.append(Row(series.id, at, stored, index, place))
        elif earlier == stored:
            batch.duplicates.append(index)
        else:
            batch.refuse_conflict(index, at, place, stored, earlier)


def _without_device(batch: Batch, index: int) -> None:
    """A message of nobody we know: kept as a whole, so that it can be taken in once the device is declared.

    What an edge node says of its metrics is noted all the same: devices behind it may be declared, or will be.
    """
    _, source, decoded, notes = batch.opened[index]
    batch.notes.extend((index, note) for note in notes)
    if not source:
        batch.rejections.extend((index, rejection) for rejection in decoded.rejections)
    elif decoded.readings or decoded.rejections or (notes and not is_sparkplug(source)):
        detail = f"{source!r} is not in the registry"
        batch.rejections.append((index, Rejection(WHOLE_MESSAGE, "unknown_device", detail)))


def _without_amounts(batch: Batch, index: int, device: KnownDevice, readings: Iterable[Reading]) -> Iterator[Reading]:
    """A Sparkplug birth shows the latest values again and again: what one event used is in data."""
    for reading in readings:
        series = device.series.get(reading.metric)
        if series is None or series.metric.kind is not MetricKind.AMOUNT:
            yield reading
            continue
        detail = f"{series.metric.name}: a birth repeats the last amount, which must not be counted twice"
        batch.rejections.append((index, Rejection(reading.place, "amount_in_birth", detail)))


def _stored_value(reading: Reading, device: KnownDevice, latest: int) -> float | Rejection:
    metric_name, at, value, place, unit = reading
    series = device.series.get(metric_name)
    if series is None:
        detail = f"{metric_name[:200]!r} is not in the device's metric catalogue"
        return Rejection(place, "unknown_metric", detail)
    if not _earliest(device) <= at <= latest:
        return _refuse_time(reading, device, latest)
    metric = series.metric
    if metric.kind is MetricKind.STATE:
        return _state_code(metric, value, place)
    if isinstance(value, str):
        detail = f"{metric.name} is a {metric.kind}: a number is expected, not {value!r}"
        return Rejection(place, "not_a_number", detail)
    if unit is not None and unit != metric.unit:
        converted = _converted(metric, value, unit, place)
        if isinstance(converted, Rejection):
            return converted
        value = converted
    return _plausible(metric, value, place)


def _refuse_time(reading: Reading, device: KnownDevice, latest: int) -> Rejection:
    if reading.at > latest:
        detail = f"{_iso(reading.at)} is more than {AHEAD_MAX} ahead of our clock"
        return Rejection(reading.place, "future_time", detail)
    if reading.at < _EARLIEST:
        return Rejection(reading.place, "ancient_time", f"{_iso(reading.at)} is before {YEAR_MIN}")
    assert device.installed_at is not None
    detail = f"{_iso(reading.at)} is before {device.id} was installed, {_iso(device.installed_at)}"
    return Rejection(reading.place, "before_installation", detail)


def _state_code(metric: Metric, value: float | str, place: str) -> float | Rejection:
    """The code of a state given by its name, or by that very code, as controllers send it."""
    if isinstance(value, str):
        if value in metric.states:
            return float(metric.states[value])
    elif value in metric.states.values():
        return value
    detail = f"{value!r} is not a state of {metric.name}: {', '.join(metric.states)}"
    return Rejection(place, "unknown_state", detail)


def _converted(metric: Metric, value: float, unit: str, place: str) -> float | Rejection:
    """The value in the metric's own unit, exactly or not at all."""
    assert metric.unit is not None, "a metric that is not a state has a unit"
    try:
        ratio = factor(unit, metric.unit)
        with exact():
            return float_of(decimal_of(value) * ratio.numerator / ratio.denominator)
    except Invalid as error:
        return Rejection(place, "unit", f"{metric.name}: {error}")
    except Inexact:
        detail = f"{metric.name}: {decimal_of(value)} {unit} is no finite decimal in {metric.unit}"
        return Rejection(place, "unit", detail)


def _plausible(metric: Metric, value: float, place: str) -> float | Rejection:
    if value < 0 and metric.never_negative:
        detail = f"{decimal_of(value)} is below zero, from where {metric.name} starts again"
        return Rejection(place, "implausible_value", detail)
    low, high = metric.value_min, metric.value_max
    if low is None and high is None:
        return value
    number: Decimal = decimal_of(value)
    if (low is not None and number < low) or (high is not None and number > high):
        detail = f"{number} is outside the plausible range {low} to {high} of {metric.name}"
        return Rejection(place, "implausible_value", detail)
    return value


def _iso(micros: int) -> str:
    try:
        return iso(from_micros(micros))
    except OverflowError:
        return f"an instant {micros} microseconds after 1970"


def refusals_by_message(rejections: Iterable[tuple[int, Rejection]]) -> dict[int, list[Rejection]]:
    """Rejections by the index of their message."""
    found: dict[int, list[Rejection]] = {}
    for index, rejection in rejections:
        found.setdefault(index, []).append(rejection)
    return found

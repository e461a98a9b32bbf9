"""Readings as lines of text: CSV or JSON Lines, one reading a line, taken in as the broker's would be.

Pure. Whatever line cannot be a reading is refused with its reason and place, and the others go on. A reading's
identity is (device, metric, measured_at): the same again changes nothing, and of different values under one identity
the one that was received first stands; received at once, the lower one. So the order of lines is of no account.
"""

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from ingest.batch import YEAR_MIN
from ingest.catalogue import Catalogue, Metric, MetricKind, Series
from ingest.reading import decimal_of, float_of
from vouch.canonical import plain
from vouch.errors import Invalid
from vouch.exact_json import parse_exact_json
from vouch.period import from_micros, iso, parse_instant, to_micros

COLUMNS: Final = ("device", "metric", "measured_at", "value", "received_at")
# Of more refused lines only the number is kept.
REJECTED_MAX: Final = 1000

_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?", re.ASCII)
_EARLIEST: Final = to_micros(parse_instant(f"{YEAR_MIN}-01-01T00:00:00Z"))

ROW_SCHEMA: Final[dict[str, Any]] = {
    "title": "A reading: a line of readings*.jsonl, or a row of readings*.csv with these columns",
    "type": "object",
    "properties": {
        "device": {"type": "string"},
        "metric": {"type": "string"},
        "measured_at": {
            "type": "string",
            "format": "date-time",
            "description": "device clock, with its offset from UTC, at most six decimals of a second",
        },
        "value": {
            "type": ["number", "string"],
            "description": "a number that a double gives back digit by digit; of a state, its name or code",
        },
        "received_at": {
            "type": "string",
            "format": "date-time",
            "description": "when it became known; measured_at where it is left out",
        },
    },
    "required": ["device", "metric", "measured_at", "value"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, order=True)
class RejectedLine:
    """A line that is no reading: `reason` is one of a closed set of words, `detail` for people."""

    file: str
    line: int
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}: {self.detail}"


@dataclass(frozen=True, slots=True)
class SeriesReadings:
    """One series in time order: instants and values, and when each was received, in microseconds since 1970."""

    measured: Sequence[int] = field(default_factory=lambda: array("q"))
    values: Sequence[float] = field(default_factory=lambda: array("d"))
    received: Sequence[int] = field(default_factory=lambda: array("q"))

    def known_by(self, micros: int) -> "SeriesReadings":
        """Those received before that instant."""
        if not self.received or max(self.received) < micros:
            return self
        known = [i for i, at in enumerate(self.received) if at < micros]
        return SeriesReadings(
            array("q", [self.measured[i] for i in known]),
            array("d", [self.values[i] for i in known]),
            array("q", [self.received[i] for i in known]),
        )


@dataclass(frozen=True, slots=True)
class Readings:
    """All lines: received = stored + duplicates + refused. `rejected` are the first REJECTED_MAX of the refused."""

    by_series: Mapping[int, SeriesReadings]
    stored: int
    duplicates: int
    refused: int
    rejected: tuple[RejectedLine, ...]

    @property
    def last_received(self) -> int | None:
        """When the last of them was received."""
        return max((max(one.received) for one in self.by_series.values() if one.received), default=None)


class _Column:
    """The readings of one series as they come; `places` number the line that each was on."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.measured, self.values, self.received = array("q"), array("d"), array("q")
        self.places = array("q")
        metric = series.metric
        codes = {str(code): code for code in metric.states.values()} | dict(metric.states)
        self.states = {spelled: float_of(Decimal(code)) for spelled, code in codes.items()}

    def value(self, text: str) -> float:
        """The float to keep. Raises _Refused."""
        metric = self.series.metric
        if metric.kind is MetricKind.STATE:
            found = self.states.get(text)
            if found is None:
                raise _Refused("unknown_state", f"{text[:60]!r} is not a state: {', '.join(metric.states)}")
            return found
        value = _float(text)
        if metric.never_negative and value < 0:
            raise _Refused("implausible_value", f"{text} is below zero, from where {metric.name} starts again")
        return value

    def in_order(self) -> bool:
        """Whether each reading is later than the one before."""
        measured = self.measured
        return all(map(int.__lt__, measured, memoryview(measured)[1:]))


class _Refused(Exception):
    """One line, with the reason; never leaves this module."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail


class MalformedFile(Invalid):
    """A file that does not hold reading lines at all."""

    def __init__(self, name: str, line: int, message: str) -> None:
        super().__init__(f"{name}:{line}: {message}")


class ReadingTable:
    """Takes in lines of any number of files, then gives the readings."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._columns = {
            (device, metric): _Column(series) for device, by in catalogue.items() for metric, series in by.items()
        }
        self._devices = frozenset(catalogue)
        self._files: list[str] = []
        self._rejected: list[RejectedLine] = []
        self._refused = self._duplicates = 0

    def add(self, lines: Iterable[str], name: str) -> None:
        """The lines of a file, `.jsonl` or `.csv` by its name, `.gz` aside. Raises MalformedFile."""
        self._files.append(name)
        rows = _json_rows(lines) if name.removesuffix(".gz").endswith(".jsonl") else _csv_rows(lines, name)
        for line, row in rows:
            try:
                self._add_row(row, line)
            except _Refused as refused:
                self._reject(len(self._files) - 1, line, refused.reason, refused.detail)

    def finish(self) -> Readings:
        """All that was taken in, each series in time order. The table is of no use afterwards."""
        found: dict[int, SeriesReadings] = {}
        for column in self._columns.values():
            readings = SeriesReadings(column.measured, column.values, column.received)
            found[column.series.id] = readings if column.in_order() else self._sorted(column)
        self._columns = {}
        stored = sum(len(one.measured) for one in found.values())
        rejected = tuple(sorted(self._rejected)[:REJECTED_MAX])
        return Readings(found, stored, self._duplicates, self._refused, rejected)

    def _add_row(self, row: Sequence[str] | _Refused, line: int) -> None:
        if isinstance(row, _Refused):
            raise row
        device, metric, measured_at, text, received_at = row
        column = self._columns.get((device, metric))
        if column is None:
            raise self._unknown(device, metric)
        try:
            at = to_micros(parse_instant(measured_at))
            received = _received(received_at) if received_at else at
        except Invalid as error:
            raise _Refused("malformed_time", str(error)) from error
        if at < _EARLIEST:
            raise _Refused("ancient_time", f"{measured_at} is before {YEAR_MIN}")
        column.values.append(column.value(text))
        column.measured.append(at)
        column.received.append(received)
        column.places.append((len(self._files) - 1) << 40 | line)

    def _unknown(self, device: str, metric: str) -> _Refused:
        if device not in self._devices:
            return _Refused("unknown_device", f"device {device[:60]!r} is not in the evidence file")
        return _Refused("unknown_metric", f"{metric[:60]!r} is not a metric of device {device!r}")

    def _sorted(self, column: _Column) -> SeriesReadings:
        """The column in time order, with one reading for each instant."""
        measured, values, received = column.measured, column.values, column.received
        order = sorted(range(len(measured)), key=lambda i: (measured[i], received[i], values[i], column.places[i]))
        kept: list[int] = []
        for i in order:
            if not kept or measured[kept[-1]] != measured[i]:
                kept.append(i)
            elif values[kept[-1]] == values[i]:
                self._duplicates += 1
            else:
                file, line = column.places[i] >> 40, column.places[i] & (1 << 40) - 1
                stands = shown(column.series.metric, values[kept[-1]])
                detail = f"{shown(column.series.metric, values[i])} at an instant that already holds {stands}"
                self._reject(file, line, "conflicting_value", detail)
        return SeriesReadings(
            array("q", [measured[i] for i in kept]),
            array("d", [values[i] for i in kept]),
            array("q", [received[i] for i in kept]),
        )

    def _reject(self, file: int, line: int, reason: str, detail: str) -> None:
        self._refused += 1
        if len(self._rejected) < 2 * REJECTED_MAX:
            self._rejected.append(RejectedLine(self._files[file], line, reason, detail[:500]))


def shown(metric: Metric, value: float) -> str:
    """A stored value as a line spells it: a state's name, or the number digit by digit."""
    if metric.kind is MetricKind.STATE:
        return next((name for name, code in metric.states.items() if code == value), plain(decimal_of(value)))
    return plain(decimal_of(value))


def csv_rows(series: Series, readings: Iterable[tuple[int, float, int]]) -> Iterator[str]:
    """Lines of a CSV file, without its head, for (measured, value, received) of one series."""
    start = f"{series.device},{series.metric.name},"
    values: dict[float, str] = {}
    for measured, value, received in readings:
        spelled = values.get(value)
        if spelled is None:
            if len(values) > 10_000:
                values.clear()
            spelled = values[value] = shown(series.metric, value)
        yield f"{start}{_spelled(measured)},{spelled},{_spelled(received)}\n"


CSV_HEAD: Final = ",".join(COLUMNS) + "\n"


def _csv_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, Sequence[str] | _Refused]]:
    reader = csv.reader(lines, strict=True)
    try:
        head = next(reader, [])
        order = _order(head, name)
        for row in reader:
            if len(row) != len(head):
                if row:
                    refused = _Refused("malformed", f"{len(row)} fields, but {len(head)} columns")
                    yield reader.line_num, refused
                continue
            yield reader.line_num, [row[i] if i is not None else "" for i in order]
    except csv.Error as error:
        raise MalformedFile(name, reader.line_num, f"not readable as CSV: {error}") from error


def _order(head: Sequence[str], name: str) -> list[int | None]:
    """Where each of COLUMNS stands in a row."""
    for column in COLUMNS[:-1]:
        if column not in head:
            raise MalformedFile(name, 1, f"column {column!r} is missing: the first line names {', '.join(COLUMNS)}")
    for column in head:
        if column not in COLUMNS or head.count(column) > 1:
            raise MalformedFile(name, 1, f"column {column!r} is unknown or there twice")
    return [head.index(column) if column in head else None for column in COLUMNS]


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, Sequence[str] | _Refused]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _json_row(line)


def _json_row(line: str) -> Sequence[str] | _Refused:
    try:
        body = parse_exact_json(line, whole=str, broken=str, constant=float)
    except (ValueError, RecursionError) as error:
        return _Refused("undecodable", f"not readable as JSON: {error}")
    if not isinstance(body, dict) or not set(COLUMNS[:-1]) <= body.keys() <= set(COLUMNS):
        return _Refused("malformed", f"a reading is an object with {', '.join(COLUMNS)}")
    row = [body.get(column) or "" for column in COLUMNS]
    if not all(isinstance(text, str) for text in row):
        return _Refused("malformed", "names and instants are text, a value is a number or text")
    return row


def _float(text: str) -> float:
    """The float that keeps the decimal number. Raises _Refused."""
    if not _NUMBER.fullmatch(text):
        raise _Refused("not_a_number", f"{text[:60]!r} is not a decimal number")
    try:
        return float_of(Decimal(text))
    except Invalid as error:
        raise _Refused("malformed_value", str(error)) from error


# Readings that came in one batch share their instant.
@lru_cache(maxsize=4096)
def _received(text: str) -> int:
    return to_micros(parse_instant(text))


@lru_cache(maxsize=4096)
def _spelled(micros: int) -> str:
    return iso(from_micros(micros))

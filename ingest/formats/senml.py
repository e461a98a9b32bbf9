"""SenML packs: records with base fields, resolved into readings.

Pure. What JSON and CBOR packs have in common; senml_json.py and senml_cbor.py turn bytes into the records given here.
Source: RFC 8428 section 4, RFC 9100; where it leaves something open, docs/senml.md says what vouch does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ingest.formats.senml_units import CODES, SUM_CODES
from ingest.reading import (
    UNCERTAIN_TIME,
    WHOLE_MESSAGE,
    Decoded,
    Reading,
    Rejection,
    TooManyDigits,
    decimal_of,
    float_of,
)
from vouch.errors import Invalid
from vouch.exact import exact

RECORDS_MAX: Final = 10_000
NAME_CHARACTERS_MAX: Final = 256
STATE_CHARACTERS_MAX: Final = 100
SUM_SUFFIX: Final = "_sum"

# Seconds below this are relative to the receipt (RFC 8428 section 4.5.3).
_RELATIVE_BELOW: Final = 1 << 28
_MICROS: Final = 1_000_000
_YEAR_10000: Final = 253_402_300_800 * _MICROS
_VERSION: Final = 10
# RFC 9100: the base version's bits, and feature 4, secondary units.
_FEATURES: Final = _VERSION | 1 << 4
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
# Sums of two numbers of such sizes and lengths stay within the digits of exact().
_NUMBER_SIZE_MAX: Final = 40
DIGITS_MAX: Final = 100

_BASE: Final = ("bn", "bt", "bu", "bv", "bs")
_REGULAR: Final = ("n", "u", "v", "vs", "vb", "vd", "s", "t", "ut")
_VALUES: Final = ("v", "vs", "vb", "vd")

# In place of a value that a record gives twice: nobody knows which one is meant.
TWICE: Final = object()


class _Fault(Invalid):
    """Why a record, or its sum, is no reading."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


@dataclass(slots=True)
class _Bases:
    """The base fields in force. `broken` holds those whose last value could not be read, and where it stood."""

    name: str = ""
    time: Decimal = Decimal()
    unit: str = ""
    value: Decimal = Decimal()
    sum: Decimal | None = None
    broken: dict[str, str] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any], place: str) -> None:
        """Put the record's own base fields in force."""
        for label in _BASE:
            if label not in record:
                continue
            self.broken.pop(label, None)
            try:
                self._set(label, record[label])
            except _Fault as fault:
                self.broken[label] = f"{place}: {fault}"

    def _set(self, label: str, value: Any) -> None:
        match label:
            case "bn":
                self.name = _text(label, value)
            case "bt":
                self.time = _number(label, value)
            case "bu":
                self.unit = _text(label, value)
            case "bv":
                self.value = _number(label, value)
            case _:
                self.sum = _number(label, value)

    def need(self, *labels: str) -> None:
        """Raise for a base that is needed and broken: what it would have said is unknown."""
        for label in labels:
            if label in self.broken:
                raise _Fault("malformed", f"the base field {label!r} in force cannot be read ({self.broken[label]})")


@dataclass(slots=True)
class _Pack:
    """Whose pack it is, and when it came first (microseconds since 1970); `relative` once a time counts from then."""

    device: str
    now: int
    again: bool
    relative: bool = False


class _Resolved(NamedTuple):
    """A record with what the bases in force make of its name and time."""

    record: Mapping[str, Any]
    bases: _Bases
    name: str
    device: str
    at: int


def resolve(records: Sequence[Any], device: str, now: int, again: bool = False) -> Decoded:
    """Readings in the order of time, and refused records, each at its place `$[n]`, a sum at `$[n].s`.

    A record maps labels to Decimal of at most DIGITS_MAX digits, str, bool, bytes or something else, which then is
    refused. `now` is when the message was first received, in microseconds since 1970; `again` says that the broker had
    sent it before, so that nobody knows when that was: relative times are refused then, lest one reading becomes two.
    """
    if not records:
        return refused("undecodable", "a pack has at least one record")
    if len(records) > RECORDS_MAX:
        return refused("too_large", f"{len(records)} records; a message holds at most {RECORDS_MAX}")
    try:
        _check_pack(records)
    except _Fault as fault:
        return refused(fault.reason, str(fault))
    pack, bases = _Pack(device, now, again), _Bases()
    readings: list[Reading] = []
    rejections: list[Rejection] = []
    with exact():
        for index, record in enumerate(records):
            _take(record, f"$[{index}]", pack, bases, readings, rejections)
    if not readings and not rejections:
        return refused("malformed", "no record has a value or a sum")
    readings.sort(key=lambda reading: reading.at)
    return Decoded(tuple(readings), tuple(rejections), pack.relative)


def refused(reason: str, detail: str) -> Decoded:
    """The whole message refused."""
    return Decoded((), (Rejection(WHOLE_MESSAGE, reason, detail[:500]),))


def _check_pack(records: Sequence[Any]) -> None:
    """Raise for what forbids reading any of it: fields that must be understood, and other versions."""
    version = Decimal(_VERSION)
    for index, record in enumerate(records):
        if not isinstance(record, Mapping):
            continue
        for label in record:
            if label.endswith("_"):
                detail = f"$[{index}] has the field {ascii(label)[:60]}, which may not be ignored and is not known"
                raise _Fault("unsupported_feature", detail)
        if "bver" in record:
            stated = _number("bver", record["bver"])
            if index and stated != version:
                raise _Fault("malformed", f"$[{index}] has version {stated}, records before it {version}")
            version = stated
    if version != int(version) or version < 1:
        raise _Fault("malformed", f"version {version} is not a positive whole number")
    # Numbers above ten are sets of features; below it, the drafts before the standard meant the same fields.
    if version > _VERSION and (int(version) & ~_FEATURES or int(version) & 15 != _VERSION):
        raise _Fault("unsupported_feature", f"version {version} asks for features beyond {_FEATURES}")


def _take(
    record: Any, place: str, pack: _Pack, bases: _Bases, readings: list[Reading], rejections: list[Rejection]
) -> None:
    if not isinstance(record, Mapping):
        rejections.append(Rejection(place, "malformed", "a record is a map of fields"))
        return
    bases.take(record, place)
    try:
        if not any(label in record for label in _REGULAR) and any(label in record for label in (*_BASE, "bver")):
            bases.need(*(label for label in _BASE if label in record))
            return
        has_value, has_sum = _what_it_has(record, bases)
        name, at = _name(record, bases), _at(record, bases, pack)
    except _Fault as fault:
        rejections.append(Rejection(place, fault.reason, str(fault)[:500]))
        return
    resolved = _Resolved(record, bases, name, pack.device, at)
    if has_value:
        _add(_value_reading, place, resolved, readings, rejections)
    if has_sum:
        _add(_sum_reading, f"{place}.s", resolved, readings, rejections)


def _add(
    make: Callable[[_Resolved, str], Reading],
    place: str,
    resolved: _Resolved,
    readings: list[Reading],
    rejections: list[Rejection],
) -> None:
    try:
        readings.append(make(resolved, place))
    except _Fault as fault:
        rejections.append(Rejection(place, fault.reason, str(fault)[:500]))


def _what_it_has(record: Mapping[str, Any], bases: _Bases) -> tuple[bool, bool]:
    """Whether it has a value, and a sum. Raises where it has neither, or several values."""
    values = [label for label in _VALUES if label in record]
    if len(values) > 1:
        raise _Fault("malformed", f"a record has one value, not {' and '.join(values)}")
    has_sum = "s" in record or "bs" in bases.broken or bases.sum is not None
    if not values and not has_sum:
        raise _Fault("malformed", "neither a value (v, vs, vb, vd) nor a sum")
    return bool(values), has_sum


def _name(record: Mapping[str, Any], bases: _Bases) -> str:
    bases.need("bn")
    own = _text("n", record.get("n", ""))
    if len(bases.name) + len(own) > NAME_CHARACTERS_MAX:
        raise _Fault("malformed", f"a name has at most {NAME_CHARACTERS_MAX} characters")
    name = bases.name + own
    if not _NAME.fullmatch(name):
        expected = "a letter or digit, then letters, digits and - : . / _"
        raise _Fault("malformed", f"the name {name!a} is not {expected}")
    return name


def _at(record: Mapping[str, Any], bases: _Bases, pack: _Pack) -> int:
    """Microseconds since 1970, rounded from what doubles make of seconds."""
    bases.need("bt")
    seconds = bases.time + _number("t", record.get("t", Decimal()))
    micros = int((seconds * _MICROS).to_integral_value(ROUND_HALF_EVEN))
    if seconds < _RELATIVE_BELOW:
        pack.relative = True
        if pack.again:
            detail = "a time relative to the receipt, in a message delivered again: when it came first is not known"
            raise _Fault(UNCERTAIN_TIME, detail)
        micros += pack.now
    if not 0 <= micros < _YEAR_10000:
        raise _Fault("malformed_time", f"{seconds} seconds are not an instant from 1970 to 9999")
    return micros


def _value_reading(resolved: _Resolved, place: str) -> Reading:
    record, bases, name, device, at = resolved
    if "v" in record:
        bases.need("bv")
        unit, symbol = _unit(record, bases, CODES)
        value = _stored(bases.value, _number("v", record["v"]))
        return Reading(_metric(name, device, symbol), at, value, place, unit)
    metric = _metric(name, device, "")
    if "vb" in record:
        if not isinstance(record["vb"], bool):
            raise _Fault("malformed_value", "'vb' is true or false")
        return Reading(metric, at, "true" if record["vb"] else "false", place)
    if "vs" in record:
        state = _text("vs", record["vs"])
        if len(state) > STATE_CHARACTERS_MAX or "\x00" in state:
            raise _Fault("malformed_value", f"a state's name has at most {STATE_CHARACTERS_MAX} characters")
        return Reading(metric, at, state, place)
    raise _Fault("malformed_value", "data ('vd') is neither a number nor the name of a state")


def _sum_reading(resolved: _Resolved, place: str) -> Reading:
    record, bases, name, device, at = resolved
    bases.need("bs")
    unit, symbol = _unit(record, bases, SUM_CODES)
    value = _stored(bases.sum or Decimal(), _number("s", record.get("s", Decimal())))
    return Reading(_metric(name, device, symbol) + SUM_SUFFIX, at, value, place, unit)


def _unit(record: Mapping[str, Any], bases: _Bases, codes: Mapping[str, str]) -> tuple[str | None, str]:
    """The UN/ECE code, if a unit is given, and SenML's own name of it."""
    if "u" not in record:
        bases.need("bu")
    symbol = _text("u", record["u"]) if "u" in record else bases.unit
    if not symbol:
        return None, ""
    if symbol not in codes:
        of_what = "for a value" if codes is CODES else "times a second, for a sum,"
        raise _Fault("unknown_unit", f"the unit {ascii(symbol)[:60]} {of_what} has no code that vouch knows")
    return codes[symbol], symbol


def _metric(name: str, device: str, symbol: str) -> str:
    """The name by which the device calls the metric: the whole one without the device's own part before it.

    Where nothing remains, records are told apart by their units, and the unit's name is the metric's.
    """
    start = _own_part(name, device)
    if start is None:
        return name
    return name[start:] or symbol or name


@lru_cache(maxsize=8192)
def _own_part(name: str, device: str) -> int | None:
    """Where the rest begins after `device`, `device:`, or `urn:…:device/`; None where the name says nothing of it."""
    at = name.find(device) if name.startswith("urn:") else 0 if name.startswith(device) else -1
    while at >= 0:
        end = at + len(device)
        whole = at == 0 or name[at - 1] in ":-"
        if whole and end == len(name):
            return end
        if whole and name[end] in ":/._-":
            return end + 1
        at = name.find(device, at + 1) if at else -1
    return None


def _text(label: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault("malformed", f"{label!r} is a text{_given(value)}")
    return value


def _number(label: str, value: Any) -> Decimal:
    """A number that can be computed with exactly: what lies far beyond a reading's size is refused here."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise _Fault("malformed_value", f"{label!r} is a number{_given(value)}")
    if not value:
        return Decimal()
    size = value.adjusted()
    if not -_NUMBER_SIZE_MAX <= size <= _NUMBER_SIZE_MAX:
        raise _Fault("malformed_value", f"{label!r} is a number of the size 1e{size}")
    return value


def _given(value: Any) -> str:
    return ", given twice" if value is TWICE else ""


def _stored(base: Decimal, own: Decimal) -> float:
    """Base and own value added exactly; where that has too many digits and both are doubles, as doubles.

    A device that takes the base off in doubles sends 3.1000000000000014 upon 20 where it measured 23.1.
    """
    try:
        return float_of(base + own)
    except TooManyDigits as error:
        one, other = float(base), float(own)
        if decimal_of(one) != base or decimal_of(other) != own:
            raise _Fault("malformed_value", str(error)) from error
        return _stored(decimal_of(one + other), Decimal())
    except Invalid as error:
        raise _Fault("malformed_value", str(error)) from error

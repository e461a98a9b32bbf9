"""The plain spelling of vouch's JSON, which nearly every device uses, read by two patterns.

Pure. A message that is spelled in any other way, or has any fault, is left to json.py, which says what is wrong: what
is read here is read there to the same readings (tests/property/test_plain_json.py). It takes about a third of the time.
"""

import re
from collections.abc import Sequence
from typing import Final

from ingest.reading import Reading, Strand
from vouch.errors import Invalid
from vouch.period import parse_instant, to_micros

_NUMBER: Final = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]{0,98}"
_STATE: Final = r'"[^"\\\x00-\x1f\x7f-\uffff]{0,100}"'
_VALUE: Final = rf'"{_NAME}": ?(?:{_NUMBER}|{_STATE})'
_INSTANT: Final = (
    r'"measured_at": ?"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}):([0-5][0-9])(\.[0-9]{1,6})?(?:Z|\+00:00)"'
)
# A reading without its outer braces.
_ITEM: Final = re.compile(
    rf'{_INSTANT}, ?"values": ?\{{(?:"({_NAME})": ?(?:({_NUMBER})|({_STATE}))|({_VALUE}(?:, ?{_VALUE})+))\}}'
)
_ONE_NUMBER: Final = re.compile(rf'\{{{_INSTANT}, ?"values": ?\{{"({_NAME})": ?({_NUMBER})\}}\}}')
# What lies between two matches, and the five groups of each.
_PARTS: Final = 6
_BETWEEN: Final = frozenset((",", ", "))
_SECONDS: Final = {f"{second:02}": second * 1_000_000 for second in range(60)}
_PAIRS: Final = re.compile(rf'"({_NAME})": ?(?:({_NUMBER})|({_STATE}))')
_BATCH: Final = re.compile(r'\{"readings": ?\[\{')
# A double gives any 15 digits back; a point and a sign are the safe side of that.
_NUMBER_LENGTH_MAX: Final = 15
_MINUTES_MAX: Final = 100_000
_MINUTES: Final[dict[str, int]] = {}


def read_plain(payload: bytes, readings_max: int) -> Sequence[Reading] | None:
    """The readings of a message in its plain spelling; None where json.py has to look."""
    try:
        text = payload.decode("ascii")
    except UnicodeDecodeError:
        return None
    batch = _BATCH.match(text)
    if batch is None:
        if text[:1] != "{" or text[-1:] != "}":
            return None
        items, place = [text[1:-1]], "$.values."
    else:
        if text[-3:] != "}]}":
            return None
        strand = _read_strand(text, batch.end() - 1)
        if strand is not None:
            return strand if len(strand) <= readings_max else None
        # What splits in the wrong place, inside a state's name, matches no item.
        items, place = text[batch.end() : -3].split("}, {" if "}, {" in text else "},{"), ""
        if len(items) > readings_max:
            return None
    readings: list[Reading] = []
    for index, item in enumerate(items):
        if not _read_item(item, place or f"$.readings[{index}].values.", readings):
            return None
    return tuple(readings)


def _read_strand(text: str, begins: int) -> Strand | None:
    """A batch whose items are all one number of one metric; None where they are not."""
    parts = _ONE_NUMBER.split(text[begins:-2])
    between, names, numbers = parts[::_PARTS], parts[4::_PARTS], parts[5::_PARTS]
    if len(parts) == 1 or between[0] or between[-1] or not {*between[1:-1]} <= _BETWEEN or len({*names}) > 1:
        return None
    if max(map(len, numbers)) > _NUMBER_LENGTH_MAX:
        return None
    minutes = {text: _MINUTES.get(text) or _minute(text) for text in {*parts[1::_PARTS]}}
    if min(minutes.values()) < 0:
        return None
    at = [minutes[minute] + _SECONDS[second] for minute, second in zip(parts[1::_PARTS], parts[2::_PARTS], strict=True)]
    fractions = parts[3::_PARTS]
    if any(fractions):
        at = [
            instant if fraction is None else instant + int(fraction[1:].ljust(6, "0"))
            for instant, fraction in zip(at, fractions, strict=True)
        ]
    # No minus before a zero, as everywhere.
    return Strand(names[0], at, [float(number) or 0.0 for number in numbers])


def _read_item(item: str, place: str, readings: list[Reading]) -> bool:
    """Add the readings of one item; whether it is spelled plainly."""
    match = _ITEM.fullmatch(item)
    if match is None:
        return False
    minute, second, fraction, name, number, state, several = match.groups()
    at = _MINUTES.get(minute) or _minute(minute)
    if at < 0:
        return False
    at += int(second) * 1_000_000
    if fraction is not None:
        at += int(fraction[1:].ljust(6, "0"))
    if several is None:
        return _add(readings, name, at, number, state, place)
    pairs = _PAIRS.findall(several)
    if len({name for name, _, _ in pairs}) != len(pairs):
        return False
    return all(_add(readings, name, at, number, state, place) for name, number, state in pairs)


def _add(readings: list[Reading], name: str, at: int, number: str | None, state: str, place: str) -> bool:
    if not number:
        readings.append(Reading(name, at, state[1:-1], place + name))
    elif len(number) <= _NUMBER_LENGTH_MAX:
        readings.append(Reading(name, at, float(number) or 0.0, place + name))
    else:
        return False
    return True


def _minute(text: str) -> int:
    """Microseconds of a minute such as 2026-10-01T08:15, remembered; -1 where there is no such minute."""
    try:
        micros = to_micros(parse_instant(f"{text}:00Z"))
    except Invalid:
        return -1
    if len(_MINUTES) >= _MINUTES_MAX:
        _MINUTES.clear()
    _MINUTES[text] = micros
    return micros

"""Births: what an edge node said of its metrics, and what its data then means.

Pure. A birth gives each metric its name, alias, datatype and unit; data names a metric or only its alias, and is read
by the birth of its own session and of no other, because another session may use the alias for another metric.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from ingest.formats.sparkplug import (
    BDSEQ,
    Metric,
    Payload,
    Unsupported,
    instant_of,
    name_of,
    unit_of,
    value_of,
)
from ingest.reading import Decoded, Reading, Rejection
from vouch.errors import Invalid

# Metrics of the protocol itself: they command, and measure nothing.
_CONTROLS: Final = ("Node Control/", "Device Control/")
# Some clients put their metrics below these in births, and leave it out in data; what is measured is below the last.
_MEASURED: Final = "DATA/"
_UNKNOWN: Final = ("no_birth", "unknown_alias")


class Definition(NamedTuple):
    """What a birth says of one metric. `at` and `shown`: its own timestamp and value there, where it has them."""

    name: str
    alias: int | None
    datatype: int
    unit: str | None
    at: int | None
    shown: float | str | None


@dataclass(frozen=True, slots=True)
class Birth:
    """One birth message of an edge node or a device. None marks what it says of two metrics at once."""

    by_name: Mapping[str, Definition]
    by_alias: Mapping[int, Definition | None]
    by_last_part: Mapping[str, Definition | None]

    def digest(self) -> str:
        """Equal for births that give every metric the same name, alias, datatype and unit."""
        meaning = sorted((d.name, d.alias, d.datatype, d.unit) for d in self.by_name.values())
        return hashlib.sha256(repr(meaning).encode()).hexdigest()


NO_BIRTH: Final = Birth({}, {}, {})


class Resolved(NamedTuple):
    """A message's readings; `unknown`: whether a metric is in no birth; `frozen`: metrics whose own time stands still.

    `aliased` tells whether any metric was found by its alias alone.
    """

    decoded: Decoded
    unknown: bool
    aliased: bool
    frozen: tuple[str, ...]


def read_birth(payload: Payload, earlier: Birth | None) -> Birth:
    """What the metrics of a birth mean; `earlier` is the same speaker's birth before this one."""
    by_name: dict[str, Definition] = {}
    by_alias: dict[int, Definition | None] = {}
    for metric in payload.metrics:
        definition = _definition(metric, earlier)
        if definition is None:
            continue
        by_name[definition.name] = definition
        if definition.alias is not None:
            known = by_alias.get(definition.alias, definition)
            by_alias[definition.alias] = definition if known and known.name == definition.name else None
    by_last_part: dict[str, Definition | None] = {}
    for name, definition in by_name.items():
        prefix, slash, rest = name.partition("/")
        if slash:
            by_last_part[rest] = None if rest in by_last_part and prefix + slash != _MEASURED else definition
    return Birth(by_name, by_alias, by_last_part)


def decode_birth(payload: Payload, birth: Birth) -> Resolved:
    """The values that a birth itself shows."""
    return _decode(payload, birth, is_birth=True)


def decode_data(payload: Payload, birth: Birth) -> Resolved:
    """The values of a data message, by the birth of its session.

    A metric that is in no birth is refused, unless it states its own name and datatype.
    """
    return _decode(payload, birth, is_birth=False)


def _definition(metric: Metric, earlier: Birth | None) -> Definition | None:
    try:
        name = name_of(metric)
    except Invalid:
        return None
    if name is None:
        return None
    at, shown = instant_of(metric), None
    before = earlier.by_name.get(name) if earlier else None
    if before is not None and at is not None and before.at == at:
        shown = before.shown
    elif not metric.is_null:
        try:
            shown = value_of(metric, metric.datatype)
        except Invalid:
            shown = None
    alias = metric.alias if metric.HasField("alias") else None
    return Definition(name, alias, metric.datatype, unit_of(metric), at, shown)


class _Refused(Invalid):
    """A metric that becomes a rejection."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _decode(payload: Payload, birth: Birth, *, is_birth: bool) -> Resolved:
    readings: list[Reading] = []
    rejections: list[Rejection] = []
    frozen: list[str] = []
    unknown = aliased = False
    for n, metric in enumerate(payload.metrics):
        if metric.is_null or metric.is_transient or metric.template_value.is_definition:
            continue
        place = f"$.metrics[{n}]"
        aliased = aliased or not metric.name
        try:
            definition = _find(metric, birth)
            unknown = unknown or definition.name not in birth.by_name
            if definition.name == BDSEQ or definition.name.startswith(_CONTROLS):
                continue
            value = _value(metric, definition)
            at, stands_still = _instant(metric, definition, value, payload.at, is_birth)
        except _Refused as refused:
            unknown = unknown or refused.reason in _UNKNOWN
            rejections.append(Rejection(place, refused.reason, str(refused)))
            continue
        readings.append(Reading(definition.name, at, value, place, definition.unit))
        if stands_still:
            frozen.append(definition.name)
    return Resolved(Decoded(tuple(readings), tuple(rejections), repeats=is_birth), unknown, aliased, tuple(frozen))


def _find(metric: Metric, birth: Birth) -> Definition:
    """What is known of a metric, by its name or else its alias."""
    try:
        name = name_of(metric)
    except Invalid as error:
        raise _Refused("malformed", str(error)) from error
    if name is None:
        return _by_alias(metric, birth)
    found = birth.by_name.get(name) or birth.by_last_part.get(name)
    if found is not None:
        return found if found.datatype else found._replace(datatype=metric.datatype)
    if not metric.datatype:
        raise _Refused("no_birth", f"metric {name!r} is in no birth of this session, and states no datatype")
    return Definition(name, None, metric.datatype, unit_of(metric), None, None)


def _by_alias(metric: Metric, birth: Birth) -> Definition:
    if not metric.HasField("alias"):
        raise _Refused("malformed", "a metric with neither name nor alias")
    if metric.alias not in birth.by_alias:
        raise _Refused("unknown_alias", f"alias {metric.alias} is in no birth of this session")
    found = birth.by_alias[metric.alias]
    if found is None:
        raise _Refused("ambiguous_alias", f"alias {metric.alias} stands for several metrics in the same birth")
    return found if found.datatype else found._replace(datatype=metric.datatype)


def _value(metric: Metric, definition: Definition) -> float | str:
    try:
        return value_of(metric, definition.datatype)
    except Unsupported as error:
        raise _Refused("unsupported_datatype", f"{definition.name}: {error}") from error
    except Invalid as error:
        raise _Refused("malformed_value", f"{definition.name}: {error}") from error


def _instant(
    metric: Metric, definition: Definition, value: float | str, sent_at: int | None, is_birth: bool
) -> tuple[int, bool]:
    """When it was measured, and whether its own timestamp stands still, so that the message's is taken instead.

    Data is sent because something was measured after the birth: one that still shows the birth's timestamp has a
    clock that stands. A birth repeats old values under old timestamps; only another value there gives it away.
    """
    own = instant_of(metric)
    if own is None and metric.HasField("timestamp"):
        raise _Refused("malformed_time", f"{definition.name}: {metric.timestamp} ms after 1970 is beyond any calendar")
    if own is None and sent_at is None:
        raise _Refused("malformed_time", f"{definition.name}: neither the metric nor its message has a timestamp")
    if own is None or sent_at is None:
        return own or sent_at or 0, False
    stands_still = not metric.is_historical and own == definition.at and own < sent_at
    if stands_still and is_birth:
        stands_still = definition.shown is not None and definition.shown != value
    return (sent_at if stands_still else own), stands_still

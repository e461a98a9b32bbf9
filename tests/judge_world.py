"""Small scenes for judges: one truck in one part of a month, and the log of what its two sides said."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.facts.book import FactBook, book_at
from contracts.facts.entry import FactLog
from contracts.scene import JudgedSpan, Scene
from contracts.streams.stream import Stream
from vouch.period import Period, iso, parse_instant

UTC_ZONE: Final = ZoneInfo("UTC")
BERLIN: Final = ZoneInfo("Europe/Berlin")
TRUCK: Final = "truck-1"
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def at(text: str) -> datetime:
    """`2026-06-01 06:00` in UTC; a date alone is its midnight."""
    return parse_instant(f"{text[:10]}T{text[11:] or '00:00'}:00Z")


def during(start: str, end: str) -> Period:
    """From one UTC instant to another, both as `at` reads them."""
    return Period(at(start), at(end))


JUNE: Final = during("2026-06-01", "2026-07-01")
KNOWN_AT: Final = at("2027-03-01")


def proposed(fact: str, kind: str, known: str, **fields: Any) -> dict[str, Any]:
    """A proposal of the supplier's about the truck; `since` stands for `from`."""
    given = {"fact": fact, "recorded_at": iso(at(known)), "by": "supplier", "says": "propose", "kind": kind}
    own: dict[str, Any] = {"asset": TRUCK, "about": {"cause": "service"}}
    for key, name in (("since", "from"), ("until", "until"), ("at", "at")):
        if key in fields:
            own[name] = iso(at(fields.pop(key)))
    return given | own | fields


def said(fact: str, says: str, known: str, by: str = "customer") -> dict[str, Any]:
    """An answer, of the customer's where nothing else is said."""
    return {"fact": fact, "recorded_at": iso(at(known)), "by": by, "says": says, "reason": "because"}


def book(*entries: dict[str, Any], known_at: datetime = KNOWN_AT) -> FactBook:
    """What these entries of a log come to."""
    return book_at(FactLog.model_validate(list(entries)).root, known_at)


def nothing_crossed(measure: str, since: datetime, quantity: Fraction) -> datetime | None:
    """A counter that never gets so far."""
    raise AssertionError(f"{measure} is not asked for")


def scene(
    *entries: dict[str, Any],
    part: Period = JUNE,
    month: Period = JUNE,
    covered_from: datetime | None = None,
    zone: ZoneInfo = UTC_ZONE,
    known_at: datetime = KNOWN_AT,
    streams: Mapping[str, Sequence[Stream]] | None = None,
    crossing: Any = nothing_crossed,
) -> Scene:
    """The truck in `part`, covered since then where nothing else is said."""
    return Scene(
        asset=TRUCK,
        part=part,
        window=part,
        month=month,
        covered=Period(covered_from or part.start, part.end),
        zone=zone,
        known_at=known_at,
        facts=book(*entries, known_at=known_at),
        streams=streams or {},
        granted=lambda judge: (),
        earlier=None,
        crossing=crossing,
    )


def granted(spans: Sequence[JudgedSpan]) -> list[Period]:
    """The granted ones."""
    return [span.period for span in spans if span.granted]


def refused(spans: Sequence[JudgedSpan]) -> list[tuple[Period, str]]:
    """The refused ones with their reasons."""
    return [(span.period, span.reason) for span in spans if not span.granted]

"""The oracle's clocks and records: wall clock, units, and how the parties' facts stood.

Written from the terms' docstrings and docs/facts.md alone; it imports nothing of the product. Instants are seconds
since 1970, spans are pairs of them, half-open.
"""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Span = tuple[Any, Any]

# Size in the base unit of the dimension.
SIZES = {
    "C62": "1", "H87": "1", "ZP": "1", "MTR": "1", "KMT": "1000", "SEC": "1", "MIN": "60", "HUR": "3600",
    "DAY": "86400", "MTQ": "1", "DMQ": "0.001", "LTR": "0.001", "WHR": "1", "KWH": "1000", "MWH": "1000000",
    "WTT": "1", "KWT": "1000", "CEL": "1", "BAR": "1",
}  # fmt: skip


def in_unit(amount: Fraction, have: str, want: str) -> Fraction:
    """The amount in another unit of its dimension."""
    return amount * Fraction(SIZES[have]) / Fraction(SIZES[want])


def second(text: str) -> int:
    """The whole second that an RFC 3339 text names."""
    return int(datetime.fromisoformat(text).timestamp())


@cache
def wall(zone: str, day: date, minute: int) -> int:
    """When clocks first show that minute of the day; one that they skip is moved forward by the skip."""
    naive = int((datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)).timestamp())
    offsets = [offset_at(zone, naive - 36 * 3600), offset_at(zone, naive + 36 * 3600)]
    fitting = [naive - offset for offset in offsets if offset_at(zone, naive - offset) == offset]
    return min(fitting) if fitting else naive - offsets[0]


@cache
def offset_at(zone: str, instant: int) -> int:
    """Seconds by which clocks are ahead of UTC."""
    offset = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def local_day(zone: str, instant: Any) -> date:
    """The day that clocks show."""
    whole = instant // 1
    return (datetime.fromtimestamp(int(whole), UTC) + timedelta(seconds=offset_at(zone, int(whole)))).date()


def days_of(zone: str, start: Any, end: Any) -> list[date]:
    """All local days that the span touches."""
    if end <= start:
        return []
    found, day = [], local_day(zone, start) - timedelta(days=1)
    while day <= local_day(zone, end) + timedelta(days=1):
        if wall(zone, day, 0) < end and wall(zone, day + timedelta(days=1), 0) > start:
            found.append(day)
        day += timedelta(days=1)
    return found


def month_span(zone: str, month: date) -> tuple[int, int]:
    """The calendar month."""
    return wall(zone, month, 0), wall(zone, next_month(month), 0)


def next_month(month: date, count: int = 1) -> date:
    """The first of the month so many months later."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def moment(zone: str, text: str) -> int:
    """A local date, which begins at its first instant, or an instant."""
    return second(text) if "T" in text else wall(zone, date.fromisoformat(text), 0)


def clip(span: Span, within: Span) -> Span | None:
    """The common part."""
    start, end = max(span[0], within[0]), min(span[1], within[1])
    return (start, end) if start < end else None


class Facts:
    """What the log said strictly before an instant."""

    def __init__(self, entries: list[dict[str, Any]], known_at: int) -> None:
        self.known_at = known_at
        self.facts: dict[str, dict[str, Any]] = {}
        known = sorted(
            (e for e in entries if second(e["recorded_at"]) < known_at), key=lambda e: second(e["recorded_at"])
        )
        for i, entry in enumerate(known):
            if entry in known[:i]:
                continue
            at = second(entry["recorded_at"])
            if entry["says"] == "propose":
                self.facts[entry["fact"]] = {**entry, "known": at, "answers": []}
            else:
                self.facts[entry["fact"]]["answers"].append((entry["says"], at))

    def stands(self, fact: dict[str, Any], rule: Any) -> bool:
        """Whether a term with that acceptance rule may rest on the fact itself."""
        said = dict(reversed(fact["answers"]))
        if "withdraw" in said:
            return False
        if rule == "not_needed":
            return True
        due = fact["known"] + rule["days"] * 86_400
        in_time = [says for says, at in fact["answers"] if at < due]
        if in_time:
            return "accept" in said
        if self.known_at < due:
            return False
        return rule["silence"] == "accepted" or "accept" in said

    def standing(self, kind: str, asset: str | None, rule: Any) -> list[dict[str, Any]]:
        """The facts of a kind about the asset or all, that stand and whose successors do not."""
        return [
            fact
            for fact in self.facts.values()
            if fact["kind"] == kind
            and fact.get("asset") in (asset, None)
            and self.stands(fact, rule)
            and not any(self.stands(heir, rule) for heir in self.heirs(fact["fact"]))
        ]

    def heirs(self, name: str) -> list[dict[str, Any]]:
        """All that succeed it, and all that succeed those."""
        found = [fact for fact in self.facts.values() if fact.get("succeeds") == name]
        return found + [later for fact in found for later in self.heirs(fact["fact"])]

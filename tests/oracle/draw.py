"""What all drawing of cases shares: chance, instants on the grid, and choices that many terms have."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

Case = dict[str, Any]
DAY = 86_400
STATES = {"RUN": 1, "SLOW": 2, "FAULT": 3, "LOST": 4, "PARKED": 5}
# Zones, and a grid on which all their midnights and changes of clocks lie.
ZONES = (
    ("Europe/Berlin", 3600),
    ("Europe/Berlin", 3600),
    ("UTC", 3600),
    ("Europe/London", 3600),
    ("Africa/Casablanca", 3600),
    ("Pacific/Auckland", 3600),
    ("America/New_York", 3600),
    ("America/Santiago", 3600),
    ("Asia/Kolkata", 1800),
    ("Australia/Lord_Howe", 1800),
    ("America/St_Johns", 1800),
    ("Australia/Adelaide", 1800),
    ("Asia/Kathmandu", 900),
    ("Pacific/Chatham", 900),
)
MONTHS = (3, 3, 10, 10, 4, 11, 9, 1, 2, 6, 7, 12)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
METRICS = {
    "state": {"kind": "state", "states": STATES, "silence_seconds_max": 21_600},
    "charged": {"kind": "amount", "unit": "KWH", "silence_seconds_max": 86_400},
    "power": {"kind": "gauge", "unit": "KWT", "silence_seconds_max": 86_400},
    "pressure": {"kind": "gauge", "unit": "BAR", "silence_seconds_max": 86_400},
    "km": {"kind": "counter", "unit": "KMT", "on_fall": "reset", "silence_seconds_max": 86_400},
}


class Draw:
    """One case in the making."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.zone, self.grid = rng.choice(ZONES)
        self.month = date(2026, rng.choice(MONTHS), 1)
        back = rng.choice((0, 0, 0, 0, 0, 1, 1, 1, 2, 3))
        self.first = month_back(self.month, back)
        # A day of slack on both sides, so that every zone's month lies within.
        self.opens = midnight(self.first) - DAY
        self.closes = midnight(month_back(self.month, -1)) + DAY
        self.assets = [f"asset-{n + 1}" for n in range(rng.choice((1, 1, 1, 2, 2, 3)))]
        self.facts: list[dict[str, Any]] = []
        self.readings: list[tuple[Any, ...]] = []
        self.measures: list[dict[str, Any]] = []
        self.judges: list[dict[str, Any]] = []
        self.prices: list[dict[str, Any]] = []

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def at(self, start: int, end: int) -> int:
        """An instant on the grid."""
        return self.rng.randrange(start // self.grid, end // self.grid + 1) * self.grid

    def acceptance(self) -> Any:
        """What silence means."""
        if self.chance(0.4):
            return "not_needed"
        return {"days": self.rng.choice((0, 1, 3, 14)), "silence": self.rng.choice(("accepted", "rejected"))}

    def hours(self) -> Any:
        """Service hours."""
        if self.chance(0.45):
            return "always"
        wall = [
            "00:00-24:00",
            "06:00-22:00",
            "00:00-06:00",
            "01:00-03:00",
            "02:00-03:00",
            "01:30-02:30",
            "22:00-24:00",
        ]
        if self.grid > 1800:
            wall = [text for text in wall if "30" not in text]
        weekly: dict[str, list[str]] = {}
        for weekday in WEEKDAYS:
            if self.chance(0.75):
                weekly[weekday] = [self.rng.choice(wall)]
                if weekly[weekday] == ["00:00-06:00"]:
                    weekly[weekday].append("08:00-17:00")
        weekly = weekly or {"sunday": ["00:00-24:00"]}
        closed = [
            (self.month + timedelta(days=self.rng.randrange(28))).isoformat() for _ in range(self.rng.choice((0, 2)))
        ]
        return {"weekly": weekly, "closed_on": closed}

    def unknown_rule(self, kind: str) -> dict[str, Any]:
        """Carry and cost."""
        then = ["up", "down", "attribute"] + ([] if kind == "time_in_state" else ["exclude", "exclude"])
        rule: dict[str, Any] = {
            "carry_seconds": self.rng.choice((6, 12, 24, 36, 72)) * 3600,
            "then": self.rng.choice(then),
            "coverage_min_percent": self.rng.choice(("none", "none", "none", "50", "90", "100")),
        }
        if rule["then"] == "attribute":
            rule["otherwise"] = self.rng.choice([one for one in then if one != "attribute"])
            rule["acceptance"] = self.acceptance()
        return rule

    def window(self) -> Any:
        """Mostly a month."""
        if self.chance(0.8):
            return "month"
        kind = self.rng.choice(("calendar", "contract", "rolling", "life"))
        found = {"kind": kind, "partial": self.rng.choice(("judge", "wait"))}
        return found if kind == "life" else {**found, "months": self.rng.choice((2, 3))}

    def of_assets(self, measure: str) -> bool:
        """Whether a measure speaks of single assets."""
        term = next(one for one in self.measures if one["id"] == measure)
        if term["kind"] in ("ratio", "product", "production_availability"):
            return self.of_assets((term.get("numerator") or term.get("factors") or [term.get("actual")])[0])
        return bool(term["scope"] == "asset")


def month_back(month: date, count: int) -> date:
    """The first of the month so many months earlier."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def midnight(day: date) -> int:
    """In UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def iso(seconds: int) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def second_of(text: str) -> int:
    """The second that it names."""
    return int(datetime.fromisoformat(text).timestamp())

"""Draws judges and measures."""

from datetime import timedelta
from typing import Any

from tests.oracle.draw import WEEKDAYS, Draw


class DrawMeasures(Draw):
    """Judges of spans, and measures."""

    def span_judges(self) -> None:
        """Those that availability may exclude."""
        if self.chance(0.55):
            self.judges.append(self.planned_window("planned"))
        if self.chance(0.45):
            self.judges.append(self.excusable_event("excused"))
        if self.chance(0.45):
            self.judges.append(self.obligation("duty"))

    def planned_window(self, name: str) -> dict[str, Any]:
        """J4."""
        weekly = []
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            since = self.rng.randrange(0, 22)
            until = self.rng.randrange(since + 1, 25)
            day = self.rng.choice(WEEKDAYS)
            weekly.append({"weekday": day, "from": f"{since:02}:00", "until": f"{until:02}:00"})
        announced: Any = "none"
        if not weekly or self.chance(0.6):
            announced = {
                "causes": ["service"],
                "declared_by": self.rng.choice((["supplier"], ["supplier", "customer"])),
                "notice_hours": self.rng.choice((0, 24, 72)),
                "acceptance": self.acceptance(),
            }
        allowance: Any = "none"
        if self.chance(0.7):
            allowance = {
                "hours": str(self.rng.choice((0, 1, 3, 8, 20))),
                "per": self.rng.choice(("month", "month", "year")),
                "partial_period": self.rng.choice(("prorate", "whole")),
            }
        return {
            "id": name,
            "kind": "planned_window",
            "weekly": weekly,
            "announced": announced,
            "service_hours": self.hours(),
            "allowance": allowance,
        }

    def excusable_event(self, name: str) -> dict[str, Any]:
        """J3."""
        return {
            "id": name,
            "kind": "excusable_event",
            "causes": ["flood", "strike"],
            "declared_by": self.rng.choice((["supplier"], ["supplier", "customer"])),
            "notice_within_hours": self.rng.choice((12, 24, 240)),
            "evidence_required": self.chance(0.2),
            "acceptance": self.acceptance(),
        }

    def obligation(self, name: str) -> dict[str, Any]:
        """J2, by days or dates."""
        due: dict[str, Any] = {
            "every_days": self.rng.choice((3, 7, 10, 20)),
            "first_from": (self.first + timedelta(days=self.rng.randrange(-10, 10))).isoformat(),
        }
        if self.chance(0.4):
            days = sorted({self.rng.randrange(0, 27) for _ in range(self.rng.choice((1, 2, 3)))})
            due = {"on": [(self.month + timedelta(days=day)).isoformat() for day in days]}
        return {
            "id": name,
            "kind": "obligation",
            "owed_by": "customer",
            "due": due,
            "grace_days": self.rng.choice((0, 0, 1, 3)),
            "cure": self.rng.choice(("ends", "erases")),
            "acceptance": self.acceptance(),
        }

    def availability(self, name: str) -> dict[str, Any]:
        """M4."""
        shaping: Any = "none"
        degraded: dict[str, str] = {}
        slow = self.rng.choice(("up", "down", "out", "degraded"))
        if slow == "degraded":
            degraded = {"SLOW": self.rng.choice(("0.5", "0.333", "0.9"))}
        elif self.chance(0.35):
            shaping = {
                "merge_seconds": self.rng.choice((0, 1, 2, 6)) * self.grid,
                "minimum_seconds": self.rng.choice((0, 1, 2, 8)) * self.grid,
                "bucket": "none",
            }
            if self.chance(0.4):
                down_if = self.rng.choice(("whole", "any"))
                shaping["bucket"] = {"seconds": self.rng.choice((1, 2, 4)) * 3600, "down_if": down_if}
        exclusions = []
        for judge in self.rng.sample(self.judges, len(self.judges)):
            if self.chance(0.85):
                mode = self.rng.choice(("out", "out", "up", "void_down", "void_down", "whole_window"))
                if mode == "whole_window" and self.chance(0.6):
                    mode = "out"
                causality = "began_within" if mode == "void_down" and self.chance(0.4) else "overlap"
                exclusions.append({"judge": judge["id"], "mode": mode, "causality": causality})
        lists: dict[str, list[str]] = {"up": ["RUN"], "down": ["FAULT"], "unknown": ["LOST"], "out": []}
        if slow != "degraded":
            lists[slow].append("SLOW")
        lists[self.rng.choice(("up", "down", "out"))].append("PARKED")
        return {
            "id": name,
            "kind": "availability",
            "window": self.window(),
            "metric": "state",
            "scope": self.rng.choice(("asset", "asset", "pooled", "mean")),
            **lists,
            "degraded": degraded,
            "service_hours": self.hours(),
            "exclusions": exclusions,
            "shaping": shaping,
            "unknown_rule": self.unknown_rule("availability"),
            "denominator": {"constant_minutes": 43_200} if self.chance(0.15) else "counted",
        }

    def time_in_state(self, name: str) -> dict[str, Any]:
        """M3."""
        return {
            "id": name,
            "kind": "time_in_state",
            "window": "month",
            "metric": "state",
            "unit": self.rng.choice(("HUR", "HUR", "DAY", "MIN")),
            "scope": self.rng.choice(("asset", "pooled")),
            "states": {"RUN": "1", "SLOW": self.rng.choice(("0.5", "0")), "FAULT": "0", "PARKED": "0"},
            "unknown": ["LOST"],
            "service_hours": self.hours(),
            "unknown_rule": self.unknown_rule("time_in_state"),
        }

    def counter(self, name: str) -> dict[str, Any]:
        """M1."""
        on_fall = self.rng.choice(("reset", "reset", "rollover", "high_water", "refuse", "signed"))
        # What a mark from before the contract was, a spike or not, nobody can tell.
        step = "none" if on_fall == "high_water" else self.rng.choice(("none", "none", "300"))
        found = {
            "id": name,
            "kind": "counter",
            "window": self.window(),
            "metric": "km",
            "unit": self.rng.choice(("KMT", "MTR")),
            "scope": self.rng.choice(("asset", "asset", "pooled")),
            "on_fall": on_fall,
            "jitter": self.rng.choice(("0", "0", "5")),
            "step_max": step,
            "attribution": "at_reading" if step != "none" else self.rng.choice(("at_reading", "interpolate")),
            "rounding": "none",
            "missing": "none",
            "acceptance": self.acceptance(),
        }
        if self.chance(0.3):
            found["rounding"] = {
                "step": self.rng.choice(("1", "10", "0.3")),
                "mode": self.rng.choice(("down", "up", "half_up")),
            }
        if on_fall == "rollover":
            found["modulus"] = "2000"
        return found

    def event_sum(self, name: str) -> dict[str, Any]:
        """M2."""
        of: Any = self.rng.choice(("value", "value", {"constant": "2.5"}, {"mean_over_seconds": 600}))
        held = isinstance(of, dict) and "mean_over_seconds" in of
        return {
            "id": name,
            "kind": "event_sum",
            "window": self.window(),
            "metric": "power" if held else "charged",
            "unit": self.rng.choice(("KWH", "WHR")),
            "scope": self.rng.choice(("asset", "pooled")),
            "of": of,
            "negative": self.rng.choice(("net", "ignore", "refuse", "carry")),
            "acceptance": self.acceptance(),
        }

    def incident_list(self, name: str) -> dict[str, Any]:
        """M6."""
        value = self.rng.choice(("count", "total_hours", "longest_hours", "longest_response_hours"))
        source: dict[str, Any] = {"causes": ["broken", "stuck"], "acceptance": self.acceptance()}
        if value != "longest_response_hours" and self.chance(0.6):
            source = {
                "metric": "state",
                "open": ["FAULT"],
                "closed": ["RUN", "SLOW"],
                "unchanged": ["LOST", "PARKED"],
                "merge_seconds": self.rng.choice((0, 0, 1, 3)) * 3600,
                "minimum_seconds": self.rng.choice((0, 1, 6)) * 3600,
            }
        return {
            "id": name,
            "kind": "incident_list",
            "window": self.window(),
            "scope": self.rng.choice(("asset", "pooled")),
            "source": source,
            "service_hours": self.hours(),
            "excused_by": [judge["id"] for judge in self.judges if self.chance(0.4)],
            "value": value,
        }

    def share_in_band(self, name: str) -> dict[str, Any]:
        """M5."""
        found = {
            "id": name,
            "kind": "share_in_band",
            "window": self.window(),
            "metric": "pressure",
            "unit": "BAR",
            "scope": self.rng.choice(("asset", "pooled", "mean")),
            "hysteresis": self.rng.choice(("0", "0.2", "0.5")),
            "service_hours": self.hours(),
            "unknown_rule": self.unknown_rule("availability"),
        }
        if self.chance(0.7):
            found["low"] = "6"
        if self.chance(0.7) or "low" not in found:
            found["high"] = "8.5"
        return found

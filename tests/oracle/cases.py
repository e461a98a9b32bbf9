"""Random cases: contracts with evidence and records, drawn from a seed. One seed is one case, for ever the same.

A case is plain data: `versions` (contract documents), `metrics`, `assignments` (asset, device, from, until),
`readings` (device, metric, measured, value, received), `facts` (entries of the log), `month`, `known_at`, `grid`.
Instants are seconds since 1970; all that is drawn lies on the grid.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.naive_facts import moment

Case = dict[str, Any]
DAY = 86_400
STATES = {"RUN": 1, "SLOW": 2, "FAULT": 3, "LOST": 4, "PARKED": 5}
# Zones, and a grid on which all their midnights and changes of clocks lie.
ZONES = (
    ("Europe/Berlin", 3600),
    ("Europe/Berlin", 3600),
    ("UTC", 3600),
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


def case_of(seed: int) -> Case:
    """The case of a seed."""
    return {"seed": seed, **_Drawing(Random(seed)).case()}


class _Drawing:
    """One case in the making."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.zone, self.grid = rng.choice(ZONES)
        self.month = date(2026, rng.choice(MONTHS), 1)
        back = rng.choice((0, 0, 0, 0, 1, 1, 1, 2, 3))
        self.first = _back(self.month, back)
        # A day of slack on both sides, so that every zone's month lies within.
        self.opens = _midnight(self.first) - DAY
        self.closes = _midnight(_back(self.month, -1)) + DAY
        self.assets = [f"asset-{n + 1}" for n in range(rng.choice((1, 1, 2, 2, 3)))]
        self.facts: list[dict[str, Any]] = []
        self.readings: list[tuple[Any, ...]] = []

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def at(self, start: int, end: int) -> int:
        """An instant on the grid."""
        return self.rng.randrange(start // self.grid, end // self.grid + 1) * self.grid

    def case(self) -> Case:
        """All of it."""
        self.terms()
        versions = self.versions()
        assignments = self.assignments()
        for asset, device, since, until in assignments:
            self.say(asset, device, since, until)
        self.records()
        self.spoil()
        return {
            "zone": self.zone,
            "grid": self.grid,
            "month": self.month,
            "known_at": self.known_at(),
            "versions": versions,
            "metrics": METRICS,
            "assignments": assignments,
            "readings": self.readings,
            "facts": self.facts,
        }

    def known_at(self) -> int:
        """Long after all, or soon after the month."""
        if self.chance(0.6):
            return self.closes + 400 * DAY
        return self.at(self.closes - DAY, self.closes + 20 * DAY)

    # The contract.

    def terms(self) -> None:
        """Measures, judges and prices of the first version."""
        self.measures: list[dict[str, Any]] = []
        self.judges: list[dict[str, Any]] = []
        self.prices: list[dict[str, Any]] = []
        self.span_judges()
        self.measures.append(self.availability("avail"))
        if self.chance(0.3):
            self.measures.append(self.availability("avail2"))
        if self.chance(0.7):
            self.measures.append(self.counter("use"))
        if self.chance(0.5):
            self.measures.append(self.time_in_state("hours"))
        if self.chance(0.3):
            self.measures.append(self.event_sum("events"))
        if self.chance(0.3):
            self.measures.append(self.share_in_band("band"))
        if self.chance(0.35):
            self.measures.append(self.incident_list("stops"))
        quantities = [one for one in self.measures if one["kind"] in ("counter", "event_sum")]
        if len(quantities) == 2 and quantities[0]["scope"] == quantities[1]["scope"] and self.chance(0.7):
            sides = self.rng.sample(["use", "events"], 2)
            self.measures.append(
                {
                    "id": "ratio",
                    "kind": "ratio",
                    "window": self.window(),
                    "numerator": sides[:1],
                    "denominator": sides[1:],
                }
            )
        if self.chance(0.9):
            self.prices.append(self.fixed_fee("fee"))
        for measure in self.measures:
            if measure["kind"] in ("counter", "time_in_state", "event_sum") and measure["window"] == "month":
                self.prices.append(self.usage_price(measure))
        for measure in self.measures:
            self.promise(measure)
        if not self.prices:
            self.prices.append(self.fixed_fee("fee"))
        self.further_prices()

    def versions(self) -> list[dict[str, Any]]:
        """One version, or two of which the second changes numbers."""
        rng = self.rng
        since = self.first.isoformat()
        if self.chance(0.2):
            since = _iso(self.at(_midnight(self.first) + DAY, _midnight(self.first) + 20 * DAY))
        version = {
            "contract": "contract-1",
            "version": 1,
            "issuer": "issuer",
            "customer": "customer",
            "currency": "EUR",
            "time_zone": self.zone,
            "effective_from": since,
            "vat_percent": "19",
            "assets": [self.covered(asset) for asset in self.assets],
            "measures": self.measures,
            "judges": self.judges,
            "prices": self.prices,
            "views": [],
        }
        if self.chance(0.15):
            until = self.at(_midnight(self.month) + 3 * DAY, self.closes - 3 * DAY)
            version["effective_until"] = _iso(max(until, moment(self.zone, since) + self.grid))
            if self.chance(0.4):
                version["effective_until"] = _back(self.month, -1).isoformat()
        if not self.chance(0.3):
            return [version]
        at = self.at(_midnight(self.month) + 2 * DAY, _midnight(self.month) + 26 * DAY)
        if str(version["effective_from"]) > _iso(at)[: len(str(version["effective_from"]))]:
            return [version]
        if "effective_until" in version and str(version["effective_until"]) <= _iso(at):
            return [version]
        second = {**version, "version": 2, "effective_from": _iso(at)}
        version.pop("effective_until", None)
        second["prices"] = [self.changed_price(price) for price in self.prices]
        second["judges"] = [self.changed_judge(judge) for judge in self.judges]
        second["measures"] = [
            {**m, "unknown_rule": self.unknown_rule(m["kind"])} if "unknown_rule" in m and rng.random() < 0.5 else m
            for m in self.measures
        ]
        return [version, second]

    def changed_price(self, price: dict[str, Any]) -> dict[str, Any]:
        """Perhaps another amount."""
        if price["kind"] == "fixed_fee" and self.chance(0.5):
            return {**price, "amount": str(self.rng.randrange(0, 500))}
        return price

    def changed_judge(self, judge: dict[str, Any]) -> dict[str, Any]:
        """Perhaps another promise; ladders begin at theirs, so that those stay."""
        ladders = {p["of"] for p in self.prices if p["kind"] == "remedy" and p["credit"]["form"] == "ladder"}
        if judge["kind"] == "threshold" and judge["id"] not in ladders and self.chance(0.5):
            key = "percent" if "percent" in judge else "value"
            return {**judge, key: str(self.rng.choice((50, 80, 90, 95)))}
        return judge

    def covered(self, asset: str) -> dict[str, Any]:
        """In service from long before, or for a part."""
        found = {"asset": asset, "in_service_from": "2025-01-01"}
        if self.chance(0.2):
            found["in_service_from"] = _iso(self.at(self.opens, self.closes - 5 * DAY))
        if self.chance(0.15):
            since = found["in_service_from"]
            start = self.opens if since == "2025-01-01" else _second(since)
            found["in_service_until"] = _iso(self.at(start + DAY, self.closes))
        return found

    def span_judges(self) -> None:
        """Those that availability may exclude."""
        if self.chance(0.55):
            self.judges.append(self.planned_window("planned"))
        if self.chance(0.45):
            self.judges.append(self.excusable_event("excused"))
        if self.chance(0.45):
            self.judges.append(self.obligation("duty"))

    def acceptance(self) -> Any:
        """What silence means."""
        if self.chance(0.4):
            return "not_needed"
        return {"days": self.rng.choice((0, 1, 3, 14)), "silence": self.rng.choice(("accepted", "rejected"))}

    def hours(self) -> Any:
        """Service hours."""
        if self.chance(0.45):
            return "always"
        wall = ("00:00-24:00", "06:00-22:00", "00:00-06:00", "01:00-03:00", "02:00-03:00", "01:30-02:30", "22:00-24:00")
        if self.grid > 1800:
            wall = tuple(text for text in wall if "30" not in text)
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
        on_fall = self.rng.choice(("reset", "reset", "rollover", "high_water", "refuse"))
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

    def promise(self, measure: dict[str, Any]) -> None:
        """Perhaps a threshold, and a remedy for it."""
        if not self.chance(0.85):
            return
        name = f"promise-{measure['id']}"
        judge = {"id": name, "kind": "threshold", "measure": measure["id"]}
        share = measure["kind"] in ("availability", "share_in_band", "product", "production_availability")
        if share:
            judge["comparison"] = self.rng.choice(("at_least", "at_least", "more_than", "at_most"))
            judge["percent"] = str(self.rng.choice((50, 75, 80, 90, 95, 98)))
        else:
            judge["comparison"] = self.rng.choice(("at_least", "more_than", "at_most", "less_than"))
            judge["value"] = str(self.rng.choice((100, 300, 1000)))
        self.judges.append(judge)
        if self.chance(0.85):
            self.prices.append(self.remedy(judge, share))
        if self.chance(0.2):
            self.prices.append(self.bonus(judge, share))

    def remedy(self, judge: dict[str, Any], share: bool) -> dict[str, Any]:
        """P6."""
        base = self.base(judge)
        forms = ["flat"]
        if base:
            forms += ["per_started_point", "linear", "ratio"]
            if share and judge["comparison"] in ("at_least", "more_than"):
                forms += ["ladder", "ladder"]
        form = self.rng.choice(forms)
        cap = self.rng.choice(("none", "10", "50", "100"))
        credit: dict[str, Any] = {"form": form}
        if form == "flat":
            credit["amount"] = "25.50"
        elif form == "ladder":
            top = int(judge["percent"])
            tiers = [{"below": str(top), "percent": "5"}, {"below": str(top - 10), "percent": "12.5"}]
            tiers.append({"below": str(top - 30), "percent": "100"})
            credit |= {"tiers": tiers[: self.rng.randrange(1, 4)], "base": base, "cap_percent": cap}
        elif form == "ratio":
            credit |= {"base": base, "cap_percent": self.rng.choice(("20", "100"))}
        else:
            points = self.rng.choice(("0.1", "1", "2.5")) if share else self.rng.choice(("10", "100"))
            credit |= {
                "points": points,
                "percent": self.rng.choice(("0.5", "1", "3")),
                "base": base,
                "cap_percent": cap,
            }
        return {"id": f"credit-{judge['id']}", "kind": "remedy", "text": "Credit", "of": judge["id"], "credit": credit}

    def base(self, judge: dict[str, Any]) -> list[str]:
        """Some fees and usage prices of the subjects that the promise is for."""
        single = self.of_assets(judge["measure"])
        base = [
            price["id"]
            for price in self.prices
            if price["kind"] in ("fixed_fee", "usage_price") and (not single or self.priced_by_asset(price))
        ]
        return self.rng.sample(base, self.rng.randrange(1, len(base) + 1)) if base else []

    def bonus(self, judge: dict[str, Any], share: bool) -> dict[str, Any]:
        """P7."""
        base = self.base(judge)
        earned: dict[str, Any] = {"form": "flat", "amount": "7"}
        if base and self.chance(0.7):
            form = self.rng.choice(("per_full_point", "linear"))
            points = self.rng.choice(("0.5", "2")) if share else "50"
            cap = self.rng.choice(("none", "10"))
            earned = {"form": form, "points": points, "percent": "1.5", "base": base, "cap_percent": cap}
        band = self.rng.choice(("0", "1", "5"))
        of = judge["id"]
        return {
            "id": f"bonus-{of}",
            "kind": "bonus",
            "text": "Bonus",
            "of": of,
            "dead_band_points": band,
            "earned": earned,
        }

    def of_assets(self, measure: str) -> bool:
        """Whether a measure speaks of single assets."""
        term = next(one for one in self.measures if one["id"] == measure)
        if term["kind"] in ("ratio", "product", "production_availability"):
            return self.of_assets((term.get("numerator") or term.get("factors") or [term.get("actual")])[0])
        return bool(term["scope"] == "asset")

    def priced_by_asset(self, price: dict[str, Any]) -> bool:
        """Whether a price speaks of single assets."""
        if price["kind"] == "fixed_fee":
            return bool(price["per"] == "asset")
        return self.of_assets(price["of"][0]["measure"])

    def fixed_fee(self, name: str) -> dict[str, Any]:
        """P1."""
        free = []
        if self.chance(0.25):
            start = self.month + timedelta(days=self.rng.randrange(0, 20))
            free.append(
                {"from": start.isoformat(), "until": (start + timedelta(days=self.rng.randrange(1, 12))).isoformat()}
            )
        return {
            "id": name,
            "kind": "fixed_fee",
            "text": "Fee",
            "amount": self.rng.choice(("320.00", "99.99", "1000", "0.05")),
            "per": self.rng.choice(("asset", "asset", "contract")),
            "interval_months": self.rng.choice((1, 1, 1, 2, 3)),
            "billed": "in_arrears",
            "proration": self.rng.choice(("none", "days", "seconds")),
            "free_of_charge": free,
        }

    def usage_price(self, measure: dict[str, Any]) -> dict[str, Any]:
        """P2."""
        unit = {"counter": "KMT", "event_sum": "KWH"}.get(measure["kind"], "HUR")
        found = {
            "id": f"price-{measure['id']}",
            "kind": "usage_price",
            "text": "Use",
            "of": [{"measure": measure["id"], "weight": self.rng.choice(("1", "1", "2.5"))}],
            "unit": unit,
            "scheme": self.scheme(),
            "included": self.rng.choice(("0", "0", "50", "400")),
            "rollover": "none",
            "multiplier": "none",
            "tiers_over": "month",
            "partial_period": self.rng.choice(("prorate", "whole", "continue")),
            "negative": self.rng.choice(("credit", "reject", "carry")),
        }
        if found["included"] != "0" and self.chance(0.5):
            found["rollover"] = self.rollover(found["scheme"]["model"])
        elif self.chance(0.3):
            kind = self.rng.choice(("calendar", "contract", "life"))
            found["tiers_over"] = {"kind": kind, "partial": "judge"} | ({} if kind == "life" else {"months": 3})
        if self.chance(0.2):
            single = self.of_assets(measure["id"])
            by = self.rng.choice([one for one in self.measures if self.of_assets(one["id"]) is single])
            share = by["kind"] in ("availability", "share_in_band", "product", "production_availability")
            table = [{"up_to": "0.8" if share else "300", "factor": "0.9"}, {"factor": "1.2"}]
            found["multiplier"] = {"measure": by["id"], "table": table, "undefined": "1"}
        return found

    def rollover(self, model: str) -> dict[str, Any]:
        """P3."""
        return {
            "cap": self.rng.choice(("0", "30", "100", "1000")),
            "order": self.rng.choice(("plan_first", "carried_first")),
            "expires_after_months": self.rng.choice(("none", 1, 2)),
            "package_rest_rolls": model == "package" and self.chance(0.5),
            "on_downgrade": "keep",
            "on_suspension": "keep",
            "on_end": self.rng.choice(("forfeit", {"refund_price": "0.02"})),
        }

    def scheme(self) -> dict[str, Any]:
        """One of four models."""
        model = self.rng.choice(("flat", "graduated", "volume", "package"))
        if model == "flat":
            return {"model": model, "price": "0.123"}
        if model == "package":
            return {"model": model, "size": self.rng.choice(("100", "7.5")), "price": "4.20"}
        tiers = [{"up_to": "100", "price": "0.20"}, {"up_to": "500", "price": "0.155"}, {"price": "0.05"}]
        return {"model": model, "tiers": tiers[self.rng.randrange(0, 3) :]}

    def further_prices(self) -> None:
        """Those that look at prices above."""
        ids = [price["id"] for price in self.prices]
        credits = [price for price in self.prices if price["kind"] == "remedy"]
        if any(measure["id"] == "stops" for measure in self.measures) and self.chance(0.8):
            self.prices.append(self.late_stops())
        for single in (True, False):
            own = [one["id"] for one in credits if self.of_assets(self.measure_of(one["of"])) is single]
            if own and self.chance(0.5):
                cap: Any = "none"
                if self.chance(0.5):
                    cap = {"amount": self.rng.choice(("5", "30"))}
                elif self.chance(0.5) and self.prices[0]["kind"] == "fixed_fee":
                    if not single or self.priced_by_asset(self.prices[0]):
                        cap = {"percent": "4", "of": ["fee"]}
                self.prices.append(self.combination(f"combined-{'single' if single else 'all'}", own, cap))
        if any(judge["id"] == "duty" for judge in self.judges) and self.chance(0.5):
            per = self.rng.choice(("hour", "hour", "span", "started_day"))
            consequence = {"effect": "surcharge", "amount": "1.50", "per": per}
            self.prices.append(
                {
                    "id": "late",
                    "kind": "obligation_consequence",
                    "text": "Late",
                    "judge": "duty",
                    "consequence": consequence,
                }
            )
        for kind in ("minimum", "maximum"):
            if self.chance(0.25):
                of = self.rng.sample(ids, self.rng.randrange(1, len(ids) + 1))
                self.prices.append(self.bound(kind, of))

        if self.first < self.month and self.chance(0.4):
            self.prices.append(
                {
                    "id": "correct",
                    "kind": "correction",
                    "cutoff_days": self.rng.choice((0, 5, 20)),
                    "look_back_months": self.rng.choice((1, 2, 12)),
                    "minimum_amount": self.rng.choice(("0", "0.50", "20")),
                }
            )

    def late_stops(self) -> dict[str, Any]:
        """P6 for each incident."""
        credit: dict[str, Any] = {
            "form": self.rng.choice(("per_hour", "per_started_day")),
            "free_hours": self.rng.choice(("0", "2", "12")),
            "amount": "3.33",
            "cap_amount": self.rng.choice(("none", "20")),
        }
        if self.chance(0.4):
            source = next(one for one in self.measures if one["id"] == "stops")["source"]
            limit_of = "duration" if "metric" in source else self.rng.choice(("response", "duration"))
            credit = {"form": "per_incident", "limit_of": limit_of, "over_hours": "4", "amount": "10"}
        return {"id": "late-stops", "kind": "remedy", "text": "Stops", "of": "stops", "credit": credit}

    def measure_of(self, judge: str) -> str:
        """What a threshold is about."""
        return str(next(one for one in self.judges if one["id"] == judge)["measure"])

    def combination(self, name: str, of: list[str], cap: Any) -> dict[str, Any]:
        """P10."""
        return {
            "id": name,
            "kind": "combination",
            "text": "Combined",
            "of": of,
            "rule": self.rng.choice(("sum", "highest", "first")),
            "cap_per_month": cap,
            "cap_per_window": "none",
            "claim": "not_needed",
        }

    def bound(self, kind: str, of: list[str]) -> dict[str, Any]:
        """P4 and P5."""
        amount = self.rng.choice(("10", "100", "400"))
        found = {
            "id": kind,
            "kind": kind,
            "text": kind,
            "window": "month",
            "partial_period": self.rng.choice(("prorate", "whole")),
        }
        if kind == "maximum":
            return found | {"of": of, "amount": amount}
        return found | {"commitment": {"of": of, "amount": amount}, "carry_over": "none", "reduced_by": []}

    # The evidence.

    def assignments(self) -> list[tuple[str, str, int, int | None]]:
        """One device for each asset, or two one after the other, perhaps with a gap between."""
        found: list[tuple[str, str, int, int | None]] = []
        for asset in self.assets:
            since = self.opens - 30 * DAY
            if self.chance(0.25):
                swap = self.at(self.opens + 2 * DAY, self.closes - 2 * DAY)
                again = swap + self.rng.choice((0, 0, 5)) * self.grid
                found += [(asset, f"{asset}-a", since, swap), (asset, f"{asset}-b", again, None)]
            elif asset == "asset-1" or self.chance(0.9):
                found.append((asset, f"{asset}-a", since, None))
        return found

    def say(self, asset: str, device: str, since: int, until: int | None) -> None:
        """What a device says of its state and its counter; also while it serves nobody."""
        start = max(self.opens, since) - self.rng.choice((0, 1, 5)) * DAY
        end = self.closes if until is None else min(self.closes, until + DAY)
        hours = 3600 // self.grid
        for first, last in ((start, end),):
            state, now = "RUN", self.at(first, first + DAY)
            while now < last:
                self.hear(device, "state", now, str(STATES[state]))
                now += self.grid * self.rng.randrange(1, self.rng.choice((2, 8, 30, 30)) * hours + 1)
                if self.chance(0.03):
                    now += self.rng.randrange(1, 5) * DAY
                if self.chance(0.4):
                    state = self.rng.choice(("RUN", "RUN", "RUN", "RUN", "SLOW", "FAULT", "FAULT", "LOST", "PARKED"))
            self.count(device, first, last)
            self.events(device, first, last)

    def count(self, device: str, first: int, last: int) -> None:
        """Readings of the counter, with falls of all kinds."""
        hours = 3600 // self.grid
        now, shown = self.at(first, first + DAY), float(self.rng.randrange(0, 1500))
        while now < last:
            self.hear(device, "km", now, str(round(shown, 1)))
            now += self.grid * self.rng.randrange(1, self.rng.choice((6, 40)) * hours + 1)
            shown += self.rng.choice((0, 0.3, 5, 12.5, 40))
            kind = self.rng.random()
            if kind < 0.03:
                shown = self.rng.choice((0.0, 1.5, 40.0))
            elif kind < 0.06:
                shown = max(0.0, shown - self.rng.choice((0.5, 5.0, 8.0)))
            elif kind < 0.08:
                self.hear(device, "km", now, str(round(shown + self.rng.choice((301, 900)), 1)))
                now += self.grid
            elif kind < 0.10:
                shown += self.rng.choice((300, 301, 800))
            if shown >= 2000:
                shown -= 2000

    def events(self, device: str, first: int, last: int) -> None:
        """Amounts, powers and a pressure, where a measure asks for them."""
        asked = {measure.get("metric") for measure in self.measures}
        for metric, values in (
            ("charged", ("1", "2.5", "40", "0", "-3", "-60")),
            ("power", ("10", "3.3", "-5", "0")),
            ("pressure", ("5.9", "6", "6.1", "6.3", "7", "8.2", "8.5", "8.6", "9")),
        ):
            now = self.at(first, first + DAY)
            while metric in asked and now < last:
                self.hear(device, metric, now, self.rng.choice(values))
                now += self.grid * self.rng.randrange(1, self.rng.choice((6, 60)) * 3600 // self.grid + 1)

    def hear(self, device: str, metric: str, at: int, value: str) -> None:
        """A reading, received soon or late."""
        late = self.rng.choice((0, 0, 0, 0, 1, 1, 40 * DAY))
        self.readings.append((device, metric, at, value, at + late))

    def spoil(self) -> None:
        """Say some again, contradict some, and mix them all."""
        for reading in self.rng.sample(self.readings, min(len(self.readings), self.rng.choice((0, 3, 10)))):
            device, metric, at, value, received = reading
            self.readings.append(reading)
            if metric == "km" and self.chance(0.5):
                self.readings.append(
                    (device, metric, at, str(float(value) + 1), received + self.rng.choice((-1, 0, 9)))
                )
        if self.chance(0.7):
            self.rng.shuffle(self.readings)

    def records(self) -> None:
        """Facts of all kinds, with answers."""
        kinds = {judge["kind"] for judge in self.judges}
        if "planned_window" in kinds:
            self.spans("planned_work", {"cause": "service"}, 4)
        if "excusable_event" in kinds:
            self.spans("excusable_event", {"cause": self.rng.choice(("flood", "flood", "strike", "other"))}, 6)
        if "obligation" in kinds:
            self.spans("obligation_breached", {"obligation": "duty"}, 1)
            for _ in range(self.rng.randrange(0, 5)):
                kind = self.rng.choice(("obligation_met", "maintenance_done"))
                at = self.at(self.opens, self.closes)
                self.propose(kind, {"obligation": "duty"}, {"at": _iso(at)}, at)
        for _ in range(self.rng.randrange(0, 4)):
            counts_as = self.rng.choice(("up", "down", "exclude"))
            self.spans("gap_cause", {"counts_as": counts_as, "cause": "no-coverage"}, 1)
        if self.chance(0.3):
            at = self.at(self.opens, self.closes)
            amount = self.rng.choice(("12.5", "-3", "-200"))
            self.propose("counter_correction", {"metric": "km", "amount": amount}, {"at": _iso(at)}, at)

        if any(measure["id"] == "stops" and "causes" in measure["source"] for measure in self.measures):
            for _ in range(self.rng.randrange(1, 6)):
                self.incident()
        for measure in self.measures:
            for _ in range(2 if measure["kind"] == "event_sum" else 0):
                told = [one for one in self.readings if one[1] == measure["metric"]]
                if told and self.chance(0.5):
                    device, metric, at, _, _ = self.rng.choice(told)
                    about = {"device": device, "metric": metric, "measured_at": _iso(at)}
                    self.propose("event_cancelled", about, {}, at)

    def spans(self, kind: str, about: dict[str, Any], most: int) -> None:
        """Up to so many facts about spans."""
        for _ in range(self.rng.randrange(0, most + 1)):
            start = self.at(self.opens, self.closes - DAY)
            end = start + self.grid * self.rng.randrange(1, self.rng.choice((8, 60, 120)))
            self.propose(kind, about, {"from": _iso(start), "until": _iso(end)}, start)

    def incident(self) -> None:
        """One that ended, or is open; attended to, or not."""
        start = self.at(self.opens - 10 * DAY, self.closes - DAY)
        end = start + self.grid * self.rng.randrange(1, self.rng.choice((40, 400)))
        responded = None if self.chance(0.4) else _iso(self.at(start, end))
        times = {"from": _iso(start), "until": None if self.chance(0.2) else _iso(end)}
        cause = self.rng.choice(("broken", "broken", "stuck", "other"))
        self.propose("incident", {"cause": cause, "responded_at": responded}, times, end)

    def propose(self, kind: str, about: dict[str, Any], times: dict[str, Any], around: int) -> None:
        """A proposal somewhere around an instant, what the other side says to it, and perhaps a successor."""
        name = f"F-{len(self.facts)}"
        known = around + self.rng.choice((-80, -72, -30, -24, 0, 12, 24, 100, 240, 500)) * 3600
        by = self.rng.choice(("supplier", "supplier", "customer"))
        entry = {
            "fact": name,
            "recorded_at": _iso(known),
            "by": by,
            "says": "propose",
            "kind": kind,
            "asset": None if self.chance(0.3) else self.rng.choice(self.assets),
            **times,
            "about": about,
            "evidence": "ticket" if self.chance(0.6) else None,
            "succeeds": None,
        }
        self.facts.append(entry)
        answered = self.answer(name, by, known)
        if self.chance(0.12) and answered not in ("reject", "withdraw"):
            other = {**entry, "fact": f"{name}-b", "succeeds": name, "recorded_at": _iso(known + 20 * DAY)}
            if times.get("until") is not None:
                other["until"] = _iso(_second(times["until"]) + 3 * self.grid)
            self.facts.append(other)
            self.answer(f"{name}-b", by, known + 20 * DAY)

    def answer(self, name: str, by: str, known: int) -> str | None:
        """What is said to it, if anything."""
        says = self.rng.choice((None, None, "accept", "accept", "reject", "dispute", "withdraw"))
        if says is None:
            return None
        other = {"supplier": "customer", "customer": "supplier"}[by]
        at = known + self.rng.choice((1, 24, 72, 14 * 24 - 1, 14 * 24, 19 * 24)) * 3600
        speaker = by if says == "withdraw" else other
        self.facts.append({"fact": name, "recorded_at": _iso(at), "by": speaker, "says": says, "reason": "so it is"})
        if says == "dispute" and self.chance(0.5):
            later = self.rng.choice(("accept", "reject"))
            self.facts.append(
                {"fact": name, "recorded_at": _iso(at + 7200), "by": other, "says": later, "reason": "so it is"}
            )
            return later
        return str(says)


METRICS = {
    "state": {"kind": "state", "states": STATES, "silence_seconds_max": 21_600},
    "charged": {"kind": "amount", "unit": "KWH", "silence_seconds_max": 86_400},
    "power": {"kind": "gauge", "unit": "KWT", "silence_seconds_max": 86_400},
    "pressure": {"kind": "gauge", "unit": "BAR", "silence_seconds_max": 86_400},
    "km": {"kind": "counter", "unit": "KMT", "on_fall": "reset", "silence_seconds_max": 86_400},
}


def _back(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())

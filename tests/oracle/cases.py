"""Random cases: contracts with evidence and records, drawn from a seed. One seed is one case, for ever the same.

A case is plain data: `versions` (contract documents), `metrics`, `assignments` (asset, device, from, until),
`readings` (device, metric, measured, value, received), `facts` (entries of the log), `month`, `known_at`, `grid`.
Instants are seconds since 1970; all that is drawn lies on the grid.
"""

from random import Random
from typing import Any

from tests.oracle.draw import DAY, METRICS, Case, iso, midnight, month_back, second_of
from tests.oracle.draw_evidence import DrawEvidence
from tests.oracle.draw_prices import DrawPrices
from tests.oracle.naive_facts import moment


def case_of(seed: int) -> Case:
    """The case of a seed."""
    return {"seed": seed, **_Drawing(Random(seed)).case()}


class _Drawing(DrawPrices, DrawEvidence):
    """One case in the making: the contract with its versions."""

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

    def terms(self) -> None:
        """Measures, judges and prices of the first version."""
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
            found = {"id": "ratio", "kind": "ratio", "window": self.window()}
            self.measures.append(found | {"numerator": sides[:1], "denominator": sides[1:]})
        if quantities and self.chance(0.15):
            of = {"actual": quantities[0]["id"], "lost": quantities[0]["id"]}
            found = {"id": "produced", "kind": "production_availability", "window": self.window()}
            self.measures.append(found | of | {"model_version": "v1"})
        shares = [one["id"] for one in self.measures if one["kind"] in ("availability", "share_in_band")]
        if len(shares) > 1 and len({self.of_assets(one) for one in shares}) == 1 and self.chance(0.6):
            self.measures.append({"id": "product", "kind": "product", "window": self.window(), "factors": shares})
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
            since = iso(self.at(midnight(self.first) + DAY, midnight(self.first) + 20 * DAY))
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
            until = self.at(midnight(self.month) + 3 * DAY, self.closes - 3 * DAY)
            version["effective_until"] = iso(max(until, moment(self.zone, since) + self.grid))
            if self.chance(0.4):
                version["effective_until"] = month_back(self.month, -1).isoformat()
        if not self.chance(0.3):
            return [version]
        at = self.at(midnight(self.month) + 2 * DAY, midnight(self.month) + 26 * DAY)
        ends = version.get("effective_until")
        if at <= moment(self.zone, str(version["effective_from"])) or (ends and moment(self.zone, str(ends)) <= at):
            return [version]
        second = {**version, "version": 2, "effective_from": iso(at)}
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
            found["in_service_from"] = iso(self.at(self.opens, self.closes - 5 * DAY))
        if self.chance(0.15):
            since = found["in_service_from"]
            start = self.opens if since == "2025-01-01" else second_of(since)
            found["in_service_until"] = iso(self.at(start + DAY, self.closes))
        return found

"""Draws promises and prices."""

from datetime import timedelta
from typing import Any

from tests.oracle.draw_measures import DrawMeasures


class DrawPrices(DrawMeasures):
    """Promises, what is owed for them, and what is paid."""

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
        found: dict[str, Any] = {
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
        owed = [price for price in self.prices if price["kind"] == "remedy"]
        if any(measure["id"] == "stops" for measure in self.measures) and self.chance(0.8):
            self.prices.append(self.late_stops())
        for single in (True, False):
            own = [one["id"] for one in owed if self.of_assets(self.measure_of(one["of"])) is single]
            if own and self.chance(0.5):
                cap: Any = "none"
                if self.chance(0.5):
                    cap = {"amount": self.rng.choice(("5", "30"))}
                elif self.prices[0]["kind"] == "fixed_fee" and (not single or self.priced_by_asset(self.prices[0])):
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

"""The oracle: what a contract's month comes to, by looking at every cell of a coarse grid of time by itself.

Slow, plain and on purpose without a line in common with the engine: it reads the plain data of contract documents,
readings and entries of the log of facts. What the terms mean is taken from their docstrings.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tests.oracle.naive_base import Ground
from tests.oracle.naive_counter import rounded, use_within
from tests.oracle.naive_facts import Span, clip, in_unit, second
from tests.oracle.naive_incidents import Stopped, from_facts, from_states, service_time
from tests.oracle.naive_judges import breached, excused, planned
from tests.oracle.naive_time import Device, Took, availability, time_in_state
from tests.oracle.naive_values import event_sum, share_in_band


@dataclass(frozen=True)
class Number:
    """A measure's value: `defined`, `undefined`, `insufficient` or `not_due`, and seconds by class."""

    state: str
    value: Fraction | None = None
    seconds: tuple[tuple[str, Fraction], ...] = ()


class Oracle(Ground):
    """What measures, judges of spans and promises come to."""

    # Judges of spans.

    def granted(self, index: int, name: str, asset: str) -> list[Span]:
        """The spans that a judge grants within an asset's part."""
        key = ("granted", index, name, asset)
        if key not in self._kept:
            judge, part = self.term(index, name), self.served(index)[asset]
            covered = self.covered(index, asset)
            if judge["kind"] == "planned_window":
                month = self.parts[index].month
                spans = planned(judge, self.facts, asset, self.zone, part, month, covered, self.grid)
            elif judge["kind"] == "excusable_event":
                spans = excused(judge, self.facts, asset)
            else:
                spans = breached(judge, self.facts, asset, self.zone, covered)
            self._kept[key] = [shared for span in spans if (shared := clip(span, part))]
        spans_found: list[Span] = self._kept[key]
        return spans_found

    # Measures.

    def took(self, index: int, name: str, asset: str) -> Took:
        """What a base measure came to for one asset in one part; a quantity in the measure's unit."""
        key = ("took", index, name, asset)
        if key not in self._kept:
            self._kept[key] = self._took(self.term(index, name), index, asset)
        found: Took = self._kept[key]
        return found

    def incidents(self, index: int, name: str, asset: str) -> list[Stopped]:
        """The stops that ended in the part or are still open, with their time so far."""
        key = ("incidents", index, name, asset)
        if key not in self._kept:
            term, part = self.term(index, name), self.served(index)[asset]
            since = self.covered(index, asset)[0]
            if "causes" in term["source"]:
                stops = from_facts(term, self.facts, asset, part[1])
            else:
                metric = term["source"]["metric"]
                codes = {code: state for state, code in self.case["metrics"][metric]["states"].items()}
                stops = from_states(term, self.devices(asset, metric), codes, asset, since, part[1])
            apart = term["source"].get("merge_seconds", 0)
            mine = [one for one in stops if one.closed is None or one.closed + apart > part[0]]
            self._kept[key] = [self._timed(index, name, one) for one in mine]
        found: list[Stopped] = self._kept[key]
        return found

    def _timed(self, index: int, name: str, stop: Stopped) -> Stopped:
        until = stop.closed or stop.paused or self.served(index)[stop.asset][1]
        time = self._counted(index, name, stop.asset, stop.opened, until)
        if stop.responded is None:
            return replace(stop, time=time)
        return replace(stop, time=time, response=self._counted(index, name, stop.asset, stop.opened, stop.responded))

    def _counted(self, index: int, name: str, asset: str, start: Any, end: Any) -> Fraction:
        """Service time between two instants, part by part, each as its own version has it."""
        total = Fraction(0)
        for i in range(index + 1):
            term = self.find(i, name)
            span = (
                clip((start, end), self.served(i)[asset]) if term and asset in self.served(i) and start < end else None
            )
            if term and span:
                excused = [one for judge in term["excused_by"] for one in self.granted(i, judge, asset)]
                total += service_time(term, self.zone, excused, *span, self.grid)
        return total

    def _stopped(self, term: dict[str, Any], index: int, asset: str) -> Took:
        listed = self.incidents(index, term["id"], asset)
        part = self.served(index)[asset]
        seconds = sum((one.time - self._counted_before(index, term["id"], one) for one in listed), Fraction(0))
        ended = sum(one.closed is not None for one in listed)
        amount = Fraction(ended) if term["value"] == "count" else seconds / 3600
        serving = "causes" in term["source"] or any(
            clip((device.since, device.until), part) for device in self.devices(asset, term["source"]["metric"])
        )
        took = Took(amount=amount, missing=not serving, incidents={(one.asset, one.name): one for one in listed})
        took.add("incident", seconds)
        return took

    def _counted_before(self, index: int, name: str, stop: Stopped) -> Fraction:
        """What of its time the part before had; nothing where it was not long enough to be one by then."""
        if not index or self.find(index - 1, name) is None or stop.asset not in self.served(index - 1):
            return Fraction(0)
        before = self.incidents(index - 1, name, stop.asset)
        return next((one.time for one in before if one.name == stop.name), Fraction(0))

    def _took(self, term: dict[str, Any], index: int, asset: str) -> Took:
        if term["kind"] == "incident_list":
            return self._stopped(term, index, asset)
        part = self.served(index)[asset]
        metric = self.case["metrics"][term["metric"]]
        devices = self.devices(asset, term["metric"])
        codes = {code: state for state, code in metric.get("states", {}).items()}
        if term["kind"] == "counter":
            return self._counter(term, index, asset, part, devices, metric["unit"])
        if term["kind"] == "time_in_state":
            took = time_in_state(term, devices, codes, self.facts, asset, self.zone, part, self.grid)
            took.amount = in_unit(Fraction(took.amount), "SEC", term["unit"])
            return took
        if term["kind"] == "event_sum":
            owed = self.below_zero(index - 1, term["id"], asset) if term["negative"] == "carry" else Fraction(0)
            took, left = event_sum(term, devices, metric["unit"], self.facts, asset, part, owed)
            self._kept["left", index, term["id"], asset] = left
            return took
        if term["kind"] == "share_in_band":
            covered = self.covered(index, asset)[0]
            return share_in_band(term, devices, self.facts, asset, self.zone, part, covered, self.grid)
        granted = {e["judge"]: self.granted(index, e["judge"], asset) for e in term["exclusions"]}
        before = None
        if index and self.find(index - 1, term["id"]) and self.served(index - 1).get(asset, (0, 0))[1] == part[0]:
            before = self.took(index - 1, term["id"], asset).going_on
        return availability(term, devices, codes, self.facts, asset, self.zone, part, self.grid, granted, before)

    def below_zero(self, index: int, name: str, asset: str) -> Fraction:
        """What an event sum left below zero in the parts before."""
        while index >= 0 and (self.find(index, name) is None or asset not in self.served(index)):
            index -= 1
        if index < 0:
            return Fraction(0)
        self.took(index, name, asset)
        left: Fraction = self._kept["left", index, name, asset]
        return left

    def _counter(
        self, term: dict[str, Any], index: int, asset: str, part: Span, devices: list[Device], unit: str
    ) -> Took:
        amount, told, serving = Fraction(0), False, False
        for device in devices:
            served = clip((device.since, device.until), part)
            if served:
                serving = True
                used, shown = use_within(term, device.said, self.covered(index, asset)[0], *served)
                amount, told = amount + used, told or shown
        for fact in self.facts.standing("counter_correction", asset, term["acceptance"]):
            at = second(fact["at"])
            if serving and fact["about"]["metric"] == term["metric"] and part[0] <= at < part[1]:
                amount, told = amount + Fraction(str(fact["about"]["amount"])), True
        return Took(amount=in_unit(amount, unit, term["unit"]), missing=not told)

    def subjects(self, index: int, name: str) -> list[str]:
        """For whom a part of the contract speaks."""
        served = list(self.served(index))
        if self.scope(index, name) == "asset":
            return served
        return ["*"] if served or self.term(index, name)["kind"] in ("fixed_fee", "minimum", "maximum") else []

    def scope(self, index: int, name: str) -> str:
        """`asset`, or `*` where it is about all of them."""
        term = self.term(index, name)
        if "scope" in term:
            return "asset" if term["scope"] == "asset" else "*"
        match term["kind"]:
            case "fixed_fee":
                return "asset" if term["per"] == "asset" else "*"
            case "minimum" | "maximum":
                return "*"
            case "threshold":
                return self.scope(index, term["measure"])
            case "usage_price":
                return self.scope(index, term["of"][0]["measure"])
            case "remedy" | "bonus":
                return self.scope(index, term["of"])
            case "combination":
                return self.scope(index, term["of"][0])
            case "ratio":
                return self.scope(index, term["numerator"][0])
            case "product":
                return self.scope(index, term["factors"][0])
            case "production_availability":
                return self.scope(index, term["actual"])
        return "asset"

    def value(self, index: int, name: str, subject: str, window: Any = None) -> Number:
        """A measure over its window, or over the part alone with `window` month."""
        key = ("value", index, name, subject, str(window))
        if key not in self._kept:
            self._kept[key] = self._value(index, name, subject, window)
        found: Number = self._kept[key]
        return found

    def _value(self, index: int, name: str, subject: str, window: Any) -> Number:
        term = self.term(index, name)
        over = window or term["window"]
        inside, due, complete = self.window(index, over)
        if term["kind"] in ("ratio", "product", "production_availability"):
            return self._derived(term, index, subject, over, due, complete)
        by_asset: dict[str, list[Took]] = {}
        for i in inside:
            if self.find(i, name) is None:
                continue
            for asset in self.served(i):
                if subject in ("*", asset):
                    by_asset.setdefault(asset, []).append(self.took(i, name, asset))
        everything = [one for took in by_asset.values() for one in took]
        if term.get("scope") == "mean":
            number = _mean([self._sum(term, took, 1) for took in by_asset.values()], _seconds(everything))
        else:
            number = self._sum(term, everything, len(by_asset))
        waits = over != "month" and over["partial"] == "wait" and not complete
        if not due or (waits and over["kind"] == "rolling"):
            return Number("not_due", None, number.seconds)
        return Number("undefined", None, number.seconds) if waits else number

    def _derived(self, term: dict[str, Any], index: int, subject: str, over: Any, due: bool, complete: bool) -> Number:
        """A measure made of others, over its own window."""
        names = [*term.get("numerator", ()), *term.get("denominator", ()), *term.get("factors", ())]
        names += [term[key] for key in ("actual", "lost") if key in term]
        values = {name: self.value(index, name, subject, over) for name in names}
        waits = over != "month" and over["partial"] == "wait" and not complete
        if not due or (waits and over["kind"] == "rolling"):
            return Number("not_due")
        states = {number.state for number in values.values()}
        worst = next((one for one in ("undefined", "insufficient", "not_due") if one in states), None)
        if waits or worst:
            return Number("undefined" if waits else worst or "")
        above, below = Fraction(1), Fraction(1)
        if term["kind"] == "product":
            for name in names:
                above *= values[name].value or 0
        else:
            unit = self.term(index, names[0])["unit"]
            shown = {n: in_unit(values[n].value or Fraction(0), self.term(index, n)["unit"], unit) for n in names}
            if term["kind"] == "ratio":
                first = self.term(index, term["denominator"][0])["unit"]
                shown = {
                    n: in_unit(
                        values[n].value or Fraction(0),
                        self.term(index, n)["unit"],
                        first if n in term["denominator"] else unit,
                    )
                    for n in names
                }
                above, below = (
                    sum((shown[n] for n in term[side]), Fraction(0)) for side in ("numerator", "denominator")
                )
            else:
                above, below = shown[term["actual"]], shown[term["actual"]] + shown[term["lost"]]
        if below < 0 and term["kind"] == "production_availability":
            return Number("undefined")
        return Number("defined", above / below) if below else Number("undefined")

    def _sum(self, term: dict[str, Any], took: list[Took], assets: int) -> Number:
        amount = sum((one.amount for one in took), Fraction(0))
        base = sum((one.base for one in took), Fraction(0))
        known = sum((one.known for one in took), Fraction(0))
        total = sum((one.total for one in took), Fraction(0))
        classes = _seconds(took)
        if term["kind"] in ("counter", "event_sum"):
            if all(one.missing for one in took):
                return Number("undefined")
            return Number("defined", rounded(amount, term.get("rounding", "none")))
        if term["kind"] == "incident_list":
            return Number(*incident_value(term, took, amount), classes)
        if any(one.void for one in took):
            return Number("undefined", None, classes)
        least = term["unknown_rule"]["coverage_min_percent"]
        if least != "none" and known * 100 < Fraction(str(least)) * total:
            return Number("insufficient", None, classes)
        if term["kind"] == "time_in_state":
            return Number("defined", amount, classes)
        if term.get("denominator", "counted") != "counted":
            constant = Fraction(term["denominator"]["constant_minutes"] * 60 * assets)
            return Number("defined", 1 - (base - amount) / constant, classes)
        if not base:
            return Number("undefined", None, classes)
        return Number("defined", amount / base, classes)

    # Promises.

    def verdict(self, index: int, name: str, subject: str) -> tuple[str, Fraction]:
        """How a promise stands, and by how much the value lies on its good side."""
        judge = self.term(index, name)
        number = self.value(index, judge["measure"], subject)
        if number.value is None:
            return number.state, Fraction(0)
        target = self.target(judge)
        upwards = judge["comparison"] in ("at_least", "more_than")
        beyond = number.value - target if upwards else target - number.value
        strict = judge["comparison"] in ("more_than", "less_than")
        met = beyond > 0 if strict else beyond >= 0
        return "met" if met else "missed", beyond

    def target(self, judge: dict[str, Any]) -> Fraction:
        """What was promised."""
        if judge.get("percent") is not None:
            return Fraction(str(judge["percent"])) / 100
        return Fraction(str(judge["value"]))


def incident_value(term: dict[str, Any], took: list[Took], amount: Fraction) -> tuple[str, Fraction | None]:
    """How many ended, or hours."""
    if all(one.missing for one in took):
        return "undefined", None
    if term["value"] in ("count", "total_hours"):
        return "defined", amount
    stops: dict[Any, Stopped] = {}
    for one in took:
        stops |= one.incidents
    waits = term["value"] == "longest_response_hours"
    times = [one.response if waits and one.response is not None else one.time for one in stops.values()]
    return "defined", max([*times, Fraction(0)]) / 3600


def _mean(values: list[Number], seconds: tuple[tuple[str, Fraction], ...]) -> Number:
    defined = [one.value for one in values if one.value is not None]
    if not defined:
        return Number("undefined", None, seconds)
    return Number("defined", sum(defined, Fraction(0)) / len(defined), seconds)


def _seconds(took: list[Took]) -> tuple[tuple[str, Fraction], ...]:
    seconds: dict[str, Fraction] = {}
    for one in took:
        for key, length in one.seconds.items():
            seconds[key] = seconds.get(key, Fraction(0)) + length
    return tuple(sorted((key, length) for key, length in seconds.items() if length))

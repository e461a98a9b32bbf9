"""The oracle's ground: a contract's parts and windows, who is in service, and what devices said.

Pure and plain. See cases.py for what a case holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.oracle.naive_facts import Facts, Span, clip, local_day, moment, month_span, next_month
from tests.oracle.naive_time import Device

FOREVER = 1 << 40


@dataclass(frozen=True)
class Part:
    """A version's share of a month."""

    contract: dict[str, Any]
    span: Span
    month: Span
    first: date
    ends_month: bool
    ends_contract: bool


class Ground:
    """A case as known at its own instant, or at another one."""

    def __init__(self, case: dict[str, Any], known_at: int | None = None, month: date | None = None) -> None:
        self.case = case
        self.known_at = case["known_at"] if known_at is None else known_at
        self.grid: int = case["grid"]
        self.zone: str = case["versions"][0]["time_zone"]
        self.facts = Facts(case["facts"], self.known_at)
        self.parts = list(self._parts(month or case["month"]))
        self._kept: dict[Any, Any] = {}

    # Time.

    def _parts(self, last: date) -> Iterator[Part]:
        versions = self.case["versions"]
        begins = [moment(self.zone, version["effective_from"]) for version in versions]
        until = versions[-1].get("effective_until")
        ends = [*begins[1:], moment(self.zone, until) if until else FOREVER]
        month = local_day(self.zone, begins[0]).replace(day=1)
        while month <= last:
            span = month_span(self.zone, month)
            found = [
                (version, shared)
                for version, since, end in zip(versions, begins, ends, strict=True)
                if (shared := clip((since, end), span))
            ]
            for version, shared in found:
                last_part = version is found[-1][0]
                yield Part(version, shared, span, month, last_part, last_part and ends[-1] <= span[1])
            month = next_month(month)

    def served(self, index: int) -> dict[str, Span]:
        """The assets in service in a part."""
        part = self.parts[index]
        found = {}
        for asset in part.contract["assets"]:
            until = asset.get("in_service_until")
            service = moment(self.zone, asset["in_service_from"]), moment(self.zone, until) if until else FOREVER
            if shared := clip(service, part.span):
                found[asset["asset"]] = shared
        return found

    def covered(self, index: int, asset: str) -> Span:
        """The asset's service under the contract, from its beginning to its end in the part."""
        agreed = next(one for one in self.parts[index].contract["assets"] if one["asset"] == asset)
        part = self.served(index)[asset]
        begins = max(moment(self.zone, agreed["in_service_from"]), self.parts[0].span[0])
        return min(begins, part[0]), part[1]

    def term(self, index: int, name: str) -> dict[str, Any]:
        """The measure, judge or price of that id."""
        found = self.find(index, name)
        assert found is not None
        return found

    def find(self, index: int, name: str) -> dict[str, Any] | None:
        """The same, if the version has it."""
        contract = self.parts[index].contract
        terms: list[dict[str, Any]] = [*contract["measures"], *contract["judges"], *contract["prices"]]
        return next((term for term in terms if term["id"] == name), None)

    def window(self, index: int, window: Any) -> tuple[list[int], bool, bool]:
        """The parts of a window up to this one; whether it ends here; whether the contract ran all through it."""
        if window == "month":
            return [index], True, True
        here, first = self.parts[index], self.parts[0].first
        kind, length = window["kind"], window.get("months")
        if kind == "life":
            return list(range(index + 1)), here.ends_contract, True
        months = _number(here.first)
        if kind == "rolling":
            start = months - length + 1
        else:
            origin = _number(first) if kind == "contract" else 0
            start = months - (months - origin) % length
        inside = [i for i in range(index + 1) if _number(self.parts[i].first) >= start]
        over = kind == "rolling" or months == start + length - 1
        due = here.ends_month and (over or here.ends_contract)
        began = month_span(self.zone, _month(start))[0] >= self.parts[0].span[0]
        ran_out = here.ends_contract and (months < start + length - 1 or here.span[1] < here.month[1])
        return inside, due, began and not ran_out

    # Evidence.

    @cached_property
    def readings(self) -> dict[tuple[str, str], list[tuple[int, Fraction]]]:
        """What was known by device and metric, in order; of several at one instant the first received stands."""
        found: dict[tuple[str, str], dict[int, tuple[Any, Fraction]]] = {}
        for device, metric, at, value, received in self.case["readings"]:
            held = found.setdefault((device, metric), {})
            said = (received, Fraction(value))
            held[at] = min(said, held.get(at, said))
        return {
            key: sorted((at, value) for at, (received, value) in held.items() if received < self.known_at)
            for key, held in found.items()
        }

    def devices(self, asset: str, metric: str) -> list[Device]:
        """Who spoke for the asset, in order of time."""
        if (asset, metric) not in self._kept:
            found = []
            for served, device, since, until in self.case["assignments"]:
                if served == asset:
                    until = FOREVER if until is None else until
                    said = [one for one in self.readings.get((device, metric), []) if since <= one[0] <= until]
                    found.append(Device(device, since, until, said))
            self._kept[asset, metric] = sorted(found, key=lambda one: one.since)
        found_devices: list[Device] = self._kept[asset, metric]
        return found_devices


def _number(month: date) -> int:
    return month.year * 12 + month.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)

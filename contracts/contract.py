"""Contracts: what two parties agreed, as one version says it.

Pure. A contract is amended by a further version that takes effect at an instant; which version governs an instant
follows from the effective periods alone. A month that an amendment cuts has a part for each version.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import zip_longest
from zoneinfo import ZoneInfo

from contracts.part_scope import scope_of
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice, Correction, LinePrice
from contracts.terms.base import Part, PricePart, Scope
from vouch.errors import Invalid
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class Party:
    """A legal person as documents print it; issuers also have a time zone, payment days and an IBAN."""

    id: str
    legal_name: str
    address: tuple[str, ...]
    country: str
    vat_id: str | None
    email: str | None
    iban: str | None = None
    time_zone: ZoneInfo | None = None
    payment_days: int | None = None


@dataclass(frozen=True, slots=True)
class CoveredAsset:
    """An asset and the span in which the contract covers it; no end means until further notice."""

    asset: str
    in_service_from: datetime
    in_service_until: datetime | None

    def within(self, window: Period) -> Period | None:
        """The part of `window` in which the asset is in service."""
        return _clip(window, self.in_service_from, self.in_service_until)


@dataclass(frozen=True, slots=True)
class View:
    """Two measures of the same time, one as each side reads the log."""

    id: str
    owner: str
    supplier: str


@dataclass(frozen=True)
class Contract:
    """One version of an agreement. `digest` names the very document that was applied.

    `begins_at` is when the contract's first version took effect.
    """

    id: str
    version: int
    issuer: str
    customer: str
    currency: str
    zone: ZoneInfo
    effective_from: datetime
    effective_until: datetime | None
    vat_percent: Decimal
    assets: tuple[CoveredAsset, ...]
    measures: tuple[AnyMeasure, ...]
    judges: tuple[AnyJudge, ...]
    prices: tuple[AnyPrice, ...]
    views: tuple[View, ...]
    digest: str
    begins_at: datetime

    @cached_property
    def first_month(self) -> date:
        """The local month in which the contract began."""
        return self.begins_at.astimezone(self.zone).date().replace(day=1)

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return {part.id: part for part in (*self.measures, *self.judges, *self.prices)}

    def part(self, name: str) -> Part:
        """The measure, judge or price of that id; the contract's check has seen that there is one."""
        return self._parts[name]

    def find_part(self, name: str) -> Part | None:
        """The measure, judge or price of that id, if the version has it."""
        return self._parts.get(name)

    @cached_property
    def _covered(self) -> dict[str, CoveredAsset]:
        return {covered.asset: covered for covered in self.assets}

    def served(self, asset: str, window: Period) -> Period | None:
        """The part of `window` in which the asset is in service under the contract."""
        covered = self._covered.get(asset)
        return covered.within(window) if covered else None

    def served_from(self, asset: str) -> datetime:
        """Since when the asset, a covered one, is in service."""
        return self._covered[asset].in_service_from

    @cached_property
    def scopes(self) -> dict[str, Scope]:
        """Of each part whether it speaks of single assets or of all of them."""
        placed = {name: ((), part) for name, part in self._parts.items()}
        return {name: scope_of(part, placed) for name, part in self._parts.items()}

    @cached_property
    def line_prices(self) -> tuple[LinePrice, ...]:
        """The prices that make lines, in their order."""
        return tuple(price for price in self.prices if isinstance(price, PricePart))

    @cached_property
    def correction(self) -> Correction | None:
        """How late knowledge is corrected, if that is agreed."""
        return next((price for price in self.prices if isinstance(price, Correction)), None)

    @cached_property
    def chained(self) -> bool:
        """Whether a month depends on the months before it."""
        return any(part.chained for part in self._parts.values())

    def month(self, month: date) -> Period:
        """The calendar month in the contract's own zone."""
        return Period.month(month.year, month.month, self.zone)

    def effective_within(self, window: Period) -> Period | None:
        """The part of `window` in which this version is effective, successors left aside."""
        return _clip(window, self.effective_from, self.effective_until)

    def vat_of(self, price: PricePart) -> Decimal:
        """The VAT rate of a price's lines, in percent."""
        return self.vat_percent if price.vat_percent is None else price.vat_percent


def governing(versions: Sequence[Contract], window: Period) -> list[tuple[Contract, Period]]:
    """Which version governs which part of `window`, in time order; a later version ends the earlier one."""
    parts: list[tuple[Contract, Period]] = []
    ordered = linked(versions)
    for version, successor in zip_longest(ordered, ordered[1:]):
        part = version.effective_within(window)
        if part and successor:
            part = _clip(part, part.start, successor.effective_from)
        if part:
            parts.append((version, part))
    return parts


def linked(versions: Iterable[Contract]) -> list[Contract]:
    """The versions in order, each knowing the month in which the first took effect."""
    ordered = sorted(versions, key=lambda version: version.version)
    return [replace(version, begins_at=ordered[0].begins_at) for version in ordered]


def months_between(first: date, last: date) -> list[date]:
    """The firsts of all months from one to the other, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, n) for n in range(count)]


def add_months(first: date, count: int) -> date:
    """The first of the month so many months later."""
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def parse_month(text: str) -> date:
    """`2026-10` as the first of that month. Raises Invalid."""
    match = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text, re.ASCII)
    if match is None:
        raise Invalid(f"{text!r} is not a month: expected the form 2026-10")
    return date(int(match[1]), int(match[2]), 1)


def _clip(window: Period, start: datetime, end: datetime | None) -> Period | None:
    start = max(window.start, start)
    end = window.end if end is None else min(window.end, end)
    return Period(start, end) if start < end else None

"""Contracts: what two parties agreed, as one version says it.

Pure. A contract is amended by a further version that takes effect at the start of one of its months; which version
governs an instant follows from the effective periods alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from zoneinfo import ZoneInfo

from contracts.terms import Term
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
class Contract:
    """One version of an agreement. `digest` names the very document that was applied."""

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
    terms: tuple[Term, ...]
    digest: str

    def month(self, month: date) -> Period:
        """The calendar month in the contract's own zone."""
        return Period.month(month.year, month.month, self.zone)

    def effective_within(self, window: Period) -> Period | None:
        """The part of `window` in which this version is effective, successors left aside."""
        return _clip(window, self.effective_from, self.effective_until)

    def vat_of(self, term: Term) -> Decimal:
        """The VAT rate of a term's lines, in percent."""
        return self.vat_percent if term.vat_percent is None else term.vat_percent


def governing(versions: Sequence[Contract], window: Period) -> list[tuple[Contract, Period]]:
    """Which version governs which part of `window`, in time order; a later version ends the earlier one."""
    parts: list[tuple[Contract, Period]] = []
    ordered = sorted(versions, key=lambda version: version.version)
    for version, successor in zip_longest(ordered, ordered[1:]):
        part = version.effective_within(window)
        if part and successor:
            part = _clip(part, part.start, successor.effective_from)
        if part:
            parts.append((version, part))
    return parts


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

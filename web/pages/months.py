"""A month of a contract: pictures of what was measured, and what it costs so far or came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, render_template

from contracts.store import load_customer
from contracts.terms import UptimeGuarantee
from vouch.errors import NotFound
from web import pictures, store
from web.access import Agreement
from web.connection import connection
from web.month import Content, MonthShown, Usage, covered_assets, load_month
from web.pages.contracts import months_of
from web.routes import page_asked
from web.store import AssetRow

pages = Blueprint("months", __name__)

ASSETS_PER_PAGE: Final = 50


class NoMonth(NotFound):
    """The contract has no such month, or not yet."""

    def __init__(self, contract: str, month: date) -> None:
        super().__init__(f"contract {contract!r} has no month {month:%Y-%m}, or it has not begun")


class NotCovered(NotFound):
    """The contract does not cover that asset in the month."""

    def __init__(self, asset: str, month: date) -> None:
        super().__init__(f"asset {asset!r} is not covered in {month:%Y-%m}")


@dataclass(frozen=True, slots=True)
class UptimeRow:
    """One asset's month under a guarantee; `position` is its invoice line where there is an invoice."""

    asset: AssetRow
    content: Content
    band: pictures.Band
    position: int | None

    @property
    def result(self) -> dict[str, Any]:
        """Availability, microseconds by class, verdict."""
        found: dict[str, Any] = self.content["result"]
        return found

    @property
    def interruptions(self) -> list[pictures.Span]:
        """Counted time that was not known to be up, in order."""
        return [span for span in pictures.spans_of(self.content) if span[0] in ("down", "unknown")]


@dataclass(frozen=True, slots=True)
class UptimeSection:
    """A guarantee and how each asset did."""

    term: UptimeGuarantee
    rows: Sequence[UptimeRow]
    classes: Sequence[str]


@dataclass(frozen=True, slots=True)
class UsageSection:
    """A usage term: all assets by day, then each by itself with its sum.

    `now` is the use as known now; `invoiced` is what the invoice says, None where there is none.
    """

    usage: Usage
    chart: pictures.Chart
    charts: Sequence[tuple[AssetRow, pictures.Chart, Decimal]]
    now: Decimal
    invoiced: Decimal | None

    @property
    def is_late(self) -> bool:
        """Whether readings came that the invoice does not know."""
        return self.invoiced is not None and self.invoiced != self.now


@pages.get("/contracts/<contract>/<month:month>")
def month_page(contract: Agreement, month: date) -> str:
    """All assets of one month."""
    conn = connection()
    covered = _covered(contract, month)
    page = page_asked(len(covered), ASSETS_PER_PAGE)
    chosen = covered[page.first : page.first + ASSETS_PER_PAGE]
    shown = load_month(conn, contract.versions, month, chosen)
    assets = store.list_assets(conn, chosen)
    ticks = pictures.ticks(shown.period, shown.contract.zone)
    return render_template(
        "month.html",
        shown=shown,
        customer=load_customer(conn, shown.contract.customer),
        page=page,
        ticks=ticks,
        uptimes=_uptime_sections(shown, assets),
        usages=[_usage_section(shown, usage, assets, ticks) for usage in shown.usage],
        **_neighbours(contract, month),
    )


@pages.get("/contracts/<contract>/<month:month>/<asset>")
def asset_page(contract: Agreement, month: date, asset: str) -> str:
    """One asset's month, day by day."""
    conn = connection()
    if asset not in _covered(contract, month):
        raise NotCovered(asset, month)
    shown = load_month(conn, contract.versions, month, [asset])
    named = store.list_assets(conn, [asset])
    own = [section for section in _uptime_sections(shown, named) if section.rows]
    ticks = pictures.ticks(shown.period, shown.contract.zone)
    spans = [pictures.spans_of(row.content) for section in own for row in section.rows]
    return render_template(
        "asset.html",
        shown=shown,
        customer=load_customer(conn, shown.contract.customer),
        asset=named[asset],
        ticks=ticks,
        uptimes=[
            (section, row, pictures.rows(pictures.spans_of(row.content), shown.period, shown.contract.zone))
            for section in own
            for row in section.rows
        ],
        classes=pictures.used_classes(spans),
        usages=[(usage, pictures.chart(ticks, usage.by_asset[asset], 160)) for usage in shown.usage],
        **_neighbours(contract, month),
    )


def _covered(contract: Agreement, month: date) -> list[str]:
    """The assets of a month that has begun. Raises NoMonth."""
    if month not in months_of(contract.versions, datetime.now(UTC)):
        raise NoMonth(contract.newest.id, month)
    return covered_assets(contract.versions, month)


def _neighbours(contract: Agreement, month: date) -> dict[str, date | None]:
    """The months before and after, where the contract has them."""
    months = months_of(contract.versions, datetime.now(UTC))
    place = months.index(month)
    return {
        "previous": months[place + 1] if place + 1 < len(months) else None,
        "following": months[place - 1] if place else None,
    }


def _uptime_sections(shown: MonthShown, assets: Mapping[str, AssetRow]) -> list[UptimeSection]:
    """The month's guarantees, each with the rows of those assets."""
    positions = {line.evaluation: line.position for line in reversed(shown.body.lines)}
    sections = []
    for term in shown.contract.terms:
        if not isinstance(term, UptimeGuarantee):
            continue
        rows = []
        spans = []
        for key, content in shown.contents.items():
            if content["term"] == term.id and content["subject"] in assets:
                spans.append(pictures.spans_of(content))
                band = pictures.band(spans[-1], shown.period)
                position = positions.get(key) if shown.invoice else None
                rows.append(UptimeRow(assets[content["subject"]], content, band, position))
        rows.sort(key=lambda row: row.asset.id)
        sections.append(UptimeSection(term, rows, pictures.used_classes(spans)))
    return sections


def _usage_section(
    shown: MonthShown, usage: Usage, assets: Mapping[str, AssetRow], ticks: Sequence[pictures.Tick]
) -> UsageSection:
    charts = [
        (assets[asset], pictures.chart(ticks, days, 30), _sum(days))
        for asset, days in usage.by_asset.items()
        if asset in assets
    ]
    billed = [content["result"]["by_asset"] for content in shown.contents.values() if content["term"] == usage.term.id]
    quantities = [Decimal(used) for by_asset in billed for asset, used in by_asset if asset in usage.by_asset]
    invoiced = sum(quantities, Decimal(0)) if shown.invoice else None
    now = sum((total for *_, total in charts), Decimal(0))
    return UsageSection(usage, pictures.chart(ticks, usage.total, 160), charts, now, invoiced)


def _sum(days: Sequence[Decimal | None]) -> Decimal:
    return sum((value for value in days if value is not None), Decimal(0))

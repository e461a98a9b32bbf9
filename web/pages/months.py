"""A month of a contract: what was measured, what the sides put on record, and what it costs so far or came to.

Shell.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

from flask import Blueprint, render_template

from contracts.store import load_customer
from contracts.terms import AnyJudge
from ingest.presence.listening_store import list_gaps
from vouch.errors import NotFound
from vouch.period import Period, iso
from web import pictures, results, store
from web.access import Agreement
from web.connection import connection
from web.month import MonthShown, PartShown, Usage, covered_assets, load_month
from web.pages.contracts import months_of
from web.results import Content, Section
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
class UsageShown:
    """Use by day: all assets together, then each by itself with its use as known now, not rounded.

    `invoiced` is what the invoice rests on, None where there is none.
    """

    usage: Usage
    chart: pictures.Chart
    charts: Mapping[str, pictures.Chart]
    now: Fraction
    invoiced: Fraction | None

    @property
    def is_late(self) -> bool:
        """Whether something came that the invoice does not know."""
        return self.invoiced is not None and self.invoiced != self.now


@dataclass(frozen=True, slots=True)
class PartDrawn:
    """One version's part of the month, measure by measure and judge by judge."""

    part: PartShown
    sections: Sequence[Section]
    usage: Mapping[str, UsageShown]
    spans: Sequence[tuple[AnyJudge, Sequence[tuple[str, Content]]]]
    streaks: Sequence[tuple[AnyJudge, Content]]


@pages.get("/contracts/<contract>/<month:month>")
def month_page(contract: Agreement, month: date) -> str:
    """All assets of one month."""
    covered = _covered(contract, month)
    page = page_asked(len(covered), ASSETS_PER_PAGE)
    chosen = covered[page.first : page.first + ASSETS_PER_PAGE]
    return _render("month.html", contract, month, chosen, page=page)


@pages.get("/contracts/<contract>/<month:month>/<asset>")
def asset_page(contract: Agreement, month: date, asset: str) -> str:
    """One asset's month, day by day."""
    if asset not in _covered(contract, month):
        raise NotCovered(asset, month)
    return _render("asset.html", contract, month, [asset], asset_id=asset)


def _render(template: str, contract: Agreement, month: date, chosen: list[str], **given: Any) -> str:
    conn = connection()
    shown = load_month(conn, contract.versions, month, chosen)
    assets = store.list_assets(conn, chosen)
    ticks = pictures.ticks(shown.period, shown.contract.zone)
    gaps = list_gaps(conn, shown.period, shown.known_at)
    drawn = [_drawn(shown, part, assets, ticks, gaps) for part in shown.parts]
    return render_template(
        template,
        shown=shown,
        customer=load_customer(conn, shown.contract.customer),
        assets=assets,
        ticks=ticks,
        parts_drawn=drawn,
        devices=sorted({source["device"] for part in shown.parts for source in results.sources(part.measures)}),
        gaps=results.gaps_seen((section for part in drawn for section in part.sections), gaps),
        band=lambda line: pictures.band(line.spans, shown.period),
        rows=lambda line: pictures.rows(line.spans, shown.period, shown.contract.zone),
        **given,
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


def _drawn(
    shown: MonthShown,
    part: PartShown,
    assets: Mapping[str, AssetRow],
    ticks: Sequence[pictures.Tick],
    gaps: Sequence[Period],
) -> PartDrawn:
    where = part.contract.version, iso(part.period.start)
    positions = {key[2:]: position for key, position in shown.positions.items() if key[:2] == where}
    return PartDrawn(
        part,
        results.told_apart(results.sections(part.contract, part.measures, part.judges, assets, positions), gaps),
        {usage.term.id: _usage(shown, part, usage, assets, ticks) for usage in part.usage if usage.by_asset},
        results.judged_spans(part.contract, part.judges),
        results.streaks(part.contract, part.judges),
    )


def _usage(
    shown: MonthShown, part: PartShown, usage: Usage, assets: Collection[str], ticks: Sequence[pictures.Tick]
) -> UsageShown:
    tall = {asset: pictures.chart(ticks, days, 30) for asset, days in usage.by_asset.items()}
    return UsageShown(
        usage,
        pictures.chart(ticks, usage.total or [None] * len(ticks), 160),
        tall,
        sum(usage.now.values(), Fraction(0)),
        _invoiced(part, usage) if shown.invoice else None,
    )


def _invoiced(part: PartShown, usage: Usage) -> Fraction:
    """What the invoice's results say that these assets used, before any rounding."""
    amounts = [
        results.fraction(one["amount"]) or Fraction(0)
        for content in part.measures
        if content["measure"] == usage.term.id
        for one in content.get("assets", ())
        if one["asset"] in usage.by_asset
    ]
    return sum(amounts, Fraction(0))

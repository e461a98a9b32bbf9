"""One month of a contract as the portal shows it: what was measured, and what it costs.

Shell. A month that has an invoice is shown from the evaluations the invoice rests on, any other month is evaluated
here and now. Use by day is always as known now; where late readings make it differ from the invoice, that is said.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from billing import store as billing_store
from billing.invoice import InvoiceBody, InvoiceHead, compose
from billing.rating import rate
from billing.store import InvoiceFilter
from contracts import store as contract_store
from contracts.contract import Contract, governing
from contracts.daily import midnight_cuts, use_by_day
from contracts.database_source import SummarySource
from contracts.evaluate import needs
from contracts.run import evaluate_month
from contracts.source import Stream
from contracts.streams import Source, load_streams
from contracts.terms import UsagePrice
from ingest.summary import Shown
from vouch.knowledge import snapshot
from vouch.period import Period, days_between
from vouch.units import conversion

# An evaluation as its canonical content states it.
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Use of one usage term by local day, in the price's unit, by asset; None where no device served."""

    term: UsagePrice
    by_asset: Mapping[str, Sequence[Decimal | None]]

    @property
    def total(self) -> list[Decimal | None]:
        """All assets together."""
        return [_sum(of_day) for of_day in zip(*self.by_asset.values(), strict=True)]


@dataclass(frozen=True, slots=True)
class MonthShown:
    """`invoice` is None while the month has none; `is_open` while the month is not over."""

    contract: Contract
    month: date
    period: Period
    known_at: datetime
    is_open: bool
    invoice: InvoiceHead | None
    body: InvoiceBody
    contents: Mapping[int, Content]
    usage: Sequence[Usage]


def covered_assets(versions: Sequence[Contract], month: date) -> list[str]:
    """The assets that the contract covers in some part of the month, in the contract's order."""
    parts = governing(versions, versions[-1].month(month))
    return list(dict.fromkeys(c.asset for version, part in parts for c in version.assets if c.within(part)))


def load_month(conn: Connection[Any], versions: Sequence[Contract], month: date, assets: Collection[str]) -> MonthShown:
    """The month as known now, with use by day for these assets only. `conn` must not be in a transaction."""
    with snapshot(conn) as known_at:
        source = SummarySource(conn, known_at)
        period = versions[-1].month(month)
        window = Period(period.start, max(period.start, min(period.end, known_at.replace(microsecond=0))))
        heads = billing_store.list_invoices(conn, InvoiceFilter(month=month, contract=versions[-1].id))
        if heads:
            head = heads[0]
            body = billing_store.load_body(conn, head)
            contents = load_contents(conn, body)
        else:
            head = None
            body, contents = _preview(source, versions, month, window)
        parts = governing(versions, window)
        usage = [
            shown for version, part in parts for shown in _list_usage(source, _only(version, assets), part, period)
        ]
    contract = parts[-1][0] if parts else versions[-1]
    return MonthShown(contract, month, period, known_at, period.end > known_at, head, body, contents, usage)


def load_contents(conn: Connection[Any], body: InvoiceBody) -> dict[int, Content]:
    """The evaluations that an invoice's lines rest on, by id."""
    ids = sorted({line.evaluation for line in body.lines})
    found = contract_store.list_evaluations(conn, ids)
    return {key: json.loads(found[key].content) for key in ids}


def _preview(
    source: Source, versions: Sequence[Contract], month: date, window: Period
) -> tuple[InvoiceBody, dict[int, Content]]:
    """What the month has come to so far; evaluations are numbered in their order."""
    evaluated = evaluate_month(source, versions, month, until=window.end)
    body = compose(rate(evaluated), range(len(evaluated)), versions[-1].currency)
    return body, {n: json.loads(evaluation.content()) for n, evaluation in enumerate(evaluated)}


def _only(contract: Contract, assets: Collection[str]) -> Contract:
    return replace(contract, assets=tuple(covered for covered in contract.assets if covered.asset in assets))


def _list_usage(source: Source, contract: Contract, part: Period, period: Period) -> Iterable[Usage]:
    """Use by day of the version's usage terms over `part` of the month."""
    terms = [term for term in contract.terms if isinstance(term, UsagePrice)]
    if not terms:
        return
    streams = load_streams(source, contract.assets, part, needs(contract, part))
    days = days_between(period.start, period.end, contract.zone)
    spans = [Period.day(day, contract.zone) for day in days]
    for term in terms:
        wanted = {asset: found for (asset, metric), found in streams.items() if metric == term.metric}
        around = _list_around(source, [s for found in wanted.values() for s in found], spans)
        by_asset = {}
        for asset, found in wanted.items():
            factor = conversion(found[0].metric.unit or "", term.unit) if found else Decimal(1)
            used = use_by_day(found, spans, around)
            by_asset[asset] = [None if one is None else one * factor for one in used]
        yield Usage(term, by_asset)


def _list_around(
    source: Source, streams: Sequence[Stream], days: Sequence[Period]
) -> dict[tuple[str, datetime], tuple[Shown, Shown]]:
    """The readings on either side of each midnight that a run lies across, by device and instant."""
    catalogue = source.catalogue(sorted({stream.device for stream in streams}))
    wanted: dict[datetime, dict[int, str]] = {}
    for stream in streams:
        series = catalogue[stream.device][stream.metric.name].id
        for at in midnight_cuts(stream, days):
            wanted.setdefault(at, {})[series] = stream.device
    found: dict[tuple[str, datetime], tuple[Shown, Shown]] = {}
    for at, devices in wanted.items():
        for series, pair in source.around(sorted(devices), at).items():
            found[devices[series], at] = pair
    return found


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None

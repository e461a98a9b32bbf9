"""One month of a contract as the portal shows it: what was measured, what both sides put on record, and what it costs.

Shell. A month that has an invoice is shown from the evaluations the invoice rests on, any other month is evaluated
here and now. Use by day, views, and measures that no price asks for are always as known now; where use differs from
what the invoice rests on, that is said.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from psycopg import Connection

from billing import store as billing_store
from billing.documents.lines import compose
from billing.evaluation_store import list_evaluations
from billing.invoice import InvoiceBody, InvoiceHead
from billing.month import RatedMonth, rate_month
from billing.store import InvoiceFilter
from contracts.content import decimal_text, judge_content, measure_content
from contracts.contract import Contract, governing
from contracts.daily import midnight_cuts, use_by_day
from contracts.evaluate import ALL_ASSETS, Evaluator
from contracts.facts.book import Fact, FactBook
from contracts.facts.store import load_book
from contracts.run import DatabaseKnowledge
from contracts.streams.database import SummarySource
from contracts.streams.stream import Stream
from contracts.terms import Counter, EventSum
from contracts.views import view_differences
from ingest.reading import Shown
from vouch.knowledge import snapshot
from vouch.period import Period, days_between, iso
from web.results import Content, touches

# Where a line's evidence is: by version, start of the part, measure and subject.
Positions = Mapping[tuple[int, str, str, str], int]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one measure of use came to by local day, in its unit, by asset; None where no device served.

    `now` is each asset's use in all, as known now.
    """

    term: Counter | EventSum
    by_asset: Mapping[str, Sequence[Decimal | None]]
    now: Mapping[str, Fraction]

    @property
    def total(self) -> list[Decimal | None]:
        """All assets together."""
        return [_sum(of_day) for of_day in zip(*self.by_asset.values(), strict=True)]


@dataclass(frozen=True, slots=True)
class PartShown:
    """One version's part of the month: contents of its measures and judges in their order, use by day, and what the
    two sides' views see differently."""

    contract: Contract
    period: Period
    measures: Sequence[Content]
    judges: Sequence[Content]
    usage: Sequence[Usage]
    views: Sequence[Content]


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
    positions: Positions
    parts: Sequence[PartShown]
    book: FactBook

    @property
    def facts(self) -> list[Fact]:
        """What the sides put on record about the month, in order of its becoming known."""
        return [fact for fact in self.book.all() if touches(fact, self.month, self.period)]


def covered_assets(versions: Sequence[Contract], month: date) -> list[str]:
    """The assets that the contract covers in some part of the month, in the contract's order."""
    parts = governing(versions, versions[-1].month(month))
    return list(dict.fromkeys(c.asset for version, part in parts for c in version.assets if c.within(part)))


def load_month(conn: Connection[Any], versions: Sequence[Contract], month: date, assets: Collection[str]) -> MonthShown:
    """The month as known now, measures of single assets for these only. `conn` must not be in a transaction."""
    with snapshot(conn) as known_at:
        newest = versions[-1]
        period = newest.month(month)
        window = Period(period.start, max(period.start, min(period.end, known_at.replace(microsecond=0))))
        book = load_book(conn, newest.id, known_at)
        heads = billing_store.list_invoices(conn, InvoiceFilter(month=month, contract=newest.id))
        head = heads[0] if heads else None
        stored: list[Content] = []
        positions: dict[tuple[int, str, str, str], int] = {}
        if head is not None:
            body = billing_store.load_body(conn, head)
            contents = load_contents(conn, body)
            stored = list(contents.values())
            positions = _positions(body, contents)
            chosen = [_only(version, assets) for version in versions]
            evaluator = Evaluator(chosen, SummarySource(conn, known_at), book, month, window.end)
        elif governing(versions, window):
            rated = rate_month(DatabaseKnowledge(conn, newest.id, known_at, known_at, until=window.end), month)
            body, evaluator = _preview(rated, newest.currency), rated.evaluator
        else:
            body = compose((), {}, newest.currency)
            evaluator = Evaluator(versions, SummarySource(conn, known_at), book, month, window.end)
        complete = head is None or set(covered_assets(versions, month)) <= set(assets)
        parts = [
            _part(evaluator, n, stored, assets, complete)
            for n, part in enumerate(evaluator.parts)
            if part.first == month
        ]
    contract = parts[-1].contract if parts else newest
    return MonthShown(contract, month, period, known_at, period.end > known_at, head, body, positions, parts, book)


def load_contents(conn: Connection[Any], body: InvoiceBody) -> dict[int, Content]:
    """The evaluations that an invoice's lines rest on, by id."""
    ids = sorted({line.evaluation for line in body.lines})
    found = list_evaluations(conn, ids)
    return {key: json.loads(found[key].content) for key in ids}


def _preview(rated: RatedMonth, currency: str) -> InvoiceBody:
    """What the month has come to so far; evaluations are numbered in the lines' order."""
    keys = dict.fromkeys(line.key for line in rated.lines)
    return compose(rated.lines, {key: n for n, key in enumerate(keys)}, currency)


def _positions(body: InvoiceBody, contents: Mapping[int, Content]) -> dict[tuple[int, str, str, str], int]:
    """The first line that rests on each measure's result."""
    found: dict[tuple[int, str, str, str], int] = {}
    for line in body.lines:
        content = contents[line.evaluation]
        where = content["contract_version"], content["window"]["from"]
        for one in content["measures"]:
            found.setdefault((*where, one["measure"], one["subject"]), line.position)
    return found


def _only(contract: Contract, assets: Collection[str]) -> Contract:
    return replace(contract, assets=tuple(covered for covered in contract.assets if covered.asset in assets))


def _part(
    evaluator: Evaluator, index: int, stored: Sequence[Content], assets: Collection[str], complete: bool
) -> PartShown:
    """A part from the stored contents of its window, and what they do not have from the evaluator; what all assets come
    to together only where that knows them all, that is where it is `complete`."""
    part = evaluator.parts[index]
    version, since = part.contract.version, iso(part.period.start)
    own = [c for c in stored if (c["contract_version"], c["window"]["from"]) == (version, since)]
    measures = {(one["measure"], one["subject"]): one for content in own for one in content["measures"]}
    judges = {(one["judge"], one["subject"]): one for content in own for one in content["judges"]}

    def subjects(name: str, known: Collection[tuple[str, str]]) -> list[str]:
        together = [ALL_ASSETS] if (name, ALL_ASSETS) in known or complete else []
        return [one for one in evaluator.subjects(index, name) if one in assets or one in together]

    return PartShown(
        part.contract,
        part.period,
        [
            measures.get((m.id, subject)) or measure_content(evaluator, index, m.id, subject)
            for m in part.contract.measures
            for subject in subjects(m.id, measures)
        ],
        [
            judges.get((j.id, subject)) or judge_content(evaluator, index, j.id, subject)
            for j in part.contract.judges
            for subject in subjects(j.id, judges)
        ],
        list(_list_usage(evaluator, index, assets)),
        [one for one in view_differences(evaluator, index) if one["asset"] in assets],
    )


def _list_usage(evaluator: Evaluator, index: int, assets: Collection[str]) -> Iterable[Usage]:
    """Use by day of the measures that add up by day, over one part of the month."""
    part = evaluator.parts[index]
    zone = part.contract.zone
    days = [Period.day(day, zone) for day in days_between(part.month.start, part.month.end, zone)]
    for term in part.contract.measures:
        if not isinstance(term, Counter | EventSum):
            continue
        scenes = {a: evaluator.scene(index, term.id, a) for a, _ in evaluator.served(index) if a in assets}
        streams = [stream for one in scenes.values() if one for stream in one.streams.get(term.metric, ())]
        around = _list_around(evaluator, streams, days)
        by_asset, now = {}, {}
        for asset, scene in scenes.items():
            measured = evaluator.measured(index, term.id, asset)
            if scene is not None and measured is not None:
                used = use_by_day(term, scene, days, around)
                by_asset[asset] = [None if one is None else Decimal(decimal_text(one)) for one in used]
                now[asset] = measured.amount
        yield Usage(term, by_asset, now)


def _list_around(
    evaluator: Evaluator, streams: Sequence[Stream], days: Sequence[Period]
) -> dict[tuple[str, datetime], tuple[Shown, Shown]]:
    """The readings on either side of each midnight that a run lies across, by device and instant."""
    catalogue = evaluator.source.catalogue(sorted({stream.device for stream in streams}))
    wanted: dict[datetime, dict[int, str]] = {}
    for stream in streams:
        series = catalogue[stream.device][stream.metric.name].id
        for at in midnight_cuts(stream, days):
            wanted.setdefault(at, {})[series] = stream.device
    found: dict[tuple[str, datetime], tuple[Shown, Shown]] = {}
    for at, devices in wanted.items():
        for series, pair in evaluator.source.around(sorted(devices), at).items():
            found[devices[series], at] = pair
    return found


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None

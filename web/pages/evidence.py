"""The evidence behind one invoice line, down to the readings.

Shell.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from psycopg import Connection

from billing.evaluation_store import StoredEvaluation, list_evaluations
from billing.invoice import InvoiceHead, InvoiceLine
from billing.store import load_body
from contracts import store as contract_store
from contracts.contract import Contract
from contracts.evaluate import ALL_ASSETS
from contracts.terms.base import Part, Wanted
from ingest.catalogue import Metric, MetricKind
from ingest.presence.listening_store import list_gaps
from ingest.reading import decimal_of
from ingest.registry.known_store import list_assignments, list_metrics, load_catalogue
from ingest.store import list_readings
from ingest.summaries.summary import summarise
from vouch.errors import NotFound
from vouch.period import DAY, Period, from_micros, utc_midnight
from web import pictures, results, store
from web.connection import connection
from web.pages.invoices import json_download
from web.results import Content
from web.routes import Page, page_asked

pages = Blueprint("evidence", __name__)

READINGS_PER_PAGE: Final = 200
# Beyond so many sources, only the days of the one that is asked for are listed.
SOURCES_OPEN_MAX: Final = 30
# Time is drawn day by day for so many assets; the month's pages show all of them.
TIMELINES_MAX: Final = 12


class NoLine(NotFound):
    """The invoice has no such line."""

    def __init__(self, invoice: str, position: int) -> None:
        super().__init__(f"{invoice} has no line {position}")


class NoSource(NotFound):
    """The line does not rest on that device, metric and day."""

    def __init__(self) -> None:
        super().__init__("this line does not rest on readings of that device, metric and day")


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One raw reading as a table shows it; `state` is the name of a state's code."""

    number: int
    measured_at: datetime
    value: Decimal
    state: str | None


@dataclass(frozen=True, slots=True)
class SourceDay:
    """The raw readings of one device, metric and UTC day, a page of them.

    `agrees` says whether all readings of the day, as known at the invoice's `known_at`, have the digest that the
    evidence names. `hidden` counts those made while the device served somebody else.
    """

    device: str
    metric: Metric
    day: date
    hidden: int
    digest: str
    agrees: bool
    rows: list[ReadingRow]
    page: Page


@pages.get("/invoices/<invoice>/lines/<int:position>")
def line_page(invoice: InvoiceHead, position: int) -> str:
    """What the line rests on."""
    conn = connection()
    line, lines, evaluation = _load_line(conn, invoice, position)
    content = json.loads(evaluation.content)
    contract = _load_version(conn, evaluation)
    term = contract.part(evaluation.price)
    sources = results.sources(content["measures"])
    assets = [one["asset"] for one in content["in_service"]]
    return render_template(
        "evidence.html",
        invoice=invoice,
        line=line,
        siblings=[other for other in lines if other.evaluation == line.evaluation],
        evaluation=evaluation,
        content=content,
        contract=contract,
        term=term,
        rests_on=_names(content),
        assets=store.list_assets(conn, assets),
        states=_state_names(conn, assets),
        reckoned_on=_reckoned_on(lines, term, evaluation),
        sources=sources,
        findings=[*content["findings"], *results.findings(content["measures"])],
        opened=(request.args.get("device"), request.args.get("metric")),
        all_open=len(sources) <= SOURCES_OPEN_MAX,
        source_day=_source_day(conn, invoice, sources),
        **_drawn(conn, content, contract, contract.month(_month_of(content, contract))),
    )


def _names(content: Content) -> list[str]:
    """The measures and judges that the evaluation rests on, each once."""
    names = [one["measure"] for one in content["measures"]] + [one["judge"] for one in content["judges"]]
    return list(dict.fromkeys(names))


def _month_of(content: Content, contract: Contract) -> date:
    """The local month in which the evaluation's window lies; a correction is about an earlier one."""
    return datetime.fromisoformat(content["window"]["from"]).astimezone(contract.zone).date().replace(day=1)


def _drawn(conn: Connection[Any], content: Content, contract: Contract, month: Period) -> dict[str, Any]:
    """The evaluation's results measure by measure, with what pictures of the month need; without any, its service."""
    service = content["window"] if content["subject"] == ALL_ASSETS else next(iter(content["in_service"]), None)
    served = [("in_service", _period_of(service))] if service else []
    assets = [one["asset"] for one in content["in_service"]][:TIMELINES_MAX]
    gaps = list_gaps(conn, month, datetime.now(UTC))
    sections = results.sections(contract, content["measures"], content["judges"], assets, {})
    apart = results.told_apart(sections, gaps)
    return {
        "sections": apart,
        "gaps": results.gaps_seen(apart, gaps),
        "judges": results.judged_spans(contract, content["judges"]),
        "streaks": results.streaks(contract, content["judges"]),
        "rows": lambda line: pictures.rows(line.spans, month, contract.zone),
        "ticks": pictures.ticks(month, contract.zone),
        "month": month,
        "service_band": pictures.band(served, month),
        "service_micros": sum(period.micros for _, period in served),
        "timelines_max": TIMELINES_MAX,
    }


def _period_of(content: Content) -> Period:
    return Period(datetime.fromisoformat(content["from"]), datetime.fromisoformat(content["until"]))


@pages.get("/invoices/<invoice>/lines/<int:position>/evidence.json")
def line_json(invoice: InvoiceHead, position: int) -> Response:
    """The stored evaluation, byte for byte: its SHA-256 is its digest."""
    _, _, evaluation = _load_line(connection(), invoice, position)
    return json_download(evaluation.content, f"{invoice.name}-line-{position}.json")


def _load_line(
    conn: Connection[Any], invoice: InvoiceHead, position: int
) -> tuple[InvoiceLine, Sequence[InvoiceLine], StoredEvaluation]:
    """The line, all lines of the invoice, and the line's evaluation. Raises NoLine."""
    lines = load_body(conn, invoice).lines
    line = next((line for line in lines if line.position == position), None)
    if line is None:
        raise NoLine(invoice.name, position)
    return line, lines, list_evaluations(conn, [line.evaluation])[line.evaluation]


def _load_version(conn: Connection[Any], evaluation: StoredEvaluation) -> Contract:
    versions = contract_store.load_versions(conn, evaluation.contract)
    return next(version for version in versions if version.version == evaluation.version)


def _state_names(conn: Connection[Any], assets: list[str]) -> dict[tuple[str, str], dict[int, str]]:
    """By asset and state metric: what each code that the evidence shows is called."""
    return {
        (asset, name): {code: state for state, code in metric.states.items()}
        for asset, metrics in list_metrics(conn, assets).items()
        for name, metric in metrics.items()
        if metric.kind is MetricKind.STATE
    }


def _reckoned_on(lines: Sequence[InvoiceLine], term: Part, evaluation: StoredEvaluation) -> list[InvoiceLine]:
    """The lines of the prices that this one names, such as the fee that a credit is a percentage of."""
    prices = {ref.id for ref in term.refs() if ref.wanted in (Wanted.PRICE, Wanted.REMEDY)}
    whose = None if evaluation.subject == ALL_ASSETS else evaluation.subject
    return [line for line in lines if line.price in prices and whose in (None, line.asset)]


def _source_day(
    conn: Connection[Any],
    invoice: InvoiceHead,
    known: Sequence[Content],
) -> SourceDay | None:
    """The day of a source that the address asks for, if it asks. Raises NoSource unless the line rests on it."""
    asked = {name: request.args.get(name, "") for name in ("device", "metric", "day")}
    if not any(asked.values()):
        return None
    sources = [s for s in known if (s["device"], s["metric"]) == (asked["device"], asked["metric"])]
    if sources and not asked["day"]:
        return None
    digests = {day: digest for source in sources for day, _, digest in source["days"]}
    if asked["day"] not in digests:
        raise NoSource
    series = load_catalogue(conn, [asked["device"]])[asked["device"]][asked["metric"]]
    day = date.fromisoformat(asked["day"])
    start = utc_midnight(day)
    readings = [r for _, r in list_readings(conn, [series.id], Period(start, start + DAY), invoice.known_at)]
    whole = readings[0] if readings else []
    served = _served(conn, invoice, {source["asset"] for source in sources}, asked["device"])
    own = [(at, value) for at, value in whole if any(p.start <= from_micros(at) <= p.end for p in served)]
    return _page_of(series.metric, asked["device"], day, whole, own, digests[asked["day"]])


def _page_of(
    metric: Metric,
    device: str,
    day: date,
    whole: list[tuple[int, float]],
    own: list[tuple[int, float]],
    digest: str,
) -> SourceDay:
    page = page_asked(len(own), READINGS_PER_PAGE)
    names = {code: name for name, code in metric.states.items()}
    rows = [
        ReadingRow(
            page.first + n,
            from_micros(at),
            decimal_of(value),
            names.get(int(value)) if metric.kind is MetricKind.STATE else None,
        )
        for n, (at, value) in enumerate(own[page.first : page.first + READINGS_PER_PAGE], start=1)
    ]
    silence = timedelta(seconds=metric.silence_seconds_max)
    agrees = bool(whole) and summarise(metric.kind, silence, whole).digest == digest
    return SourceDay(device, metric, day, len(whole) - len(own), digest, agrees, rows, page)


def _served(conn: Connection[Any], invoice: InvoiceHead, assets: set[str], device: str) -> list[Period]:
    """When the device served these assets: other readings of it are somebody else's."""
    end = invoice.period.end + DAY
    return [
        Period(a.serves_from, max(a.serves_from, end if a.serves_until is None else a.serves_until))
        for a in list_assignments(conn, sorted(assets), invoice.known_at)
        if a.device == device and a.serves_from < end
    ]

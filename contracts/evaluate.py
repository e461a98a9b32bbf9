"""Evaluation: what each term of a contract came to over one window, with its evidence.

Pure: the same contract and the same streams give the same bytes. One function a kind of term measures and judges;
amounts of money are billing's business.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.calendar import occurrences
from contracts.contract import Contract
from contracts.judge.planned_window import judge_planned
from contracts.judge.threshold import Judgment, judge_at_least
from contracts.measure.availability import Frame, TimeClasses, availability, classify, frame
from contracts.measure.counter import counter_use
from contracts.measure.fee_share import FeeShare, fee_share
from contracts.source import Need, Stream, Streams
from contracts.terms import FixedFee, Term, UptimeGuarantee, UsagePrice
from contracts.terms.fixed_fee import FeePer
from contracts.terms.usage_price import Scope
from contracts.timeline import Condition, timeline
from vouch.canonical import canonical_json, plain
from vouch.exact import exact
from vouch.period import Period, iso, union
from vouch.units import conversion

# Changes whenever the same input could give another result; evaluations name the one that made them.
ENGINE: Final = "1"
ALL_ASSETS: Final = "*"


@dataclass(frozen=True, slots=True)
class Usage:
    """Units used, in the price's unit, in all and by asset."""

    unit: str
    quantity: Decimal
    by_asset: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Uptime:
    """Time by class, availability (None where no time counts) and how the promise stands."""

    micros: dict[str, int]
    availability: Fraction | None
    judgment: Judgment


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a result rests on: streams, spans by class, exclusions used and refused, inferences made."""

    sources: list[dict[str, Any]]
    spans: list[tuple[str, Period]]
    exclusions: list[dict[str, Any]]
    findings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one term came to. `subject` is an asset, or `*` for all assets of the contract together."""

    contract: Contract
    term: Term
    subject: str
    window: Period
    result: FeeShare | Usage | Uptime
    evidence: Evidence

    def content(self) -> str:
        """The whole evaluation as canonical JSON: what is stored, digested and shown."""
        evidence = self.evidence
        return canonical_json(
            {
                "contract": self.contract.id,
                "contract_version": self.contract.version,
                "contract_digest": self.contract.digest,
                "engine": ENGINE,
                "term": self.term.id,
                "subject": self.subject,
                "window": [iso(self.window.start), iso(self.window.end)],
                "time_zone": self.contract.zone.key,
                "result": _result_content(self.result),
                "sources": evidence.sources,
                "spans": [[name, iso(span.start), iso(span.end)] for name, span in evidence.spans],
                "exclusions": evidence.exclusions,
                "findings": evidence.findings,
            }
        )


def needs(contract: Contract, window: Period) -> list[Need]:
    """Everything the contract's terms have to see over `window`."""
    found: list[Need] = []
    assets = [covered.asset for covered in contract.assets if covered.within(window)]
    for term in contract.terms:
        match term:
            case UsagePrice():
                found += [Need(asset, term.metric) for asset in assets]
            case UptimeGuarantee():
                found += [Need(asset, term.metric, term.carry) for asset in assets]
            case FixedFee():
                pass
    return found


def evaluate(contract: Contract, window: Period, streams: Streams) -> list[Evaluation]:
    """All evaluations of one contract version over `window`, a part of one calendar month, in the terms' order.

    `streams` holds, by asset and metric, what `needs` asks for.
    """
    found: list[Evaluation] = []
    with exact():
        for term in contract.terms:
            found += _EVALUATE[type(term)](contract, term, window, streams)
    return found


def _fixed_fee(contract: Contract, term: FixedFee, window: Period, streams: Streams) -> Iterable[Evaluation]:
    month = contract.month(window.start.astimezone(contract.zone).date())
    if term.per is FeePer.CONTRACT:
        subjects: list[tuple[str, Period]] = [(ALL_ASSETS, window)]
    else:
        subjects = list(_in_service(contract, window))
    for subject, served in subjects:
        evidence = Evidence([], [("in_service", served)], [], [])
        yield Evaluation(contract, term, subject, window, fee_share(served, month), evidence)


def _usage_price(contract: Contract, term: UsagePrice, window: Period, streams: Streams) -> Iterable[Evaluation]:
    parts: list[tuple[str, Decimal, Evidence]] = []
    for asset, _ in _in_service(contract, window):
        of_asset = streams.get((asset, term.metric), ())
        use = counter_use(of_asset)
        factor = conversion(of_asset[0].metric.unit or "", term.unit) if of_asset else Decimal(1)
        if not of_asset:
            text = "no device served the asset: no use is known"
            use.findings.append({"kind": "no_device", "asset": asset, "text": text})
        evidence = Evidence(
            [stream.evidence() for stream in of_asset],
            [("metered", stream.part) for stream in of_asset],
            [],
            use.findings,
        )
        parts.append((asset, use.quantity * factor, evidence))
    if term.scope is Scope.POOLED:
        if parts:
            yield _pooled(contract, term, window, parts)
        return
    for asset, quantity, evidence in parts:
        usage = Usage(term.unit, quantity, ((asset, quantity),))
        yield Evaluation(contract, term, asset, window, usage, evidence)


def _pooled(
    contract: Contract,
    term: UsagePrice,
    window: Period,
    parts: Sequence[tuple[str, Decimal, Evidence]],
) -> Evaluation:
    by_asset = tuple((asset, quantity) for asset, quantity, _ in parts)
    evidence = Evidence(
        [source for *_, e in parts for source in e.sources],
        [span for *_, e in parts for span in e.spans],
        [],
        [finding for *_, e in parts for finding in e.findings],
    )
    usage = Usage(term.unit, sum((q for _, q in by_asset), Decimal(0)), by_asset)
    return Evaluation(contract, term, ALL_ASSETS, window, usage, evidence)


def _uptime(contract: Contract, term: UptimeGuarantee, window: Period, streams: Streams) -> Iterable[Evaluation]:
    conditions = (
        dict.fromkeys(term.up, Condition.UP)
        | dict.fromkeys(term.down, Condition.DOWN)
        | dict.fromkeys(term.unknown, Condition.UNKNOWN)
    )
    # Assets in service alike share their frame: only the first one pays for it.
    frames: dict[Period, tuple[Frame, list[dict[str, Any]]]] = {}
    for asset, served in _in_service(contract, window):
        if served not in frames:
            frames[served] = _frame(term, served, contract.zone)
        divided, exclusions = frames[served]
        of_asset = streams.get((asset, term.metric), ())
        classes = classify(divided, timeline(of_asset, served, term.carry, conditions))
        measured = availability(classes, term.unknown_as)
        uptime = Uptime(classes.micros(), measured, judge_at_least(measured, term.target_percent))
        sources = [stream.evidence() for stream in of_asset]
        evidence = Evidence(sources, _spans(classes), exclusions, _uptime_findings(asset, of_asset))
        yield Evaluation(contract, term, asset, window, uptime, evidence)


def _frame(term: UptimeGuarantee, served: Period, zone: ZoneInfo) -> tuple[Frame, list[dict[str, Any]]]:
    """The term's service hours and planned windows over a span in service, and what became of each window."""
    service = occurrences(term.service_hours, served, zone)
    windows = occurrences(term.planned_windows, served, zone)
    judged = judge_planned(windows, service, term.planned_allowance)
    planned = union(exclusion.period for exclusion in judged if exclusion.refusal is None)
    exclusions = [
        {
            "kind": "planned",
            "from": iso(exclusion.period.start),
            "until": iso(exclusion.period.end),
            "refused": exclusion.refusal,
        }
        for exclusion in judged
    ]
    return frame(served, service, planned), exclusions


def _uptime_findings(asset: str, streams: Sequence[Stream]) -> list[dict[str, Any]]:
    if streams:
        return []
    return [{"kind": "no_device", "asset": asset, "text": "no device served the asset: all unknown"}]


def _in_service(contract: Contract, window: Period) -> Iterable[tuple[str, Period]]:
    for covered in contract.assets:
        served = covered.within(window)
        if served:
            yield covered.asset, served


def _spans(classes: TimeClasses) -> list[tuple[str, Period]]:
    spans = [(name, period) for name, periods in classes.named() for period in periods]
    return sorted(spans, key=lambda span: span[1].start)


def _result_content(result: FeeShare | Usage | Uptime) -> dict[str, Any]:
    match result:
        case FeeShare():
            return {
                "kind": "fee_share",
                "in_service_micros": result.in_service_micros,
                "month_micros": result.month_micros,
            }
        case Usage():
            return {
                "kind": "usage",
                "unit": result.unit,
                "quantity": plain(result.quantity),
                "by_asset": [[asset, plain(quantity)] for asset, quantity in result.by_asset],
            }
        case Uptime():
            share = result.availability
            return {
                "kind": "uptime",
                "micros": result.micros,
                "availability": None if share is None else [share.numerator, share.denominator],
                "verdict": result.judgment.verdict,
                "shortfall": [result.judgment.shortfall.numerator, result.judgment.shortfall.denominator],
            }


_EVALUATE: Final[Mapping[type, Callable[[Contract, Any, Period, Streams], Iterable[Evaluation]]]] = {
    FixedFee: _fixed_fee,
    UsagePrice: _usage_price,
    UptimeGuarantee: _uptime,
}

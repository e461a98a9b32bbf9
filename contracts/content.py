"""Content: results as plain data, the same for statements, stored evaluations and whoever recomputes them.

Pure. Numbers are exact: a fraction as [numerator, denominator], and a decimal cut after twelve places for people. The
forms here are those that the published JSON Schema of a statement is made of. Source: docs/statement.md.
"""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from contracts.evaluate import ALL_ASSETS, Evaluator
from contracts.scene import Incident, JudgedSpan, Measured
from contracts.terms import BaseMeasure, Streak, Threshold
from contracts.value import Value
from vouch.canonical import plain
from vouch.json_types import ByClass, ClassRow, Exact, Finding, Instant, Micros, Number, Span, Subject, VerdictRow
from vouch.money import round_half_up
from vouch.period import Period, iso

# A stream that was read: whose, which days with counts and digests (docs/statement.md#sources).
Source = dict[str, Any]


class IncidentSaid(TypedDict):
    """A stop. `micros` is its service time so far, `response_micros` that until somebody attended to it."""

    asset: str
    cause: str
    opened_at: Instant
    closed_at: Instant | None
    responded_at: Instant | None
    micros: Micros
    response_micros: Micros | None
    fact: str | None


class AssetMeasured(TypedDict):
    """What a measure made of one asset in this part: amount, base, streams read, spans by class, inferences."""

    asset: str
    amount: Exact
    base: Exact
    sources: list[Source]
    findings: list[Finding]
    micros: NotRequired[ByClass]
    spans: NotRequired[list[ClassRow]]
    void: NotRequired[Literal[True]]


class MeasureSaid(TypedDict):
    """A measure over its window. Without a value, `state` says why; `so_far` is what a window has come to.

    What was inferred is in `assets`, or in `findings` for a measure that is made of others.
    """

    measure: str
    kind: str
    subject: Subject
    state: Literal["defined", "undefined", "insufficient", "not_due"]
    window: Span
    unit: Annotated[str, Field(description="a UN/ECE code, or empty for a share of one")]
    value: Number | None
    numerator: Exact | None
    denominator: Exact | None
    so_far: NotRequired[Number | None]
    micros: NotRequired[ByClass]
    known_micros: NotRequired[Micros]
    total_micros: NotRequired[Micros]
    incidents: NotRequired[list[IncidentSaid]]
    assets: NotRequired[list[AssetMeasured]]
    findings: NotRequired[list[Finding]]


class SpanSaid(Span):
    """A span that a judge granted, or refused for the reason."""

    granted: bool
    reason: str
    cause: str
    fact: str | None


class JudgeSaid(TypedDict):
    """How a promise stands (`verdict`), whether a right has arisen (`arisen`), or the spans of a judge of spans."""

    judge: str
    kind: str
    subject: Subject
    verdict: NotRequired[Literal["met", "missed", "undefined", "insufficient", "not_due"]]
    target: NotRequired[Number | None]
    beyond: NotRequired[Number | None]
    right: NotRequired[str]
    arisen: NotRequired[bool]
    counted: NotRequired[list[VerdictRow]]
    spans: NotRequired[list[SpanSaid]]


def measure_content(evaluator: Evaluator, index: int, name: str, subject: str) -> MeasureSaid:
    """A measure's value over its window, and what it rests on in this part, asset by asset."""
    part = evaluator.parts[index]
    term = part.contract.part(name)
    value = evaluator.value(index, name, subject)
    content: MeasureSaid = {
        "measure": name,
        "kind": getattr(term, "kind", ""),
        "subject": subject,
        "state": value.state.value,
        "window": period_content(value.window),
        "unit": value.unit,
        "value": number_content(value.number),
        "numerator": _optional_fraction(value.numerator),
        "denominator": _optional_fraction(value.denominator),
    }
    _add_time(content, value)
    if isinstance(term, BaseMeasure):
        assets = evaluator.served_for(index, subject)
        found = [(asset, evaluator.measured(index, name, asset)) for asset, _ in assets]
        content["assets"] = [_asset_content(asset, one) for asset, one in found if one is not None]
    elif value.findings:
        content["findings"] = list(value.findings)
    return content


def judge_content(evaluator: Evaluator, index: int, name: str, subject: str) -> JudgeSaid:
    """How a promise stands, what right a streak gave, or the spans that a judge granted and refused."""
    term = evaluator.parts[index].contract.part(name)
    content: JudgeSaid = {"judge": name, "kind": getattr(term, "kind", ""), "subject": subject}
    if isinstance(term, Threshold):
        judgment = evaluator.judgment(index, name, subject)
        content["verdict"] = judgment.verdict.value
        content["target"] = number_content(judgment.target)
        content["beyond"] = number_content(judgment.beyond)
    elif isinstance(term, Streak):
        right = evaluator.right(index, name, subject)
        content["right"], content["arisen"] = term.right, right.arisen
        content["counted"] = [[month, verdict.value] for month, verdict in right.counted]
    else:
        content["spans"] = [_span_content(span) for span in evaluator.judged(index, name, subject)]
    return content


def _span_content(span: JudgedSpan) -> SpanSaid:
    return {
        **period_content(span.period),
        "granted": span.granted,
        "reason": span.reason,
        "cause": span.cause,
        "fact": span.fact,
    }


def _add_time(content: MeasureSaid, value: Value) -> None:
    """What a window has come to so far, its time by class with its coverage, and its incidents."""
    if value.so_far is not None:
        content["so_far"] = number_content(value.so_far)
    if value.micros:
        content["micros"] = dict(value.micros)
    if value.total:
        content["known_micros"], content["total_micros"] = value.known, value.total
    if value.incidents:
        content["incidents"] = [_incident_content(one) for one in value.incidents]


def number_content(number: Fraction | None) -> Number | None:
    """An exact number and its decimal, which says whether it is cut."""
    if number is None:
        return None
    decimal = decimal_text(number)
    return {"fraction": fraction_content(number), "decimal": decimal, "exact": Fraction(decimal) == number}


def fraction_content(number: Fraction) -> list[str]:
    """[numerator, denominator] as text."""
    return [str(number.numerator), str(number.denominator)]


def _optional_fraction(number: Fraction | None) -> list[str] | None:
    return None if number is None else fraction_content(number)


def decimal_text(number: Fraction) -> str:
    """The number as a decimal, exact where twelve places are enough, else cut towards zero."""
    if number.denominator == 1:
        return str(number.numerator)
    cut = Fraction(abs(number.numerator) * 10**12 // number.denominator, 10**12)
    return plain(round_half_up(cut if number >= 0 else -cut, 12))


def period_content(period: Period) -> Span:
    """From and until."""
    return {"from": iso(period.start), "until": iso(period.end)}


def _asset_content(asset: str, one: Measured) -> AssetMeasured:
    evidence = one.basis
    content: AssetMeasured = {
        "asset": asset,
        "amount": fraction_content(one.amount),
        "base": fraction_content(one.base),
        "sources": evidence.sources,
        "findings": evidence.findings,
    }
    if one.micros:
        content["micros"] = dict(one.micros)
    if evidence.spans:
        content["spans"] = [[name, iso(p.start), iso(p.end), list(losers)] for name, p, losers in evidence.spans]
    if one.void:
        content["void"] = True
    return content


def _incident_content(one: Incident) -> IncidentSaid:
    return {
        "asset": one.asset,
        "cause": one.cause,
        "opened_at": iso(one.opened_at),
        "closed_at": _optional(one.closed_at),
        "responded_at": _optional(one.responded_at),
        "micros": one.micros,
        "response_micros": one.response_micros,
        "fact": one.fact,
    }


def _optional(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def closure(evaluator: Evaluator, index: int, names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """These parts for these subjects, and all that they rest on, each once; what is used comes before who uses it."""
    found: dict[tuple[str, str], None] = {}
    for name, subject in names:
        _visit(evaluator, index, name, subject, found)
    return list(found)


def _visit(evaluator: Evaluator, index: int, name: str, subject: str, found: dict[tuple[str, str], None]) -> None:
    """Not within `closure`: a function that calls itself from a closure is a cycle, and would keep the evaluator."""
    if (name, subject) in found:
        return
    for ref in evaluator.parts[index].contract.part(name).refs():
        for of in _subjects_for(evaluator, index, ref.id, subject):
            _visit(evaluator, index, ref.id, of, found)
    found[name, subject] = None


def _subjects_for(evaluator: Evaluator, index: int, name: str, subject: str) -> list[str]:
    if subject != ALL_ASSETS and evaluator.parts[index].contract.scopes[name] == "asset":
        return [subject] if evaluator.served_for(index, subject) else evaluator.subjects(index, name)
    return evaluator.subjects(index, name)

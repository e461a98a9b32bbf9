"""Content: results as plain data, the same for statements, stored evaluations and whoever recomputes them.

Pure. Numbers are exact: a fraction as [numerator, denominator], and a decimal cut after twelve places for people.
"""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Any

from contracts.evaluate import ALL_ASSETS, Evaluator
from contracts.scene import Incident, Measured
from contracts.terms import BaseMeasure, Streak, Threshold
from contracts.value import Judgment, Value
from vouch.canonical import plain
from vouch.money import round_half_up
from vouch.period import Period, iso


def measure_content(evaluator: Evaluator, index: int, name: str, subject: str) -> dict[str, Any]:
    """A measure's value over its window, and what it rests on in this part, asset by asset."""
    part = evaluator.parts[index]
    term = part.contract.part(name)
    value = evaluator.value(index, name, subject)
    content = {"measure": name, "kind": getattr(term, "kind", ""), "subject": subject} | value_content(value)
    if isinstance(term, BaseMeasure):
        assets = evaluator.served_for(index, subject)
        found = [(asset, evaluator.measured(index, name, asset)) for asset, _ in assets]
        content["assets"] = [_asset_content(asset, one) for asset, one in found if one is not None]
    elif value.findings:
        content["findings"] = list(value.findings)
    return content


def judge_content(evaluator: Evaluator, index: int, name: str, subject: str) -> dict[str, Any]:
    """How a promise stands, what right a streak gave, or the spans that a judge granted and refused."""
    term = evaluator.parts[index].contract.part(name)
    content: dict[str, Any] = {"judge": name, "kind": getattr(term, "kind", ""), "subject": subject}
    if isinstance(term, Threshold):
        return content | _judgment_content(evaluator.judgment(index, name, subject))
    if isinstance(term, Streak):
        right = evaluator.right(index, name, subject)
        counted = [[month, verdict.value] for month, verdict in right.counted]
        return content | {"right": term.right, "arisen": right.arisen, "counted": counted}
    spans = evaluator.judged(index, name, subject)
    return content | {
        "spans": [
            {
                **period_content(span.period),
                "granted": span.granted,
                "reason": span.reason,
                "cause": span.cause,
                "fact": span.fact,
            }
            for span in spans
        ]
    }


def value_content(value: Value) -> dict[str, Any]:
    """A value with its window, time by class and coverage."""
    content: dict[str, Any] = {
        "state": value.state.value,
        "window": period_content(value.window),
        "unit": value.unit,
        "value": number_content(value.number),
        "numerator": fraction_content(value.numerator),
        "denominator": fraction_content(value.denominator),
    }
    if value.so_far is not None:
        content["so_far"] = number_content(value.so_far)
    if value.micros:
        content["micros"] = dict(value.micros)
    if value.total:
        content |= {"known_micros": value.known, "total_micros": value.total}
    if value.incidents:
        content["incidents"] = [_incident_content(one) for one in value.incidents]
    return content


def number_content(number: Fraction | None) -> dict[str, Any] | None:
    """An exact number and its decimal, which says whether it is cut."""
    if number is None:
        return None
    decimal = decimal_text(number)
    return {"fraction": fraction_content(number), "decimal": decimal, "exact": Fraction(decimal) == number}


def fraction_content(number: Fraction | None) -> list[str] | None:
    """[numerator, denominator] as text, or None."""
    return None if number is None else [str(number.numerator), str(number.denominator)]


def decimal_text(number: Fraction) -> str:
    """The number as a decimal, exact where twelve places are enough, else cut towards zero."""
    if number.denominator == 1:
        return str(number.numerator)
    cut = Fraction(abs(number.numerator) * 10**12 // number.denominator, 10**12)
    return plain(round_half_up(cut if number >= 0 else -cut, 12))


def period_content(period: Period) -> dict[str, str]:
    """From and until."""
    return {"from": iso(period.start), "until": iso(period.end)}


def _judgment_content(judgment: Judgment) -> dict[str, Any]:
    return {
        "verdict": judgment.verdict.value,
        "target": number_content(judgment.target),
        "beyond": number_content(judgment.beyond),
    }


def _asset_content(asset: str, one: Measured) -> dict[str, Any]:
    evidence = one.basis
    content: dict[str, Any] = {
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


def _incident_content(one: Incident) -> dict[str, Any]:
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

"""Evaluations: what a price came to for one subject in one part of a month, with all that it rests on.

Pure. The evidence of an invoice's lines: its content is canonical JSON, its digest is what a line names.
Source: docs/statement.md#evaluations.
"""

import json
from dataclasses import dataclass

from typing_extensions import TypedDict

from billing.rating import RatedPart, Touched
from contracts.content import JudgeSaid, MeasureSaid, closure, judge_content, measure_content, period_content
from contracts.contract import Contract
from contracts.engine import ENGINE
from contracts.evaluate import Evaluator
from contracts.terms import BaseMeasure, DerivedMeasure
from vouch.canonical import canonical_json
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `price` came to. `subject` is an asset, or `*` for all assets of the contract together."""

    contract: Contract
    price: str
    subject: str
    window: Period
    content: str


def evaluation(evaluator: Evaluator, rated: RatedPart, price: str, subject: str) -> Evaluation:
    """The price of one subject in one part of a month, to be kept."""
    part = evaluator.parts[rated.index]
    content = {
        "contract": part.contract.id,
        "contract_version": part.contract.version,
        "contract_digest": part.contract.digest,
        "engine": ENGINE,
        "price": price,
        "subject": subject,
        "window": period_content(part.period),
        "time_zone": part.contract.zone.key,
        "in_service": [
            {"asset": asset, **period_content(served)} for asset, served in evaluator.served_for(rated.index, subject)
        ],
        **_rests_on(evaluator, rated, price, subject),
        "findings": [f for f in rated.findings if f.get("price") == price and f.get("subject") == subject],
    }
    return Evaluation(part.contract, price, subject, part.period, canonical_json(content))


def like(stored: str, content: str) -> str:
    """An evaluation's content in the words of one that is stored: those from before form 2 called a price a term."""
    if "term" not in json.loads(stored):
        return content
    said = json.loads(content)
    said["term"] = said.pop("price")
    return canonical_json(said)


class _Results(TypedDict):
    measures: list[MeasureSaid]
    judges: list[JudgeSaid]


def _rests_on(evaluator: Evaluator, rated: RatedPart, price: str, subject: str) -> _Results:
    """The measures and judges that a price asked for about the subject, and all that those rest on."""
    index, contract = rated.index, evaluator.parts[rated.index].contract
    touched = rated.touched.get(price, Touched((), ()))
    found: _Results = {"measures": [], "judges": []}
    for name, of in closure(evaluator, index, touched.about(subject)):
        if isinstance(contract.part(name), BaseMeasure | DerivedMeasure):
            found["measures"].append(measure_content(evaluator, index, name, of))
        else:
            found["judges"].append(judge_content(evaluator, index, name, of))
    return found

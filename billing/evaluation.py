"""What a price came to for one subject, with all that it rests on.

Pure. Source: docs/statement.md#evaluations.
"""

from typing import Any

from billing.rating import RatedPart, Touched
from contracts.content import closure, judge_content, measure_content, period_content
from contracts.engine import ENGINE
from contracts.evaluate import Evaluator
from contracts.evaluation import Evaluation
from contracts.terms import BaseMeasure, DerivedMeasure
from vouch.canonical import canonical_json


def evaluation(evaluator: Evaluator, rated: RatedPart, term: str, subject: str) -> Evaluation:
    """The price `term` of one subject in one part of a month, to be kept."""
    part = evaluator.parts[rated.index]
    content = {
        "contract": part.contract.id,
        "contract_version": part.contract.version,
        "contract_digest": part.contract.digest,
        "engine": ENGINE,
        "term": term,
        "subject": subject,
        "window": period_content(part.period),
        "time_zone": part.contract.zone.key,
        "in_service": [
            {"asset": asset, **period_content(served)} for asset, served in evaluator.served_for(rated.index, subject)
        ],
        **_rests_on(evaluator, rated, term, subject),
        "findings": [f for f in rated.findings if f.get("price") == term and f.get("subject") == subject],
    }
    return Evaluation(part.contract, term, subject, part.period, canonical_json(content))


def _rests_on(evaluator: Evaluator, rated: RatedPart, term: str, subject: str) -> dict[str, list[dict[str, Any]]]:
    """The measures and judges that a price asked for about the subject, and all that those rest on."""
    index, contract = rated.index, evaluator.parts[rated.index].contract
    touched = rated.touched.get(term, Touched((), ()))
    found: dict[str, list[dict[str, Any]]] = {"measures": [], "judges": []}
    for name, of in closure(evaluator, index, touched.about(subject)):
        if isinstance(contract.part(name), BaseMeasure | DerivedMeasure):
            found["measures"].append(measure_content(evaluator, index, name, of))
        else:
            found["judges"].append(judge_content(evaluator, index, name, of))
    return found

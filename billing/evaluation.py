"""Evaluations as they are kept: what one price came to for one subject in one part of a month, with its evidence.

Pure. An evaluation's content is canonical JSON; its digest is what an invoice line names.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.rating import RatedPart
from billing.scene import Charge
from contracts.content import closure, judge_content, measure_content, period_content
from contracts.contract import Contract
from contracts.evaluate import ALL_ASSETS, ENGINE, Evaluator
from contracts.terms import BaseMeasure, DerivedMeasure
from vouch.canonical import canonical_json
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `term` came to. `subject` is an asset, or `*` for all assets of the contract together."""

    contract: Contract
    term: str
    subject: str
    window: Period
    content: str


def evaluations(evaluator: Evaluator, rated: RatedPart) -> Iterator[tuple[Evaluation, list[Charge]]]:
    """Each price and subject with charges in the part, in the order of the charges."""
    by_key: dict[tuple[str, str], list[Charge]] = {}
    for charge in rated.charges:
        by_key.setdefault((charge.term, charge.subject), []).append(charge)
    for (term, subject), charges in by_key.items():
        yield _evaluation(evaluator, rated, term, subject), charges


def _evaluation(evaluator: Evaluator, rated: RatedPart, term: str, subject: str) -> Evaluation:
    part = evaluator.parts[rated.index]
    content = canonical_json(
        {
            "contract": part.contract.id,
            "contract_version": part.contract.version,
            "contract_digest": part.contract.digest,
            "engine": ENGINE,
            "term": term,
            "subject": subject,
            "window": period_content(part.period),
            "time_zone": part.contract.zone.key,
            "in_service": [
                {"asset": asset, **period_content(served)}
                for asset, served in evaluator.served(rated.index)
                if subject in (ALL_ASSETS, asset)
            ],
            **rests_on(evaluator, rated, term, subject),
            "findings": [f for f in rated.findings if f.get("price") == term and f.get("subject") == subject],
        }
    )
    return Evaluation(part.contract, term, subject, part.period, content)


def rests_on(evaluator: Evaluator, rated: RatedPart, term: str, subject: str) -> dict[str, list[dict[str, object]]]:
    """The measures and judges that a price asked for about the subject, and all that those rest on."""
    index, contract = rated.index, evaluator.parts[rated.index].contract
    touched = rated.touched[term]
    asked = [
        (name, of) for name, of in (*touched.measures, *touched.judges) if ALL_ASSETS in (subject, of) or of == subject
    ]
    found: dict[str, list[dict[str, object]]] = {"measures": [], "judges": []}
    for name, of in closure(evaluator, index, asked):
        if isinstance(contract.part(name), BaseMeasure | DerivedMeasure):
            found["measures"].append(measure_content(evaluator, index, name, of))
        else:
            found["judges"].append(judge_content(evaluator, index, name, of))
    return found

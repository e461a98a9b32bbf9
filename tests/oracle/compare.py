"""Both results of one case: the engine's by its public path, and the oracle's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import yaml

from billing.month import rate_month
from contracts.contract import Contract, linked
from contracts.document import contract_of, parse_canonical
from contracts.evaluate import Evaluator
from contracts.evidence.document import Evidence, catalogue_of, parse_evidence
from contracts.evidence.readings import ReadingTable
from contracts.facts.entry import FactLog
from contracts.offline import FolderKnowledge, read_versions
from contracts.terms import Streak, Threshold
from tests.oracle.coverage import features
from tests.oracle.naive import Oracle
from tests.oracle.naive_bill import Bill
from tests.oracle.naive_correction import corrections
from tests.oracle.naive_prices import rounded
from vouch.period import from_micros, total_micros, union

Result = dict[str, dict[Any, Any]]


def instant(seconds: int) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def contract_texts(case: dict[str, Any]) -> list[str]:
    """The versions as contract files."""
    return [json.dumps(version, indent=1) for version in case["versions"]]


def evidence_of(case: dict[str, Any]) -> Evidence:
    """The case's evidence, taken in as a folder's is."""
    written = {
        "evidence": 1,
        "contract": case["versions"][0]["contract"],
        "metrics": case["metrics"],
        "assignments": [
            {"asset": asset, "device": device, "serves_from": instant(since)}
            | ({} if until is None else {"serves_until": instant(until)})
            for asset, device, since, until in case["assignments"]
        ],
    }
    _, document = parse_evidence(json.dumps(written), "evidence.json")
    catalogue = catalogue_of(document)
    table = ReadingTable(catalogue)
    rows = [
        f"{device},{metric},{instant(at)},{value},{instant(received)}"
        for device, metric, at, value, received in case["readings"]
    ]
    table.add(["device,metric,measured_at,value,received_at", *rows], "readings.csv")
    facts = tuple(FactLog.model_validate(case["facts"]).root)
    return Evidence(document, catalogue, table.finish(), (), facts)


def versions_of(case: dict[str, Any], evidence: Evidence) -> list[Contract]:
    """The contract's versions: from files for one case of twenty, else from documents that are parsed already."""
    if case["seed"] % 20 == 0:
        return read_versions([(text, f"v{n}.yaml") for n, text in enumerate(contract_texts(case), 1)], evidence)
    return linked(contract_of(parse_canonical(text)) for text in contract_texts(case))


def engine_result(case: dict[str, Any]) -> Result:
    """What the engine makes of it."""
    evidence = evidence_of(case)
    versions = versions_of(case, evidence)
    at = FolderKnowledge(versions, evidence, from_micros(case["known_at"] * 1_000_000))
    rated = rate_month(at, case["month"])
    found: Result = {"values": {}, "seconds": {}, "verdicts": {}, "granted": {}, "exact": {}, "lines": {}}
    own = [one.index for one in rated.parts]
    for n, index in enumerate(own):
        engine_part(rated.evaluator, index, n, found)
    for line in rated.lines:
        of = own.index(line.index) if line.correction_of is None else f"{line.correction_of:%Y-%m}"
        key = (of, line.charge.price, line.charge.subject)
        found["exact"][key] = found["exact"].get(key, Fraction(0)) + line.charge.money.amount
        found["lines"].setdefault(key, []).append(Fraction(line.amount))
    return tidied(found)


def engine_part(evaluator: Evaluator, index: int, n: int, found: Result) -> None:
    """Measures and judges of one part."""
    contract = evaluator.parts[index].contract
    for measure in contract.measures:
        for subject in evaluator.subjects(index, measure.id):
            value = evaluator.value(index, measure.id, subject)
            found["values"][n, measure.id, subject] = (value.state.value, value.number)
            found["seconds"][n, measure.id, subject] = {
                name: Fraction(micros, 1_000_000) for name, micros in value.micros.items() if micros
            }
    for judge in contract.judges:
        if isinstance(judge, Streak):
            continue
        for subject in evaluator.subjects(index, judge.id):
            if isinstance(judge, Threshold):
                found["verdicts"][n, judge.id, subject] = evaluator.judgment(index, judge.id, subject).verdict.value
            else:
                spans = union(one.period for one in evaluator.judged(index, judge.id, subject) if one.granted)
                found["granted"][n, judge.id, subject] = Fraction(total_micros(spans), 1_000_000)


def oracle_result(case: dict[str, Any]) -> Result:
    """What the oracle makes of it."""
    oracle = Oracle(case)
    bill = Bill(oracle)
    found: Result = {"values": {}, "seconds": {}, "verdicts": {}, "granted": {}, "exact": {}, "lines": {}}
    own = [i for i, part in enumerate(oracle.parts) if part.first == case["month"]]
    for n, index in enumerate(own):
        contract = oracle.parts[index].contract
        for measure in contract["measures"]:
            for subject in oracle.subjects(index, measure["id"]):
                number = oracle.value(index, measure["id"], subject)
                found["values"][n, measure["id"], subject] = (number.state, number.value)
                found["seconds"][n, measure["id"], subject] = dict(number.seconds)
        for judge in contract["judges"]:
            for subject in oracle.subjects(index, judge["id"]):
                if judge["kind"] == "threshold":
                    found["verdicts"][n, judge["id"], subject] = oracle.verdict(index, judge["id"], subject)[0]
                elif judge["kind"] != "streak":
                    spans = joined(oracle.granted(index, judge["id"], subject))
                    found["granted"][n, judge["id"], subject] = sum((Fraction(b - a) for a, b in spans), Fraction(0))
        for (name, subject), amounts in bill.lines[index].items():
            found["exact"][n, name, subject] = sum(amounts, Fraction(0))
            found["lines"][n, name, subject] = [rounded(amount, 2) for amount in amounts]
    for key, amount in corrections(case, oracle, bill).items():
        found["exact"][key] = amount
        found["lines"][key] = [amount]
    return tidied(found)


def joined(spans: list[Any]) -> list[Any]:
    """Spans in order that share no time."""
    found: list[Any] = []
    for start, end in sorted(spans):
        start = max(start, found[-1][1]) if found else start
        if start < end:
            found.append((start, end))
    return found


def tidied(found: Result) -> Result:
    """Without lines of nothing; what is left of each price's lines in order of amount."""
    found["exact"] = {key: amount for key, amount in found["exact"].items() if amount}
    lines = {key: sorted(one for one in amounts if one) for key, amounts in found["lines"].items()}
    found["lines"] = {key: amounts for key, amounts in lines.items() if amounts}
    return found


@dataclass(frozen=True)
class Compared:
    """A case's differences, a line each, and what the case had."""

    seed: int
    differences: list[str]
    features: set[str]


def compared(case: dict[str, Any]) -> Compared:
    """Both results held against each other, exactly."""
    engine, oracle = engine_result(case), oracle_result(case)
    found = []
    for what in engine:
        for key in sorted(engine[what].keys() | oracle[what].keys(), key=str):
            ours, theirs = oracle[what].get(key), engine[what].get(key)
            if ours != theirs:
                found.append(f"{what} {key}: engine {told(theirs)}, oracle {told(ours)}")
    return Compared(case["seed"], found, features(case, oracle))


def told(value: Any) -> str:
    """A value for people."""
    return str(value).replace("Fraction", "")


def printed(case: dict[str, Any], differences: Sequence[str]) -> str:
    """A case for people: its seed, contract, evidence and what the two say differently."""
    contract = yaml.safe_dump_all(json.loads(text) for text in contract_texts(case))
    readings = [
        f"  {device} {metric} {instant(at)} {value}" + (f", received {instant(late)}" if late != at else "")
        for device, metric, at, value, late in sorted(case["readings"])
    ]
    assigned = [
        f"  {asset} {device} from {instant(since)}" + (f" until {instant(until)}" if until else "")
        for asset, device, since, until in case["assignments"]
    ]
    facts = [f"  {json.dumps(entry)}" for entry in case["facts"]]
    return "\n".join(
        [
            f"seed {case['seed']}: {case['month']:%Y-%m}, known at {instant(case['known_at'])}",
            contract,
            "assignments",
            *assigned,
            "facts",
            *facts,
            "readings",
            *readings,
            f"differences of seed {case['seed']}",
            *(f"  {line}" for line in differences),
        ]
    )

"""Evaluation without a database: contract files and a folder of evidence.

Pure. Source: docs/evidence.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts.amendments.succession import check_succession
from contracts.contract import Contract, linked
from contracts.document import ContractDocument, contract_of, falls_faults, metric_faults, parse_contract
from contracts.evaluate import Evaluator
from contracts.evidence.document import Evidence, metrics_of
from contracts.evidence.source import EvidenceSource
from contracts.facts.book import book_at
from vouch.document import Document, Fault
from vouch.errors import Conflict, Invalid, NotFound
from vouch.expectation import near
from vouch.period import iso


def read_versions(files: Iterable[tuple[str, str]], evidence: Evidence) -> list[Contract]:
    """The versions that (text, file name) state, in order. Raises DocumentFaults where one does not fit the evidence,
    Conflict or Invalid where they are not versions of the contract that the evidence is of."""
    versions: dict[int, Contract] = {}
    for text, name in files:
        document, written = parse_contract(text, name)
        check_metrics(document, written, evidence)
        contract = contract_of(written)
        if contract.id != evidence.document.contract:
            raise Invalid(f"{name}: the evidence is of contract {evidence.document.contract!r}, not of {contract.id!r}")
        if contract.version in versions:
            raise Conflict(f"{name}: version {contract.version} of {contract.id!r} is given twice")
        versions[contract.version] = contract
    ordered = [versions[number] for number in sorted(versions)]
    for n, version in enumerate(ordered):
        check_succession(version, ordered[:n])
    return linked(ordered)


def check_evidence(document: Document, written: ContractDocument, evidence: Evidence) -> None:
    """Raise DocumentFaults where a version names assets that no device of the evidence ever served, or does not fit
    what is measured."""
    served = {one.asset for one in evidence.document.assignments}
    faults = [
        Fault(
            ("assets", i, "asset"),
            f"no device of the evidence serves {covered.asset!r}{near(covered.asset, served)}",
        )
        for i, covered in enumerate(written.assets)
        if covered.asset not in served
    ]
    if faults:
        raise document.faults(faults)
    check_metrics(document, written, evidence)
    falls = falls_faults(written, metrics_of(evidence, [covered.asset for covered in written.assets]))
    if falls:
        raise document.faults(falls)


def check_metrics(document: Document, written: ContractDocument, evidence: Evidence) -> None:
    """Raise DocumentFaults where a version does not fit what the evidence says is measured."""
    faults = metric_faults(written, metrics_of(evidence, [covered.asset for covered in written.assets]))
    if faults:
        raise document.faults(faults)


@dataclass(frozen=True, slots=True)
class FolderKnowledge:
    """What a folder of evidence knows of a contract; by default all of it."""

    versions: Sequence[Contract]
    evidence: Evidence
    known_at: datetime | None = None

    def evaluator(self, month: date, known_at: datetime | None = None) -> Evaluator:
        """The contract's months up to `month`, as known at `known_at` or as this is. Raises NotHeld."""
        source = EvidenceSource(self.evidence, known_at or self.known_at)
        known = [one for one in self.versions if self.evidence.knows_version(one.version, source.known_at)]
        if not known:
            raise NotFound(f"no version of contract {self.versions[0].id!r} was known before {iso(source.known_at)}")
        self.evidence.check_holds(known[-1].month(month))
        return Evaluator(known, source, book_at(self.evidence.facts, source.known_at), month)

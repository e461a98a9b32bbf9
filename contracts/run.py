"""Use cases of contracts: agree on one, evaluate a month.

Shell: fetches, calls the pure part, saves.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from contracts import store
from contracts.contract import Contract, governing
from contracts.document import ContractDocument, registry_faults
from contracts.evaluate import Evaluation, evaluate, needs
from contracts.streams import Source, load_streams
from ingest.registry import list_metrics
from ingest.summariser import summarise_stale
from vouch.document import Document
from vouch.knowledge import recording
from vouch.period import Period


def bring_up_to_date(conn: Connection[Any]) -> None:
    """Have the day summaries hold all readings by now, so that little is left to read raw."""
    summarise_stale(conn)


def check_contract(conn: Connection[Any], document: Document, written: ContractDocument) -> None:
    """Raise DocumentFaults where the contract does not fit the registry."""
    assets = [covered.asset for covered in written.assets]
    owners = store.list_owners(conn, assets)
    faults = registry_faults(written, list_metrics(conn, assets), owners)
    if faults:
        raise document.faults(faults)


def apply_contract(conn: Connection[Any], document: Document, written: ContractDocument) -> bool:
    """Agree on this version; False where exactly it was agreed before. Raises DocumentFaults or Conflict."""
    check_contract(conn, document, written)
    with recording(conn) as recorded_at:
        return store.add_version(conn, written, recorded_at)


def evaluate_month(
    source: Source,
    versions: Sequence[Contract],
    month: date,
    *,
    until: datetime | None = None,
) -> list[Evaluation]:
    """What a contract's month came to as the source knows it; with `until`, what it has come to by then.

    `versions` are the contract's, at least one. A month before or after the contract has no evaluations.
    """
    window = versions[-1].month(month)
    if until is not None:
        window = Period(window.start, max(window.start, min(window.end, until)))
    evaluations: list[Evaluation] = []
    for version, part in governing(versions, window):
        evaluations += evaluate(version, part, load_streams(source, version.assets, part, needs(version, part)))
    return evaluations


def load_current(conn: Connection[Any], contract: str) -> Contract:
    """The newest version of a contract. Raises NoContract."""
    return store.load_versions(conn, contract)[-1]

"""Use cases of contracts: agree on one, evaluate a month.

Shell. Shell: fetches, calls the pure part, saves.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from contracts import store
from contracts.contract import Contract
from contracts.document import ContractDocument, registry_faults
from contracts.evaluate import Evaluator
from contracts.facts import store as fact_store
from contracts.streams.database import RawSource, SummarySource
from ingest.registry.known_store import list_metrics
from ingest.summaries.summariser import summarise_stale
from vouch.document import Document
from vouch.knowledge import recording


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


@dataclass(frozen=True, slots=True)
class DatabaseKnowledge:
    """What the database knows of a contract inside the snapshot taken at `now`, as it was known at `known_at`.

    Stored summaries hold what is known now; anything earlier is read from raw readings, and so is everything where
    `from_raw` is asked for. With `until`, the last month is what it has come to by then.
    """

    conn: Connection[Any]
    contract: str
    now: datetime
    known_at: datetime
    from_raw: bool = False
    until: datetime | None = None

    def evaluator(self, month: date, known_at: datetime | None = None) -> Evaluator:
        """The contract's months up to `month`. Raises NoContract where no version was known."""
        at = known_at or self.known_at
        versions = store.load_versions(self.conn, self.contract, at)
        source = (RawSource if self.from_raw or at != self.now else SummarySource)(self.conn, at)
        return Evaluator(versions, source, fact_store.load_book(self.conn, self.contract, at), month, self.until)


def load_current(conn: Connection[Any], contract: str) -> Contract:
    """The newest version of a contract. Raises NoContract."""
    return store.load_versions(conn, contract)[-1]

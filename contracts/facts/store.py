"""Storage of the log of facts. Entries are only added, and only such as the log's laws allow. The caller commits.

Shell.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from contracts.facts.book import FactBook, LawBroken, book_at, broken_laws
from contracts.facts.entry import AnyEntry, AnyProposal, FactLog, Propose
from contracts.store import NoContract
from vouch.canonical import digest_of
from vouch.document import Document, Fault
from vouch.errors import Conflict, NotFound
from vouch.knowledge import recording
from vouch.period import iso


class EntriesRefused(Conflict):
    """Entries that the log does not allow, by their index; nothing was recorded."""

    def __init__(self, broken: Sequence[tuple[int, LawBroken]]) -> None:
        super().__init__("\n".join(str(law) for _, law in broken))
        self.broken = broken


class NoFact(NotFound):
    """No fact has that id."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"no fact {fact!r}; `vouch fact list` shows those there are")


class AlteredEntry(Conflict):
    """A stored entry no longer has the digest it was recorded under."""

    def __init__(self, contract: str, position: int) -> None:
        super().__init__(f"contract {contract!r}: entry {position} of its log of facts was altered")


class ClockWentBack(Conflict):
    """The database's clock shows less than when it recorded the last entry."""

    def __init__(self, contract: str, last: datetime) -> None:
        super().__init__(
            f"contract {contract!r}: the database's clock is behind {iso(last)}, when the last fact became known"
        )


# Whoever adds to a contract's log is alone with it, so that its order is that of the instants of record.
_ALONE: Final = "SELECT 1 FROM contracts.contract WHERE id = %s FOR NO KEY UPDATE"

_ADD: Final = """
    INSERT INTO contracts.fact_entry
           (contract, position, fact, recorded_at, by, says, kind, asset, content, digest)
    VALUES (%(contract)s, %(position)s, %(fact)s, %(recorded_at)s, %(by)s, %(says)s, %(kind)s, %(asset)s,
            %(content)s, %(digest)s)
"""

_LIST: Final = """
    SELECT position, content, digest
      FROM contracts.fact_entry
     WHERE contract = %(contract)s AND (%(at)s::timestamptz IS NULL OR recorded_at < %(at)s)
     ORDER BY position
"""

_COVERED: Final = "SELECT DISTINCT asset FROM contracts.covered_asset WHERE contract = %s"

_CONTRACTS: Final = """
    SELECT contract FROM contracts.fact_entry WHERE fact = %s AND says = 'propose' ORDER BY contract
"""


def add_entry(conn: Connection[Any], contract: str, entry: AnyEntry) -> bool:
    """As `add_entries`, for one."""
    return add_entries(conn, contract, [entry])[0]


def add_proposals(
    conn: Connection[Any], contract: str, document: Document, proposals: Sequence[AnyProposal]
) -> list[bool]:
    """As `add_entries`, for those of a file. Raises DocumentFaults with the line of each that is refused."""
    try:
        return add_entries(conn, contract, proposals)
    except EntriesRefused as error:
        raise document.faults(Fault((i, *law.path), str(law)) for i, law in error.broken) from error


def add_entries(conn: Connection[Any], contract: str, entries: Sequence[AnyEntry]) -> list[bool]:
    """Record entries that have no `recorded_at` yet, all or none; says which of them the log did not hold already.

    `conn` is not recording yet. Raises NoContract, EntriesRefused or ClockWentBack.
    """
    with conn.transaction():
        if conn.execute(_ALONE, (contract,)).fetchone() is None:
            raise NoContract(contract)
        with recording(conn) as recorded_at:
            log = list_entries(conn, contract)
            if log and _recorded_at(log[-1]) > recorded_at:
                raise ClockWentBack(contract, _recorded_at(log[-1]))
            new = _unheld(log, entries)
            fresh = {i: e.model_copy(update={"recorded_at": recorded_at}) for i, e in enumerate(entries) if new[i]}
            broken = _broken(conn, contract, log, fresh)
            if broken:
                raise EntriesRefused(broken)
            _insert(conn, contract, len(log), [*fresh.values()])
    return new


def _unheld(log: Iterable[AnyEntry], entries: Iterable[AnyEntry]) -> list[bool]:
    """Which of the entries neither the log holds nor those before them, whenever it was recorded."""
    held = {entry.model_copy(update={"recorded_at": None}) for entry in log}
    new = []
    for entry in entries:
        new.append(entry not in held)
        held.add(entry)
    return new


def _broken(
    conn: Connection[Any], contract: str, log: Sequence[AnyEntry], fresh: Mapping[int, AnyEntry]
) -> list[tuple[int, LawBroken]]:
    covered = {row[0] for row in conn.execute(_COVERED, (contract,)).fetchall()}
    broken = [
        (i, LawBroken(("asset",), f"asset {entry.asset!r} is none of contract {contract!r}"))
        for i, entry in fresh.items()
        if isinstance(entry, Propose) and entry.asset is not None and entry.asset not in covered
    ]
    places = [*fresh]
    broken += [(places[i - len(log)], law) for i, law in broken_laws([*log, *fresh.values()])]
    return sorted(broken, key=lambda one: one[0])


def _insert(conn: Connection[Any], contract: str, last: int, entries: Sequence[AnyEntry]) -> None:
    with conn.cursor() as cur:
        cur.executemany(_ADD, [_row(contract, n, entry) for n, entry in enumerate(entries, start=last + 1)])


def _row(contract: str, position: int, entry: AnyEntry) -> dict[str, Any]:
    content = entry.line()
    return {
        "contract": contract,
        "position": position,
        "fact": entry.fact,
        "recorded_at": entry.recorded_at,
        "by": entry.by,
        "says": entry.says,
        "kind": entry.kind if isinstance(entry, Propose) else None,
        "asset": entry.asset if isinstance(entry, Propose) else None,
        "content": content,
        "digest": digest_of(content),
    }


def _recorded_at(entry: AnyEntry) -> datetime:
    assert entry.recorded_at is not None, "a stored entry says when it was recorded"
    return entry.recorded_at


def list_entries(conn: Connection[Any], contract: str, known_at: datetime | None = None) -> list[AnyEntry]:
    """The log's entries recorded before `known_at` (default: all), in order. Raises AlteredEntry."""
    rows = conn.execute(_LIST, {"contract": contract, "at": known_at}).fetchall()
    for position, content, digest in rows:
        if digest_of(content) != digest:
            raise AlteredEntry(contract, position)
    return FactLog.model_validate_json(f"[{','.join(content for _, content, _ in rows)}]").root


def load_book(conn: Connection[Any], contract: str, known_at: datetime) -> FactBook:
    """The contract's facts as they were known strictly before `known_at`."""
    return book_at(list_entries(conn, contract, known_at), known_at)


def load_contract_of(conn: Connection[Any], fact: str) -> str:
    """The contract in whose log the fact is proposed. Raises NoFact, or Conflict where there are several."""
    found = [row[0] for row in conn.execute(_CONTRACTS, (fact,)).fetchall()]
    if not found:
        raise NoFact(fact)
    if len(found) > 1:
        raise Conflict(f"there is a fact {fact!r} in each of the contracts {', '.join(found)}: say which")
    return str(found[0])

"""Storage of contract versions, and of the parties to them. Versions are never changed. The caller commits.

Shell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection, errors

from contracts.amendments.succession import check_succession
from contracts.contract import Contract, Party
from contracts.document import ContractDocument, canonical_document, contract_of, contract_of_canonical
from vouch.canonical import digest_of
from vouch.errors import Conflict, NotFound


class NoContract(NotFound):
    """No contract has that id."""

    def __init__(self, contract: str) -> None:
        super().__init__(f"no contract {contract!r}; `vouch contract list` shows those there are")


class NoParty(NotFound):
    """No issuer or customer has that id."""

    def __init__(self, kind: str, party: str) -> None:
        super().__init__(f"no {kind} {party!r} in the registry")


class VersionIsAgreed(Conflict):
    """The version exists and says something else."""

    def __init__(self, contract: str, version: int) -> None:
        super().__init__(
            f"contract {contract!r} version {version} is agreed and never changes: amend it by version {version + 1}"
        )


def add_version(conn: Connection[Any], written: ContractDocument, recorded_at: datetime) -> bool:
    """Store an agreed version; returns False where exactly this one is stored already.

    Raises VersionIsAgreed, AmendmentRefused, or Conflict for parties the registry does not know.
    """
    contract = contract_of(written)
    stored = {version.version: version for version in list_versions(conn, contract.id)}
    same = stored.get(contract.version)
    if same is not None:
        if same.digest != contract.digest:
            raise VersionIsAgreed(contract.id, contract.version)
        return False
    check_succession(contract, [*stored.values()])
    try:
        _insert(conn, contract, canonical_document(written), recorded_at)
    except errors.ForeignKeyViolation as error:
        raise Conflict(f"contract {contract.id!r}: {error.diag.message_detail}") from error
    return True


def _insert(conn: Connection[Any], contract: Contract, document: str, recorded_at: datetime) -> None:
    conn.execute(
        """INSERT INTO contracts.contract (id, issuer, customer, currency, time_zone)
           VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (contract.id, contract.issuer, contract.customer, contract.currency, contract.zone.key),
    )
    conn.execute(
        """INSERT INTO contracts.version
                  (contract, version, effective_from, effective_until, document, digest, recorded_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (
            contract.id,
            contract.version,
            contract.effective_from,
            contract.effective_until,
            document,
            contract.digest,
            recorded_at,
        ),
    )
    with conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO contracts.covered_asset (contract, version, asset) VALUES (%s, %s, %s)",
            [(contract.id, contract.version, covered.asset) for covered in contract.assets],
        )


class AlteredDocument(Conflict):
    """A stored contract document no longer has the digest it was agreed under."""

    def __init__(self, contract: str, version: int) -> None:
        super().__init__(f"contract {contract!r} version {version}: the stored document was altered")


@dataclass(frozen=True, slots=True)
class RecordedVersion:
    """The canonical document of a version, and when it was recorded."""

    version: int
    document: str
    recorded_at: datetime


def list_recorded(conn: Connection[Any], contract: str, known_at: datetime | None = None) -> list[RecordedVersion]:
    """The documents of all versions recorded before `known_at` (default: all), in order. Raises AlteredDocument."""
    rows = conn.execute(
        """SELECT version, document, digest, recorded_at FROM contracts.version
            WHERE contract = %(contract)s AND (%(at)s::timestamptz IS NULL OR recorded_at < %(at)s)
            ORDER BY version""",
        {"contract": contract, "at": known_at},
    ).fetchall()
    for version, document, digest, _ in rows:
        if digest_of(document) != digest:
            raise AlteredDocument(contract, version)
    return [RecordedVersion(version, document, at.astimezone(UTC)) for version, document, _, at in rows]


def list_versions(conn: Connection[Any], contract: str, known_at: datetime | None = None) -> list[Contract]:
    """All versions recorded before `known_at` (default: all), in order. Raises AlteredDocument."""
    return [contract_of_canonical(recorded.document) for recorded in list_recorded(conn, contract, known_at)]


def load_versions(conn: Connection[Any], contract: str, known_at: datetime | None = None) -> list[Contract]:
    """As `list_versions`, at least one. Raises NoContract."""
    versions = list_versions(conn, contract, known_at)
    if not versions:
        raise NoContract(contract)
    return versions


def load_document(conn: Connection[Any], contract: str, version: int | None = None) -> str:
    """The canonical document of a version (default: the newest). Raises NoContract."""
    row = conn.execute(
        """SELECT document FROM contracts.version
            WHERE contract = %(contract)s AND (%(version)s::int IS NULL OR version = %(version)s)
            ORDER BY version DESC LIMIT 1""",
        {"contract": contract, "version": version},
    ).fetchone()
    if row is None:
        raise NoContract(contract if version is None else f"{contract} version {version}")
    return str(row[0])


def list_contracts(conn: Connection[Any]) -> list[str]:
    """The ids of all contracts, in order."""
    return [row[0] for row in conn.execute("SELECT id FROM contracts.contract ORDER BY id").fetchall()]


def list_owners(conn: Connection[Any], assets: Iterable[str]) -> dict[str, str]:
    """The customer of each asset that the registry knows."""
    rows = conn.execute("SELECT id, customer FROM ingest.asset WHERE id = ANY (%s)", (list(assets),))
    return dict(rows.fetchall())


# Parties, as the registry declares them


def load_issuer(conn: Connection[Any], issuer: str) -> Party:
    """The seller. Raises NotFound."""
    row = conn.execute(
        """SELECT id, legal_name, address, country, vat_id, email, iban, time_zone, payment_days
             FROM ingest.issuer WHERE id = %s""",
        (issuer,),
    ).fetchone()
    if row is None:
        raise NoParty("issuer", issuer)
    key, name, address, country, vat_id, email, iban, zone, days = row
    return Party(key, name, tuple(address), country, vat_id, email, iban, ZoneInfo(zone), days)


def load_customer(conn: Connection[Any], customer: str) -> Party:
    """The payer. Raises NotFound."""
    row = conn.execute(
        "SELECT id, legal_name, address, country, vat_id, email FROM ingest.customer WHERE id = %s",
        (customer,),
    ).fetchone()
    if row is None:
        raise NoParty("customer", customer)
    key, name, address, country, vat_id, email = row
    return Party(key, name, tuple(address), country, vat_id, email)

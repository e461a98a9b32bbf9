"""Storage of the few overviews that only the portal shows.

Shell.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as the list shows it, with the invoices of the newest month that has any."""

    id: str
    legal_name: str
    country: str
    contracts: int
    assets: int
    month: date | None
    drafts: int
    issued: int


_CUSTOMERS: Final = """
    SELECT c.id, c.legal_name, c.country,
           (SELECT count(*) FROM contracts.contract AS k WHERE k.customer = c.id) AS contracts,
           (SELECT count(*) FROM ingest.asset AS a WHERE a.customer = c.id) AS assets,
           newest.month,
           coalesce(newest.drafts, 0) AS drafts,
           coalesce(newest.issued, 0) AS issued
      FROM ingest.customer AS c
      LEFT JOIN LATERAL (
           SELECT i.month, count(*) FILTER (WHERE i.status = 'draft') AS drafts,
                  count(*) FILTER (WHERE i.status = 'issued') AS issued
             FROM billing.invoice AS i WHERE i.customer = c.id
            GROUP BY i.month ORDER BY i.month DESC LIMIT 1) AS newest ON true
     ORDER BY c.legal_name, c.id LIMIT %(limit)s
"""


def list_customers(conn: Connection[Any], limit: int = 1_000) -> list[CustomerRow]:
    """All customers by name."""
    with conn.cursor(row_factory=class_row(CustomerRow)) as cur:
        return cur.execute(_CUSTOMERS, {"limit": limit}).fetchall()


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract as its customer's page lists it, by its newest version."""

    id: str
    issuer_name: str
    currency: str
    time_zone: str
    version: int
    effective_from: datetime
    effective_until: datetime | None
    assets: int


_CONTRACTS: Final = """
    SELECT k.id, i.legal_name AS issuer_name, k.currency, k.time_zone, v.version,
           (SELECT min(effective_from) FROM contracts.version WHERE contract = k.id) AS effective_from,
           v.effective_until,
           (SELECT count(*) FROM contracts.covered_asset AS a
             WHERE (a.contract, a.version) = (v.contract, v.version)) AS assets
      FROM contracts.contract AS k
      JOIN ingest.issuer AS i ON i.id = k.issuer
     CROSS JOIN LATERAL (
           SELECT * FROM contracts.version WHERE contract = k.id ORDER BY version DESC LIMIT 1) AS v
     WHERE k.customer = %s ORDER BY k.id
"""


def list_contracts(conn: Connection[Any], customer: str) -> list[ContractRow]:
    """The customer's contracts."""
    with conn.cursor(row_factory=class_row(ContractRow)) as cur:
        return cur.execute(_CONTRACTS, (customer,)).fetchall()


@dataclass(frozen=True, slots=True)
class AssetRow:
    """What people call an asset."""

    id: str
    name: str
    product: str


def list_assets(conn: Connection[Any], assets: list[str]) -> dict[str, AssetRow]:
    """Names of these assets, by id."""
    with conn.cursor(row_factory=class_row(AssetRow)) as cur:
        rows = cur.execute(
            """SELECT a.id, a.name, p.name AS product
                 FROM ingest.asset AS a JOIN ingest.product_type AS p ON p.id = a.product_type
                WHERE a.id = ANY (%s)""",
            (assets,),
        ).fetchall()
    return {row.id: row for row in rows}


def list_issuers_of_number(conn: Connection[Any], number: str, customer: str | None) -> list[str]:
    """The issuers that gave an invoice this number; with `customer`, to that customer."""
    rows = conn.execute(
        """SELECT issuer FROM billing.invoice
            WHERE number = %(number)s AND (%(customer)s::text IS NULL OR customer = %(customer)s)
            ORDER BY issuer""",
        {"number": number, "customer": customer},
    ).fetchall()
    return [row[0] for row in rows]


def count_issuers(conn: Connection[Any]) -> int:
    """How many legal sellers there are; beyond one, an invoice number alone may name several invoices."""
    row = conn.execute("SELECT count(*) FROM ingest.issuer").fetchone()
    return int(row[0]) if row else 0


def list_recorded(conn: Connection[Any], contract: str) -> dict[int, datetime]:
    """When each version of a contract was recorded."""
    rows = conn.execute("SELECT version, recorded_at FROM contracts.version WHERE contract = %s", (contract,))
    return dict(rows.fetchall())


def is_answering(conn: Connection[Any]) -> bool:
    """Whether the database answers a question."""
    return conn.execute("SELECT 1").fetchone() is not None

"""Storage of accounts, and the few overviews that only the portal shows. The caller commits.

Shell.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.rows import class_row, kwargs_row

from vouch.errors import Conflict, Invalid, NotFound
from vouch.expectation import listed
from web.role import Role

# Accounts


class NoAccount(NotFound):
    """Nobody signs in with that address."""

    def __init__(self, email: str) -> None:
        super().__init__(f"no account {email!r}")


class AccountExists(Conflict):
    """The address already signs in."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email!r} has an account already")


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in; `customer` is set for a customer's people and for nobody else."""

    id: int
    email: str
    name: str
    role: Role
    customer: str | None
    password_hash: str


def account_of(*, role: str, **rest: Any) -> Account:
    """The account in a row."""
    return Account(role=Role(role), **rest)


_ACCOUNT: Final = "SELECT id, email, name, role, customer, password_hash FROM web.account WHERE "


def find_account(conn: Connection[Any], email: str) -> Account | None:
    """The account of an address, given in lower case."""
    with conn.cursor(row_factory=kwargs_row(account_of)) as cur:
        return cur.execute((_ACCOUNT + "email = %s").encode(), (email,)).fetchone()


def find_account_by_id(conn: Connection[Any], account: int) -> Account | None:
    """The account under its number."""
    with conn.cursor(row_factory=kwargs_row(account_of)) as cur:
        return cur.execute((_ACCOUNT + "id = %s").encode(), (account,)).fetchone()


def add_account(
    conn: Connection[Any], email: str, name: str, role: Role, customer: str | None, password_hash: str
) -> int:
    """A further account. Raises AccountExists, or Invalid where address, role and customer do not fit."""
    try:
        with conn.transaction():
            row = conn.execute(
                """INSERT INTO web.account (email, name, role, customer, password_hash)
                   VALUES (%s, %s, %s, %s, %s) RETURNING id""",
                (email, name, role, customer, password_hash),
            ).fetchone()
    except errors.UniqueViolation as error:
        raise AccountExists(email) from error
    except errors.ForeignKeyViolation as error:
        raise Invalid(f"no customer {customer!r} in the registry") from error
    except errors.CheckViolation as error:
        raise Invalid(
            f"an account has an e-mail address, one of the roles {listed(Role, 'and')}, "
            f"and a customer exactly where its role is {Role.CUSTOMER}"
        ) from error
    assert row is not None
    return int(row[0])


def mark_password(conn: Connection[Any], email: str, password_hash: str) -> None:
    """Replace a password's hash. Raises NoAccount."""
    done = conn.execute("UPDATE web.account SET password_hash = %s WHERE email = %s", (password_hash, email))
    if done.rowcount == 0:
        raise NoAccount(email)


# Overviews


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

"""Storage of accounts. The caller commits.

Shell.
"""

from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.rows import kwargs_row

from vouch.errors import Conflict, Invalid, NotFound
from vouch.expectation import listed
from web.accounts.role import Role


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

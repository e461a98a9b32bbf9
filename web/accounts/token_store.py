"""Storage of the API's tokens. The caller commits.

Shell.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.rows import class_row, kwargs_row

from vouch.errors import Conflict, Invalid, NotFound
from web.accounts.store import Account, account_of


class TokenExists(Conflict):
    """The account has a token of that name, which is not revoked."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a token {name!r} already: revoke it, or choose another name")


class NoToken(NotFound):
    """The account has no token of that name that could be revoked."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no token {name!r}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as people list it."""

    email: str
    name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    is_in_force: bool


def add_token(conn: Connection[Any], account: int, name: str, digest: bytes, lasting: timedelta) -> None:
    """Keep a token's digest. Raises TokenExists, or Invalid for its name."""
    try:
        with conn.transaction():
            conn.execute(
                """INSERT INTO web.api_token (account, name, digest, expires_at)
                   VALUES (%s, %s, %s, clock_timestamp() + %s)""",
                (account, name, digest, lasting),
            )
    except errors.UniqueViolation as error:
        raise TokenExists(name) from error
    except (errors.CheckViolation, errors.DataError) as error:
        raise Invalid(f"token name {name!r}: expected 1 to 100 characters on one line") from error


_TOKENS: Final = """
    SELECT a.email, t.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_at,
           t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AS is_in_force
      FROM web.api_token AS t JOIN web.account AS a ON a.id = t.account
     WHERE %(account)s::bigint IS NULL OR t.account = %(account)s
     ORDER BY a.email, t.created_at
"""


def list_tokens(conn: Connection[Any], account: int | None) -> list[Token]:
    """One account's tokens, or all."""
    with conn.cursor(row_factory=class_row(Token)) as cur:
        return cur.execute(_TOKENS, {"account": account}).fetchall()


def mark_revoked(conn: Connection[Any], account: int, name: str) -> None:
    """End a token. Raises NoToken."""
    done = conn.execute(
        """UPDATE web.api_token SET revoked_at = clock_timestamp()
            WHERE account = %s AND name = %s AND revoked_at IS NULL""",
        (account, name),
    )
    if done.rowcount == 0:
        raise NoToken(name)


# Noted once a minute: not each request is worth a write.
_FIND_AND_NOTE: Final = """
    WITH token AS (
         SELECT id, account FROM web.api_token
          WHERE digest = %(digest)s AND revoked_at IS NULL AND expires_at > clock_timestamp()),
    used AS (
         UPDATE web.api_token AS t SET last_used_at = clock_timestamp() FROM token
          WHERE t.id = token.id AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute'))
    SELECT a.id, a.email, a.name, a.role, a.customer, a.password_hash
      FROM token JOIN web.account AS a ON a.id = token.account
"""


def find_by_token(conn: Connection[Any], digest: bytes) -> Account | None:
    """The account of a token that is in force, and note that it was used."""
    with conn.cursor(row_factory=kwargs_row(account_of)) as cur:
        return cur.execute(_FIND_AND_NOTE, {"digest": digest}).fetchone()

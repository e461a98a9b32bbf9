"""Tokens: by which programs use the API in the name of an account.

Shell. A token is shown once, when it is made; the database keeps a digest. What its account may do is access.py's
business.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Final

from psycopg import Connection

from vouch.errors import Conflict, Invalid
from web.accounts import token_store
from web.accounts.store import Account, NoAccount, find_account
from web.accounts.token_store import Token

DAYS_MAX: Final = 3650
TOKENS_MAX: Final = 50
_PREFIX: Final = "vouch_"
_BYTES: Final = 32
_SCHEME: Final = "bearer "


class TooManyTokens(Conflict):
    """An account has as many tokens as it may have."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email!r} has {TOKENS_MAX} tokens that are in force: revoke one first")


def add_token(conn: Connection[Any], email: str, name: str, days: int) -> str:
    """A new token for an account, in force for so many days; returned once and kept nowhere in clear.

    Raises NoAccount, TooManyTokens, TokenExists, or Invalid for a name or a number of days that cannot be.
    """
    if not 1 <= days <= DAYS_MAX:
        raise Invalid(f"a token is in force for 1 to {DAYS_MAX} days, found {days}")
    account = _account(conn, email)
    if sum(token.is_in_force for token in token_store.list_tokens(conn, account.id)) >= TOKENS_MAX:
        raise TooManyTokens(account.email)
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    token_store.add_token(conn, account.id, name.strip(), _digest(token), timedelta(days=days))
    return token


def revoke_token(conn: Connection[Any], email: str, name: str) -> None:
    """End a token at once. Raises NoAccount, NoToken."""
    token_store.mark_revoked(conn, _account(conn, email).id, name)


def list_tokens(conn: Connection[Any]) -> list[Token]:
    """All tokens, without what they are, by account and age."""
    return token_store.list_tokens(conn, None)


def account_of(conn: Connection[Any], authorization: str | None) -> Account | None:
    """The account in whose name a request speaks, by its Authorization header; None where nobody's token is in it."""
    if authorization is None or authorization[: len(_SCHEME)].lower() != _SCHEME:
        return None
    token = authorization[len(_SCHEME) :].strip()
    return token_store.find_by_token(conn, _digest(token)) if token.startswith(_PREFIX) else None


def _account(conn: Connection[Any], email: str) -> Account:
    account = find_account(conn, email.strip().lower())
    if account is None:
        raise NoAccount(email)
    return account


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

"""Signing in and out.

Shell. Argon2 hashes; an unknown address costs the same time and says the same as a wrong password. A session ends after
twelve hours, and at once when its account is deleted or changed. What a person may see is access.py's business.
"""

import hashlib
import time
from typing import Any, Final
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, login_user, logout_user
from psycopg import Connection

from vouch.errors import Invalid
from web.accounts import store
from web.accounts.role import Role
from web.accounts.store import Account
from web.connection import connection

SESSION_SECONDS: Final = 12 * 3600
PASSWORD_LENGTH_MIN: Final = 10
PASSWORD_LENGTH_MAX: Final = 1_000
ATTEMPTS: Final = "10 per minute"

_hasher = PasswordHasher()
# Compared with where no account has the address, so that the answer takes as long.
_NOBODYS_HASH: Final = _hasher.hash("nobody signs in with this")


class Viewer:
    """The person behind a request, as Flask-Login asks for it."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, account: Account) -> None:
        self.account = account

    def get_id(self) -> str:
        """Number and fingerprint: another password, role or customer is another id, and ends the session."""
        account = self.account
        facts = "\n".join((account.email, account.role, account.customer or "", account.password_hash))
        return f"{account.id}.{hashlib.sha256(facts.encode()).hexdigest()}"


def add_account(conn: Connection[Any], email: str, name: str, role: Role, customer: str | None, password: str) -> int:
    """Let a person sign in; `customer` is given for the role customer only. Raises AccountExists or Invalid."""
    if not name.strip():
        raise Invalid("an account has a name")
    return store.add_account(conn, _address(email), name.strip(), role, customer, _hash(password))


def set_password(conn: Connection[Any], email: str, password: str) -> None:
    """Give an account another password; its sessions end. Raises NoAccount or Invalid."""
    store.mark_password(conn, _address(email), _hash(password))


def _address(email: str) -> str:
    return email.strip().lower()


def _hash(password: str) -> str:
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Invalid(f"a password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")
    return _hasher.hash(password)


def check_password(conn: Connection[Any], email: str, password: str) -> Account | None:
    """The account if the password is its own; renews the hash where our parameters have changed."""
    account = store.find_account(conn, _address(email))
    known = account.password_hash if account else _NOBODYS_HASH
    try:
        _hasher.verify(known, password[:PASSWORD_LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return None
    if account and _hasher.check_needs_rehash(known):
        set_password(conn, account.email, password)
        return store.find_account(conn, account.email)
    return account


def safe_next(target: str | None) -> str:
    """`target` if it is a path of this portal, else the start page."""
    start: str = url_for("customers.index")
    if not target or not target.startswith("/") or target.startswith("//"):
        return start
    parts = urlsplit(target)
    hostile = parts.scheme or parts.netloc or "\\" in target or not target.isprintable()
    return start if hostile else target


def sign_in() -> ResponseReturnValue:
    """The form, and what comes of it."""
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(safe_next(request.args.get("next")))
        return render_template("sign_in.html", email="", wrong=False)
    email, password = request.form.get("email", ""), request.form.get("password", "")
    account = check_password(connection(), email, password)
    if account is None:
        return render_template("sign_in.html", email=email, wrong=True), 401
    session.clear()
    session.permanent = True
    session["signed_in_at"] = int(time.time())
    login_user(Viewer(account))
    return redirect(safe_next(request.args.get("next")), 303)


def sign_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


def _load_viewer(key: str) -> Viewer | None:
    if int(time.time()) - int(session.get("signed_in_at", 0)) > SESSION_SECONDS:
        return None
    number, _, _ = key.partition(".")
    account = store.find_account_by_id(connection(), int(number)) if number.isdecimal() else None
    viewer = Viewer(account) if account else None
    return viewer if viewer and viewer.get_id() == key else None


def _typed_address() -> str:
    return f"account {_address(request.form.get('email', ''))}"


def add_sign_in(app: Flask) -> Limiter:
    """Sign-in, sign-out and the limits on guessing: per address of the network, and per account.

    Returns what limits, for others to use.
    """
    manager = LoginManager(app)
    manager.user_loader(_load_viewer)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    by_account = limiter.limit(ATTEMPTS, key_func=_typed_address, methods=["POST"])
    by_network = limiter.limit(ATTEMPTS, methods=["POST"])
    pages = Blueprint("auth", __name__)
    pages.add_url_rule("/sign-in", view_func=by_network(by_account(sign_in)), methods=["GET", "POST"])
    pages.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    app.register_blueprint(pages)
    return limiter

"""The portal's application: what every request passes through, and how errors are shown.

Shell. Pages are under pages/, a file a subject. Views catch nothing: the four kinds of our errors become 422, 404, 409,
503.
"""

import logging
from pathlib import Path
from typing import Any, Final

import psycopg
from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from vouch.errors import Conflict, Invalid, NotFound, Unavailable, VouchError
from vouch.settings import Settings
from web import access, formats, store
from web.accounts import auth
from web.api import calls as api
from web.connection import Pool, connection, use_pool
from web.metrics import add_metrics
from web.pages import contracts, customers, devices, evidence, ingest, invoices, months
from web.routes import MonthConverter, invoice_url
from web.words import parts as words

log = logging.getLogger(__name__)

_STATUS: Final[dict[type, int]] = {Invalid: 422, NotFound: 404, Conflict: 409, Unavailable: 503}
_TITLES: Final = {
    400: "This request cannot be accepted",
    401: "Who is asking?",
    403: "This is not allowed",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "This contradicts what is stored",
    413: "This is too long",
    415: "This is in a form that is not read here",
    422: "This cannot be right",
    429: "Too many attempts",
    500: "Something went wrong on our side",
    503: "Not available just now",
}

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class NoSecretKey(Unavailable):
    """Nothing to sign session cookies with."""

    def __init__(self) -> None:
        super().__init__(
            "the portal does not start without VOUCH_SECRET_KEY, which signs its session cookies: "
            "set it to at least 32 random characters and keep it"
        )


def create_app(settings: Settings, pool: Pool) -> Flask:
    """The portal over an open pool, which the caller closes. Raises NoSecretKey."""
    if not settings.secret_key:
        raise NoSecretKey
    app = Flask("web", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="vouch",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookies_secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=auth.SESSION_SECONDS,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=64 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.url_map.converters["month"] = MonthConverter
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= formats.FILTERS | words.FILTERS
    app.jinja_env.globals |= {"invoice_url": invoice_url, "style_version": _style_version()}
    use_pool(app, pool)
    csrf = CSRFProtect(app)
    limiter = auth.add_sign_in(app)
    app.before_request(access.guard)
    app.after_request(_add_headers)
    app.context_processor(_who)
    app.add_url_rule("/healthz", "healthz", healthz)
    add_metrics(app, settings)
    for module in (customers, contracts, months, invoices, evidence, devices, ingest):
        app.register_blueprint(module.pages)
    # Programs have no cookies that somebody else's page could use.
    csrf.exempt(api.calls)
    limiter.limit(api.CALLS_MAX)(api.calls)
    app.register_blueprint(api.calls)
    api.use_settings(app, settings)
    _handle_errors(app)
    access.check_routes(app)
    return app


def healthz() -> ResponseReturnValue:
    """200 while the database answers."""
    return jsonify(status="ok" if store.is_answering(connection()) else "unknown")


def _style_version() -> str:
    return str(int((Path(__file__).parent / "static" / "vouch.css").stat().st_mtime))


def _who() -> dict[str, Any]:
    return {"viewer": access.viewer() if current_user.is_authenticated else None}


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _handle_errors(app: Flask) -> None:
    app.register_error_handler(VouchError, _show_ours)
    app.register_error_handler(psycopg.OperationalError, _show_away)
    app.register_error_handler(psycopg.DataError, _show_unspeakable)
    app.register_error_handler(HTTPException, _show_http)
    app.register_error_handler(Exception, _show_unexpected)


def _show_ours(error: VouchError) -> ResponseReturnValue:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    return _show(status, str(error), error)


def _show_away(error: psycopg.OperationalError) -> ResponseReturnValue:
    log.warning("database does not answer", extra={"error": str(error)})
    return _show(503, "The database does not answer. Nothing is lost: try again in a moment.")


def _show_unspeakable(_: psycopg.DataError) -> ResponseReturnValue:
    return _show(422, "The address holds characters that no name has.")


def _show_http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    detail = "Wait a minute, then try again." if error.code == 429 else error.description or ""
    return _show(error.code, detail, error)


def _show_unexpected(error: Exception) -> ResponseReturnValue:
    log.error("request failed", exc_info=error, extra={"path": request.path})
    return _show(500, "It has been written to the log.")


def _show(status: int, detail: str, error: Exception | None = None) -> ResponseReturnValue:
    if request.endpoint == "healthz":
        return jsonify(status="unavailable"), status
    title = _TITLES.get(status, "This did not work")
    if api.is_call():
        return api.problem(status, title, detail, error)
    return render_template("error.html", status=status, title=title, detail=detail), status

"""Storage for the API: tokens, and devices as programs list them. The caller commits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.rows import class_row

from ingest.presence.store import NoDevice
from vouch.errors import Conflict, Invalid, NotFound
from web.store import Account

# Tokens


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
    with conn.cursor(row_factory=class_row(Account)) as cur:
        return cur.execute(_FIND_AND_NOTE, {"digest": digest}).fetchone()


# Devices


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device, and which asset it serves now, since when and for whom."""

    id: str
    product_type: str
    installed_at: datetime | None
    sparkplug: str | None
    asset: str | None
    serves_since: datetime | None
    customer: str | None


_DEVICES: Final = """
    SELECT d.id, d.product_type, d.installed_at, d.sparkplug, s.asset, lower(s.serves) AS serves_since, a.customer
      FROM ingest.device AS d
      LEFT JOIN ingest.assignment AS s ON s.device = d.id AND s.withdrawn_at IS NULL AND s.serves @> clock_timestamp()
      LEFT JOIN ingest.asset AS a ON a.id = s.asset
     WHERE (%(customer)s::text IS NULL OR a.customer = %(customer)s)
"""
_AFTER: Final = "AND d.id > %(after)s ORDER BY d.id LIMIT %(limit)s"
_BY_ID: Final = "AND d.id = %(device)s"


def list_devices(conn: Connection[Any], customer: str | None, after: str, limit: int) -> list[DeviceRow]:
    """Devices by id, those behind `after`; with `customer`, those that serve its assets now."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cur:
        given = {"customer": customer, "after": after, "limit": limit}
        return cur.execute((_DEVICES + _AFTER).encode(), given).fetchall()


def load_device(conn: Connection[Any], device: str, customer: str | None) -> DeviceRow:
    """One device; with `customer`, if it serves one of its assets now. Raises NoDevice."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cur:
        row = cur.execute((_DEVICES + _BY_ID).encode(), {"customer": customer, "device": device}).fetchone()
    if row is None:
        raise NoDevice(device)
    return row


@dataclass(frozen=True, slots=True)
class LastReading:
    """A metric of a device and what it showed last; `value` is a state's name where the metric is one."""

    metric: str
    kind: str
    unit: str | None
    measured_at: datetime | None
    received_at: datetime | None
    value: float | str | None


_LAST: Final = """
    SELECT s.metric, m.kind, m.unit, r.measured_at, r.received_at, r.value, m.states
      FROM ingest.series AS s
      JOIN ingest.metric AS m ON (m.product_type, m.name) = (s.product_type, s.metric)
      LEFT JOIN LATERAL (
           SELECT measured_at, received_at, value FROM ingest.reading
            WHERE series = s.id AND measured_at >= %(since)s ORDER BY measured_at DESC LIMIT 1) AS r ON true
     WHERE s.device = %(device)s ORDER BY s.metric
"""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def list_last_readings(conn: Connection[Any], device: str, since: datetime | None) -> list[LastReading]:
    """Every metric of a device with its newest reading measured at `since` or later, if there is one."""
    rows = conn.execute(_LAST, {"device": device, "since": since or _BEGINNING}).fetchall()
    return [
        LastReading(metric, kind, unit, measured_at, received_at, _shown(value, states))
        for metric, kind, unit, measured_at, received_at, value, states in rows
    ]


def _shown(value: float | None, states: dict[str, int] | None) -> float | str | None:
    if value is None or states is None:
        return value
    return next((name for name, code in states.items() if code == value), None)

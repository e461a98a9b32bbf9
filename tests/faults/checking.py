"""Checking: the database against the plan, by plain SQL and comparison; none of the product's own code looks at it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from psycopg import Connection

from tests.faults.plan import STATES, Plan, Value

_SHOWN_MAX: Final = 3

_READINGS: Final = """
    SELECT s.metric, r.measured_at, r.value FROM ingest.reading AS r JOIN ingest.series AS s ON s.id = r.series
     WHERE s.device = %(device)s
"""
_LEDGER: Final = """
    SELECT run::text, sum(received)::bigint, sum(stored)::bigint, sum(duplicate)::bigint, sum(rejected)::bigint
      FROM ingest.ledger GROUP BY run ORDER BY run
"""


def faults_in_readings(conn: Connection[Any], plan: Plan) -> Iterator[str]:
    """A line for each reading that is missing, there twice, has another value, or that nobody sent."""
    total = 0
    for device in plan.names:
        rows = conn.execute(_READINGS, {"device": device}).fetchall()
        total += len(rows)
        found = {(metric, at.astimezone(UTC)): _said(metric, value) for metric, at, value in rows}
        expected = plan.expected(device)
        if len(found) < len(rows):
            yield f"{device}: {len(rows) - len(found)} readings are there twice"
        yield from _listed(f"{device}: missing", [key for key in expected if key not in found])
        yield from _listed(f"{device}: nobody sent", [key for key in found if key not in expected])
        wrong = [(*key, found[key], value) for key, value in expected.items() if found.get(key, value) != value]
        yield from _listed(f"{device}: another value", wrong)
    rows_in_all = _count(conn, "SELECT count(*) FROM ingest.reading")
    if rows_in_all != total:
        yield f"{rows_in_all - total} readings of devices that are not in the plan"


def faults_in_rejections(conn: Connection[Any], plan: Plan) -> Iterator[str]:
    """A line where what had to be refused is not kept exactly once, or anything else is kept."""
    wanted = sum(plan.refused(device) for device in plan.names)
    kept = conn.execute("SELECT reason, count(*)::bigint FROM ingest.rejection GROUP BY reason").fetchall()
    if dict(kept) != {"unknown_metric": wanted}:
        yield f"rejections kept: {dict(kept)}; expected: {wanted} of an unknown metric"


def faults_in_ledger(conn: Connection[Any]) -> Iterator[str]:
    """A line for each process run that does not balance, and where the sums are not what the tables hold."""
    runs = conn.execute(_LEDGER).fetchall()
    for run, received, stored, duplicate, rejected in runs:
        if received != stored + duplicate + rejected:
            yield f"run {run}: received {received}, stored {stored}, duplicate {duplicate}, rejected {rejected}"
    stored, rows = sum(run[2] for run in runs), _count(conn, "SELECT count(*) FROM ingest.reading")
    if stored != rows:
        yield f"the ledger says {stored} stored and there are {rows} readings"


def count_runs(conn: Connection[Any]) -> int:
    """How many ingest processes have stored anything."""
    return _count(conn, "SELECT count(DISTINCT run) FROM ingest.ledger")


def count_received(conn: Connection[Any]) -> int:
    """Readings and refused places that were taken in, as often as they came."""
    return _count(conn, "SELECT coalesce(sum(received), 0)::bigint FROM ingest.ledger")


def _count(conn: Connection[Any], query: str) -> int:
    row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _said(metric: str, value: float) -> Value:
    if metric == "state":
        return next(state for state, code in STATES.items() if code == value)
    return Decimal(repr(value))


def _listed(what: str, found: list[Any]) -> Iterator[str]:
    if found:
        shown = "; ".join(" ".join(map(_text, one)) for one in found[:_SHOWN_MAX])
        yield f"{what}: {len(found)}, such as {shown}"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""What comes in, for staff: the balance, the processes and when they listened, the broker, and what was refused.

Shell.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection

from ingest.presence.listening_store import Process, list_gaps, list_listened, list_processes
from ingest.rejection_store import Refused, count_reasons, list_rows
from ingest.store import load_balance
from ingest.summaries.finding_store import list_findings
from ingest.watch.work_store import list_work
from ingest.writer import Writer, replay_message
from vouch.hex_dump import is_text, shown_bytes
from vouch.period import Period, subtract, union
from web import access, pictures
from web.connection import connection
from web.routes import page_asked

pages = Blueprint("ingest", __name__)

ZONE: Final = ZoneInfo("UTC")
LISTENED: Final = timedelta(days=14)
ROWS_PER_PAGE: Final = 100
FINDINGS_MAX: Final = 20
BYTES_SHOWN: Final = 16_384
# A process whose newest proof is older is not there, whatever it said of itself last.
_ABSENT: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ProcessShown:
    """A process and whether its newest proof is recent."""

    process: Process
    is_there: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """When one session, or all together (None), were listening."""

    client: str | None
    spans: list[pictures.Span]


@pages.get("/ingest")
def overview() -> str:
    """Everything at a glance."""
    conn = connection()
    now = datetime.now(UTC)
    window = Period((now - LISTENED).replace(hour=0, minute=0, second=0, microsecond=0), now.replace(microsecond=0))
    processes = list_processes(conn)
    return render_template(
        "ingest.html",
        balance=load_balance(conn),
        processes=[ProcessShown(one, now - one.proven_at < _ABSENT) for one in processes],
        broker=next((one for one in processes if one.broker_version), None),
        zone=ZONE,
        window=window,
        ticks=pictures.ticks(window, ZONE),
        heard=_heard(conn, window, now),
        gaps=list_gaps(conn, window, now),
        band=lambda line: pictures.band(line.spans, window),
        reasons=count_reasons(conn),
        work=list_work(conn),
        findings=list_findings(conn, limit=FINDINGS_MAX),
    )


def _heard(conn: Connection[object], window: Period, now: datetime) -> list[Heard]:
    """All together first, then each session by itself; nothing where there is no record."""
    listened = list_listened(conn, window)
    if not listened:
        return []
    gaps = list_gaps(conn, window, now)
    first = min(one.period.start for one in listened)
    known = Period(max(window.start, min([first, *(gap.start for gap in gaps)])), window.end)
    together = [("listening", part) for part in subtract([known], gaps)] + [("nobody", gap) for gap in gaps]
    found = [Heard(None, sorted(together, key=lambda span: span[1]))]
    for client in sorted({one.client for one in listened}):
        own = union(one.period for one in listened if one.client == client)
        found.append(Heard(client, [("listening", period) for period in own]))
    return found


@pages.get("/ingest/rejections")
def rejections() -> str:
    """What was refused and waits for its cause to be mended."""
    conn = connection()
    reasons = count_reasons(conn)
    reason = request.args.get("reason") or None
    known = {one.reason: one.messages for one in reasons}
    # Several reasons may be of one message: without a choice the count is of places, and the last pages may be short.
    page = page_asked(known.get(reason, 0) if reason else sum(known.values()), ROWS_PER_PAGE)
    return render_template(
        "rejections.html",
        reasons=reasons,
        reason=reason,
        rows=list_rows(conn, reason, page.first, ROWS_PER_PAGE),
        page=page,
        zone=ZONE,
    )


@pages.get("/ingest/rejections/<int:rejected>")
def rejection(rejected: Refused) -> str:
    """One refused message: its bytes, and where and why."""
    payload = rejected.message.payload
    return render_template(
        "rejection.html",
        refused=rejected,
        shown=shown_bytes(payload[:BYTES_SHOWN], is_cut=len(payload) > BYTES_SHOWN),
        is_text=is_text(payload),
        may_replay=access.may_do("ingest.replay"),
        bytes_shown=BYTES_SHOWN,
        zone=ZONE,
    )


@pages.post("/ingest/rejections/<int:rejected>/replay")
def replay(rejected: Refused) -> ResponseReturnValue:
    """Take the message in again. Twice does no harm."""
    stored, refused = replay_message(connection(), Writer(uuid.uuid4()), rejected.message)
    flash(f"{stored} readings stored, {refused} places refused again")
    return redirect(url_for("ingest.rejection", rejected=rejected.message.id), 303)

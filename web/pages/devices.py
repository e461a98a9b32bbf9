"""Devices: when each was there, what it said last, how its clock goes, and what was inferred about it.

Shell. A customer's people see the devices that serve their assets now, from the beginning of that service on.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection

from contracts.contract import parse_month
from ingest.clocks.store import find_estimate
from ingest.presence.intervals import Interval, Presence, intervals
from ingest.presence.store import list_last_said, load_record
from ingest.registry.device_store import DeviceRow, list_devices, list_last_readings, load_device
from ingest.summaries.finding_store import list_findings
from vouch.period import Period
from web import access, pictures, store
from web.connection import connection

pages = Blueprint("devices", __name__)

ZONE: Final = ZoneInfo("UTC")
DEVICES_PER_PAGE: Final = 100
INTERVALS_MAX: Final = 300
FINDINGS_MAX: Final = 50
# Presence as pictures name it: what nobody has heard of is not what a contract does not know.
_CLASSES: Final = {one: one.value for one in Presence} | {Presence.UNKNOWN: "unheard"}


@pages.get("/devices")
def device_list() -> ResponseReturnValue:
    """The viewer's devices by name, those behind `after`; a `name` leads to its page."""
    conn = connection()
    if name := request.args.get("name"):
        found = load_device(conn, name, access.visible_customer())
        return redirect(url_for("devices.device_page", device=found.id))
    after = request.args.get("after", "")
    rows = list_devices(conn, access.visible_customer(), after, DEVICES_PER_PAGE + 1)
    shown = rows[:DEVICES_PER_PAGE]
    return render_template(
        "devices.html",
        rows=shown,
        after=after,
        following=shown[-1].id if len(rows) > len(shown) else None,
        said=list_last_said(conn, [row.id for row in shown]),
        assets=store.list_assets(conn, [row.asset for row in shown if row.asset]),
        zone=ZONE,
    )


@pages.get("/devices/<device>")
def device_page(device: DeviceRow) -> str:
    """One device in one month: the running one, unless the address asks for another."""
    conn = connection()
    now = datetime.now(UTC).replace(microsecond=0)
    asked = request.args.get("month")
    month = parse_month(asked) if asked else now.date().replace(day=1)
    whole = Period.month(month.year, month.month, ZONE)
    seen_from = device.serves_since if access.visible_customer() else None
    found = _intervals(conn, device, whole, now, seen_from)
    spans = [(_CLASSES[one.presence], one.period) for one in found]
    return render_template(
        "device.html",
        device=device,
        asset=store.list_assets(conn, [device.asset] if device.asset else []).get(device.asset or ""),
        month=month,
        **_neighbours(month, now.date()),
        zone=ZONE,
        seen_from=seen_from,
        found=found,
        named=_CLASSES,
        classes=pictures.used_classes([spans]),
        micros=_totals(spans),
        rows=pictures.rows(spans, whole, ZONE),
        intervals_max=INTERVALS_MAX,
        latest=list_last_readings(conn, device.id, seen_from),
        clock=find_estimate(conn, device.id, now),
        findings=list_findings(conn, source=device.id, since=seen_from, limit=FINDINGS_MAX),
    )


def _intervals(
    conn: Connection[Any], device: DeviceRow, whole: Period, now: datetime, seen_from: datetime | None
) -> Sequence[Interval]:
    """Presence in the part of the month that has passed and that the viewer may see."""
    start = whole.start if seen_from is None else max(whole.start, seen_from.astimezone(UTC))
    end = min(whole.end, now)
    if start >= end:
        return []
    window = Period(start, end)
    return intervals(load_record(conn, device.id, window, now), window)


def _totals(spans: Sequence[pictures.Span]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, period in spans:
        found[name] = found.get(name, 0) + period.micros
    return {name: micros - micros % 1_000_000 for name, micros in found.items()}


def _neighbours(month: date, today: date) -> dict[str, date | None]:
    before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return {"previous": before, "following": after if after <= today else None}

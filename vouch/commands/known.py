"""What is known about devices, and what was inferred about their readings."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from ingest.reading import decimal_of
from vouch.canonical import plain
from vouch.commands.common import console, instant_of, open_database, print_table
from vouch.period import DAY, Period, iso

if TYPE_CHECKING:
    from ingest.clocks.skew import ClockEstimate


@click.command("list")
@click.option("--after", default="", metavar="DEVICE", help="Only those behind this id.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 1_000_000))
def device_list(after: str, limit: int) -> None:
    """Devices in order of their ids, and which asset each serves now."""
    from ingest.device_store import list_devices

    with open_database() as conn:
        found = list_devices(conn, None, after, limit)
    rows = [
        (one.id, one.product_type, one.asset, one.customer, one.sparkplug, _spelled(one.installed_at)) for one in found
    ]
    print_table("Devices", ["device", "product type", "serves", "customer", "Sparkplug", "installed"], rows)
    if len(found) == limit:
        console.print(f"There may be more: --after {found[-1].id}", soft_wrap=True)


@click.command("show")
@click.argument("device")
def device_show(device: str) -> None:
    """What is known of DEVICE: whom it serves, whether it is there, its clock, and what each metric showed last.

    Where its clock is surely ahead, the instant by ours stands beside its own. Bills rest on its own.
    """
    from ingest.clocks.store import find_estimate
    from ingest.device_store import list_last_readings, load_device
    from ingest.presence.intervals import intervals
    from ingest.presence.store import load_record

    now = datetime.now(UTC)
    window = Period(now - DAY, now)
    with open_database() as conn:
        row = load_device(conn, device, None)
        last = list_last_readings(conn, device, None)
        clock = find_estimate(conn, device, now)
        presence = intervals(load_record(conn, device, window, now), window)[-1]
    console.print(f"device        {row.id}, a {row.product_type}", soft_wrap=True)
    console.print(f"serves        {f'{row.asset} of {row.customer}' if row.asset else 'nothing now'}", soft_wrap=True)
    console.print(f"installed     {_spelled(row.installed_at) or 'not known'}")
    console.print(f"Sparkplug     {row.sparkplug or 'no address'}", soft_wrap=True)
    console.print(f"presence      {presence.presence.replace('_', ' ')}; {presence.begins.detail}", soft_wrap=True)
    console.print(f"clock         {_clock(clock)}")
    rows = []
    for one in last:
        at = one.measured_at
        corrected = clock.corrected_at(at) if at and clock and clock.ahead_at_least else at
        rows.append(
            (one.metric, _shown(one.value), one.unit, _spelled(at), _spelled(corrected), _spelled(one.received_at))
        )
    print_table("Metrics", ["metric", "last value>", "unit", "by its clock", "by ours", "received"], rows)


def _shown(value: float | str | None) -> str | None:
    return plain(decimal_of(value)) if isinstance(value, float) else value


def _spelled(instant: datetime | None) -> str | None:
    return iso(instant) if instant else None


def _clock(clock: "ClockEstimate | None") -> str:
    if clock is None:
        return "nothing is known: it sent nothing in the last 24 hours"
    ahead, behind = (timedelta(microseconds=one) for one in (clock.ahead_at_least, clock.behind_at_most))
    words = f"ahead of ours by at least {ahead}" if ahead else f"behind ours by at most {behind}"
    return f"{words}, by {clock.readings:,} readings of the last 24 hours"


@click.command()
@click.option("--device", "source", metavar="DEVICE", help="Only of this device, or Sparkplug edge node.")
@click.option("--since", metavar="INSTANT", help="Only from this instant on, such as 2026-10-01T00:00:00+02:00.")
@click.option("--kind", help="Only of this kind, such as reset.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="The newest so many.")
def findings(source: str | None, since: str | None, kind: str | None, limit: int) -> None:
    """What was inferred about readings: resets, rollovers, dips, spikes, clocks that stand still; newest first."""
    from ingest.finding_store import list_findings

    start = instant_of(since, "--since")
    with open_database() as conn:
        found = list_findings(conn, source=source, since=start, kind=kind, limit=limit)
    rows = [
        (
            iso(one.at),
            one.source,
            one.metric,
            one.kind,
            "\n".join(f"{plain(shown.value)} at {iso(shown.at)}" for shown in one.readings),
            one.detail,
        )
        for one in found
    ]
    print_table("Findings", ["at", "source", "metric", "kind", "readings", "what"], rows)
    if len(found) == limit:
        console.print(f"These are the newest {limit}; --limit shows more.")

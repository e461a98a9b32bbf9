"""Findings: what was inferred about readings and messages.

Shell.
"""

from typing import TYPE_CHECKING

import click

from vouch.canonical import plain
from vouch.commands.common import console, instant_of, open_database, print_table
from vouch.period import iso

if TYPE_CHECKING:
    pass


@click.command()
@click.option("--device", "source", metavar="DEVICE", help="Only of this device, or Sparkplug edge node.")
@click.option("--since", metavar="INSTANT", help="Only from this instant on, such as 2026-10-01T00:00:00+02:00.")
@click.option("--kind", help="Only of this kind, such as reset.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="The newest so many.")
def findings(source: str | None, since: str | None, kind: str | None, limit: int) -> None:
    """What was inferred about readings: resets, rollovers, dips, spikes, clocks that stand still; newest first."""
    from ingest.summaries.finding_store import list_findings

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

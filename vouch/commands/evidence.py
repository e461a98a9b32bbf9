"""Evidence: what whoever checks a contract's month needs, exported as a folder of files.

Shell.
"""

from datetime import datetime
from pathlib import Path

import click

from vouch.commands.common import console, open_database, progress_line


@click.group()
def evidence() -> None:
    """Evidence for customers, lenders and auditors, who need no database to check it."""


@evidence.command("export")
@click.option("--contract", required=True, help="The contract's id.")
@click.option("--period", required=True, help="The month, as 2026-03; what every earlier month rests on comes with it.")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="A new folder.")
@click.option("--as-of", help="As it was known at this instant, such as 2026-04-02T09:00:00Z. Default: now.")
def evidence_export(contract: str, period: str, folder: Path, as_of: str | None) -> None:
    """Write contract versions, devices, readings and facts into a new folder. The same again gives the same bytes."""
    from contracts.contract import parse_month
    from contracts.evidence.folder import export_evidence
    from vouch.errors import Invalid
    from vouch.knowledge import snapshot
    from vouch.period import iso, parse_instant

    month = parse_month(period)
    asked: datetime | None = parse_instant(as_of) if as_of else None
    with open_database() as conn, snapshot(conn) as now:
        if asked is not None and asked > now:
            raise Invalid(f"nobody knows yet what will be known at {iso(asked)}")
        known_at = asked or now
        done = export_evidence(conn, contract, month, folder, known_at, progress_line("devices"))
    console.print(f"{folder}: {done.readings} readings of {done.devices} devices, as known at {iso(known_at)}")

"""Summaries, brought up to date by hand.

Shell.
"""

import click

from vouch.commands.common import console, open_database


@click.command()
def summarise() -> None:
    """Bring the day summaries up to date now; the scheduler does this by itself."""
    from ingest.summaries.summariser import summarise_stale

    with open_database() as conn:
        done = summarise_stale(conn)
    console.print(f"{done} series-days summarised")

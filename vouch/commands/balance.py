"""The balance of what came in.

Shell.
"""

import click

from vouch.commands.common import open_database, print_table


@click.command()
def balance() -> None:
    """What all ingest processes took in: received = stored + duplicate + rejected."""
    from ingest.store import load_balance

    with open_database() as conn:
        found = load_balance(conn)
    rows = [(found.messages, found.received, found.stored, found.duplicate, found.rejected)]
    print_table("Ledger", ["messages>", "received>", "stored>", "duplicate>", "rejected>"], rows)

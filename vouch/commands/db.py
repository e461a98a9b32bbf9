"""The database schema.

Shell.
"""

import click

from vouch.commands.common import console
from vouch.settings import load_settings


@click.group()
def db() -> None:
    """The database schema."""


@db.command("migrate")
def db_migrate() -> None:
    """Bring the schema up to date. Safe to run twice and at once."""
    from vouch.database import migrate

    applied = migrate(load_settings().database_url)
    console.print(f"schema up to date, {applied} steps applied")

"""Services: each on its own, against the addresses that the settings give."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import click

from vouch.commands.common import console
from vouch.settings import Settings, load_settings


@click.group()
def db() -> None:
    """The database schema."""


@db.command("migrate")
def db_migrate() -> None:
    """Bring the schema up to date. Safe to run twice and at once."""
    from vouch.database import migrate

    applied = migrate(load_settings().database_url)
    console.print(f"schema up to date, {applied} steps applied")


@click.command()
def ingest() -> None:
    """Take in telemetry from the broker and store it, until told to stop."""
    from ingest.subscriber import run_ingest

    _serve(run_ingest)


@click.command()
def schedule() -> None:
    """Keep summaries up to date and close months, until told to stop."""
    from vouch.schedule import run_schedule

    _serve(run_schedule)


@click.command()
def web() -> None:
    """Serve the portal, until told to stop."""
    from web.app import serve

    from vouch.log import set_up_logging

    settings = load_settings()
    set_up_logging(settings.log_level)
    serve(settings)


def _serve(run: Callable[[Settings, threading.Event], Any]) -> None:
    from vouch.log import set_up_logging

    settings = load_settings()
    set_up_logging(settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(settings, stopping)

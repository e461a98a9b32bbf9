"""Services: each on its own, against the addresses that the settings give."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import click

from vouch.commands.common import console, print_table
from vouch.settings import Settings, load_settings


@click.command()
def up() -> None:
    """Start database, broker, ingest, scheduler and portal in this folder; Ctrl-C stops them all.

    Where VOUCH_DATABASE_URL or VOUCH_MQTT_URL is set, that one is used instead of an own.
    """
    from vouch.up import portal_address
    from vouch.up import up as run

    def ready(found: Settings) -> None:
        console.print(f"vouch is running. Portal: [bold]{portal_address(found)}[/]", soft_wrap=True)
        console.print("Add people with `vouch account add`. Ctrl-C stops everything.")

    run(load_settings(), say=say, on_ready=ready)


@click.command()
def down() -> None:
    """Stop what `vouch up` runs in this folder."""
    from vouch.up import down as stop

    console.print("stopped" if stop(load_settings()) else "nothing was running here")


@click.command()
def status() -> None:
    """What runs in this folder; exit code 1 where not everything does."""
    from vouch.up import status as look

    rows = look(load_settings())
    table = [(r.service, r.state, r.pid, r.address, r.since and f"{r.since:%Y-%m-%d %H:%M:%S} UTC") for r in rows]
    if rows:
        print_table("Services", ["service", "state", "process>", "address", "since"], table)
    else:
        console.print("nothing was started in this folder; `vouch up` starts everything")
    click.get_current_context().exit(0 if rows and all(row.state == "running" for row in rows) else 1)


def say(line: str) -> None:
    """A line about what is being done."""
    console.print(f"  {line}", markup=False, soft_wrap=True)


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
@click.option("--shared", is_flag=True, help="Share the devices' messages with other processes; needs --slot.")
@click.option(
    "--slot", type=click.IntRange(1, 1000), help="Which of the sharing processes this is, from 1 on; keep it."
)
@click.option(
    "--leave", is_flag=True, help="Give the slot up: store what the broker still holds for it, end its session."
)
def ingest(shared: bool, slot: int | None, leave: bool) -> None:
    """Take in telemetry from the broker and store it, until told to stop.

    One process takes everything. Several share it: `vouch ingest --shared --slot 1`, `--slot 2` and so on, each with
    a session of its own that the broker keeps while the process is away. Stop a process for good with --leave.
    """
    from ingest import run

    if (shared or leave) != (slot is not None):
        raise click.UsageError("--slot goes with --shared or --leave: one names the share, the other takes it")
    if leave:
        _serve(
            lambda settings, stopping: console.print(f"{run.leave(settings, stopping, slot or 1)} messages taken in")
        )
    else:
        _serve(lambda settings, stopping: run.run_ingest(settings, stopping, slot))


@click.command()
def schedule() -> None:
    """Keep summaries up to date and close months, until told to stop."""
    from vouch.schedule import run_schedule

    _serve(run_schedule)


@click.command()
def web() -> None:
    """Serve the portal, until told to stop."""
    from vouch.log import set_up_logging
    from web.app import serve

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

"""Services: each on its own, against the addresses that the settings give.

Shell.
"""

import signal
import threading
from collections.abc import Callable
from typing import Any

import click

from vouch.commands.common import console
from vouch.settings import Settings, load_settings


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
    from vouch.running.schedule import run_schedule

    _serve(run_schedule)


@click.command()
def web() -> None:
    """Serve the portal, until told to stop."""
    from vouch.log import set_up_logging
    from web.server import serve

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

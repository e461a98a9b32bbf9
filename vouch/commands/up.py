"""Everything on this machine: started, stopped, looked at.

Shell.
"""

import click

from vouch.commands.common import console, print_table, say
from vouch.settings import Settings, load_settings


@click.command()
def up() -> None:
    """Start database, broker, ingest, scheduler and portal in this folder; Ctrl-C stops them all.

    Where VOUCH_DATABASE_URL or VOUCH_MQTT_URL is set, that one is used instead of an own.
    """
    from vouch.running.up import portal_address
    from vouch.running.up import up as run

    def ready(found: Settings) -> None:
        console.print(f"vouch is running. Portal: [bold]{portal_address(found)}[/]", soft_wrap=True)
        console.print("Add people with `vouch account add`. Ctrl-C stops everything.")

    run(load_settings(), say=say, on_ready=ready)


@click.command()
def down() -> None:
    """Stop what `vouch up` runs in this folder."""
    from vouch.running.up import down as stop

    console.print("stopped" if stop(load_settings()) else "nothing was running here")


@click.command()
def status() -> None:
    """What runs in this folder; exit code 1 where not everything does."""
    from vouch.running.up import status as look

    rows = look(load_settings())
    table = [(r.service, r.state, r.pid, r.address, r.since and f"{r.since:%Y-%m-%d %H:%M:%S} UTC") for r in rows]
    if rows:
        print_table("Services", ["service", "state", "process>", "address", "since"], table)
    else:
        console.print("nothing was started in this folder; `vouch up` starts everything")
    click.get_current_context().exit(0 if rows and all(row.state == "running" for row in rows) else 1)

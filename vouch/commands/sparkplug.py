"""Sparkplug edge nodes: those that have a session, and commands to them.

Shell.
"""

import click

from vouch.commands.common import open_database, print_table
from vouch.settings import load_settings


@click.group()
def sparkplug() -> None:
    """Sparkplug edge nodes and the devices behind them."""


@sparkplug.command("list")
def sparkplug_list() -> None:
    """Who has said a birth that holds now."""
    from ingest.sparkplug.store import list_open

    with open_database() as conn:
        found = list_open(conn)
    rows = [(one.address, one.born_at.isoformat(timespec="seconds"), one.bdseq, one.device_id) for one in found]
    print_table("Sparkplug sessions", ["address", "born", "session>", "device"], rows)


@sparkplug.command("rebirth")
@click.argument("address")
def sparkplug_rebirth(address: str) -> None:
    """Have the edge node ADDRESS, as group/node, say everything again."""
    from ingest.sparkplug.commands import rebirth, send

    send(load_settings(), rebirth(address))
    click.echo(f"{address} is asked for a rebirth")


# A value may begin with a minus sign.
@sparkplug.command("command", context_settings={"ignore_unknown_options": True})
@click.argument("address")
@click.argument("metric")
@click.argument("value")
def sparkplug_command(address: str, metric: str, value: str) -> None:
    """Set METRIC of ADDRESS, as group/node or group/node/device, to VALUE."""
    from ingest.sparkplug.commands import command, send

    with open_database() as conn:
        given = command(conn, address, metric, value)
    send(load_settings(), given)
    click.echo(f"sent to {given.topic}")

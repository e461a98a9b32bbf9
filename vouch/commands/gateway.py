"""Gateways: accounts at the broker that speak for several devices.

Shell.
"""

from typing import TYPE_CHECKING

import click

from vouch.commands.common import console, open_database, print_table
from vouch.commands.credentials import check_known, show_broker
from vouch.settings import load_settings

if TYPE_CHECKING:
    from ingest.access.access_list import Speaks


@click.group()
def gateway() -> None:
    """Accounts that speak for several devices."""


@gateway.command("add")
@click.argument("name")
@click.option("--device", "devices", multiple=True, metavar="DEVICE", help="One it may speak for; may be repeated.")
@click.option(
    "--edge-node",
    "nodes",
    multiple=True,
    metavar="GROUP/NODE",
    help="A Sparkplug edge node it may speak as; repeatable.",
)
@click.option("--all", "every", is_flag=True, help="It may speak for any device, and as any Sparkplug edge node.")
def gateway_add(name: str, devices: tuple[str, ...], nodes: tuple[str, ...], every: bool) -> None:
    """An account NAME that may publish for these devices, shown this once. Given again, it is replaced."""
    from ingest.access.access_list import FOR_ANY, Speaks
    from ingest.access.credentials import add_gateway
    from ingest.registry.known_store import load_catalogue
    from vouch.errors import Conflict

    if every == bool(devices or nodes):
        raise click.UsageError("give either --device or --edge-node, once or several times, or --all")
    settings = load_settings()
    check_known(settings, devices)
    with open_database(settings) as conn:
        if name in load_catalogue(conn, [name]):
            raise Conflict(f"{name!r} is a device: give the gateway a name of its own")
    speaks = FOR_ANY if every else Speaks(devices, nodes)
    password = add_gateway(settings, name, speaks)
    console.print(f"user name  {name}\npassword   {password}", soft_wrap=True)
    show_broker(settings)
    console.print(f"It may publish for {_for_whom(speaks)}. The password is not stored.")


@gateway.command("remove")
@click.argument("name")
def gateway_remove(name: str) -> None:
    """Take the account NAME away; the broker lets it in no more."""
    from ingest.access.credentials import remove_gateway

    remove_gateway(load_settings(), name)
    console.print(f"{name} has no credentials any more")


@gateway.command("list")
def gateway_list() -> None:
    """Gateways, and for whom they may publish."""
    from ingest.access.credentials import list_gateways

    found = list_gateways(load_settings())
    print_table("Gateways", ["name", "for"], [(name, _for_whom(speaks)) for name, speaks in found.items()])


def _for_whom(speaks: "Speaks") -> str:
    if "+" in speaks.devices:
        return "any device"
    named = [*speaks.devices, *speaks.edge_nodes]
    shown = ", ".join(named[:5])
    return f"{shown} and {len(named) - 5:,} more" if len(named) > 5 else shown or "nobody"

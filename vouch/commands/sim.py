"""Simulated devices.

Shell.
"""

from pathlib import Path

import click

from vouch.commands.common import console, progress_line
from vouch.commands.fleets import RECEIPTS, declare, last_month
from vouch.settings import load_settings


@click.command()
@click.argument("fleet", type=click.Choice(["printers", "tyres", "uptime"]))
@click.option("--months", default=last_month, show_default="the last full month", help="2026-10 or 2026-09..2026-10.")
@click.option("--seed", default="demo", show_default=True, help="The same seed gives the same fleet.")
@click.option("--size", type=click.IntRange(1, 10_000), help="Assets; default: the fleet's usual size.")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write what really happened here.")
@click.option("--rate", default=0.0, help="Messages a second; 0 is as fast as the broker takes it.")
@click.option("--speed", default=0.0, help="Simulated seconds a second; 1 is real time, 0 does not wait.")
@click.option(
    "--declare", "declare_first", is_flag=True, help="First declare the fleet's registry and agree on its contracts."
)
@RECEIPTS
def sim(
    fleet: str,
    months: str,
    seed: str,
    size: int | None,
    truth: Path | None,
    rate: float,
    speed: float,
    declare_first: bool,
    receipts: bool,
) -> None:
    """Publish what a simulated FLEET says, faults included: printers, tyres or uptime."""
    from device_sim import publisher
    from device_sim.fleet import fleet as build_fleet
    from device_sim.fleet import parse_months
    from vouch.mqtt import tls_files

    settings = load_settings()
    if declare_first:
        built = build_fleet(fleet, seed, size, parse_months(months))
        declare(settings, fleet, built.registry, built.contracts)
    delivery = publisher.simulate(
        settings.simulator_mqtt_url or settings.mqtt_url,
        fleet,
        seed,
        size,
        months,
        truth,
        rate,
        progress_line(fleet),
        speed,
        tls_files(settings),
        receipts,
    )
    console.print(f"{fleet}: {delivery}", soft_wrap=True)

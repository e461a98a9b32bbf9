"""Simulated and recorded devices, and the demonstration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from vouch.commands.common import console, instant_of, progress_line
from vouch.settings import load_settings

_RECEIPTS = click.option(
    "--receipts/--no-receipts", default=True, help="Keep each message until its receipt, or only until its PUBACK."
)


def _last_month() -> str:
    first = datetime.now(UTC).date().replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


@click.command()
@click.argument("fleet", type=click.Choice(["printers", "tyres", "uptime"]))
@click.option("--months", default=_last_month, show_default="the last full month", help="2026-10 or 2026-09..2026-10.")
@click.option("--seed", default="demo", show_default=True, help="The same seed gives the same fleet.")
@click.option("--size", type=click.IntRange(1, 10_000), help="Assets; default: the fleet's usual size.")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write what really happened here.")
@click.option("--rate", default=0.0, help="Messages a second; 0 is as fast as the broker takes it.")
@click.option("--speed", default=0.0, help="Simulated seconds a second; 1 is real time, 0 does not wait.")
@click.option(
    "--declare", "declare_first", is_flag=True, help="First declare the fleet's registry and agree on its contracts."
)
@_RECEIPTS
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
    from vouch.demo import declare
    from vouch.mqtt import tls_files

    settings = load_settings()
    if declare_first:
        built = build_fleet(fleet, seed, size, parse_months(months))
        declare(settings, fleet, built.registry, built.contracts)
    account = publisher.simulate(
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
    console.print(f"{fleet}: {account}", soft_wrap=True)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--from", "start", help="First instant, such as 2019-05-01T00:00:00+02:00.")
@click.option("--until", "end", help="Last instant.")
@click.option("--rate", default=0.0, help="Messages a second; 0 is as fast as the broker takes it.")
@click.option("--speed", default=0.0, help="Recorded seconds a second; 0 does not wait.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many messages.")
@click.option(
    "--declare", "declare_first", is_flag=True, help="First declare the set's registry and agree on its contracts."
)
@click.option(
    "--evidence", "to", type=click.Path(file_okay=False, path_type=Path), help="Write a folder of evidence instead."
)
@_RECEIPTS
@click.option("--contract", help="Which of the set's contracts the evidence is of, where it has several.")
def replay(
    folder: Path,
    start: str | None,
    end: str | None,
    rate: float,
    speed: float,
    limit: int | None,
    declare_first: bool,
    receipts: bool,
    to: Path | None,
    contract: str | None,
) -> None:
    """Publish the recorded telemetry in FOLDER as its devices would have.

    With --evidence nothing is published: `vouch evaluate` reads what is written, with neither broker nor database.
    """
    from device_sim import replay as recorded
    from device_sim.recorded_evidence import write_evidence
    from vouch.demo import declare
    from vouch.mqtt import tls_files

    if to is not None:
        count = write_evidence(folder, to, contract, instant_of(start, "--from"), instant_of(end, "--until"))
        console.print(f"{to}: {count:,} readings of {folder.name}, and its contract", soft_wrap=True)
        return
    settings = load_settings()
    if declare_first:
        declare(settings, str(folder), recorded.recorded_registry(folder), recorded.recorded_contracts(folder))
    account = recorded.replay(
        settings.simulator_mqtt_url or settings.mqtt_url,
        folder,
        rate,
        limit,
        instant_of(start, "--from"),
        instant_of(end, "--until"),
        progress_line(folder.name),
        speed,
        files=tls_files(settings),
        receipts=receipts,
    )
    console.print(f"{folder.name}: {account}", soft_wrap=True)


@click.command()
@click.option("--exit", "leave", is_flag=True, help="Stop everything at the end instead of serving the portal.")
@click.option("--month", default=_last_month, show_default="the last full month", help="As 2026-10.")
def demo(leave: bool, month: str) -> None:
    """Start everything, bill a month of three simulated fleets, verify every line, serve the portal."""
    from contracts.contract import parse_month
    from vouch.demo import run_demo

    run_demo(load_settings(), parse_month(month), leave=leave)

"""Recorded devices.

Shell.
"""

from pathlib import Path

import click

from vouch.commands.common import console, instant_of, progress_line
from vouch.commands.fleets import RECEIPTS, declare
from vouch.settings import load_settings


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
@RECEIPTS
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
    from vouch.mqtt import tls_files

    if to is not None:
        count = write_evidence(folder, to, contract, instant_of(start, "--from"), instant_of(end, "--until"))
        console.print(f"{to}: {count:,} readings of {folder.name}, and its contract", soft_wrap=True)
        return
    settings = load_settings()
    if declare_first:
        declare(settings, str(folder), recorded.recorded_registry(folder), recorded.recorded_contracts(folder))
    delivery = recorded.replay(
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
    console.print(f"{folder.name}: {delivery}", soft_wrap=True)

"""`python -m benchmarks`: run the benchmarks and keep what they print under benchmarks/results/."""

from pathlib import Path

import click

from benchmarks import close_month, demo, ingest, statements

RESULTS = Path(__file__).parent / "results"


@click.command()
@click.option("--devices", default=1000, show_default=True, help="Devices, each with one state and one counter.")
@click.option("--rounds", default=5, show_default=True, help="Measurements of which the median is shown.")
@click.option("--backlog", default=ingest.BACKLOG, show_default=True, help="Messages drained while memory is watched.")
@click.option(
    "--only", type=click.Choice(["ingest", "statements", "close_month", "demo"]), help="Default: all of them."
)
def main(devices: int, rounds: int, backlog: int, only: str | None) -> None:
    """Measure taking in beside the broker's own client, statements a second, closing a month, and the demo."""
    RESULTS.mkdir(exist_ok=True)
    if only in (None, "ingest"):
        _keep("ingest", ingest.run(rounds, backlog))
    if only in (None, "statements"):
        _keep("statements", statements.run(200, rounds))
    if only in (None, "close_month"):
        _keep(f"close_month_{devices}_devices", close_month.run(devices, rounds))
    if only in (None, "demo"):
        _keep("demo", demo.run())


def _keep(name: str, report: str) -> None:
    click.echo(report + "\n")
    (RESULTS / f"{name}.txt").write_text(report + "\n")


main()

"""`python -m benchmarks`: run the benchmarks and keep what they print under benchmarks/results/."""

from pathlib import Path

import click

from benchmarks import close_month, statements

RESULTS = Path(__file__).parent / "results"


@click.command()
@click.option("--devices", default=1000, show_default=True, help="Devices, each with one state and one counter.")
@click.option("--rounds", default=5, show_default=True, help="Measurements of which the median is shown.")
@click.option("--only", type=click.Choice(["statements", "close_month"]), help="Default: all of them.")
def main(devices: int, rounds: int, only: str | None) -> None:
    """Measure statements a second, and how long closing a month takes beside one sequential scan of its readings."""
    RESULTS.mkdir(exist_ok=True)
    if only != "close_month":
        _keep("statements", statements.run(200, rounds))
    if only != "statements":
        _keep(f"close_month_{devices}_devices", close_month.run(devices, rounds))


def _keep(name: str, report: str) -> None:
    click.echo(report + "\n")
    (RESULTS / f"{name}.txt").write_text(report + "\n")


main()

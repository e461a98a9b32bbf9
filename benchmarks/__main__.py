"""`python -m benchmarks`: run the benchmarks and keep what they print under benchmarks/results/."""

from pathlib import Path

import click

from benchmarks import close_month

RESULTS = Path(__file__).parent / "results"


@click.command()
@click.option("--devices", default=1000, show_default=True, help="Devices, each with one state and one counter.")
@click.option("--rounds", default=5, show_default=True, help="Measurements of which the median is shown.")
def main(devices: int, rounds: int) -> None:
    """Measure how long closing a month takes beside one sequential scan of the same readings."""
    RESULTS.mkdir(exist_ok=True)
    report = close_month.run(devices, rounds)
    click.echo(report)
    (RESULTS / f"close_month_{devices}_devices.txt").write_text(report + "\n")


main()

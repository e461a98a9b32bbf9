"""The command of the demonstration.

Shell.
"""

import click

from vouch.commands.fleets import last_month
from vouch.settings import load_settings


@click.command()
@click.option("--exit", "leave", is_flag=True, help="Stop everything at the end instead of serving the portal.")
@click.option("--month", default=last_month, show_default="the last full month", help="As 2026-10.")
def demo(leave: bool, month: str) -> None:
    """Start everything, bill a month of three simulated fleets, verify every line, serve the portal."""
    from contracts.contract import parse_month
    from vouch.commands.demonstration import run_demo

    run_demo(load_settings(), parse_month(month), leave=leave)

"""Closing a month: its contracts evaluated, its invoices drafted.

Shell.
"""

import click

from vouch.commands.common import console, open_database


@click.command()
@click.argument("month", metavar="MONTH")
@click.option("--contract", "contracts", multiple=True, help="Only this contract; may be given several times.")
def close(month: str, contracts: tuple[str, ...]) -> None:
    """Evaluate MONTH (as 2026-10) and draft an invoice for every contract whose month is over.

    Running it again changes nothing unless readings have come since; issued invoices are never touched.
    """
    from billing.run import close_month
    from contracts.contract import parse_month

    first = parse_month(month)
    with open_database() as conn:
        closed = close_month(
            conn, first, list(contracts) or None, lambda c: console.print(f"  {c.contract}: {c.outcome}")
        )
    counts: dict[str, int] = {}
    for one in closed:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    summary = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "there are no contracts"
    console.print(f"{month}: {summary}")

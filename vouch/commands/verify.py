"""Verifying: invoices recomputed from raw readings.

Shell.
"""

from decimal import Decimal
from typing import Any

import click

from vouch.commands.common import console, open_database
from vouch.commands.invoice import ISSUER


@click.command()
@click.argument("names", metavar="INVOICE...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every issued invoice.")
@ISSUER
@click.pass_context
def verify(ctx: click.Context, names: tuple[str, ...], everything: bool, issuer: str | None) -> None:
    """Recompute invoices from raw readings and say, line by line, vouched or what differs.

    Ends with exit code 1 if anything differs.
    """
    from billing.store import InvoiceFilter, list_invoices
    from billing.verify import verify_invoice
    from vouch.errors import Invalid

    if bool(names) == everything:
        raise Invalid("name the invoices to verify, or give --all")
    sound = True
    with open_database() as conn:
        wanted = [(name, issuer) for name in names]
        if everything:
            issued = list_invoices(conn, InvoiceFilter(status="issued"))
            wanted = [(head.name, head.issuer) for head in issued]
            conn.commit()
        for name, of in wanted:
            sound &= _print_verification(verify_invoice(conn, name, of))
    ctx.exit(0 if sound else 1)


def _print_verification(found: Any) -> bool:
    vouched = sum(not line.differences for line in found.lines)
    word = "[green]vouched[/]" if found.vouched else "[red]DIFFERS[/]"
    console.print(f"[bold]{found.name}[/] {word}: {vouched} of {len(found.lines)} lines vouched")
    for difference in found.differences:
        console.print(f"  document: {difference}", markup=False)
    for line in found.lines:
        mark = "DIFFERS" if line.differences else "vouched"
        amount = Decimal(line.amount)
        console.print(f"  {mark}  line {line.position:>3}  {amount:>12,}  {line.description}", markup=False)
        for difference in line.differences:
            console.print(f"           {difference}", markup=False, soft_wrap=True)
    return bool(found.vouched)

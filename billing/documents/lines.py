"""Lines: what a month's charges are on an invoice.

Pure. Each line was rounded once, when its month was rated. Source: docs/data_path.md#arithmetic.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from billing.documents.totals import totals_of
from billing.invoice import InvoiceBody, InvoiceLine
from billing.month import RatedLine
from contracts.content import decimal_text
from contracts.evaluate import ALL_ASSETS
from vouch.exact import exact


def compose(
    rated: Sequence[RatedLine], evaluation_ids: Mapping[tuple[int, str, str], int], currency: str
) -> InvoiceBody:
    """The invoice that these lines make; `evaluation_ids` has the evaluation of each line's key."""
    with exact():
        lines = tuple(_line(position, line, evaluation_ids[line.key]) for position, line in enumerate(rated, start=1))
        return InvoiceBody(lines, totals_of(((line.vat_percent, line.amount) for line in lines), currency))


def _line(position: int, line: RatedLine, evaluation: int) -> InvoiceLine:
    charge, price = line.charge, line.charge.unit_price
    return InvoiceLine(
        position=position,
        evaluation=evaluation,
        price=charge.price,
        asset=None if charge.subject == ALL_ASSETS else charge.subject,
        description=charge.description,
        quantity=Decimal(decimal_text(charge.quantity)),
        unit=charge.unit,
        unit_price=abs(line.amount) if price is None else Decimal(decimal_text(price)),
        amount=line.amount,
        vat_percent=charge.vat_percent,
    )

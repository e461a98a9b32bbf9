"""Totals: net, VAT and gross of rounded lines.

Pure. VAT is computed per rate on the sum of its lines; net, VAT and gross are sums of rounded numbers and are not
rounded again. Source: docs/data_path.md#arithmetic.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from typing_extensions import TypedDict

from billing.invoice import Totals, VatTotal
from vouch.canonical import plain
from vouch.exact import exact
from vouch.json_types import DecimalText
from vouch.money import minor_digits, round_half_up


def totals_of(lines: Iterable[tuple[Decimal, Decimal]], currency: str) -> Totals:
    """What lines come to, each given as (VAT percent, amount in whole minor units)."""
    with exact():
        digits = minor_digits(currency)
        zero = Decimal(0).scaleb(-digits)
        bases: dict[Decimal, Decimal] = {}
        for percent, amount in lines:
            bases[percent] = bases.get(percent, zero) + amount
        vat_totals = tuple(
            VatTotal(percent, base, round_half_up(Fraction(base) * Fraction(percent) / 100, digits))
            for percent, base in sorted(bases.items())
        )
        net = sum((total.base for total in vat_totals), zero)
        vat = sum((total.amount for total in vat_totals), zero)
        return Totals(vat_totals, net, vat, net + vat)


class VatContent(TypedDict):
    """VAT at one rate: rounded once, on the sum of that rate's lines."""

    vat_percent: DecimalText
    base: DecimalText
    amount: DecimalText


class TotalsContent(TypedDict):
    """Sums of rounded numbers: gross = net + vat_total."""

    vat: list[VatContent]
    net: DecimalText
    vat_total: DecimalText
    gross: DecimalText


def totals_content(totals: Totals) -> TotalsContent:
    """The totals as documents and statements state them; amounts are text with all minor digits."""
    return {
        "vat": [
            {
                "vat_percent": plain(total.vat_percent),
                "base": format(total.base, "f"),
                "amount": format(total.amount, "f"),
            }
            for total in totals.vat_totals
        ],
        "net": format(totals.net, "f"),
        "vat_total": format(totals.vat, "f"),
        "gross": format(totals.gross, "f"),
    }

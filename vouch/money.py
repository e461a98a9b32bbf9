"""Money: an exact amount in one currency, rounded once.

Pure. Amounts are fractions until the invoice line, where `Money.rounded` is called; totals are sums of rounded lines.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from vouch.errors import Conflict, Invalid

# ISO 4217 currencies whose minor unit is not the hundredth.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND".split()
_MINOR_DIGITS = dict.fromkeys(_WHOLE, 0) | dict.fromkeys(_THOUSANDTHS, 3)


class CurrencyMismatch(Conflict):
    """Two amounts in different currencies met in one sum."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"cannot combine {left} with {right}")


def minor_digits(currency: str) -> int:
    """Decimals of the currency's smallest unit: 2 for EUR, 0 for JPY, 3 for KWD. Source: ISO 4217."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise Invalid(f"currency {currency!r} is not an ISO 4217 code of three capital letters")
    return _MINOR_DIGITS.get(currency, 2)


def round_half_up(amount: Fraction, digits: int) -> Decimal:
    """`amount` to `digits` decimals; a half goes away from zero."""
    scale: int = 10**digits
    doubled = abs(amount) * scale * 2
    units = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    return Decimal(units if amount >= 0 else -units).scaleb(-digits)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, all digits kept."""

    amount: Fraction
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return Money(self.amount + other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def times(self, factor: Fraction | Decimal | int) -> "Money":
        """The amount `factor` times, still exact."""
        return Money(self.amount * Fraction(factor), self.currency)

    def rounded(self) -> Decimal:
        """The amount in the currency's minor unit, half up: called once, on the invoice line."""
        return round_half_up(self.amount, minor_digits(self.currency))

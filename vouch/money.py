"""Money: an exact amount in one currency, rounded once.

Pure. Amounts are fractions until the invoice line, where `Money.rounded` is called; totals are sums of rounded lines.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from vouch.errors import Conflict, Invalid

# ISO 4217, currencies in use.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND".split()
_TEN_THOUSANDTHS = "CLF UYW".split()
_HUNDREDTHS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
    CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
    KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
    NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
    TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG
""".split()
_MINOR_DIGITS = (
    dict.fromkeys(_HUNDREDTHS, 2)
    | dict.fromkeys(_WHOLE, 0)
    | dict.fromkeys(_THOUSANDTHS, 3)
    | dict.fromkeys(_TEN_THOUSANDTHS, 4)
)


class CurrencyMismatch(Conflict):
    """Two amounts in different currencies met in one sum."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"cannot combine {left} with {right}")


def minor_digits(currency: str) -> int:
    """Decimals of the currency's smallest unit: 2 for EUR, 0 for JPY, 3 for KWD. Source: ISO 4217."""
    if currency not in _MINOR_DIGITS:
        raise Invalid(f"{currency!r} is not a currency of ISO 4217, such as EUR")
    return _MINOR_DIGITS[currency]


def round_half_up(amount: Fraction, digits: int) -> Decimal:
    """`amount` to `digits` decimals; a half goes away from zero."""
    scale: int = 10**digits
    doubled = abs(amount) * scale * 2
    units = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    # Put together, not computed: no context can round it.
    return Decimal((amount < 0 < units, tuple(map(int, str(units))), -digits))


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

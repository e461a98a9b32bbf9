"""Words: exact numbers and months as an invoice line says them.

Pure. What is printed may be rounded; what is charged never is.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from vouch.canonical import plain
from vouch.money import round_half_up
from vouch.units import UNITS

_DIGITS: Final = 6
_HOUR_MICROS: Final = 3_600_000_000


def number(value: Fraction) -> str:
    """The value with at most six decimals, half up."""
    return plain(round_half_up(value, _DIGITS))


def amount(value: Fraction, unit: str) -> str:
    """The value with its unit's symbol; `unit` is a code. A plain count has no symbol."""
    symbol = "" if unit == "C62" else UNITS[unit].symbol if unit in UNITS else unit
    return f"{number(value)} {symbol}".rstrip()


def hours(micros: int) -> str:
    """Microseconds in hours, with at most two decimals."""
    return plain(round_half_up(Fraction(micros, _HOUR_MICROS), 2))


def months(first: date, last: date) -> str:
    """One month or several, by name."""
    return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"

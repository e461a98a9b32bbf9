"""Units: the UN/ECE Recommendation 20 codes that metrics and prices may use.

Pure. A unit has a dimension and its size in that dimension's base unit, so that a meter in cubic decimetres can be
priced by the cubic metre without a rounding step.
"""

from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction

from vouch.errors import Invalid


@dataclass(frozen=True, slots=True)
class Unit:
    """`size` base units of `dimension`; `symbol` is how people write it."""

    code: str
    symbol: str
    dimension: str
    size: Decimal


UNITS = {
    code: Unit(code, symbol, dimension, Decimal(size))
    for code, symbol, dimension, size in (
        ("C62", "1", "count", "1"),
        ("H87", "pieces", "piece", "1"),
        ("ZP", "pages", "page", "1"),
        ("E48", "service units", "service", "1"),
        ("LS", "lump sum", "lump", "1"),
        ("MTR", "m", "length", "1"),
        ("KMT", "km", "length", "1000"),
        ("SMI", "mi", "length", "1609.344"),
        ("SEC", "s", "time", "1"),
        ("MIN", "min", "time", "60"),
        ("HUR", "h", "time", "3600"),
        ("DAY", "days", "time", "86400"),
        ("MON", "months", "calendar", "1"),
        ("MTQ", "m³", "volume", "1"),
        ("DMQ", "dm³", "volume", "0.001"),
        ("LTR", "l", "volume", "0.001"),
        ("KGM", "kg", "mass", "1"),
        ("TNE", "t", "mass", "1000"),
        ("TKM", "t·km", "transport", "1"),
        ("WTT", "W", "power", "1"),
        ("KWT", "kW", "power", "1000"),
        ("WHR", "Wh", "energy", "1"),
        ("KWH", "kWh", "energy", "1000"),
        ("MWH", "MWh", "energy", "1000000"),
        ("CEL", "°C", "temperature", "1"),
        ("BAR", "bar", "pressure", "1"),
        ("P1", "%", "ratio", "1"),
        ("E34", "GB", "data", "1"),
    )
}


def unit_of(code: str) -> Unit:
    """The unit, or Invalid with the nearest codes."""
    if code in UNITS:
        return UNITS[code]
    raise Invalid(f"{code!r} is not {expected_unit(code)}")


def expected_unit(code: str) -> str:
    """What was expected in place of a wrong code, with the nearest ones."""
    by_symbol = [unit.code for unit in UNITS.values() if unit.symbol.casefold() == code.casefold()]
    turned = [known for known in UNITS if sorted(known) == sorted(code.upper())]
    near = by_symbol or turned or get_close_matches(code.upper(), UNITS, n=2, cutoff=0.6)
    return "a UN/ECE unit code" + (f"; did you mean {' or '.join(near)}?" if near else " such as KMT or ZP")


def conversion(have: str, want: str) -> Decimal:
    """The exact factor that turns a quantity in `have` into one in `want`.

    Raises Invalid where the dimensions differ or the factor is not a finite decimal (seconds into hours).
    """
    source, target = unit_of(have), unit_of(want)
    if source.dimension != target.dimension:
        raise Invalid(f"{have} ({source.dimension}) cannot be expressed in {want} ({target.dimension})")
    factor = source.size / target.size
    if Fraction(factor) * Fraction(target.size) != Fraction(source.size):
        raise Invalid(f"{have} in {want} is not a finite decimal factor")
    return factor


def factor(have: str, want: str) -> Fraction:
    """As `conversion`, for any two units of one dimension: seconds into hours is 1/3600."""
    source, target = unit_of(have), unit_of(want)
    if source.dimension != target.dimension:
        raise Invalid(f"{have} ({source.dimension}) cannot be expressed in {want} ({target.dimension})")
    return Fraction(source.size) / Fraction(target.size)

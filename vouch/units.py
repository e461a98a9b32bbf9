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
        # what is counted
        ("C62", "1", "count", "1"),
        ("H87", "pieces", "piece", "1"),
        ("ZP", "pages", "page", "1"),
        ("E48", "service units", "service", "1"),
        ("LS", "lump sum", "lump", "1"),
        # space
        ("MTR", "m", "length", "1"),
        ("MMT", "mm", "length", "0.001"),
        ("CMT", "cm", "length", "0.01"),
        ("KMT", "km", "length", "1000"),
        ("SMI", "mi", "length", "1609.344"),
        ("MTK", "m²", "area", "1"),
        ("MTQ", "m³", "volume", "1"),
        ("DMQ", "dm³", "volume", "0.001"),
        ("LTR", "l", "volume", "0.001"),
        ("DD", "°", "angle in degrees", "1"),
        ("C81", "rad", "angle", "1"),
        ("D27", "sr", "solid angle", "1"),
        # time and what happens in it
        ("SEC", "s", "time", "1"),
        ("C26", "ms", "time", "0.001"),
        ("MIN", "min", "time", "60"),
        ("HUR", "h", "time", "3600"),
        ("DAY", "days", "time", "86400"),
        ("MON", "months", "calendar", "1"),
        ("HTZ", "Hz", "frequency", "1"),
        ("MHZ", "MHz", "frequency", "1000000"),
        ("C94", "1/min", "rate", "1"),
        ("C97", "1/s", "rate", "60"),
        ("BPM", "beats/min", "heart rate", "1"),
        ("KMH", "km/h", "speed", "1"),
        ("MTS", "m/s", "speed", "3.6"),
        ("M60", "m/h", "speed", "0.001"),
        ("H67", "mm/h", "speed", "0.000001"),
        ("MSK", "m/s²", "acceleration", "1"),
        ("MQS", "m³/s", "flow", "1"),
        ("G51", "l/s", "flow", "0.001"),
        # matter
        ("KGM", "kg", "mass", "1"),
        ("GRM", "g", "mass", "0.001"),
        ("TNE", "t", "mass", "1000"),
        ("TKM", "t·km", "transport", "1"),
        ("KMQ", "kg/m³", "concentration", "1"),
        ("GQ", "µg/m³", "concentration", "0.000000001"),
        ("C34", "mol", "amount of substance", "1"),
        ("KAT", "kat", "catalytic activity", "1"),
        ("Q30", "pH", "acidity", "1"),
        ("CEL", "°C", "temperature", "1"),
        ("KEL", "K", "thermodynamic temperature", "1"),
        # force, pressure, energy, power
        ("NEW", "N", "force", "1"),
        ("BAR", "bar", "pressure", "1"),
        ("PAL", "Pa", "pressure", "0.00001"),
        ("A97", "hPa", "pressure", "0.001"),
        ("JOU", "J", "energy", "1"),
        ("KJO", "kJ", "energy", "1000"),
        ("WHR", "Wh", "energy", "3600"),
        ("KWH", "kWh", "energy", "3600000"),
        ("MWH", "MWh", "energy", "3600000000"),
        ("B12", "J/m", "energy per length", "1"),
        ("WTT", "W", "power", "1"),
        ("KWT", "kW", "power", "1000"),
        ("D54", "W/m²", "irradiance", "1"),
        # electricity
        ("AMP", "A", "current", "1"),
        ("4K", "mA", "current", "0.001"),
        ("COU", "C", "charge", "1"),
        ("AMH", "Ah", "charge", "3600"),
        ("VLT", "V", "voltage", "1"),
        ("2Z", "mV", "voltage", "0.001"),
        ("OHM", "Ω", "resistance", "1"),
        ("SIE", "S", "conductance", "1"),
        ("D10", "S/m", "conductivity", "1"),
        ("FAR", "F", "capacitance", "1"),
        ("81", "H", "inductance", "1"),
        ("WEB", "Wb", "magnetic flux", "1"),
        ("D33", "T", "magnetic flux density", "1"),
        ("D46", "VA", "apparent power", "1"),
        ("KVA", "kVA", "apparent power", "1000"),
        ("C79", "kVAh", "apparent energy", "1"),
        ("D44", "var", "reactive power", "1"),
        ("KVR", "kvar", "reactive power", "1000"),
        ("K3", "kvarh", "reactive energy", "1"),
        # light, sound, radiation
        ("CDL", "cd", "luminous intensity", "1"),
        ("LUM", "lm", "luminous flux", "1"),
        ("LUX", "lx", "illuminance", "1"),
        ("A24", "cd/m²", "luminance", "1"),
        ("2N", "dB", "level", "1"),
        ("BQL", "Bq", "radioactivity", "1"),
        ("A95", "Gy", "absorbed dose", "1"),
        ("D13", "Sv", "equivalent dose", "1"),
        # shares and data
        ("P1", "%", "ratio", "1"),
        ("NX", "‰", "ratio", "0.1"),
        ("59", "ppm", "ratio", "0.0001"),
        ("A99", "bit", "data", "1"),
        ("AD", "B", "data", "8"),
        ("E64", "KiB", "data", "8192"),
        ("E34", "GB", "data", "8000000000"),
        ("B10", "bit/s", "data rate", "1"),
        ("P93", "B/s", "data rate", "8"),
        ("E20", "Mbit/s", "data rate", "1000000"),
        ("P95", "MB/s", "data rate", "8000000"),
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


def factor(have: str, want: str) -> Fraction:
    """What a quantity in `have` is multiplied by to be in `want`: seconds into hours is 1/3600.

    Raises Invalid where the dimensions differ.
    """
    source, target = unit_of(have), unit_of(want)
    if source.dimension != target.dimension:
        raise Invalid(f"{have} ({source.dimension}) cannot be expressed in {want} ({target.dimension})")
    return Fraction(source.size) / Fraction(target.size)

"""Readings: one value of one metric at one instant, and what is refused on the way to being one.

Pure. A reading's value is a float that carries a decimal of at most 15 significant digits, which float8 keeps
without loss; whoever computes with it starts from `decimal_of`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from vouch.errors import Invalid

DIGITS_MAX = 15
WHOLE_MESSAGE = "$"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device says: a number, or a state by its name. `place` is where in the message it stood."""

    metric: str
    measured_at: datetime
    value: float | str
    place: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part of a message that was refused: `reason` is one of a closed set of words, `detail` for people."""

    place: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one message held. received = readings + rejections."""

    readings: tuple[Reading, ...]
    rejections: tuple[Rejection, ...]


class TooManyDigits(Invalid):
    """A number that float8 would not give back as it was sent."""

    def __init__(self, number: Decimal) -> None:
        super().__init__(f"{number} has more than {DIGITS_MAX} significant digits")


def decimal_of(value: float) -> Decimal:
    """The decimal number that the device sent, exact for at most 15 significant digits."""
    return Decimal(repr(value))


def float_of(number: Decimal) -> float:
    """The float that stores `number` without loss. Raises TooManyDigits, or Invalid beyond 1e±300."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise Invalid(f"{number} is not a finite number")
    significant = "".join(map(str, digits)).strip("0")
    if len(significant) > DIGITS_MAX:
        raise TooManyDigits(number)
    if significant and not -300 <= number.adjusted() <= 300:
        raise Invalid(f"{number} is outside 1e-300 to 1e300")
    return float(number)

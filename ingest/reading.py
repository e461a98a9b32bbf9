"""Readings: one value of one metric at one instant, and what is refused on the way to being one.

Pure. A reading's value is a float that carries a decimal without loss: one of at most 15 significant digits, or one of
16 or 17 that is the float's own shortest spelling; whoever computes with it starts from `decimal_of`.
Source: docs/decisions/0014-shortest-doubles-are-kept.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, final, overload

from vouch.errors import Invalid
from vouch.period import from_micros

DIGITS_MAX = 15
DECIMALS_MAX = 15
WHOLE_DIGITS_MAX = 15
WHOLE_MESSAGE = "$"
# The reason why a time relative to a receipt is refused where that receipt is not known.
UNCERTAIN_TIME = "uncertain_time"


class Reading(NamedTuple):
    """What a device says: a number, or a state by its name, `at` so many microseconds after 1970-01-01T00:00Z.

    `metric` is the name by which the device calls it, `place` where in the message it stood, `unit` the UN/ECE code
    that the message gives; None is the metric's own. A tuple, because a hundred thousand are made in a second.
    """

    metric: str
    at: int
    value: float | str
    place: str
    unit: str | None = None

    @property
    def measured_at(self) -> datetime:
        """The instant by the device's clock, in UTC."""
        return from_micros(self.at)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a series showed at one instant."""

    at: datetime
    value: Decimal


@final
class Strand(Sequence[Reading]):
    """The readings of a message that holds one number of one metric at many instants: as columns, which is what most
    batches are and how they are stored. Each reading is made only where somebody looks at it.

    `at` and `values` go together, in the order of the message.
    """

    __slots__ = ("at", "metric", "values")

    def __init__(self, metric: str, at: list[int], values: list[float]) -> None:
        self.metric, self.at, self.values = metric, at, values

    def __len__(self) -> int:
        return len(self.at)

    @overload
    def __getitem__(self, index: int) -> Reading: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reading]: ...
    def __getitem__(self, index: int | slice) -> Reading | Sequence[Reading]:
        if isinstance(index, slice):
            return tuple(self)[index]
        return Reading(self.metric, self.at[index], self.values[index], self.place(range(len(self.at))[index]))

    def place(self, index: int) -> str:
        """Where in the message the reading of that number stood."""
        return f"$.readings[{index}].values.{self.metric}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part of a message that was refused: `reason` is one of a closed set of words, `detail` for people."""

    place: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one message held. received = readings + rejections.

    `relative`: times in it count from its receipt, so that the same bytes later are another message. `repeats`: it
    shows the latest values, whether or not they were sent before.
    """

    readings: Sequence[Reading]
    rejections: tuple[Rejection, ...]
    relative: bool = False
    repeats: bool = False


class TooManyDigits(Invalid):
    """A number that float8 would not give back as it was sent."""

    def __init__(self, digits: int, kept: str) -> None:
        super().__init__(
            f"{digits} significant digits, of which a double keeps {kept}; "
            f"up to {DIGITS_MAX}, with up to {DECIMALS_MAX} decimals, are always kept"
        )


def decimal_of(value: float) -> Decimal:
    """The decimal number that the device sent."""
    return Decimal(repr(value))


def float_of(number: Decimal) -> float:
    """The float that stores `number` without loss. Raises TooManyDigits, or Invalid for its size."""
    if not number.is_finite():
        raise Invalid(f"{number} is not a finite number")
    if not number:
        return 0.0
    if not -DECIMALS_MAX <= number.adjusted() < WHOLE_DIGITS_MAX:
        raise Invalid(f"a number of the size 1e{number.adjusted()} is not between 1e-15 and 1e15")
    significant = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(significant) > DIGITS_MAX or number.adjusted() - len(significant) + 1 < -DECIMALS_MAX:
        return _shortest(number, len(significant))
    return float(number)


def _shortest(number: Decimal, digits: int) -> float:
    """The float whose shortest spelling is `number`: what programs print that compute with doubles."""
    value = float(number)
    if decimal_of(value) != number:
        raise TooManyDigits(digits, repr(value))
    return value

"""What measures made of other measures' values have in common.

Pure. Source: docs/terms.md#measures.
"""

from dataclasses import dataclass
from fractions import Fraction

from contracts.value import State, Value
from vouch.units import factor


@dataclass(frozen=True, slots=True)
class Derived:
    """A quantity, or a share where there is a `base`; no number where it is undefined."""

    amount: Fraction | None
    base: Fraction | None = None


def quantity(value: Value) -> Fraction | None:
    """A value as it stands by now, whether or not its window is over; None where it has none."""
    return value.so_far if value.state is State.NOT_DUE else value.number


def in_unit(have: str, want: str) -> Fraction:
    """The factor from one unit to the other; numbers without a unit stay as they are."""
    return factor(have, want) if have != want else Fraction(1)

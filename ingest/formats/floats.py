"""Singles: the decimal that a 32-bit float stands for.

Pure. A device that computes in single precision and means 23.1 sends the nearest single. As a double that reads
23.100000381469727, digits the device never had.
"""

import struct
from decimal import Decimal
from typing import Final

# Singles below 2**-126 have fewer bits, and fewer digits tell them apart.
_NORMAL_MIN: Final = 2.0**-126
_DIGITS_ALWAYS_KEPT: Final = 6


def decimal_of_single(value: float) -> Decimal:
    """The fewest digits that name this single among all; a whole number is kept as it is.

    `value` is finite, and one that a single holds. A whole number is exact because encoders write a double as a single
    where that loses nothing: 123456792 then was meant, not 123456790.
    """
    if value.is_integer():
        return Decimal(int(value))
    wanted = struct.pack(">f", value)
    for digits in range(_DIGITS_ALWAYS_KEPT if abs(value) >= _NORMAL_MIN else 1, 9):
        spelled = f"{value:.{digits}g}"
        if struct.pack(">f", float(spelled)) == wanted:
            return Decimal(spelled)
    return Decimal(f"{value:.9g}")

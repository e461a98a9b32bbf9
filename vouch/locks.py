"""Advisory locks: the numbers of all that vouch takes, so that no two pieces of work share one by mistake.

Pure. An issuer's series is locked by the issuer's name, told from other names by the number here. A contract's month is
locked, while it is closed, by a number made of both (billing/run.py).
"""

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """What the holder is doing."""

    RECORDING = 7_601_001
    SUMMARISING = 7_601_002
    NUMBERING_INVOICES = 7_601_003
    SCHEDULED_SUMMARIES = 7_601_010
    SCHEDULED_CLOSING = 7_601_011
    MIGRATING = 7_601_020

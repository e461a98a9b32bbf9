"""Storage of clock offsets, one row a device and hour. The caller commits.

Shell.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from ingest.clocks.skew import ClockEstimate, HourOffset, estimate_clock
from vouch.period import from_micros, to_micros

# An estimate looks this far back, and rows are kept for that long.
ESTIMATE_SPAN: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=30)

_PUT: Final = """
    INSERT INTO ingest.clock_offset AS c (device, hour, offset_micros_min, readings)
    SELECT * FROM unnest(%(devices)s::text[], %(hours)s::timestamptz[], %(offsets)s::bigint[], %(readings)s::bigint[])
    ON CONFLICT (device, hour) DO UPDATE
       SET offset_micros_min = least(c.offset_micros_min, EXCLUDED.offset_micros_min),
           readings = c.readings + EXCLUDED.readings
"""


def put_offsets(conn: Connection[Any], offsets: Sequence[HourOffset], now: datetime) -> None:
    """Add what ClockOffsets.take gave, in its order, and drop hours that are too old to matter.

    Several processes may add to one hour. What a failed transaction took is lost, and with it a little of an estimate.
    """
    if offsets:
        conn.execute(
            _PUT,
            {
                "devices": [one.device for one in offsets],
                "hours": [from_micros(one.hour) for one in offsets],
                "offsets": [one.offset for one in offsets],
                "readings": [one.readings for one in offsets],
            },
        )
    conn.execute("DELETE FROM ingest.clock_offset WHERE hour < %s", (now - KEPT,))


_LIST: Final = """
    SELECT device, hour, offset_micros_min, readings FROM ingest.clock_offset
     WHERE device = %s AND hour >= %s ORDER BY hour
"""


def list_offsets(conn: Connection[Any], device: str, since: datetime) -> list[HourOffset]:
    """The device's hours that begin at `since` or later, oldest first."""
    rows = conn.execute(_LIST, (device, since)).fetchall()
    return [HourOffset(device, to_micros(hour), offset, readings) for device, hour, offset, readings in rows]


def find_estimate(conn: Connection[Any], device: str, now: datetime) -> ClockEstimate | None:
    """How far the device's clock is off, by what it sent in the last ESTIMATE_SPAN; None where it sent nothing."""
    return estimate_clock(list_offsets(conn, device, now - ESTIMATE_SPAN))

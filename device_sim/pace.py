"""Pace: when each message may go out.

Pure. As fast as the broker takes it, at a rate, or in simulated time that runs beside ours at some speed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from device_sim.message import Message
from vouch.errors import Invalid


def due_offsets(
    messages: Iterable[Message], rate: float = 0.0, speed: float = 0.0, live_from: datetime | None = None
) -> Iterator[tuple[float, Message]]:
    """Each message with the seconds from the start before which it does not go.

    `messages` are in order of `sent_at`. `rate`, in messages a second, spaces them evenly. `speed`, in simulated
    seconds a second, lets simulated time start at the first message; or, where `live_from` says what time it is now,
    sends at once what is past by then and each later message at its own time. 0 means no bound.
    """
    if rate < 0 or speed < 0:
        raise Invalid("rate and speed are not negative; 0 is as fast as the broker takes it")
    return _offsets(messages, rate, speed, live_from)


def _offsets(
    messages: Iterable[Message], rate: float, speed: float, live_from: datetime | None
) -> Iterator[tuple[float, Message]]:
    origin: datetime | None = live_from
    for number, message in enumerate(messages):
        offset = number / rate if rate else 0.0
        if speed:
            origin = origin or message.sent_at
            offset = max(offset, (message.sent_at - origin).total_seconds() / (1.0 if live_from else speed))
        yield offset, message

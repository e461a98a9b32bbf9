"""Messages: what comes from the broker, and what is known of it once it has been decoded.

Pure. Tuples, because tens of thousands are made in a second.
"""

from typing import NamedTuple

from ingest.notes import Note
from ingest.reading import Decoded


class Message(NamedTuple):
    """One MQTT message: where it was published, and its bytes."""

    topic: str
    payload: bytes


class Reply(NamedTuple):
    """Where the sender wants to hear what became of its message (MQTT 5: response topic and correlation data)."""

    topic: str
    correlation: bytes | None


class Arrived(NamedTuple):
    """A message as it was handed over by the broker, with what is needed to acknowledge it.

    `at` is our own clock in microseconds since 1970; `connection` is the number of the connection it came by, as
    message ids start again with each.
    """

    message: Message
    at: int
    mid: int = 0
    qos: int = 0
    connection: int = 0
    dup: bool = False
    retained: bool = False
    reply: Reply | None = None


def broken_link(at: int) -> Arrived:
    """What stands in the inbox where messages may have been missed, as the broker no longer knew the session."""
    return Arrived(Message("", b""), at, connection=-1)


def is_broken_link(arrived: Arrived) -> bool:
    """Whether it is no message but the place of a broken link: no broker hands over an empty topic."""
    return not arrived.message.topic


class Opened(NamedTuple):
    """A message decoded. `source` is the name under which the sender is known: a device id or a Sparkplug address.

    `notes` are stored beside its readings, in the same transaction.
    """

    arrived: Arrived
    source: str
    decoded: Decoded
    notes: tuple[Note, ...] = ()

"""Rounds: short sequences of messages, the same each time for the same seed."""

from random import Random
from typing import Final

from ingest.message import Arrived, Message, Reply
from ingest.topics import receipt_topic
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutate
from tests.fuzz.world import DEVICE, NOW

MESSAGES_IN_A_ROUND: Final = 50
_CORPUS: Final = corpus()
_BIRTHS: Final = next(n for n, one in enumerate(_CORPUS) if "NBIRTH" in one.topic)
_LATEST_BYTES_MAX: Final = 2_000


def messages_of(seed: int) -> list[Arrived]:
    """One round: good messages in their order, and mutations of them and of each other in between."""
    random = Random(seed)
    latest: list[Message] = []
    arrived: list[Arrived] = []
    # Half of them begin with the births, without which most of Sparkplug's data cannot be read.
    first = _BIRTHS if seed % 2 else random.randrange(len(_CORPUS))
    good = iter(_CORPUS[first:] + _CORPUS)
    for n in range(MESSAGES_IN_A_ROUND):
        if random.random() < 0.2 or (seed % 2 and n < 2):
            message = next(good)
        else:
            origin = random.choice(latest if latest and random.random() < 0.3 else _CORPUS)
            message = mutate(random, origin, _CORPUS)
            latest = [*latest[-20:], message] if len(message.payload) < _LATEST_BYTES_MAX else latest
        at = NOW - 1_000_000 * (MESSAGES_IN_A_ROUND - n)
        flags = random.random()
        reply = Reply(receipt_topic(DEVICE), random.randbytes(random.randrange(9))) if flags > 0.7 else None
        arrived.append(Arrived(message, at, n + 1, 1, 1, flags < 0.1, flags > 0.9, reply))
    return arrived

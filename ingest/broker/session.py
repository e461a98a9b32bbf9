"""Sessions: what one ingest process takes from the broker, and under which name.

Pure. One process takes everything; several share the messages of devices by slots, each with a client id of its own
that never changes, because a broker keeps an absent member's share for it. What has to stay in order, presence and
Sparkplug, goes to slot 1 alone. Docs: docs/operations.md#several-ingest-processes.
"""

from dataclasses import dataclass
from typing import Final

from ingest.sparkplug_topics import FILTERS as SPARKPLUG_FILTERS
from ingest.topics import DEVICE_FILTERS, PRESENCE_FILTER, canary_topic

_GROUP: Final = "vouch"
FIRST_SLOT: Final = 1


@dataclass(frozen=True, slots=True)
class Session:
    """One persistent session at the broker. `first` takes what only one process may take.

    `dropped` are filters that it may still have from when settings were others.
    """

    client_id: str
    filters: tuple[str, ...]
    first: bool
    dropped: tuple[str, ...] = ()

    @property
    def canary(self) -> str:
        """Where this process publishes to itself."""
        return canary_topic(self.client_id)


def session_of(client_id: str, slot: int | None, *, sparkplug: bool = False) -> Session:
    """The session of the only process (no slot), or of the one with that number, from 1 on.

    `sparkplug`: edge nodes' messages come by this session, unless another slot takes them.
    """
    own = client_id if slot is None else f"{client_id}-{slot}"
    first = slot in (None, FIRST_SLOT)
    filters = [
        filter_ if slot is None or filter_ == PRESENCE_FILTER else f"$share/{_GROUP}/{filter_}"
        for filter_ in DEVICE_FILTERS
        if first or filter_ != PRESENCE_FILTER
    ]
    if first and sparkplug:
        filters += SPARKPLUG_FILTERS
    return Session(own, (*filters, canary_topic(own)), first, () if sparkplug else SPARKPLUG_FILTERS)

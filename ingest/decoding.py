"""Opening: what a message holds, by the topic it came on.

Pure. Each message is opened once, however often its batch has to be written.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ingest.formats import json as vouch_json
from ingest.formats import presence, senml_cbor, senml_json
from ingest.message import Arrived, Opened
from ingest.reading import WHOLE_MESSAGE, Decoded, Rejection
from ingest.topics import PRESENCE, SENML_CBOR, SENML_JSON, TELEMETRY, parse_topic

NOTHING: Final = Decoded((), ())

# (payload, device, our clock in microseconds since 1970, whether it was delivered before) → what it holds
_DECODERS: Final[Mapping[str, Callable[[bytes, str, int, bool], Decoded]]] = {
    TELEMETRY: lambda payload, device, now, again: vouch_json.decode(payload),
    SENML_JSON: senml_json.decode,
    SENML_CBOR: senml_cbor.decode,
}


def open_message(arrived: Arrived) -> Opened:
    """What a message holds; one on a topic that is not ours is refused. Never raises."""
    topic, payload = arrived.message
    parsed = parse_topic(topic)
    if parsed is None:
        return _refused(arrived, f"{topic[:200]!r} is not a topic of vouch's devices")
    device, use = parsed
    if use == PRESENCE:
        return Opened(arrived, device, *presence.decode(payload, device, arrived.retained))
    decode = _DECODERS.get(use)
    return Opened(arrived, device, decode(payload, device, arrived.at, arrived.dup) if decode else NOTHING)


def _refused(arrived: Arrived, detail: str) -> Opened:
    return Opened(arrived, "", Decoded((), (Rejection(WHOLE_MESSAGE, "unknown_topic", detail),)))

"""Topics: the names under which devices publish, and under which vouch answers.

Pure. One place for the version prefix, shared by the subscriber, the access list and the simulator. What a topic is
for decides the format of its messages: a publisher on MQTT 3.1.1 has no other way to say it.
"""

import re
from functools import lru_cache
from typing import Final

_PREFIX: Final = "vouch/v1"
DEVICE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

TELEMETRY: Final = "telemetry"
SENML_JSON: Final = "senml/json"
SENML_CBOR: Final = "senml/cbor"
PRESENCE: Final = "presence"
_CANARY: Final = "canary"
_RECEIPT: Final = "receipt"

# What any ingest process may take; a process's own canary comes besides.
# What a device publishes, each under its own name.
USES: Final = (TELEMETRY, SENML_JSON, SENML_CBOR, PRESENCE)
DEVICE_FILTERS: Final = tuple(f"{_PREFIX}/+/{use}" for use in USES)
TELEMETRY_FILTER: Final = DEVICE_FILTERS[0]
PRESENCE_FILTER: Final = DEVICE_FILTERS[3]
RECEIPT_FILTER: Final = f"{_PREFIX}/+/{_RECEIPT}"

_RECEIPTS: Final = re.compile(rf"{_PREFIX}/([^/]+)/{_RECEIPT}")
_TOPIC: Final = re.compile(
    rf"{_PREFIX}/({DEVICE_ID.pattern})/({TELEMETRY}|{SENML_JSON}|{SENML_CBOR}|{PRESENCE}|{_CANARY})"
)


def device_topic(device: str, use: str) -> str:
    """The topic of `device`, or of `+` for any, for one of the uses above."""
    return f"{_PREFIX}/{device}/{use}"


def telemetry_topic(device: str) -> str:
    """Where `device` publishes its readings."""
    return device_topic(device, TELEMETRY)


def receipt_topic(name: str) -> str:
    """Where `name`, a device or the account of a gateway, hears what became of its messages."""
    return f"{_PREFIX}/{name}/{_RECEIPT}"


def listener_of(topic: str) -> str | None:
    """Who hears receipts on this topic, or None where it is another kind of topic."""
    match = _RECEIPTS.fullmatch(topic)
    return match[1] if match else None


def canary_topic(client_id: str) -> str:
    """Where an ingest process publishes to itself, to know that it still hears."""
    return f"{_PREFIX}/{client_id}/{_CANARY}"


@lru_cache(maxsize=100_000)
def parse_topic(topic: str) -> tuple[str, str] | None:
    """(device, what for), or None where the topic is not one of ours."""
    match = _TOPIC.fullmatch(topic)
    return (match[1], match[2]) if match else None


def device_of(topic: str) -> str | None:
    """The device a telemetry topic names, or None where the topic is none."""
    parsed = parse_topic(topic)
    return parsed[0] if parsed and parsed[1] == TELEMETRY else None


def matches(topic: str, filter_: str) -> bool:
    """Whether an MQTT topic filter with `+` and `#` takes the topic. One that begins with `$` never does."""
    if topic.startswith("$") or not topic or "+" in topic or "#" in topic:
        return False
    levels, wanted = topic.split("/"), filter_.split("/")
    for n, level in enumerate(wanted):
        if level == "#":
            return True
        if n >= len(levels) or level not in ("+", levels[n]):
            return False
    return len(levels) == len(wanted)

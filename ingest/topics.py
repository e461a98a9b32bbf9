"""Topics: the names under which devices publish.

Pure. One place for the version prefix, shared by the subscriber, the access list and the simulator.
"""

import re

TELEMETRY_FILTER = "vouch/v1/+/telemetry"
DEVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TELEMETRY = re.compile(rf"vouch/v1/({DEVICE_ID.pattern})/telemetry")


def telemetry_topic(device: str) -> str:
    """Where `device` publishes its readings."""
    return f"vouch/v1/{device}/telemetry"


def device_of(topic: str) -> str | None:
    """The device a topic names, or None where the topic is not one of ours."""
    match = _TELEMETRY.fullmatch(topic)
    return match[1] if match else None

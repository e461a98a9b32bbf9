"""Messages: what a device hands to the broker.

Pure. The wire format itself is ingest's; here it is only chosen when a message goes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ingest.formats.json import encode
from ingest.topics import telemetry_topic

Values = Mapping[str, Decimal | str]


@dataclass(frozen=True, slots=True)
class Message:
    """One or more measurements of one device; `sent_at` is the network's time, `measured_at` the device's."""

    device: str
    sent_at: datetime
    measurements: tuple[tuple[datetime, Values], ...]

    @property
    def topic(self) -> str:
        """The device's own topic."""
        return telemetry_topic(self.device)

    @property
    def payload(self) -> bytes:
        """The bytes that go over the wire."""
        return encode(self.measurements)

    @property
    def readings(self) -> int:
        """Single values of single metrics in it."""
        return sum(len(values) for _, values in self.measurements)

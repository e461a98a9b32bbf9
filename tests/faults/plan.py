"""What the devices of a run say: the same seed gives the same messages, so that none has to be remembered.

Pure. Most readings are good; some messages hold one that vouch has to refuse, and some are sent twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from device_sim.message import Message

START: Final = datetime(2025, 6, 1, tzinfo=UTC)
STATES: Final = {"RUNNING": 1, "IDLE": 2, "FAULT": 3}
METRICS: Final = ("strokes", "oil_celsius", "state")
REFUSED: Final = frozenset({"made_up"})
_INSTANTS_MAX: Final = 5
_REFUSED_SHARE: Final = 0.02
_TWICE_SHARE: Final = 0.03

REGISTRY: Final = """
registry: 1
product_types:
  - id: press
    name: Press
    metrics:
      - {name: strokes, kind: counter, unit: C62, on_fall: reset, silence_seconds_max: 7200}
      - {name: oil_celsius, kind: gauge, unit: CEL, silence_seconds_max: 7200}
      - {name: state, kind: state, states: {RUNNING: 1, IDLE: 2, FAULT: 3}, silence_seconds_max: 7200}
devices:
"""

# A number as it is written, or the name of a state.
Value = Decimal | str


@dataclass(frozen=True, slots=True)
class Plan:
    """So many good readings in all, shared evenly among the devices."""

    seed: int
    devices: int
    readings: int

    @property
    def names(self) -> list[str]:
        """The devices."""
        return [f"press-{n:04}" for n in range(1, self.devices + 1)]

    @property
    def registry(self) -> str:
        """The registry file that declares them."""
        return REGISTRY + "".join(f"  - {{id: {name}, product_type: press}}\n" for name in self.names)

    def messages(self, device: str) -> Iterator[Message]:
        """All that it says, in order; a message that is sent twice comes a second time within the next few."""
        chance = Random(f"{self.seed} {device}")
        again: list[Message] = []
        strokes, at, left = 0, START, self._share(device)
        while left or again:
            if again and (not left or chance.random() < 0.3):
                yield again.pop(0)
                continue
            measurements = []
            for _ in range(min(left, chance.randint(1, _INSTANTS_MAX))):
                strokes += chance.randrange(100)
                at += timedelta(microseconds=chance.randint(1, 10_000_000))
                measured = self._measured(chance, strokes, left)
                left -= len(measured)
                measurements.append((at, measured))
                if not left:
                    break
            if chance.random() < _REFUSED_SHARE:
                measurements[-1] = measurements[-1][0], measurements[-1][1] | {"made_up": Decimal(strokes)}
            message = Message(device, at, tuple(measurements))
            if chance.random() < _TWICE_SHARE:
                again.append(message)
            yield message

    def expected(self, device: str) -> dict[tuple[str, datetime], Value]:
        """What has to be stored of it."""
        return {
            (metric, at): value
            for message in self.messages(device)
            for at, values in message.measurements
            for metric, value in values.items()
            if metric not in REFUSED
        }

    def refused(self, device: str) -> int:
        """How many readings of it have to be refused, each once however often it is sent."""
        return len(
            {at for message in self.messages(device) for at, values in message.measurements if REFUSED & values.keys()}
        )

    def _share(self, device: str) -> int:
        number = self.names.index(device)
        return self.readings // self.devices + (number < self.readings % self.devices)

    def _measured(self, chance: Random, strokes: int, left: int) -> dict[str, Value]:
        """One to three metrics of one instant."""
        celsius = round(chance.uniform(-40, 99), 1) if chance.random() < 0.5 else chance.uniform(-40, 99)
        values: dict[str, Value] = {
            "strokes": Decimal(strokes),
            "oil_celsius": Decimal(repr(celsius)),
            "state": chance.choice(tuple(STATES)),
        }
        names = chance.sample(METRICS, min(left, chance.randint(1, len(METRICS))))
        return {name: values[name] for name in names}


def answered(message: Message) -> tuple[int, int]:
    """(good readings, readings to be refused) of a message."""
    bad = sum(len(REFUSED & values.keys()) for _, values in message.measurements)
    return message.readings - bad, bad

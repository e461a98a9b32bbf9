"""One ingest process that drains what waits at the broker, and tells how long it took: `python -m benchmarks.drain`.

The product's own way through and through; settings come from the environment. Prints one line of JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ingest.run import Intake
from ingest.tally import Tally
from vouch.settings import load_settings

_PAGE = resource.getpagesize()
_IDLE_SECONDS = 3.0


class KeepingTally(Tally):
    """A tally that keeps every wait from receipt to commit."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[tuple[float, int]] = []

    def committed(self, waits: Iterable[tuple[float, int]], receipts: int) -> None:
        found = list(waits)
        self.waits += found
        super().committed(found, receipts)


def drain(expected: int, slot: int | None) -> dict[str, object]:
    """Take in `expected` messages, or what there is until nothing has come for three seconds."""
    tally = KeepingTally()
    started = time.time()
    memory: list[tuple[int, int]] = []
    with Intake(load_settings(), slot, tally) as intake:
        seen, moved, ended = 0, time.time(), started
        while seen < expected and time.time() - moved < _IDLE_SECONDS + (0 if seen else 30):
            intake.step()
            settled = tally.look().messages_settled
            if settled != seen:
                seen, moved, ended = settled, time.time(), time.time()
                memory.append((settled, _resident_bytes()))
    counts = tally.look()
    return {
        "started": started,
        "ended": ended,
        "messages": counts.messages_settled,
        "stored": counts.stored,
        "duplicate": counts.duplicate,
        "rejected": counts.rejected.total(),
        "batches": counts.batches,
        "batch_seconds": counts.batch_seconds.total,
        "waits": sorted(tally.waits),
        "memory": memory[:: max(1, len(memory) // 200)] + memory[-1:],
        "cpu_seconds": time.process_time(),
    }


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


if __name__ == "__main__":
    slot = int(sys.argv[2]) if len(sys.argv) > 2 else None
    print(json.dumps(drain(int(sys.argv[1]), slot)))

"""`vouch demo`, as a newcomer runs it: twice."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# A second run finds everything in place and is serving within this time, on a machine that does nothing else.
SECOND_RUN_SECONDS = 30


def run_demo(home: Path) -> tuple[str, float]:
    """What `vouch demo --exit` prints, and how long it took."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "vouch", "demo", "--exit", "--month", "2026-10"],
        env=kept | {"VOUCH_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, time.monotonic() - began


def test_the_demonstration_bills_three_fleets_and_finds_its_work_again(make_home: Callable[[], Path]) -> None:
    home = make_home()

    first, _ = run_demo(home)
    second, seconds = run_demo(home)

    issued = re.findall(r"INV-\d{4}-\d{6}   2026-10   (\S+)", first)
    assert sorted(issued) == ["ink-brandt", "ink-hafenschule", "tyres-ouse", "tyres-pennine", "uptime-kurier"]
    assert re.findall(r"INV-\d{4}-\d{6}   2026-10.*", second) == re.findall(r"INV-\d{4}-\d{6}   2026-10.*", first)
    assert first.count("lines vouched") == second.count("lines vouched") == 5
    assert second.count("nothing to publish") == 3
    assert seconds < SECOND_RUN_SECONDS

"""`vouch demo`, as a newcomer runs it: twice."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def run_demo(home: Path) -> str:
    """What `vouch demo --exit` prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
    done = subprocess.run(
        [sys.executable, "-m", "vouch", "demo", "--exit", "--month", "2026-10"],
        env=kept | {"VOUCH_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demonstration_bills_three_fleets_and_finds_its_work_again(make_home: Callable[[], Path]) -> None:
    home = make_home()

    first = run_demo(home)
    second = run_demo(home)

    issued = re.findall(r"INV-\d{4}-\d{6}   2026-10   (\S+)", first)
    assert sorted(issued) == ["ink-brandt", "ink-hafenschule", "tyres-ouse", "tyres-pennine", "uptime-kurier"]
    assert re.findall(r"INV-\d{4}-\d{6}   2026-10.*", second) == re.findall(r"INV-\d{4}-\d{6}   2026-10.*", first)
    assert first.count("lines vouched") == second.count("lines vouched") == 5
    assert second.count("nothing to publish") == 3

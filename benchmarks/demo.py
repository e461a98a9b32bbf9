"""How long `vouch demo` takes from nothing to its invoices, and how long once more where everything is in place."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run() -> str:
    """In a data folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vouch-demo-") as folder:
        Path(folder).chmod(0o755)  # The servers run as other users.
        first, second = _seconds(Path(folder)), _seconds(Path(folder))
    return "\n".join(
        [
            "vouch demo --exit: servers, three fleets' month, five invoices, every line verified",
            "",
            f"from an empty data folder   {first:>6.1f} s",
            f"once more                   {second:>6.1f} s   ({second / first:.2f} of the first)",
        ]
    )


def _seconds(folder: Path) -> float:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
    command = [sys.executable, "-m", "vouch", "demo", "--exit", "--month", "2026-10"]
    began = time.perf_counter()
    subprocess.run(command, env=kept | {"VOUCH_HOME": str(folder / ".vouch")}, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began

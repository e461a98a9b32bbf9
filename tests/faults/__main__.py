"""The ledger under faults: `python -m tests.faults --readings 200000 --kills 10 --seed 0`.

Devices publish while ingest, PostgreSQL and the broker are killed with SIGKILL at random. Ends with 1 where a reading
that was receipted is not stored exactly once, where anything else is stored, or where the ledger does not balance.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults.plan import Plan
from tests.faults.run import run


def main() -> int:
    """The command."""
    asked = _arguments()
    home = asked.home or Path(tempfile.mkdtemp(prefix="vouch-faults-"))
    # The servers run as users of their own and have to reach it.
    home.chmod(0o755)
    plan = Plan(asked.seed, asked.devices, asked.readings)
    report = run(plan, asked.kills, home / ".vouch", _say, asked.processes)
    _say(str(report))
    if report.faults:
        _say(f"everything is as it was left in {home}")
        return 1
    if asked.home is None:
        shutil.rmtree(home)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--readings", type=int, default=200_000, help="that have to be stored")
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10, help="of each of ingest, database and broker")
    parser.add_argument("--processes", type=int, default=1, help="of ingest, which share the work; each is killed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path, help="an existing folder; by default a new one, removed at the end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Take in a great many mutated messages: `python -m tests.fuzz --messages 1000000`.

Ends with 1 where one of them escapes as an exception, hangs, or is not accounted for, and prints it with the seed of
its round, which `--print SEED` takes in again.
"""

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from multiprocessing import Pool

from tests.fuzz.drive import Findings, drive_round
from tests.fuzz.rounds import MESSAGES_IN_A_ROUND, messages_of

SHOWN_MAX = 5
PROGRESS_EVERY = 50_000


def main() -> int:
    """The command."""
    asked = _arguments()
    rounds = -(-asked.messages // MESSAGES_IN_A_ROUND)
    counts: Counter[str] = Counter()
    wrong: list[int] = []
    started = time.monotonic()
    _say(f"{rounds * MESSAGES_IN_A_ROUND} messages from seed {asked.seed}")
    for seed, one in _all(range(asked.seed, asked.seed + rounds), asked.processes):
        counts.update(one.counts)
        if one.faults:
            wrong.append(seed)
            if len(wrong) <= SHOWN_MAX:
                _say(_printed(seed, one))
        if counts["messages"] % PROGRESS_EVERY == 0:
            sys.stderr.write(f"{counts['messages']} messages, {len(wrong)} rounds with faults\n")
    seconds = time.monotonic() - started
    for name, count in sorted(counts.items()):
        _say(f"{count:10}  {name}")
    _say(f"{counts['messages'] / seconds:.0f} messages a second")
    received = (
        counts["rows"] + counts["duplicates"] + sum(n for name, n in counts.items() if name.startswith("rejected"))
    )
    _say(f"{received} received = {counts['rows']} rows + {counts['duplicates']} duplicates + the rejections above")
    _say(f"seed {asked.seed}: {len(wrong)} rounds with faults" + (f": {wrong[:50]}" if wrong else ""))
    return 1 if wrong else 0


def _all(seeds: Iterable[int], processes: int) -> Iterator[tuple[int, Findings]]:
    if processes == 1:
        yield from map(_driven, seeds)
        return
    with Pool(processes) as pool:
        yield from pool.imap_unordered(_driven, seeds, chunksize=20)


def _driven(seed: int) -> tuple[int, Findings]:
    try:
        return seed, drive_round(seed)
    except Exception:  # noqa: BLE001
        # The fuzzer's own fault is a finding like any other, with its seed.
        return seed, Findings(faults=[(None, traceback.format_exc())])


def _printed(seed: int, found: Findings) -> str:
    lines = [f"--- seed {seed}: {len(found.faults)} faults"]
    for arrived, text in found.faults[:3]:
        lines += [repr(arrived)[:2000], text]
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; the others follow")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--print", type=int, metavar="SEED", help="take in one round and print what became of it")
    asked = parser.parse_args()
    if asked.print is not None:
        for arrived in messages_of(asked.print):
            _say(repr(arrived))
        found = drive_round(asked.print)
        _say(_printed(asked.print, found))
        sys.exit(1 if found.faults else 0)
    return asked


if __name__ == "__main__":
    sys.exit(main())

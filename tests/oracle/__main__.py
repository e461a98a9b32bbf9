"""Compare the engine with the oracle on many random cases: `python -m tests.oracle --cases 20000`.

Ends with 1 where they differ, and prints each such case: its seed, its contract, what the two say.
"""

import argparse
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from multiprocessing import Pool

from tests.oracle.cases import case_of
from tests.oracle.compare import Compared, compared, printed
from tests.oracle.coverage import missing

SHOWN_MAX = 5


def main() -> int:
    """The command."""
    asked = _arguments()
    seeds = range(asked.seed, asked.seed + asked.cases)
    found: Counter[str] = Counter()
    wrong: list[int] = []
    for n, one in enumerate(_all(seeds, asked.processes), start=1):
        found.update(one.features)
        if one.differences:
            wrong.append(one.seed)
            if len(wrong) <= SHOWN_MAX:
                _say(printed(case_of(one.seed), one.differences))
        if n % 500 == 0 or n == asked.cases:
            sys.stderr.write(f"{n} of {asked.cases} cases, {len(wrong)} differ\n")
    for name, count in sorted(found.items()):
        _say(f"{count:8} {count * 100 / asked.cases:5.1f} %  {name}")
    thin = missing(found, asked.cases) if asked.cases >= 500 else []
    for line in thin:
        _say(line)
    _say(f"{asked.cases} cases from seed {asked.seed}: {len(wrong)} differ" + (f": {wrong}" if wrong else ""))
    return 1 if wrong or thin else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _all(seeds: Iterable[int], processes: int) -> Iterator[Compared]:
    if processes == 1:
        yield from map(_compared, seeds)
        return
    with Pool(processes) as pool:
        yield from pool.imap_unordered(_compared, seeds, chunksize=20)


def _compared(seed: int) -> Compared:
    try:
        return compared(case_of(seed))
    except Exception:  # noqa: BLE001
        # A case that breaks either of them is a finding like any other, with its seed.
        return Compared(seed, [traceback.format_exc()], set())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the others follow")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--print", type=int, metavar="SEED", help="print one case and what both make of it")
    asked = parser.parse_args()
    if asked.print is not None:
        case = case_of(asked.print)
        one = compared(case)
        _say(printed(case, one.differences or ["no difference"]))
        _say(json.dumps(sorted(one.features), indent=1))
        sys.exit(1 if one.differences else 0)
    return asked


if __name__ == "__main__":
    sys.exit(main())

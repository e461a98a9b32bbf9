"""Coverage-guided: messages that libFuzzer makes, led by the lines and comparisons that those before them reached.

`.vouch/fuzz/bin/python -m tests.fuzz.guided --messages 1000000 --seed 0`, in the environment that `make fuzz` makes.
An input is one byte, which chooses the kind of message, and its payload. It starts from the corpus in corpus.py, keeps
what reached something new below .vouch/fuzz/ until it is run again, and leaves there the message that failed,
which `--failure FILE` takes in again.
"""

import argparse
import itertools
import shutil
import sys
from pathlib import Path
from random import Random
from typing import Final

import atheris

with atheris.instrument_imports(include=["ingest", "vouch"]):
    from tests.fuzz.drive import Findings, drive

from ingest.message import Arrived, Message
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutate
from tests.fuzz.world import NOW

CORPUS: Final = corpus()
TOPICS: Final = sorted({message.topic for message in CORPUS})
# A birth first, so that what comes after it can mean something.
BIRTHS: Final = tuple(one for one in CORPUS if "BIRTH" in one.topic)
LENGTH_MAX: Final = 2_000
PROGRESS_EVERY: Final = 50_000
# Of libFuzzer's own mutations of bytes; the others are those of mutate.py, which keep messages well-formed.
BYTES_SHARE: Final = 0.5


class Faulty(Exception):
    """A message was not accounted for, or raised what it must not."""

    def __init__(self, findings: Findings) -> None:
        super().__init__("\n".join(f"{arrived!r}\n{text}" for arrived, text in findings.faults))


_taken = itertools.count(1)


def take(data: bytes) -> None:
    """One input: the births where Sparkplug needs them, and the message."""
    number = next(_taken)
    if number % PROGRESS_EVERY == 0:
        sys.stderr.write(f"{number} messages\n")
    if not data:
        return
    message = message_of(data)
    before = BIRTHS if message.topic.startswith("spBv1.0/") else ()
    arrived = [Arrived(one, NOW - 2_000_000 + n, n + 1, 1, 1) for n, one in enumerate((*before, message))]
    findings = drive(arrived)
    if findings.faults:
        raise Faulty(findings)


def message_of(data: bytes) -> Message:
    """The message that an input stands for."""
    return Message(TOPICS[data[0] % len(TOPICS)], data[1:])


def data_of(message: Message) -> bytes:
    """The input that stands for a message."""
    return bytes([TOPICS.index(message.topic)]) + message.payload


def another(data: bytes, size_max: int, seed: int) -> bytes:
    """libFuzzer's question for a mutation of its input."""
    random = Random(seed)
    if len(data) < 2 or random.random() < BYTES_SHARE:
        mutated: bytes = atheris.Mutate(data, size_max)
        return mutated
    changed = mutate(random, message_of(data), CORPUS)
    topic = changed.topic if changed.topic in TOPICS else message_of(data).topic
    return data_of(Message(topic, changed.payload))[:size_max]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(".vouch/fuzz"))
    parser.add_argument("--failure", type=Path, help="take in the one message of this file, and do nothing else")
    asked = parser.parse_args()
    if asked.failure:
        take(asked.failure.read_bytes())
        return
    reached, failures = asked.folder / "reached", asked.folder / "failures"
    # From the same start each time, so that the same seed does the same.
    shutil.rmtree(reached, ignore_errors=True)
    for folder in (reached, failures):
        folder.mkdir(parents=True, exist_ok=True)
    for n, message in enumerate(CORPUS):
        (reached / f"{n:03}").write_bytes(data_of(message))
    sys.stdout.write(f"{asked.messages} messages led by coverage, seed {asked.seed}\n")
    sys.stdout.flush()
    options = {
        "runs": asked.messages,
        # libFuzzer takes 0 for a seed of its own choice.
        "seed": asked.seed + 1,
        "max_len": LENGTH_MAX,
        "artifact_prefix": f"{failures}/",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    given = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup(["guided", str(reached), *given], take, custom_mutator=another)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Mutated messages of every format: none escapes as an exception, hangs, or goes unaccounted for.

`make fuzz MESSAGES=1000000` takes in many more, and lets coverage choose some.
"""

from collections import Counter

import pytest

from tests.fuzz.drive import drive_round

ROUNDS = 80
BATCH = 20
COUNTS: Counter[str] = Counter()


@pytest.mark.parametrize("first", range(0, ROUNDS, BATCH))
def test_every_mutated_message_is_accounted_for(first: int) -> None:
    for seed in range(first, first + BATCH):
        findings = drive_round(seed)

        assert not findings.faults, f"python -m tests.fuzz --print {seed}\n{findings.faults[0][1]}"
        COUNTS.update(findings.counts)


def test_the_mutations_reach_every_outcome() -> None:
    """Judged where all rounds above have run."""
    if COUNTS["messages"] < ROUNDS * 50:
        pytest.skip("not all rounds have run")

    seen = {name.removeprefix("rejected: ") for name in COUNTS}
    assert seen >= set(
        """rows duplicates undecodable malformed malformed_time malformed_value unsupported_feature unsupported_datatype
        unknown_topic unknown_device unknown_metric unknown_state unknown_alias unknown_unit no_birth unit
        implausible_value conflicting_value not_a_number uncertain_time future_time""".split()
    )
    assert all(
        COUNTS[name] for name in ("rebirths asked", "note: PresenceNote", "note: BirthNote", "note: FindingNote")
    )
    assert COUNTS["rows"] > COUNTS["messages"] // 10

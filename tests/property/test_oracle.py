"""The engine against the oracle: a second reading of the contract language that shares no line with it.

`make oracle CASES=20000` compares many more.
"""

from collections import Counter

import pytest

from tests.oracle.cases import case_of
from tests.oracle.compare import compared, printed
from tests.oracle.coverage import missing

CASES = 500
BATCH = 50
FOUND: Counter[str] = Counter()


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_the_engine_and_the_oracle_agree_to_the_last_digit(first: int) -> None:
    for seed in range(first, first + BATCH):
        case = case_of(seed)

        one = compared(case)

        assert not one.differences, printed(case, one.differences)
        FOUND.update(one.features)


def test_the_cases_are_not_trivial() -> None:
    """Of every kind of term, rule and outcome there are enough; judged where all cases above have run."""
    if not FOUND:
        pytest.skip("no cases have run")

    if FOUND["term availability"] >= CASES * 6 // 10:
        assert missing(FOUND, CASES) == []

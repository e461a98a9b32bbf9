"""J5 streak: whether a promise was missed, or kept, so often that one side has a right.

Pure. Source: docs/terms.md#streak.
"""

from collections.abc import Sequence
from typing import Final

from contracts.terms.judges.streak import Streak
from contracts.value import Judgment, Right, Verdict

_COUNTED: Final = frozenset({Verdict.MET, Verdict.MISSED})


def judge_streak(term: Streak, judgments: Sequence[tuple[str, Judgment]]) -> Right:
    """Whether the last `within` judgments that count have the verdict at least `count` times.

    `judgments` are (month, judgment), oldest first, up to the month judged. Those undefined, insufficient or not due
    are passed over: they neither count nor break a streak. `counted` of the result is what was looked at, oldest
    first; it may be shorter than `within`.
    """
    counting = [(month, one.verdict) for month, one in judgments if one.verdict in _COUNTED]
    counted = tuple(counting[-term.within :])
    wanted = Verdict(term.verdict.value)
    return Right(sum(1 for _, verdict in counted if verdict is wanted) >= term.count, counted)

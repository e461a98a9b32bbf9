"""J5 streak: the right that arises once a promise was missed (or kept) so often.

Pure. Months in which the promise is undefined or not due neither count nor break a streak.
Source: docs/terms.md#streak.
"""

from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from contracts.terms.base import Count, Ref, Text, Wanted
from contracts.terms.judges.base import Judge


class StreakOf(StrEnum):
    """What is counted."""

    MET = "met"
    MISSED = "missed"


class Streak(Judge):
    """`kind: streak`: `count` of the last `within` judgments; with both alike, one after the other."""

    gives: ClassVar[frozenset[Wanted]] = frozenset({Wanted.JUDGE})

    kind: Literal["streak"]
    judge: str
    verdict: StreakOf
    count: Count
    within: Count
    right: Text

    @property
    def chained(self) -> bool:
        """It counts the months before."""
        return True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.within < self.count:
            raise ValueError("'within' is at least 'count'")
        return self

    def refs(self) -> list[Ref]:
        """The promise."""
        return [Ref(("judge",), self.judge, Wanted.PROMISE)]

"""Acceptance: what a term lets silence mean where one side has proposed a fact.

Pure. A fact has two sides; the term that uses it says whether the other side's word is needed, and what it means
when that word does not come. There is no default: the parties write it. Source: docs/facts.md#acceptance.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.base import EITHER, GIVEN, WORD, Model


class Silence(StrEnum):
    """What it means that the other side has said nothing by the end of the days it had."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AcceptanceClock(Model):
    """The other side has `days` of 24 hours from the instant at which the proposal became known."""

    days: Annotated[int, Field(ge=0, le=366, strict=True)]
    silence: Silence


AcceptanceRule = Annotated[
    Annotated[Literal["not_needed"], WORD] | Annotated[AcceptanceClock, GIVEN],
    EITHER,
]

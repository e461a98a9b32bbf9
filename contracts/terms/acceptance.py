"""Acceptance: what a term lets silence mean where one side has proposed a fact.

Pure. A fact has two sides; the term that uses it says whether the other side's word is needed, and what it means
when that word does not come. There is no default: the parties write it. Source: docs/facts.md#acceptance.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag


class Silence(StrEnum):
    """What it means that the other side has said nothing by the end of the days it had."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AcceptanceClock(BaseModel):
    """The other side has `days` of 24 hours from the instant at which the proposal became known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, Field(ge=0, le=366, strict=True)]
    silence: Silence


def _either(value: Any) -> Any:
    if value == "not_needed" or isinstance(value, dict | AcceptanceClock):
        return value
    raise ValueError("not_needed, or the days and what silence means, such as {days: 14, silence: accepted}")


def _branch(value: Any) -> str:
    return "not_needed" if isinstance(value, str) else "clock"


AcceptanceRule = Annotated[
    Annotated[Literal["not_needed"], Tag("not_needed")] | Annotated[AcceptanceClock, Tag("clock")],
    Discriminator(_branch),
    BeforeValidator(_either),
]

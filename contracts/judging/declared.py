"""Declared events: whether a fact that one side declared was declared as the term agreed.

Pure. What judges of facts share; each brings its own notice. Source: docs/facts.md#acceptance.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.facts.book import Fact, Standing, StandingState
from contracts.facts.kinds import Cause, FactKind
from contracts.scene import Scene
from contracts.terms.acceptance import AcceptanceRule
from contracts.terms.side import Side
from vouch.period import Period

_REFUSED: Final[Mapping[StandingState, str]] = {
    StandingState.REJECTED: "rejected",
    StandingState.DISPUTED: "disputed",
    StandingState.UNDECIDED: "undecided",
    StandingState.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Agreed:
    """Which facts a term recognises. `notice_until` is, for an event that starts then, the last instant at which it
    may become known."""

    kind: FactKind
    causes: Sequence[str]
    declared_by: Sequence[Side]
    notice_until: Callable[[datetime], datetime]
    evidence_required: bool
    acceptance: AcceptanceRule


@dataclass(frozen=True, slots=True)
class Declared:
    """A fact, its span within what was asked for, its cause, and why it is refused; an empty `reason` grants it."""

    fact: Fact
    period: Period
    cause: str
    reason: str


def refusal(standing: Standing) -> str:
    """Why a fact that stands so cannot be rested on; empty where it can."""
    return "" if standing.accepted else _REFUSED[standing.state]


def declared(agreed: Agreed, scene: Scene, within: Period) -> list[Declared]:
    """The facts of the kind about the scene's asset, in order of their start, clipped to `within`.

    Of several reasons to refuse one the first counts: cause_not_agreed, not_entitled, notice_too_late, no_evidence,
    and then how the other side answered. A successor is judged by its own notice.
    """
    found: list[Declared] = []
    for fact, standing in scene.facts.standings(agreed.kind, scene.asset, agreed.acceptance):
        period = fact.within(within)
        if period is not None:
            assert isinstance(fact.about, Cause), "facts that are declared have a cause"
            cause = fact.about.cause
            found.append(Declared(fact, period, cause, _mistake(agreed, fact, cause) or refusal(standing)))
    return found


def _mistake(agreed: Agreed, fact: Fact, cause: str) -> str:
    assert fact.start is not None, "facts that are declared are spans"
    if cause not in agreed.causes:
        return "cause_not_agreed"
    if fact.proposed_by not in agreed.declared_by:
        return "not_entitled"
    if fact.proposed_at > agreed.notice_until(fact.start):
        return "notice_too_late"
    if agreed.evidence_required and not (fact.evidence or "").strip():
        return "no_evidence"
    return ""

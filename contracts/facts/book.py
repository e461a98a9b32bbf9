"""Facts: events with two sides, beside the telemetry, and how each of them stood at an instant.

Pure. The log (entry.py) is only ever added to; a `FactBook` is what it said strictly before one instant.
A fact never changes: another one succeeds it. Whether a term may use a fact is for the term's acceptance rule.
Source: docs/facts.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.facts.entry import Accept, AnyEntry, AnyProposal, ProposeIncident, ProposeInstant, ProposeSpan, Refuse
from contracts.facts.kinds import About, BaselineAdjustment, EventCancelled, FactKind, IndexValue, Says
from contracts.terms.acceptance import AcceptanceRule, Silence
from contracts.terms.side import Side
from vouch.document import Path
from vouch.errors import Conflict
from vouch.period import Period, iso, utc_midnight


class LawBroken(Conflict):
    """An entry that the log so far does not allow. `path` is the entry's field at fault."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said about a fact after it was proposed; known from `recorded_at` on."""

    says: Says
    by: Side
    recorded_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """What one side says happened, and what was said about it since, in order.

    A span has a `start` and an `end`, an instant has `at`; only an incident may have no end yet. Facts about a month
    or about one event of a device say so in `about`, whose class follows from the kind.
    """

    id: str
    kind: FactKind
    asset: str | None
    start: datetime | None
    end: datetime | None
    at: datetime | None
    about: About
    proposed_by: Side
    proposed_at: datetime
    evidence: str | None
    succeeds: str | None
    answers: tuple[Answer, ...] = ()

    @property
    def period(self) -> Period | None:
        """The span, where there is one and it has ended."""
        return Period(self.start, self.end) if self.start and self.end else None

    def within(self, window: Period) -> Period | None:
        """The part of `window` in which the span holds; an open one holds until further notice."""
        if self.start is None:
            return None
        start = max(window.start, self.start)
        end = window.end if self.end is None else min(window.end, self.end)
        return Period(start, end) if start < end else None

    @property
    def accepted_at(self) -> datetime | None:
        """When the other side accepted it in words."""
        return self._said(Says.ACCEPT)

    @property
    def rejected_at(self) -> datetime | None:
        """When the other side rejected it."""
        return self._said(Says.REJECT)

    @property
    def disputed_at(self) -> datetime | None:
        """When the other side disputed it; it may have been accepted, rejected or withdrawn since."""
        return self._said(Says.DISPUTE)

    @property
    def withdrawn_at(self) -> datetime | None:
        """When its own side took it back."""
        return self._said(Says.WITHDRAW)

    @property
    def alive(self) -> bool:
        """Neither rejected nor withdrawn."""
        return self.rejected_at is None and self.withdrawn_at is None

    def _said(self, says: Says) -> datetime | None:
        return next((answer.recorded_at for answer in self.answers if answer.says is says), None)


class StandingState(StrEnum):
    """How a fact stands under a term's acceptance rule."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    UNDECIDED = "undecided"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """`since` is on the clock of knowledge: from then on it stands so."""

    state: StandingState
    since: datetime

    @property
    def accepted(self) -> bool:
        """Whether a term may rest on the fact."""
        return self.state is StandingState.ACCEPTED


def standing_under(fact: Fact, rule: AcceptanceRule, known_at: datetime) -> Standing:
    """How `fact`, of the book at `known_at`, stands under `rule`, its successors left aside.

    What both sides agree upon in words stands under every rule. Once silence has accepted a fact, a rejection or
    dispute comes too late. Source: docs/facts.md#acceptance.
    """
    if fact.withdrawn_at:
        return Standing(StandingState.WITHDRAWN, fact.withdrawn_at)
    if rule == "not_needed":
        return Standing(StandingState.ACCEPTED, fact.proposed_at)
    due_at = fact.proposed_at + timedelta(days=rule.days)
    silent = due_at <= known_at and all(due_at <= answer.recorded_at for answer in fact.answers)
    if silent and rule.silence is Silence.ACCEPTED:
        return Standing(StandingState.ACCEPTED, due_at)
    if fact.accepted_at:
        return Standing(StandingState.ACCEPTED, fact.accepted_at)
    if silent:
        return Standing(StandingState.REJECTED, due_at)
    if fact.rejected_at:
        return Standing(StandingState.REJECTED, fact.rejected_at)
    if fact.disputed_at:
        return Standing(StandingState.DISPUTED, fact.disputed_at)
    return Standing(StandingState.UNDECIDED, fact.proposed_at)


@dataclass(frozen=True, slots=True)
class FactBook:
    """The log as it was known strictly before `known_at`."""

    known_at: datetime
    _facts: Mapping[str, Fact]
    _placed: Mapping[tuple[FactKind, str | None], Sequence[Fact]]
    _heirs: Mapping[str, Sequence[str]]

    def all(self) -> tuple[Fact, ...]:
        """Every fact ever proposed, in the order in which they became known."""
        return tuple(self._facts.values())

    def of(self, kind: FactKind, asset: str | None) -> tuple[Fact, ...]:
        """The facts of this kind about `asset` and about all assets (None: those only), in order of their own time.

        Without those withdrawn and those whose successor was accepted in words, which stands under every rule.
        """
        return tuple(self._standing(kind, asset, lambda heir: heir.accepted_at is not None))

    def standings(self, kind: FactKind, asset: str | None, rule: AcceptanceRule) -> tuple[tuple[Fact, Standing], ...]:
        """As `of`, each fact as it stands under `rule`; without those whose successor is accepted under it.

        A successor that is not accepted (yet) stands beside its predecessor. Where no acceptance is needed, a side
        replaces its own facts only; the other side's takes that side's word.
        """

        def accepted(heir: Fact) -> bool:
            return self._stands(heir, rule).accepted

        found = self._standing(kind, asset, accepted)
        return tuple((fact, self._stands(fact, rule)) for fact in found)

    def successor(self, fact: Fact) -> Fact | None:
        """The fact that was accepted in words in place of `fact`, or of its successors."""
        return next((heir for heir in self._line(fact) if heir.accepted_at), None)

    def _standing(self, kind: FactKind, asset: str | None, accepted: Callable[[Fact], bool]) -> list[Fact]:
        about = [fact for place in {asset, None} for fact in self._placed.get((kind, place), ())]
        standing = (fact for fact in about if fact.withdrawn_at is None and not any(map(accepted, self._line(fact))))
        return sorted(standing, key=_own_time)

    def _stands(self, fact: Fact, rule: AcceptanceRule) -> Standing:
        """As `standing_under`; but a side's fact is not replaced by the other side's without its word."""
        before = self._facts.get(fact.succeeds or "")
        foreign = before is not None and before.proposed_by is not fact.proposed_by
        if rule == "not_needed" and foreign and fact.alive and fact.accepted_at is None:
            return Standing(StandingState.UNDECIDED, fact.proposed_at)
        return standing_under(fact, rule, self.known_at)

    def _line(self, fact: Fact) -> Iterator[Fact]:
        """Successors, their successors, and so on."""
        return (self._facts[heir] for heir in _descendants(self._heirs, fact.id))


def book_at(entries: Iterable[AnyEntry], known_at: datetime) -> FactBook:
    """What `entries` say, those recorded at `known_at` or later left aside. Raises LawBroken.

    They count in order of `recorded_at`, and as given where that is equal; the very same entry again changes nothing.
    """
    log, broken = _replay([entry for entry in entries if _recorded_at(entry) < known_at])
    for _, error in broken:
        raise error
    placed: dict[tuple[FactKind, str | None], list[Fact]] = {}
    for fact in log.facts.values():
        placed.setdefault((fact.kind, fact.asset), []).append(fact)
    return FactBook(known_at, log.facts, placed, log.heirs)


def broken_laws(entries: Sequence[AnyEntry]) -> list[tuple[int, LawBroken]]:
    """The entries of a log that break one of its laws, by index."""
    return sorted(_replay(entries)[1], key=lambda one: one[0])


def _replay(entries: Sequence[AnyEntry]) -> tuple["_Log", list[tuple[int, LawBroken]]]:
    log = _Log({}, {})
    broken: list[tuple[int, LawBroken]] = []
    seen: set[AnyEntry] = set()
    for i in sorted(range(len(entries)), key=lambda i: _recorded_at(entries[i])):
        if entries[i] in seen:
            continue
        seen.add(entries[i])
        try:
            log.add(entries[i])
        except LawBroken as error:
            broken.append((i, error))
    return log, broken


def _recorded_at(entry: AnyEntry) -> datetime:
    assert entry.recorded_at is not None, "an entry of a log says when it was recorded"
    return entry.recorded_at


@dataclass(frozen=True, slots=True)
class _Log:
    """The facts so far, and the ids of each one's successors."""

    facts: dict[str, Fact]
    heirs: dict[str, list[str]]

    def add(self, entry: AnyEntry) -> None:
        """Take the next entry. Raises LawBroken."""
        if isinstance(entry, Accept | Refuse):
            fact = self._answerable(entry)
            answer = Answer(Says(entry.says), entry.by, _recorded_at(entry), entry.reason)
            self.facts[fact.id] = replace(fact, answers=(*fact.answers, answer))
            return
        if entry.fact in self.facts:
            message = f"fact {entry.fact!r} is proposed and never changes: propose another one that succeeds it"
            raise LawBroken(("fact",), message)
        if entry.succeeds is not None:
            self._check_succession(entry, entry.succeeds)
            self.heirs.setdefault(entry.succeeds, []).append(entry.fact)
        self.facts[entry.fact] = _proposed(entry)

    def _answerable(self, entry: Accept | Refuse) -> Fact:
        fact = self._proposed_before(entry.fact, "fact")
        final = (("accepted", fact.accepted_at), ("rejected", fact.rejected_at), ("withdrawn", fact.withdrawn_at))
        for word, at in final:
            if at is not None:
                message = f"fact {fact.id!r} was {word} at {iso(at)}, which is final: propose another one"
                raise LawBroken(("says",), message + (" that succeeds it" if word == "accepted" else ""))
        if (entry.says == "withdraw") != (entry.by is fact.proposed_by):
            message = (
                f"fact {fact.id!r} was proposed by the {fact.proposed_by}, who alone may withdraw it; "
                f"the {fact.proposed_by.other} accepts, rejects or disputes it"
            )
            raise LawBroken(("by",), message)
        if entry.says == "dispute" and fact.disputed_at is not None:
            raise LawBroken(("says",), f"fact {fact.id!r} was disputed at {iso(fact.disputed_at)} already")
        return fact

    def _check_succession(self, entry: AnyProposal, predecessor: str) -> None:
        fact = self._proposed_before(predecessor, "succeeds")
        if fact.kind != entry.kind:
            message = f"fact {predecessor!r} is of kind {fact.kind}, and only one of that kind succeeds it"
            raise LawBroken(("succeeds",), message)
        if not fact.alive:
            word = "rejected" if fact.rejected_at else "withdrawn"
            raise LawBroken(("succeeds",), f"fact {predecessor!r} was {word}: nothing is left to succeed")
        for heir in _descendants(self.heirs, predecessor):
            if self.facts[heir].alive:
                message = f"fact {predecessor!r} is succeeded by {heir!r} already: succeed that one"
                raise LawBroken(("succeeds",), message)

    def _proposed_before(self, fact: str, key: str) -> Fact:
        if fact not in self.facts:
            raise LawBroken((key,), f"fact {fact!r} is not proposed before this")
        return self.facts[fact]


def _proposed(entry: AnyProposal) -> Fact:
    return Fact(
        id=entry.fact,
        kind=FactKind(entry.kind),
        asset=entry.asset,
        start=entry.from_ if isinstance(entry, ProposeSpan | ProposeIncident) else None,
        end=entry.until if isinstance(entry, ProposeSpan | ProposeIncident) else None,
        at=entry.at if isinstance(entry, ProposeInstant) else None,
        about=entry.about,
        proposed_by=entry.by,
        proposed_at=_recorded_at(entry),
        evidence=entry.evidence,
        succeeds=entry.succeeds,
    )


def _descendants(heirs: Mapping[str, Sequence[str]], fact: str) -> Iterator[str]:
    """Successors, their successors, and so on."""
    line = [*heirs.get(fact, ())]
    while line:
        heir = line.pop(0)
        yield heir
        line += heirs.get(heir, ())


def _own_time(fact: Fact) -> tuple[datetime, str]:
    about = fact.about
    own = fact.start or fact.at
    if isinstance(about, EventCancelled):
        own = about.measured_at
    elif isinstance(about, BaselineAdjustment | IndexValue):
        own = utc_midnight(about.month)
    assert own is not None
    return own, fact.id

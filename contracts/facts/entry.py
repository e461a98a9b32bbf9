"""Entries of the log of facts: what one side said about an event, and when it became known.

Pure. An entry proposes a fact or answers one. What the entries come to is for book.py, how they are read and
written for file.py. Source: docs/facts.md.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, RootModel, model_validator

from contracts.facts.kinds import (
    At,
    BaselineAdjustment,
    Cause,
    Claim,
    CounterCorrection,
    DeviceSwap,
    Duty,
    EventCancelled,
    FactModel,
    GapCause,
    Incident,
    IndexValue,
    Words,
)
from contracts.terms.side import Side
from ingest.registry.file import Name
from vouch.canonical import canonical_json


class Entry(FactModel):
    """`fact` names the fact within its contract. `recorded_at` is when this became known: the database gives it."""

    fact: Name
    recorded_at: At | None = None
    by: Side
    says: Literal["propose", "accept", "reject", "dispute", "withdraw"]

    def line(self) -> str:
        """The entry as its one line of canonical JSON."""
        written = self.model_dump(mode="json", by_alias=True)
        if self.recorded_at is None:
            del written["recorded_at"]
        return canonical_json(written)


class Accept(Entry):
    """The other side agrees. Nothing but a successor changes that."""

    says: Literal["accept"]
    reason: Words | None = None


class Refuse(Entry):
    """The other side rejects or disputes the fact, or whoever proposed it withdraws it; each for a stated reason."""

    says: Literal["reject", "dispute", "withdraw"]
    reason: Words


class Propose(Entry):
    """`asset` null: all assets of the contract. `succeeds` names the fact whose place this one takes once accepted."""

    says: Literal["propose"]
    asset: Name | None
    evidence: Words | None = None
    succeeds: Name | None = None


class ProposeInstant(Propose):
    """A fact that happened `at` one instant."""

    at: At


class ProposeSpan(Propose):
    """A fact that holds `from` an instant and `until` another, which is not part of it."""

    from_: Annotated[At, Field(alias="from")]
    until: At

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.from_:
            raise ValueError("'until' must be later than 'from'")
        return self


class ProposePlannedWork(ProposeSpan):
    """Work that was planned: the supplier's downtime, or the customer's."""

    kind: Literal["planned_work"]
    about: Cause


class ProposeExcusableEvent(ProposeSpan):
    """An event for which one side does not answer."""

    kind: Literal["excusable_event"]
    about: Cause


class ProposeObligationMet(ProposeInstant):
    """An obligation was met."""

    kind: Literal["obligation_met"]
    about: Duty


class ProposeObligationBreached(ProposeSpan):
    """An obligation was breached, until it was cured."""

    kind: Literal["obligation_breached"]
    about: Duty


class ProposeMaintenanceDone(ProposeInstant):
    """Maintenance that the contract obliges a side to was done."""

    kind: Literal["maintenance_done"]
    about: Duty


class ProposeCounterCorrection(ProposeInstant):
    """A counter's usage was more or less than it showed."""

    kind: Literal["counter_correction"]
    about: CounterCorrection


class ProposeDeviceSwap(ProposeInstant):
    """Another device took over."""

    kind: Literal["device_swap"]
    about: DeviceSwap


class ProposeClaim(ProposeInstant):
    """A remedy that has to be claimed was claimed."""

    kind: Literal["claim"]
    about: Claim


class ProposeGapCause(ProposeSpan):
    """Why there was no data."""

    kind: Literal["gap_cause"]
    about: GapCause


class ProposeBaselineAdjustment(Propose):
    """A baseline is adjusted for what nobody foresaw."""

    kind: Literal["baseline_adjustment"]
    about: BaselineAdjustment


class ProposeIndexValue(Propose):
    """An index was published. It concerns no single asset."""

    kind: Literal["index_value"]
    asset: None = None
    about: IndexValue


class ProposeIncident(Propose):
    """Something broke, `from` when it was opened `until` it was restored; null while it is open."""

    kind: Literal["incident"]
    from_: Annotated[At, Field(alias="from")]
    until: At | None = None
    about: Incident

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until <= self.from_:
            raise ValueError("'until' must be later than 'from'")
        responded = self.about.responded_at
        if responded is not None and (responded < self.from_ or (self.until is not None and self.until < responded)):
            raise ValueError("'responded_at' must lie between 'from' and 'until'")
        return self


class ProposeEventCancelled(Propose):
    """An event that a device reported does not count."""

    kind: Literal["event_cancelled"]
    about: EventCancelled


AnyProposal = Annotated[
    ProposePlannedWork
    | ProposeExcusableEvent
    | ProposeObligationMet
    | ProposeObligationBreached
    | ProposeMaintenanceDone
    | ProposeCounterCorrection
    | ProposeDeviceSwap
    | ProposeClaim
    | ProposeGapCause
    | ProposeBaselineAdjustment
    | ProposeIndexValue
    | ProposeIncident
    | ProposeEventCancelled,
    Field(discriminator="kind"),
]
AnyEntry = Annotated[AnyProposal | Accept | Refuse, Field(discriminator="says")]


class FactLog(RootModel[list[AnyEntry]]):
    """A log of facts, or proposals for one: a list of entries. In JSON Lines each line is one of them."""


class AnswerEntry(RootModel[Annotated[Accept | Refuse, Field(discriminator="says")]]):
    """One answer."""

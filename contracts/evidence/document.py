"""Evidence: all that a contract's evaluation rests on, as files that need neither database nor broker.

Pure. `evidence.yaml` says what is measured, by which devices, and whom they served; readings come in files of their own
(evidence_readings.py), contract versions and facts as they are written anyway. docs/evidence.md shows a folder.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.evidence.readings import ROW_SCHEMA, Readings
from contracts.facts.entry import AnyEntry
from ingest.catalogue import Catalogue, Metric, Series
from ingest.registry.file import METRIC, Instant, MetricMeaning, Name, Slug
from vouch.canonical import canonical_json
from vouch.document import Document, Fault, parse_document
from vouch.errors import Invalid
from vouch.period import MICROSECOND, Period, from_micros, iso

# A metric that means different things on different devices is listed once for each meaning: state, state.2
_METRIC_KEY: Final = METRIC.removesuffix("$") + r"(\.[0-9]{1,4})?$"

MetricKey = Annotated[str, Field(pattern=_METRIC_KEY, max_length=69)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasuringDocument(_Model):
    """A device and the metrics it measures."""

    device: Name
    metrics: Annotated[list[MetricKey], Field(min_length=1)]


class AssignmentDocument(_Model):
    """The span in which a device speaks for an asset. It was always known and never withdrawn unless it says when."""

    asset: Name
    device: Name
    serves_from: Instant
    serves_until: Instant | None = None
    recorded_at: Instant | None = None
    withdrawn_at: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.serves_until is not None and self.serves_until <= self.serves_from:
            raise ValueError("'serves_until' must be later than 'serves_from'")
        if self.recorded_at and self.withdrawn_at and self.withdrawn_at <= self.recorded_at:
            raise ValueError("'withdrawn_at' must be later than 'recorded_at'")
        return self

    def known_by(self, known_at: datetime) -> bool:
        """Whether it was recorded before that instant and not withdrawn before it."""
        recorded = self.recorded_at is None or self.recorded_at < known_at
        return recorded and (self.withdrawn_at is None or self.withdrawn_at >= known_at)


class VersionDocument(_Model):
    """When a contract version was recorded."""

    version: Annotated[int, Field(ge=1, strict=True)]
    recorded_at: Instant


class EvidenceDocument(_Model):
    """The file `evidence.yaml`. Without `devices`, every device that is assigned measures every metric."""

    evidence: Literal[1]
    contract: Slug
    known_at: Instant | None = None
    complete_until: Instant | None = None
    versions: list[VersionDocument] = []
    metrics: dict[MetricKey, MetricMeaning]
    devices: list[MeasuringDocument] | None = None
    assignments: list[AssignmentDocument]


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of the folder that another module parses."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A folder, read. `catalogue` numbers the series that `readings` are kept under; `facts` are a log in order."""

    document: EvidenceDocument
    catalogue: Catalogue
    readings: Readings
    contracts: tuple[TextFile, ...]
    facts: tuple[AnyEntry, ...]

    @property
    def known_at(self) -> datetime:
        """As of when it is evaluated unless asked otherwise: as it says, or just after all that it holds was known."""
        if self.document.known_at is not None:
            return self.document.known_at
        written = self.document
        instants = [version.recorded_at for version in written.versions]
        for one in written.assignments:
            instants += [at for at in (one.recorded_at, one.withdrawn_at) if at is not None]
        instants += [entry.recorded_at for entry in self.facts if entry.recorded_at is not None]
        if self.readings.last_received is not None:
            instants.append(from_micros(self.readings.last_received))
        return max(instants, default=from_micros(0)) + MICROSECOND

    def knows_version(self, version: int, known_at: datetime) -> bool:
        """Whether that contract version was recorded before the instant."""
        return all(one.recorded_at < known_at for one in self.document.versions if one.version == version)

    def check_holds(self, window: Period) -> None:
        """Raise NotHeld for a window that ends after what the folder holds."""
        until = self.document.complete_until
        if until is not None and window.end > until:
            raise NotHeld(window.end, until)


class NotHeld(Invalid):
    """A folder was asked for a month later than it was made for."""

    def __init__(self, end: datetime, until: datetime) -> None:
        super().__init__(f"the evidence is complete until {iso(until)} and cannot say what happened until {iso(end)}")


def parse_evidence(text: str, name: str) -> tuple[Document, EvidenceDocument]:
    """Parse and check an evidence file. Raises DocumentFaults with file, line and path of each mistake."""
    document = parse_document(text, name)
    written = document.model(EvidenceDocument)
    faults = [*_metric_faults(written), *_assignment_faults(written)]
    if faults:
        raise document.faults(faults)
    return document, written


def catalogue_of(written: EvidenceDocument) -> Catalogue:
    """The series of each device, numbered in order of device and metric."""
    if written.devices is None:
        keys = {one.device: list(written.metrics) for one in written.assignments}
    else:
        keys = {one.device: one.metrics for one in written.devices}
    metrics = {key: meaning.metric(metric_name(key)) for key, meaning in written.metrics.items()}
    catalogue: dict[str, dict[str, Series]] = {}
    number = 0
    for device in sorted(keys):
        catalogue[device] = {}
        for key in sorted(keys[device]):
            number += 1
            catalogue[device][metrics[key].name] = Series(number, device, metrics[key])
    return catalogue


def metrics_of(evidence: Evidence, assets: Iterable[str]) -> dict[str, dict[str, Metric]]:
    """The metrics of all devices that ever served each of `assets`, by name; an asset without a device has no entry."""
    wanted = set(assets)
    found: dict[str, dict[str, Metric]] = {}
    for one in evidence.document.assignments:
        if one.asset in wanted:
            series = evidence.catalogue.get(one.device, {})
            found.setdefault(one.asset, {}).update({name: known.metric for name, known in series.items()})
    return found


def metric_name(key: str) -> str:
    """The name that readings use, of a metric's key."""
    return key.partition(".")[0]


def evidence_text(written: EvidenceDocument) -> str:
    """The file that states this, an entry a line: JSON, which is YAML. The same content gives the same bytes."""
    content = written.model_dump(mode="json", exclude_none=True)
    parts = [f'"{name}": {_entries(content[name])}' for name in EvidenceDocument.model_fields if name in content]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _entries(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"  {canonical_json(one)}" for one in value) + "\n]"
    if isinstance(value, dict) and value:
        lines = (f'  "{key}": {canonical_json(one)}' for key, one in sorted(value.items()))
        return "{\n" + ",\n".join(lines) + "\n}"
    return canonical_json(value)


def schema() -> dict[str, Any]:
    """JSON Schema of the evidence file, and under $defs/Reading of a reading's row."""
    found = EvidenceDocument.model_json_schema()
    found["$defs"]["Reading"] = ROW_SCHEMA
    return found


def _metric_faults(written: EvidenceDocument) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, one in enumerate(written.devices or ()):
        if one.device in seen:
            yield Fault(("devices", i, "device"), f"{one.device!r} is listed twice")
        seen.add(one.device)
        names = [metric_name(key) for key in one.metrics]
        for j, key in enumerate(one.metrics):
            if key not in written.metrics:
                yield Fault(("devices", i, "metrics", j), f"{key!r} is not among the metrics")
            elif names.index(names[j]) < j:
                yield Fault(("devices", i, "metrics", j), f"{names[j]!r} is listed twice")
    if written.devices is None:
        names = [metric_name(key) for key in written.metrics]
        for n, key in enumerate(written.metrics):
            if names.index(names[n]) < n:
                yield Fault(("metrics", key), "of two meanings, each device says which: 'devices' is required")


def _assignment_faults(written: EvidenceDocument) -> Iterator[Fault]:
    if written.devices is not None:
        known = {one.device for one in written.devices}
        for i, one in enumerate(written.assignments):
            if one.device not in known:
                yield Fault(("assignments", i, "device"), f"{one.device!r} is not among the devices")
    yield from _overlaps(written.assignments, "asset", "served by two devices")
    yield from _overlaps(written.assignments, "device", "serving two assets")


def _overlaps(assignments: Sequence[AssignmentDocument], name: str, what: str) -> Iterator[Fault]:
    """Two assignments of one asset or device that serve at once, by what was known at one instant."""
    numbered = sorted(enumerate(assignments), key=lambda pair: (getattr(pair[1], name), pair[1].serves_from))
    for key, group in groupby(numbered, key=lambda pair: getattr(pair[1], name)):
        members = list(group)
        for n, (i, one) in enumerate(members):
            for j, other in members[n + 1 :]:
                if one.serves_until is not None and one.serves_until <= other.serves_from:
                    break
                if _known_together(one, other):
                    yield Fault(("assignments", max(i, j)), f"{name} {key!r} is {what} at {iso(other.serves_from)}")


def _known_together(one: AssignmentDocument, other: AssignmentDocument) -> bool:
    """Whether there is an instant by which both were recorded and neither withdrawn."""
    recorded = [at for at in (one.recorded_at, other.recorded_at) if at is not None]
    withdrawn = [at for at in (one.withdrawn_at, other.withdrawn_at) if at is not None]
    return not recorded or not withdrawn or max(recorded) < min(withdrawn)

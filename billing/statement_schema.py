"""The form of a statement, for whoever reads one: every field, what it means, and its bounds.

Pure. billing/statement.py writes statements; a test holds that each fits these models. Amounts and exact numbers are
text, times in microseconds are whole numbers, instants are text in UTC. Source: docs/statement.md.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Instant = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z$", description="UTC")]
Month = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256")]
DecimalText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="a decimal number")]
WholeText = Annotated[str, Field(pattern="^-?[0-9]+$", description="a whole number")]
Exact = Annotated[
    list[WholeText], Field(min_length=2, max_length=2, description="[numerator, denominator] in lowest terms")
]
Micros = Annotated[int, Field(ge=0, description="microseconds")]
ByClass = Annotated[dict[str, Micros], Field(description="microseconds by class of time")]
Subject = Annotated[str, Field(description="an asset, or * for all of them")]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Span(_Written):
    """Half-open: `until` is not part of it."""

    from_: Annotated[Instant, Field(alias="from")]
    until: Instant


class Number(_Written):
    """`decimal` is cut towards zero after twelve places; `exact` says that nothing was cut."""

    fraction: Exact
    decimal: DecimalText
    exact: bool


class Version(Span):
    """A version of the contract, its digest, and the part of the month that it governs."""

    version: Annotated[int, Field(ge=1)]
    digest: Digest


class Finding(BaseModel):
    """An inference: what kind, in words, and the facts it rests on."""

    model_config = ConfigDict(extra="allow")

    kind: str
    text: str


class IncidentSaid(_Written):
    """A stop. `micros` is its service time so far, `response_micros` that until somebody attended to it."""

    asset: str
    cause: str
    opened_at: Instant
    closed_at: Instant | None
    responded_at: Instant | None
    micros: Micros
    response_micros: Micros | None
    fact: str | None


class AssetMeasured(_Written):
    """What a measure made of one asset in this part: amount, base, streams read, spans by class, inferences."""

    asset: str
    amount: Exact
    base: Exact
    sources: list[dict[str, Any]]
    findings: list[Finding]
    micros: ByClass | None = None
    spans: list[tuple[str, Instant, Instant, list[str]]] | None = None
    void: Literal[True] | None = None


class MeasureSaid(_Written):
    """A measure over its window. Without a value, `state` says why; `so_far` is what a window has come to.

    What was inferred is in `assets`, or in `findings` for a measure that is made of others.
    """

    measure: str
    kind: str
    subject: Subject
    state: Literal["defined", "undefined", "insufficient", "not_due"]
    window: Span
    unit: Annotated[str, Field(description="a UN/ECE code, or empty for a share of one")]
    value: Number | None
    numerator: Exact | None
    denominator: Exact | None
    so_far: Number | None = None
    micros: ByClass | None = None
    known_micros: Micros | None = None
    total_micros: Micros | None = None
    incidents: list[IncidentSaid] | None = None
    assets: list[AssetMeasured] | None = None
    findings: list[Finding] | None = None


class SpanSaid(Span):
    """A span that a judge granted, or refused for the reason."""

    granted: bool
    reason: str
    cause: str
    fact: str | None


class JudgeSaid(_Written):
    """How a promise stands (`verdict`), whether a right has arisen (`arisen`), or the spans of a judge of spans."""

    judge: str
    kind: str
    subject: Subject
    verdict: Literal["met", "missed", "undefined", "insufficient", "not_due"] | None = None
    target: Number | None = None
    beyond: Number | None = None
    right: str | None = None
    arisen: bool | None = None
    counted: list[tuple[Month, str]] | None = None
    spans: list[SpanSaid] | None = None


class Side(_Written):
    """One side's measure and its time by class."""

    measure: str
    micros: ByClass


class Differing(Span):
    """A span that the two sides put into different classes."""

    owner: str
    supplier: str


class ViewSaid(_Written):
    """One log as both sides read it."""

    view: str
    asset: str
    owner: Side
    supplier: Side
    differing_micros: Micros
    differ: list[Differing]


class PartSaid(Span):
    """All that one version's part of the month was measured and judged as, whether a price asked for it or not."""

    version: Annotated[int, Field(ge=1)]
    measures: list[MeasureSaid]
    judges: list[JudgeSaid]
    views: list[ViewSaid]
    findings: list[Finding]


class FactSaid(_Written):
    """A record of the parties on time up to the month's end; each answer as [what, by whom, when]."""

    fact: str
    kind: str
    asset: str | None
    proposed_by: Literal["supplier", "customer"]
    proposed_at: Instant
    answers: list[tuple[str, str, Instant]]


class LineSaid(_Written):
    """A charge. `amount` is `amount_exact` rounded once; `corrects` names the earlier month that it corrects."""

    position: Annotated[int, Field(ge=1)]
    price: str
    subject: Subject
    text: str
    service: Span
    quantity: DecimalText
    quantity_exact: Exact
    unit: str
    unit_price: DecimalText | None
    amount_exact: Exact
    amount: DecimalText
    vat_percent: DecimalText
    corrects: Month | None = None


class VatSaid(_Written):
    """VAT at one rate: rounded once, on the sum of that rate's lines."""

    vat_percent: DecimalText
    base: DecimalText
    amount: DecimalText


class StatementDocument(_Written):
    """A contract's month: what was measured, judged and charged, as known at an instant."""

    statement: Annotated[Literal[1], Field(description="the version of this form")]
    engine: Annotated[str, Field(description="changes whenever the same input could give another result")]
    zone_database: Annotated[str, Field(description="the release of the IANA time zones")]
    contract: str
    versions: Annotated[list[Version], Field(min_length=1)]
    issuer: str
    customer: str
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    time_zone: str
    month: Month
    period: Span
    known_at: Annotated[Instant, Field(description="nothing that became known at or after this was heeded")]
    parts: Annotated[list[PartSaid], Field(min_length=1)]
    facts: list[FactSaid]
    lines: list[LineSaid]
    vat: list[VatSaid]
    net: DecimalText
    vat_total: DecimalText
    gross: DecimalText
    digest: Annotated[Digest, Field(description="of all the rest, as canonical JSON")]

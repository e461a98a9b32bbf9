"""Contract files: YAML or JSON, turned into a Contract and back.

Pure. The models give the shape; the checks across fields and against the registry follow, each naming its path.
The canonical document, whose digest names the version for ever, is the model's own JSON.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from functools import reduce
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contracts.check.part_faults import part_faults
from contracts.check.policy_faults import policy_faults
from contracts.contract import Contract, CoveredAsset, View
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice
from contracts.terms.base import Percent, Slug
from ingest.catalogue import Metric
from ingest.registry.file import Name, Zone, in_reach
from vouch.canonical import canonical_json, digest_of
from vouch.document import Document, Fault, parse_document
from vouch.errors import Invalid
from vouch.money import minor_digits
from vouch.period import local_instant, parse_instant


def _moment(text: Any) -> date | datetime:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return in_reach(date.fromisoformat(text))
        return in_reach(parse_instant(text))
    except (Invalid, ValueError):
        pass
    raise ValueError("a local date such as 2026-10-01, or an instant with its offset from UTC, from 2000 to 2199")


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _currency(code: str) -> str:
    try:
        minor_digits(code)
    except Invalid:
        raise ValueError("a currency of ISO 4217 such as EUR") from None
    return code


Moment = Annotated[date | datetime, BeforeValidator(_moment)]


class CoveredAssetDocument(BaseModel):
    """An asset of the contract; dates are local and begin at their first instant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asset: Name
    in_service_from: Moment
    in_service_until: Moment | None = None


class ViewDocument(BaseModel):
    """Two availability measures of the same log, as each side reads it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    owner: str
    supplier: str


class ContractDocument(BaseModel):
    """A contract file: one version of one agreement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contract: Slug
    version: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    issuer: Slug
    customer: Slug
    currency: Annotated[str, AfterValidator(_currency)]
    time_zone: Zone
    effective_from: Moment
    effective_until: Moment | None = None
    vat_percent: Percent
    assets: Annotated[list[CoveredAssetDocument], Field(min_length=1, max_length=100_000)]
    measures: Annotated[list[AnyMeasure], Field(max_length=200)]
    judges: Annotated[list[AnyJudge], Field(max_length=200)]
    prices: Annotated[list[AnyPrice], Field(min_length=1, max_length=200)]
    views: Annotated[list[ViewDocument], Field(max_length=20)]

    @model_validator(mode="after")
    def _spans_in_order(self) -> Self:
        zone = ZoneInfo(self.time_zone)
        if self.effective_until and _instant(self.effective_until, zone) <= _instant(self.effective_from, zone):
            raise ValueError("'effective_until' must be later than 'effective_from'")
        return self


def parse_contract(text: str, name: str) -> tuple[Document, ContractDocument]:
    """Parse and check a contract file. Raises DocumentFaults with file, line and path of each mistake."""
    document = parse_document(text, name)
    return document, check_document(document)


def check_document(document: Document) -> ContractDocument:
    """A parsed file as a contract version. Raises DocumentFaults with file, line and path of each mistake."""
    written = document.model(ContractDocument)
    faults = [*_asset_faults(written), *part_faults(written.measures, written.judges, written.prices, written.views)]
    if faults:
        raise document.faults(faults)
    return written


def registry_faults(
    written: ContractDocument, metrics: Mapping[str, Mapping[str, Metric]], owners: Mapping[str, str]
) -> list[Fault]:
    """What does not fit the registry, given each asset's metric catalogue and customer."""
    faults: list[Fault] = []
    for i, covered in enumerate(written.assets):
        owner = owners.get(covered.asset)
        if owner is None:
            faults.append(Fault(("assets", i, "asset"), f"asset {covered.asset!r} is not in the registry"))
        elif owner != written.customer:
            message = f"asset {covered.asset!r} belongs to customer {owner!r}"
            faults.append(Fault(("assets", i, "asset"), message))
    return faults or metric_faults(written, metrics) or falls_faults(written, metrics)


def metric_faults(written: ContractDocument, metrics: Mapping[str, Mapping[str, Metric]]) -> list[Fault]:
    """What does not fit the metrics that every covered asset has; `metrics` are by asset and name."""
    shared = _shared_metrics([metrics[a.asset] for a in written.assets if a.asset in metrics])
    faults: list[Fault] = []
    for place, parts in (("measures", written.measures), ("judges", written.judges)):
        for i, part in enumerate(parts):
            faults += [Fault((place, i, *path), text) for path, text in part.faults(shared)]
    return faults


def falls_faults(written: ContractDocument, metrics: Mapping[str, Mapping[str, Metric]]) -> list[Fault]:
    """Where a counter is measured as if its falls meant something else than is declared; `metrics` as above."""
    shared = _shared_metrics([metrics[a.asset] for a in written.assets if a.asset in metrics])
    return [Fault(("measures", i, *path), text) for i, path, text in policy_faults(written.measures, shared)]


def contract_of(written: ContractDocument) -> Contract:
    """The contract that the document states."""
    zone = ZoneInfo(written.time_zone)
    return Contract(
        id=written.contract,
        version=written.version,
        issuer=written.issuer,
        customer=written.customer,
        currency=written.currency,
        zone=zone,
        effective_from=_instant(written.effective_from, zone),
        effective_until=_optional_instant(written.effective_until, zone),
        vat_percent=written.vat_percent,
        assets=tuple(
            CoveredAsset(
                covered.asset,
                _instant(covered.in_service_from, zone),
                _optional_instant(covered.in_service_until, zone),
            )
            for covered in written.assets
        ),
        measures=tuple(written.measures),
        judges=tuple(written.judges),
        prices=tuple(written.prices),
        views=tuple(View(view.id, view.owner, view.supplier) for view in written.views),
        digest=digest_of(canonical_document(written)),
        begins_at=_instant(written.effective_from, zone),
    )


def canonical_document(written: ContractDocument) -> str:
    """The document's one canonical text: what is stored and digested."""
    return canonical_json(written.model_dump(mode="json", by_alias=True, exclude_none=True))


def contract_of_canonical(text: str) -> Contract:
    """The contract that a stored canonical document states."""
    return contract_of(parse_canonical(text))


def parse_canonical(text: str) -> ContractDocument:
    """A stored canonical document as its model."""
    return ContractDocument.model_validate_json(text)


def _asset_faults(written: ContractDocument) -> Iterable[Fault]:
    zone = ZoneInfo(written.time_zone)
    seen: set[str] = set()
    for i, covered in enumerate(written.assets):
        if covered.asset in seen:
            yield Fault(("assets", i, "asset"), f"{covered.asset!r} is covered twice")
        seen.add(covered.asset)
        until = _optional_instant(covered.in_service_until, zone)
        if until is not None and until <= _instant(covered.in_service_from, zone):
            yield Fault(("assets", i, "in_service_until"), "must be later than 'in_service_from'")


def _shared_metrics(catalogues: list[Mapping[str, Metric]]) -> Mapping[str, Metric]:
    """The metrics that every covered asset has, with the same meaning."""
    if not catalogues:
        return {}
    return reduce(lambda a, b: {n: m for n, m in a.items() if b.get(n) == m}, catalogues)


def _instant(moment: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return local_instant(moment, time(), zone)


def _optional_instant(moment: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else _instant(moment, zone)

"""The registry file: issuers, customers, product types, assets, devices and whom they serve, as people write it.

Pure. docs/registry.md shows one. registry.py stores what this module has checked.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingest.catalogue import Metric, MetricKind, OnFall
from vouch.document import Document, Fault, PlainDecimal, parse_document
from vouch.errors import Invalid
from vouch.period import parse_instant
from vouch.units import UNITS, expected_unit

SLUG: Final = "^[a-z0-9][a-z0-9_-]*$"
NAME: Final = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
METRIC: Final = "^[a-z][a-z0-9_]*$"
# Some seventy thousand devices with their assets; reading so much takes about two gigabytes of memory.
LENGTH_MAX: Final = 20_000_000


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("an IANA time zone such as Europe/Berlin")
    return name


def check_unit(code: str) -> str:
    """A known unit code itself. Raises ValueError with the nearest ones."""
    if code not in UNITS:
        raise ValueError(expected_unit(code))
    return code


DateT = TypeVar("DateT", date, datetime)


def in_reach(moment: DateT) -> DateT:
    """The moment itself where calendars around it can be computed. Raises ValueError."""
    if not 2000 <= moment.year < 2200:
        raise ValueError("a date from 2000 to 2199")
    return moment


def _to_instant(text: Any) -> datetime:
    try:
        return in_reach(parse_instant(text))
    except (Invalid, ValueError):
        raise ValueError(
            "an instant with its offset from UTC, such as 2026-10-01T00:00:00+02:00, from 2000 to 2199"
        ) from None


def _not_ours(name: str) -> str:
    if name.startswith("vouch-"):
        raise ValueError("a name that does not begin with vouch-, which names vouch's own accounts at the broker")
    return name


Slug = Annotated[str, Field(pattern=SLUG, max_length=64, description="a name of a-z, 0-9, _ and - such as truck-fleet")]
Name = Annotated[
    str, Field(pattern=NAME, max_length=128, description="a name of letters, digits, '.', '_' and '-' such as truck-1")
]
Text = Annotated[str, Field(min_length=1, max_length=200)]
SparkplugAddress = Annotated[
    str,
    Field(
        pattern="^[^/+#]+/[^/+#]+(/[^/+#]+)?$",
        max_length=400,
        description="a Sparkplug address such as group/edge-node or group/edge-node/device",
    ),
]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="a country of ISO 3166 such as DE")]
Zone = Annotated[str, AfterValidator(_check_zone)]
Instant = Annotated[datetime, BeforeValidator(_to_instant)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartyDocument(_Model):
    """A legal person: who sells or who pays."""

    id: Slug
    legal_name: Text
    address: Annotated[list[Text], Field(min_length=1, max_length=6)]
    country: Country
    vat_id: Text | None = None
    email: Text | None = None


class IssuerDocument(PartyDocument):
    """The legal seller whose invoices carry one gapless series of numbers a year."""

    iban: Text | None = None
    time_zone: Zone
    payment_days: Annotated[int, Field(ge=0, le=365, strict=True)]


class MetricMeaning(_Model):
    """What a metric's readings mean, whatever its name."""

    kind: MetricKind
    unit: Annotated[str, AfterValidator(check_unit)] | None = None
    resolution: Annotated[PlainDecimal, Field(gt=0)] | None = None
    plausible: tuple[PlainDecimal, PlainDecimal] | None = None
    states: Annotated[dict[Name, Annotated[int, Field(ge=0, le=32767, strict=True)]], Field(min_length=1)] | None = None
    on_fall: OnFall | None = None
    modulus: Annotated[PlainDecimal, Field(gt=0)] | None = None
    jitter: Annotated[PlainDecimal, Field(ge=0)] | None = None
    step_max: Annotated[PlainDecimal, Field(gt=0)] | None = None
    silence_seconds_max: Annotated[int, Field(gt=0, le=31_622_400, strict=True)]

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        state, counter = self.kind is MetricKind.STATE, self.kind is MetricKind.COUNTER
        if state != (self.states is not None):
            raise ValueError("a state metric, and no other, lists its 'states' with a code each")
        if state == (self.unit is not None):
            raise ValueError("a metric that is not a state names its 'unit', a state has none")
        if counter != (self.on_fall is not None):
            raise ValueError("a counter, and no other, says 'on_fall': reset, rollover, dip or signed")
        if self.states and len(set(self.states.values())) != len(self.states):
            raise ValueError("each state has a code of its own")
        if state and (self.plausible or self.resolution):
            raise ValueError("a state has neither 'plausible' nor 'resolution'")
        if self.plausible and self.plausible[0] > self.plausible[1]:
            raise ValueError("'plausible' is [lowest, highest]")
        return self

    @model_validator(mode="after")
    def _policy_consistent(self) -> Self:
        if self.kind is not MetricKind.COUNTER and (self.jitter is not None or self.step_max is not None):
            raise ValueError("'jitter' and 'step_max' belong to counters")
        if (self.on_fall is OnFall.ROLLOVER) != (self.modulus is not None):
            raise ValueError("'modulus' belongs to 'on_fall: rollover', and is needed there")
        jitter = self.jitter or 0
        if self.modulus is not None and jitter >= self.modulus:
            raise ValueError("'jitter' must be smaller than 'modulus'")
        if self.step_max is not None and self.step_max <= jitter:
            raise ValueError("'step_max' must be greater than 'jitter'")
        return self

    def metric(self, name: str) -> Metric:
        """The metric of that name with this meaning."""
        low, high = self.plausible or (None, None)
        return Metric(
            name=name,
            kind=self.kind,
            unit=self.unit,
            resolution=self.resolution,
            value_min=low,
            value_max=high,
            states=self.states or {},
            on_fall=self.on_fall,
            modulus=self.modulus,
            jitter=self.jitter or Decimal(0),
            step_max=self.step_max,
            silence_seconds_max=self.silence_seconds_max,
        )


class MetricDocument(MetricMeaning):
    """One entry of a metric catalogue."""

    name: Annotated[str, Field(pattern=METRIC, max_length=64)]
    sent_as: Annotated[list[Text], Field(max_length=20)] = []

    def declared(self) -> Metric:
        """The metric with the other names under which it is sent."""
        return replace(self.metric(self.name), sent_as=tuple(self.sent_as))


class ProductTypeDocument(_Model):
    """A kind of product and what its devices measure."""

    id: Slug
    name: Text
    metrics: Annotated[list[MetricDocument], Field(min_length=1)]


DeviceName = Annotated[Name, AfterValidator(_not_ours)]


class DeviceDocument(_Model):
    """What speaks for assets; readings from before `installed_at` are refused."""

    id: DeviceName
    product_type: Slug
    installed_at: Instant | None = None
    sparkplug: SparkplugAddress | None = None


class ServedDocument(_Model):
    """The span in which a device speaks for an asset; no `until` means until further notice."""

    device: DeviceName
    since: Instant
    until: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until <= self.since:
            raise ValueError("'until' must be later than 'since'")
        return self


class AssetDocument(_Model):
    """A product a customer uses, with the devices that have spoken for it."""

    id: Name
    name: Text
    customer: Slug
    product_type: Slug
    served_by: list[ServedDocument] = []


class RegistryDocument(_Model):
    """The whole file: what it does not mention stays as it is."""

    registry: Literal[1] = 1
    issuers: list[IssuerDocument] = []
    customers: list[PartyDocument] = []
    product_types: list[ProductTypeDocument] = []
    devices: list[DeviceDocument] = []
    assets: list[AssetDocument] = []


def parse_registry(text: str, name: str) -> tuple[Document, RegistryDocument]:
    """Parse and check a registry file. Raises DocumentFaults with file, line and path of each mistake."""
    document = parse_document(text, name, LENGTH_MAX)
    return document, declared_in(document)


def declared_in(document: Document) -> RegistryDocument:
    """What a registry document declares, checked. Raises DocumentFaults."""
    declared = document.model(RegistryDocument)
    faults = [*_double_ids(declared), *_double_names(declared), *_double_addresses(declared)]
    if faults:
        raise document.faults(faults)
    return declared


def _double_ids(declared: RegistryDocument) -> Iterator[Fault]:
    lists: tuple[tuple[str, list[Any]], ...] = (
        ("issuers", declared.issuers),
        ("customers", declared.customers),
        ("product_types", declared.product_types),
        ("devices", declared.devices),
        ("assets", declared.assets),
    )
    for name, entries in lists:
        seen: set[str] = set()
        for i, entry in enumerate(entries):
            if entry.id in seen:
                yield Fault((name, i, "id"), f"{entry.id!r} is declared twice")
            seen.add(entry.id)


def _double_names(declared: RegistryDocument) -> Iterator[Fault]:
    """Metric names and names that devices send them under: each belongs to one metric of its product type."""
    for i, product in enumerate(declared.product_types):
        meant: dict[str, str] = {}
        for j, metric in enumerate(product.metrics):
            if metric.name in meant:
                yield Fault(("product_types", i, "metrics", j, "name"), f"{metric.name!r} is declared twice")
            meant[metric.name] = metric.name
        for j, metric in enumerate(product.metrics):
            for k, name in enumerate(metric.sent_as):
                if name in meant:
                    path = ("product_types", i, "metrics", j, "sent_as", k)
                    yield Fault(path, f"{name!r} means the metric {meant[name]} already")
                meant.setdefault(name, metric.name)


def _double_addresses(declared: RegistryDocument) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for i, device in enumerate(declared.devices):
        if device.sparkplug is not None:
            other = seen.setdefault(device.sparkplug, device.id)
            if other != device.id:
                yield Fault(("devices", i, "sparkplug"), f"{device.sparkplug!r} is the address of {other} already")

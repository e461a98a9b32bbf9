"""What a registry file may not say of what is stored: meanings and types that never change, names and addresses taken,
and one device at a time for an asset, one asset for a device.

Pure. registry_store.py fetches what is stored; the file by itself was checked by registry_file.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ingest.catalogue import Assignment, Metric
from ingest.registry.file import MetricDocument, RegistryDocument
from vouch.document import Fault
from vouch.expectation import Path
from vouch.period import iso

_MEANING: Final = ("kind", "unit", "on_fall", "modulus", "jitter", "step_max")
_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of all that a file mentions.

    `metrics` are by product type and name, `devices` their product type by id, `addresses` the devices of the Sparkplug
    addresses in the file, `assets` product type and customer by id, `serving` the live assignments of the file's
    devices to assets that are not in the file.
    """

    product_types: frozenset[str]
    customers: frozenset[str]
    metrics: Mapping[tuple[str, str], Metric]
    devices: Mapping[str, str]
    addresses: Mapping[str, str]
    assets: Mapping[str, tuple[str, str]]
    serving: Sequence[Assignment]


def conflicts(declared: RegistryDocument, stored: Stored) -> Iterator[Fault]:
    """Each contradiction, where it stands in the file."""
    yield from _metrics(declared, stored)
    yield from _names(declared, stored)
    yield from _devices(declared, stored)
    yield from _assets(declared, stored)
    yield from _served(declared, stored)


def _metrics(declared: RegistryDocument, stored: Stored) -> Iterator[Fault]:
    for i, product in enumerate(declared.product_types):
        for j, written in enumerate(product.metrics):
            before = stored.metrics.get((product.id, written.name))
            if before is not None:
                for text in _changed(written, before):
                    yield Fault(("product_types", i, "metrics", j), f"metric {written.name!r}{text}")


def _changed(written: MetricDocument, before: Metric) -> Iterator[str]:
    """What of the metric's meaning would change."""
    metric = written.metric(written.name)
    said = {name: getattr(before, name) for name in _MEANING}
    if {name: getattr(metric, name) for name in _MEANING} != said:
        words = ", ".join(f"{name} {value}" for name, value in said.items() if value is not None)
        yield f" is already declared as {words}: its meaning never changes; declare another metric"
    elif any(metric.states.get(name) != code for name, code in before.states.items()):
        yield f": declared states keep their codes: {dict(before.states)}"


def _names(declared: RegistryDocument, stored: Stored) -> Iterator[Fault]:
    """A name under which a metric is sent means that one only, also where other files declared the others."""
    for i, product in enumerate(declared.product_types):
        here = {metric.name for metric in product.metrics}
        others = [m for (of, name), m in stored.metrics.items() if of == product.id and name not in here]
        taken = {name: metric.name for metric in others for name in (metric.name, *metric.sent_as)}
        for j, metric in enumerate(product.metrics):
            for name in (metric.name, *metric.sent_as):
                if name in taken:
                    text = f"{name!r} would mean more than one metric: {taken[name]}, {metric.name}"
                    yield Fault(("product_types", i, "metrics", j), text)


def _devices(declared: RegistryDocument, stored: Stored) -> Iterator[Fault]:
    here = {device.id for device in declared.devices}
    products = stored.product_types | {product.id for product in declared.product_types}
    for i, device in enumerate(declared.devices):
        before = stored.devices.get(device.id)
        if before is not None and before != device.product_type:
            yield Fault(("devices", i), _other_type(device.id, before, device.product_type))
        elif device.product_type not in products:
            yield Fault(("devices", i, "product_type"), f"product type {device.product_type!r} is not declared")
        holder = stored.addresses.get(device.sparkplug or "")
        if holder is not None and holder != device.id and holder not in here:
            yield Fault(("devices", i, "sparkplug"), f"{device.sparkplug!r} is the address of {holder} already")


def _other_type(device: str, is_of: str, not_of: str) -> str:
    return f"device {device!r} is of product type {is_of}, not {not_of}"


def _assets(declared: RegistryDocument, stored: Stored) -> Iterator[Fault]:
    products = stored.product_types | {product.id for product in declared.product_types}
    customers = stored.customers | {customer.id for customer in declared.customers}
    types = {**stored.devices, **{device.id: device.product_type for device in declared.devices}}
    for i, asset in enumerate(declared.assets):
        before = stored.assets.get(asset.id)
        if before is not None and before != (asset.product_type, asset.customer):
            yield Fault(("assets", i), f"asset {asset.id!r} is a {before[0]} of customer {before[1]}")
        elif asset.product_type not in products:
            yield Fault(("assets", i, "product_type"), f"product type {asset.product_type!r} is not declared")
        elif asset.customer not in customers:
            yield Fault(("assets", i, "customer"), f"customer {asset.customer!r} is not declared")
        for j, served in enumerate(asset.served_by):
            is_of = types.setdefault(served.device, asset.product_type)
            if is_of != asset.product_type:
                path = ("assets", i, "served_by", j)
                yield Fault(path, _other_type(served.device, is_of, asset.product_type))


@dataclass(frozen=True, slots=True)
class _Span:
    """An assignment, and where it stands; None: it is stored."""

    of: Assignment
    path: Path | None

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.of.serves_until or _FOREVER


def _served(declared: RegistryDocument, stored: Stored) -> Iterator[Fault]:
    by_asset: dict[str, list[_Span]] = {}
    by_device: dict[str, list[_Span]] = {}
    for i, asset in enumerate(declared.assets):
        for j, served in enumerate(asset.served_by):
            of = Assignment(asset.id, served.device, served.since, served.until)
            span = _Span(of, ("assets", i, "served_by", j))
            by_asset.setdefault(asset.id, []).append(span)
            by_device.setdefault(served.device, []).append(span)
    for known in stored.serving:
        by_device[known.device].append(_Span(known, None))
    for spans in by_asset.values():
        for one, other in _overlaps(spans):
            yield Fault(other, f"{one.of.device} serves {one.of.asset} at the same time")
    for spans in by_device.values():
        for one, other in _overlaps(spans):
            text = f"{one.of.device} serves {one.of.asset} from {iso(one.of.serves_from)}"
            until = f" until {iso(one.of.serves_until)}" if one.of.serves_until else ""
            yield Fault(other, f"{text}{until} already")


def _overlaps(spans: list[_Span]) -> Iterator[tuple[_Span, Path]]:
    """Each span that overlaps another one, and where that stands; the later one, if both stand in the file."""
    if len(spans) < 2:
        return
    ordered = sorted(spans, key=lambda span: span.of.serves_from)
    longest = ordered[0]
    for span in ordered[1:]:
        if span.of.serves_from < longest.end:
            if span.path is not None:
                yield longest, span.path
            elif longest.path is not None:
                yield span, longest.path
        if span.end > longest.end:
            longest = span

"""The registry: issuers, customers, product types, assets, devices, and which device serves which asset when.

Shell. Declared in a YAML file and applied as a whole or not at all; applying the same file twice changes nothing. What
a reading means (kind, unit, states, the meaning of a fall) is never changed once declared: declare another metric.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from psycopg import Connection

from ingest.catalogue import Assignment
from ingest.registry import store as registry_store
from ingest.registry.check import conflicts
from ingest.registry.file import RegistryDocument
from vouch.document import Document
from vouch.errors import Conflict
from vouch.knowledge import recording


class RegistryConflict(Conflict):
    """What a file declares contradicts what is stored."""


# (entries done, entries in all)
Progress = Callable[[int, int], None]

# Of more contradictions the first ones are named.
_FAULTS_MAX: Final = 100


def apply_registry(
    conn: Connection[Any], document: Document, declared: RegistryDocument, progress: Progress | None = None
) -> int:
    """Declare all of it in one transaction; returns how many entries were new or changed.

    Raises RegistryConflict with file and line of what contradicts what is stored.
    """
    with recording(conn) as recorded_at:
        registry_store.lock_registry(conn)
        faults = list(islice(conflicts(declared, registry_store.load_stored(conn, declared)), _FAULTS_MAX))
        if faults:
            raise RegistryConflict(str(document.faults(faults)))
        total = _entries(declared)
        done = changed = 0
        for entries, new in _put(conn, declared, recorded_at):
            done, changed = done + entries, changed + new
            if progress is not None:
                progress(done, total)
        if changed:
            registry_store.complete_series(conn)
            registry_store.mark_changed(conn)
    return changed


def _entries(declared: RegistryDocument) -> int:
    metrics = sum(len(product.metrics) for product in declared.product_types)
    served = sum(len(asset.served_by) for asset in declared.assets)
    parties = len(declared.issuers) + len(declared.customers)
    return parties + len(declared.product_types) + metrics + len(declared.devices) + len(declared.assets) + served


def _put(conn: Connection[Any], declared: RegistryDocument, recorded_at: datetime) -> Iterator[tuple[int, int]]:
    """Write everything; (entries, how many of them were new or changed) as it goes."""
    rows = registry_store.put_entries
    yield from rows(conn, "issuer", (one.model_dump(mode="json") for one in declared.issuers))
    yield from rows(conn, "customer", (one.model_dump(mode="json") for one in declared.customers))
    yield from rows(conn, "product_type", ({"id": one.id, "name": one.name} for one in declared.product_types))
    metrics = ((product.id, metric.declared()) for product in declared.product_types for metric in product.metrics)
    yield from registry_store.put_metrics(conn, metrics)
    registry_store.leave_addresses(conn, {device.id: device.sparkplug for device in declared.devices})
    yield from rows(conn, "device", (one.model_dump(mode="json") for one in declared.devices))
    yield from rows(conn, "asset", (one.model_dump(mode="json", exclude={"served_by"}) for one in declared.assets))
    served = [(asset, one) for asset in declared.assets for one in asset.served_by]
    yield 0, registry_store.add_devices(conn, {one.device: asset.product_type for asset, one in served})
    wanted = (Assignment(asset.id, one.device, one.since, one.until) for asset, one in served)
    yield (
        len(served),
        registry_store.put_assignments(conn, (asset.id for asset in declared.assets), wanted, recorded_at),
    )

"""Mutated messages through the real writer: the ledger balances, and taken in again they change nothing."""

import json
import uuid
from typing import Any

from psycopg import Connection

from ingest.message import Opened
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.store import load_balance
from ingest.writer import Writer
from tests.fuzz.drive import Findings, open_all
from tests.fuzz.rounds import messages_of
from tests.fuzz.world import DEVICE, EDGE_NODE, METRICS

SEEDS = range(80)


def declare(conn: Connection[Any]) -> None:
    """The fuzzer's devices and metrics, as a registry has them."""
    metrics = []
    for one in METRICS:
        entry: dict[str, Any] = {"name": one.name, "kind": one.kind.value, "silence_seconds_max": 60}
        entry |= {"unit": one.unit} if one.unit else {"states": dict(one.states)}
        entry |= {"on_fall": "reset"} if one.on_fall else {}
        entry |= {"sent_as": list(one.sent_as)} if one.sent_as else {}
        if one.value_min is not None and one.value_max is not None:
            entry["plausible"] = [float(one.value_min), float(one.value_max)]
        metrics.append(entry)
    devices = [
        {"id": DEVICE, "product_type": "press", "sparkplug": f"{EDGE_NODE}/{DEVICE}"},
        {"id": "line-2", "product_type": "press", "sparkplug": EDGE_NODE},
    ]
    types = [{"id": "press", "name": "Press", "metrics": metrics}]
    text = json.dumps({"registry": 1, "product_types": types, "devices": devices})
    apply_registry(conn, *parse_registry(text, "registry.yaml"))
    conn.commit()


def count(conn: Connection[Any], query: str) -> int:
    """What a query counts."""
    (found,) = conn.execute(query).fetchone() or (0,)
    conn.commit()
    return int(found)


def test_what_mutated_messages_become_is_in_the_balance_and_again_changes_nothing(conn: Connection[Any]) -> None:
    declare(conn)
    writer = Writer(uuid.uuid4())
    findings = Findings()
    rounds: list[list[Opened]] = [open_all(messages_of(seed), findings) for seed in SEEDS]

    written = [writer.write(conn, one) for one in rounds]
    conn.commit()

    assert findings.faults == []
    balance = load_balance(conn)
    assert balance.received == balance.stored + balance.duplicate + balance.rejected
    assert balance.stored == sum(one.stored for one in written) == count(conn, "SELECT count(*) FROM ingest.reading")
    assert balance.stored > 100
    assert not [refusal for one in written for refusal in one.refusals if refusal.reason == "unstorable"]

    again = [writer.write(conn, one) for one in rounds]
    conn.commit()

    assert sum(one.stored for one in again) == 0
    assert count(conn, "SELECT count(*) FROM ingest.reading") == balance.stored

"""The ledger under faults: the short form of `make faults`, and that its checks find what they look for."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from ingest.message import Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from tests.faults.checking import faults_in_ledger, faults_in_readings, faults_in_rejections
from tests.faults.plan import Plan
from tests.faults.run import run
from tests.world import write


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder with the settings of production: everything reaches the disk."""
    folder = Path(tempfile.mkdtemp(prefix="vouch-faults-"))
    folder.chmod(0o755)
    yield folder / ".vouch"
    shutil.rmtree(folder, ignore_errors=True)


def test_whatever_is_killed_each_receipted_reading_is_stored_once(home: Path) -> None:
    said: list[str] = []

    report = run(Plan(seed=1, devices=40, readings=6_000), 2, home, said.append)

    assert report.faults == [], "\n".join([*said, str(report)])
    assert report.kills == {"ingest": 2, "database": 2, "broker": 2}
    assert report.stored <= 6_000 <= report.stored + report.duplicate


def taken_in(conn: Connection[Any], plan: Plan) -> None:
    """The plan's messages, without a broker."""
    apply_registry(conn, *parse_registry(plan.registry, "registry.yaml"))
    write(conn, [Message(one.topic, one.payload) for name in plan.names for one in plan.messages(name)])


def test_what_is_complete_has_no_faults(conn: Connection[Any]) -> None:
    plan = Plan(seed=2, devices=5, readings=1_000)
    taken_in(conn, plan)

    assert sum(len(plan.expected(name)) for name in plan.names) == 1_000
    assert sum(plan.refused(name) for name in plan.names) > 0
    faults = [*faults_in_readings(conn, plan), *faults_in_rejections(conn, plan), *faults_in_ledger(conn)]
    assert faults == []


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("DELETE FROM ingest.reading WHERE ctid IN (SELECT ctid FROM ingest.reading LIMIT 1)", "missing: 1"),
        (
            "UPDATE ingest.reading SET value = 3.5 WHERE value = (SELECT max(value) FROM ingest.reading)",
            "another value",
        ),
        (
            "INSERT INTO ingest.reading SELECT '2024-01-01', min(id), 1, now() FROM ingest.series",
            "nobody sent: 1, such as ",
        ),
        ("UPDATE ingest.rejection SET reason = 'undecodable'", "expected: "),
        ("UPDATE ingest.ledger SET stored = stored + 1, received = received + 1", "the ledger says 1001 stored"),
    ],
)
def test_what_is_wrong_is_found(conn: Connection[Any], harm: str, told: str) -> None:
    plan = Plan(seed=2, devices=5, readings=1_000)
    taken_in(conn, plan)

    conn.execute(harm.encode())

    faults = [*faults_in_readings(conn, plan), *faults_in_rejections(conn, plan), *faults_in_ledger(conn)]
    assert any(told in fault for fault in faults), faults

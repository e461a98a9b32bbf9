"""Counters as they are declared, from the registry to an invoice that is verified, and into a folder of evidence."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from billing.run import close_month, issue_invoice
from billing.store import load_body
from billing.verify import verify_invoice
from contracts.evidence.folder import export_evidence, read_evidence
from ingest.registry.known_store import load_catalogue
from ingest.summaries.finding_store import list_findings
from ingest.summaries.summariser import summarise_stale
from tests.builders import HOUR
from tests.world import CONTRACT, OCTOBER, OCTOBER_STARTS, REGISTRY, agree, declare_world, message, write
from vouch.document import DocumentFaults
from vouch.knowledge import snapshot
from vouch.period import DAY

DECLARED = "plausible: [0, 5000000], on_fall: reset"
AGREED = "on_fall: reset,\n     jitter: 0, step_max: none"


def declared(policy: str, agreed: str) -> tuple[str, str]:
    """Registry and contract whose counter has this policy."""
    registry, contract = REGISTRY.replace(DECLARED, policy), CONTRACT.replace(AGREED, agreed)
    assert registry != REGISTRY
    assert contract != CONTRACT
    return registry, contract


SIGNED = declared("on_fall: signed", "on_fall: signed,\n     jitter: 0, step_max: none")
DIPPING = declared(f"{DECLARED}, jitter: 2, step_max: 500", "on_fall: reset,\n     jitter: 2, step_max: 500")
ROLLING = declared(
    "on_fall: rollover, modulus: 1000", "on_fall: rollover, modulus: 1000,\n     jitter: 0, step_max: none"
)


def billed(conn: Connection[Any], *shown: tuple[timedelta, int]) -> Decimal:
    """The kilometres on the verified invoice of October, given what was shown when after its start."""
    write(conn, [message("device-1", OCTOBER_STARTS + after, odometer_km=km) for after, km in shown])
    summarise_stale(conn)
    (closed,) = close_month(conn, OCTOBER)
    assert closed.invoice is not None
    issued = issue_invoice(conn, closed.invoice)
    conn.commit()
    assert verify_invoice(conn, issued.name).vouched
    return next(line.quantity for line in load_body(conn, issued).lines if line.price == "km")


def kinds(conn: Connection[Any]) -> list[str]:
    """What was found, oldest first."""
    return [finding.kind for finding in reversed(list_findings(conn))]


def test_what_a_signed_meter_gives_back_is_not_billed(conn: Connection[Any]) -> None:
    declare_world(conn, *SIGNED)

    # 100 up, 70 down over midnight, 50 up.
    km = billed(conn, (HOUR, 0), (2 * HOUR, 100), (3 * DAY, 30), (4 * DAY, 80))

    assert km == 80
    assert kinds(conn) == []


def test_a_dip_is_billed_once(conn: Connection[Any]) -> None:
    declare_world(conn, *DIPPING)

    km = billed(conn, (HOUR, 0), (2 * HOUR, 100), (3 * HOUR, 99), (4 * HOUR, 100), (2 * DAY, 98), (3 * DAY, 120))

    assert km == 120
    assert kinds(conn) == ["dip", "dip"]


def test_a_rollover_is_billed_past_the_modulus(conn: Connection[Any]) -> None:
    declare_world(conn, *ROLLING)

    assert billed(conn, (HOUR, 950), (2 * HOUR, 990), (2 * DAY, 15)) == 65
    assert kinds(conn) == ["rollover"]


def test_a_contract_that_would_bill_a_dip_twice_is_not_agreed(conn: Connection[Any]) -> None:
    registry, contract = DIPPING
    declare_world(conn, registry, contract)

    with pytest.raises(DocumentFaults, match=r"measures\[0\].jitter: found 0; expected: at least 2"):
        agree(conn, contract.replace("contract: trucks", "contract: other").replace("jitter: 2", "jitter: 0"))


def test_a_folder_of_evidence_says_what_is_declared(conn: Connection[Any], tmp_path: Path) -> None:
    declare_world(conn, *ROLLING)
    write(conn, [message("device-1", OCTOBER_STARTS + HOUR, odometer_km=950)])

    with snapshot(conn) as now:
        export_evidence(conn, "trucks", OCTOBER, tmp_path / "evidence", now)
    found = read_evidence(tmp_path / "evidence").catalogue["device-1"]["odometer_km"].metric

    assert found == load_catalogue(conn)["device-1"]["odometer_km"].metric
    assert found.modulus == 1000

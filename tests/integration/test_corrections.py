"""Corrections at the database: a month billed at its cutoff, what came later, and verification of both invoices."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import Connection

from billing.run import Outcome, close_month, issue_invoice
from billing.store import load_body, load_invoice
from billing.verify import verify_invoice
from tests.builders import utc
from tests.world import CONTRACT, OCTOBER, declare_world, message, write

SEPTEMBER = date(2026, 9, 1)
CORRECTED = CONTRACT.replace(
    "views: []",
    "  - {id: late, kind: correction, cutoff_days: 3, look_back_months: 12, minimum_amount: 0}\nviews: []",
)


def declared_in_august(conn: Connection[Any]) -> None:
    """As if registry and contract had been on record before September began."""
    declare_world(conn, contract=CORRECTED)
    conn.execute("ALTER TABLE contracts.version DISABLE TRIGGER immutable")
    conn.execute("UPDATE contracts.version SET recorded_at = '2026-08-01'")
    conn.execute("ALTER TABLE contracts.version ENABLE TRIGGER immutable")
    conn.execute("UPDATE ingest.assignment SET recorded_at = '2026-08-01'")
    conn.commit()


def received(conn: Connection[Any], at: datetime, kilometres: int, received_at: datetime) -> None:
    """One odometer reading, with the state, as if it had come then."""
    write(conn, [message("device-1", at, odometer_km=kilometres, state="RUNNING")])
    conn.execute("UPDATE ingest.reading SET received_at = %s WHERE measured_at = %s", (received_at, at))
    conn.commit()


def closed(conn: Connection[Any], month: date) -> tuple[str, list[tuple[str, str, Decimal]]]:
    """The month's invoice, issued: its name and its lines."""
    (one,) = close_month(conn, month)
    assert one.outcome is Outcome.DRAFTED
    assert one.invoice is not None
    issued = issue_invoice(conn, one.invoice)
    lines = load_body(conn, load_invoice(conn, one.invoice)).lines
    conn.commit()
    return issued.name, [(line.price, line.description, line.amount) for line in lines if line.price == "km"]


def test_what_came_after_the_cutoff_corrects_its_month_on_the_next_invoice(conn: Connection[Any]) -> None:
    declared_in_august(conn)
    minute = timedelta(minutes=1)
    for at, kilometres in (("2026-08-31 22:00", 1000), ("2026-09-20 12:00", 1200), ("2026-10-30 12:00", 1900)):
        received(conn, utc(at), kilometres, utc(at) + minute)
    # The end of September came a week after its cutoff, 4 October at midnight in Berlin.
    received(conn, utc("2026-09-30 12:00"), 1500, utc("2026-10-11 08:00"))

    september, billed = closed(conn, SEPTEMBER)
    october, corrected = closed(conn, OCTOBER)

    assert billed == [("km", "Kilometres, truck-1", Decimal("20.00"))]
    assert corrected == [
        ("km", "Kilometres, truck-1", Decimal("40.00")),
        ("km", "Correction of 2026-09: Kilometres, truck-1", Decimal("30.00")),
    ]
    assert verify_invoice(conn, september).vouched
    assert verify_invoice(conn, october).vouched
    conn.commit()
    assert [one.outcome for one in close_month(conn, SEPTEMBER)] == [Outcome.ISSUED]

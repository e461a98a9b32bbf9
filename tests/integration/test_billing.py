"""Promises 6 to 10 at the database: two clocks, nothing agreed or issued changes, evidence, twice, cost."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg import Connection, errors

from billing.invoice import InvoiceHead
from billing.month import RatedMonth, rate_month
from billing.run import Outcome, close_month, due_months, issue_invoice
from billing.store import InvoiceFilter, list_invoices, load_body
from billing.verify import verify_invoice
from contracts.run import DatabaseKnowledge
from contracts.store import VersionIsAgreed
from ingest.summariser import summarise_stale
from tests.world import (
    CONTRACT,
    OCTOBER,
    OCTOBER_ENDS,
    OCTOBER_STARTS,
    agree,
    declare_world,
    message,
    write,
    write_october,
)
from vouch.database import connect, migrate
from vouch.errors import Conflict
from vouch.knowledge import snapshot


def issue_october(conn: Connection[Any]) -> InvoiceHead:
    """October, taken in, closed and issued."""
    declare_world(conn)
    write_october(conn)
    (closed,) = close_month(conn, OCTOBER)
    assert closed.invoice is not None
    issued = issue_invoice(conn, closed.invoice)
    conn.commit()
    return issued


def test_a_reading_becomes_an_invoice_line(conn: Connection[Any]) -> None:
    issued = issue_october(conn)

    lines = load_body(conn, issued).lines
    assert [(line.term, line.quantity, line.amount) for line in lines] == [
        ("fee", Decimal(1), Decimal("745.00")),
        ("km", Decimal(745), Decimal("74.50")),
        ("uptime", Decimal(0), Decimal("0.00")),
    ]
    assert (issued.net, issued.vat, issued.gross) == (Decimal("819.50"), Decimal("155.71"), Decimal("975.21"))
    assert issued.number == f"INV-{issued.issued_on:%Y}-000001"


def test_closing_and_issuing_again_change_nothing(conn: Connection[Any]) -> None:
    issued = issue_october(conn)
    conn.commit()
    everything = """SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM
                    (SELECT i::text FROM billing.invoice i UNION ALL SELECT l::text FROM billing.invoice_line l
                     UNION ALL SELECT e::text FROM contracts.evaluation e
                     UNION ALL SELECT n::text FROM billing.number_series n) AS t"""
    before = conn.execute(everything).fetchone()
    conn.commit()

    assert [c.outcome for c in close_month(conn, OCTOBER)] == [Outcome.ISSUED]
    assert issue_invoice(conn, issued.id) == issued

    assert conn.execute(everything).fetchone() == before


def test_a_draft_is_kept_until_readings_change_it(conn: Connection[Any]) -> None:
    declare_world(conn)
    write_october(conn)

    outcomes = [close_month(conn, OCTOBER)[0].outcome for _ in range(2)]
    write(conn, [message("device-1", OCTOBER_STARTS + timedelta(days=9, minutes=1), state="FAULT")])
    outcomes += [close_month(conn, OCTOBER)[0].outcome for _ in range(2)]

    assert outcomes == [Outcome.DRAFTED, Outcome.UNCHANGED, Outcome.REVISED, Outcome.UNCHANGED]


def test_a_month_that_is_not_over_is_not_closed(conn: Connection[Any]) -> None:
    declare_world(conn)
    # The contract's month ends in its own zone.
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()

    (closed,) = close_month(conn, today.replace(day=1))

    assert closed.outcome == Outcome.NOT_OVER


def test_only_months_without_an_invoice_are_due(conn: Connection[Any]) -> None:
    declare_world(conn)
    conn.commit()
    due = due_months(conn, 3)
    conn.commit()
    assert (date(2026, 9, 1), "trucks") in due
    assert (OCTOBER, "trucks") in due

    close_month(conn, OCTOBER)

    assert (OCTOBER, "trucks") not in due_months(conn, 3)
    assert due_months(conn, 100_000) == []


CHANGES: list[str] = [
    "UPDATE billing.invoice SET gross = gross + 1, net = net + 1",
    "UPDATE billing.invoice SET status = 'draft', number = NULL",
    "DELETE FROM billing.invoice",
    "UPDATE billing.invoice_line SET amount = 0",
    "DELETE FROM billing.invoice_line",
    "INSERT INTO billing.invoice_line SELECT invoice, 99, evaluation, term, asset, description, quantity, unit,"
    " unit_price, amount, vat_percent FROM billing.invoice_line LIMIT 1",
    "UPDATE billing.invoice_vat SET amount = 0",
    "DELETE FROM billing.invoice_vat",
    "TRUNCATE billing.invoice_line",
    "TRUNCATE billing.invoice CASCADE",
    "UPDATE contracts.version SET document = '{}'",
    "DELETE FROM contracts.version",
    "UPDATE contracts.evaluation SET content = '{}'",
    "DELETE FROM contracts.evaluation",
    "TRUNCATE contracts.evaluation CASCADE",
    "UPDATE contracts.contract SET currency = 'USD'",
]


def test_the_database_refuses_every_change_of_what_is_agreed_or_issued(conn: Connection[Any]) -> None:
    issue_october(conn)

    for change in CHANGES:
        with pytest.raises(errors.IntegrityConstraintViolation, match="never changed"):
            conn.execute(change.encode())
        conn.rollback()


def test_an_agreed_version_is_amended_and_never_edited(conn: Connection[Any]) -> None:
    declare_world(conn)

    assert agree(conn, CONTRACT) is False
    with pytest.raises(VersionIsAgreed):
        agree(conn, CONTRACT.replace("745.00", "700.00"))
    with pytest.raises(Conflict, match="takes effect after version 1"):
        agree(conn, CONTRACT.replace("version: 1", "version: 2"))
    second = CONTRACT.replace("version: 1", "version: 2").replace("from: 2026-09-01\nvat", "from: 2026-11-01\nvat")
    assert agree(conn, second.replace("745.00", "700.00"))

    write_october(conn)
    (closed,) = close_month(conn, OCTOBER)
    (head,) = list_invoices(conn, InvoiceFilter(month=OCTOBER))
    assert load_body(conn, head).lines[0].amount == Decimal("745.00")
    assert closed.outcome == Outcome.DRAFTED


def test_numbers_have_no_gaps_when_many_issue_at_once_and_some_fail(database: str, conn: Connection[Any]) -> None:
    declare_world(conn)
    for n in range(12):
        agree(conn, CONTRACT.replace("contract: trucks", f"contract: trucks-{n}"))
    drafts = [c.invoice for c in close_month(conn, OCTOBER)]
    assert None not in drafts

    def issue(invoice: int, fails: bool) -> None:
        with connect(database) as own, own.transaction(force_rollback=fails):
            issue_invoice(own, invoice)

    workers = [threading.Thread(target=issue, args=(draft, n % 3 == 0)) for n, draft in enumerate(drafts)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    issued = list_invoices(conn, InvoiceFilter(status="issued"))
    numbers = sorted(head.number or "" for head in issued)
    assert [int(number[-6:]) for number in numbers] == list(range(1, len(issued) + 1))
    assert len(issued) == sum(1 for n in range(len(drafts)) if n % 3)


def test_each_issued_document_names_the_one_before_it(conn: Connection[Any]) -> None:
    declare_world(conn)
    agree(conn, CONTRACT.replace("contract: trucks", "contract: more"))
    heads = [issue_invoice(conn, closed.invoice or 0) for closed in close_month(conn, OCTOBER)]

    assert heads[0].previous_digest == ""
    assert heads[1].previous_digest == heads[0].digest
    assert json.loads(heads[1].content or "")["previous_digest"] == heads[0].digest


def test_an_amendment_within_a_month_divides_it(conn: Connection[Any]) -> None:
    declare_world(conn)
    write_october(conn)
    second = CONTRACT.replace("version: 1", "version: 2").replace("from: 2026-09-01\nvat", "from: 2026-10-11\nvat")
    agree(conn, second.replace("745.00", "1490.00"))

    (closed,) = close_month(conn, OCTOBER)

    # 240 hours at 745 a month of 745 hours, then 505 hours at 1490.
    head = issue_invoice(conn, closed.invoice or 0)
    lines = load_body(conn, head).lines
    assert [(line.term, line.quantity, line.amount) for line in lines] == [
        ("fee", Decimal(1), Decimal("240.00")),
        ("km", Decimal(240), Decimal("24.00")),
        ("uptime", Decimal(0), Decimal("0.00")),
        ("fee", Decimal(1), Decimal("1010.00")),
        ("km", Decimal(505), Decimal("50.50")),
        ("uptime", Decimal(0), Decimal("0.00")),
    ]
    conn.commit()
    assert verify_invoice(conn, head.name).vouched


def contents(rated: RatedMonth) -> list[str]:
    """The evaluations of a month as they would be kept."""
    return [evaluation.content for evaluation in rated.evaluations().values()]


def test_an_evaluation_asked_again_as_of_then_gives_the_same_bytes(conn: Connection[Any]) -> None:
    declare_world(conn)
    write_october(conn)
    with snapshot(conn) as known_at:
        first = contents(rate_month(DatabaseKnowledge(conn, "trucks", known_at, known_at), OCTOBER))

    write(conn, [message("device-1", OCTOBER_STARTS + timedelta(days=4, minutes=7), odometer_km=1500, state="FAULT")])
    summarise_stale(conn)
    conn.commit()
    with snapshot(conn) as later:
        then = contents(rate_month(DatabaseKnowledge(conn, "trucks", later, known_at), OCTOBER))
        now = contents(rate_month(DatabaseKnowledge(conn, "trucks", later, later), OCTOBER))

    assert then == first
    assert now != first


def test_a_snapshot_sees_what_was_received_before_it_and_nothing_else(database: str, conn: Connection[Any]) -> None:
    declare_world(conn)
    stop = threading.Event()

    def keep_writing() -> None:
        with connect(database) as own:
            n = 0
            while not stop.is_set():
                write(own, [message("device-1", OCTOBER_STARTS + timedelta(seconds=n), odometer_km=n)])
                n += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        with connect(database) as own:
            for _ in range(40):
                with snapshot(own) as known_at:
                    seen = own.execute(
                        "SELECT count(*), count(*) FILTER (WHERE received_at < %s) FROM ingest.reading", (known_at,)
                    ).fetchone()
                (later,) = own.execute(
                    "SELECT count(*) FROM ingest.reading WHERE received_at < %s", (known_at,)
                ).fetchone() or (None,)
                own.commit()
                assert seen == (later, later)
    finally:
        stop.set()
        writer.join()


def test_verify_vouches_for_what_was_known_though_late_readings_came(conn: Connection[Any]) -> None:
    issued = issue_october(conn)
    write(conn, [message("device-1", OCTOBER_STARTS + timedelta(days=9, minutes=1), state="FAULT")])
    summarise_stale(conn)
    conn.commit()

    assert verify_invoice(conn, issued.name).vouched


ALTERED = "UPDATE ingest.reading SET value = value + 0.1 WHERE series = %s AND measured_at = %s"
REMOVED = "DELETE FROM ingest.reading WHERE series = %s AND measured_at = %s"
BACKDATED = """INSERT INTO ingest.reading (series, measured_at, value, received_at)
               VALUES (%s, %s::timestamptz + interval '1 minute', 1500, '2026-01-01')"""


@pytest.mark.parametrize("tampering", [ALTERED, REMOVED, BACKDATED])
def test_verify_names_the_line_and_the_day_of_a_reading_changed_by_hand(conn: Connection[Any], tampering: str) -> None:
    issued = issue_october(conn)
    (series,) = conn.execute("SELECT id FROM ingest.series WHERE device = 'device-1' AND metric = 'odometer_km'")
    conn.execute(tampering.encode(), (series[0], datetime(2026, 10, 15, 12, tzinfo=UTC)))
    conn.commit()

    result = verify_invoice(conn, issued.name)

    assert not result.vouched
    assert [line.position for line in result.lines if line.differences] == [2]
    assert "2026-10-15" in result.lines[1].differences[0]
    assert "device-1" in result.lines[1].differences[0]


def test_verify_notices_rows_changed_behind_the_triggers(conn: Connection[Any]) -> None:
    issued = issue_october(conn)
    conn.execute("ALTER TABLE billing.invoice_line DISABLE TRIGGER issued")
    conn.execute("UPDATE billing.invoice_line SET amount = amount - 10 WHERE position = 1")
    conn.commit()

    result = verify_invoice(conn, issued.name)

    assert not result.vouched
    assert result.lines[0].differences == ("amount: 735.00 on the invoice, 745.00 recomputed",)


def test_verify_notices_a_document_exchanged_before_it_in_its_series(conn: Connection[Any]) -> None:
    declare_world(conn)
    agree(conn, CONTRACT.replace("contract: trucks", "contract: more"))
    first, second = (issue_invoice(conn, closed.invoice or 0) for closed in close_month(conn, OCTOBER))
    conn.commit()
    assert verify_invoice(conn, second.name).vouched

    conn.execute("ALTER TABLE billing.invoice DISABLE TRIGGER issued")
    conn.execute("UPDATE billing.invoice SET digest = %s WHERE id = %s", ("0" * 64, first.id))
    conn.commit()

    assert any("document before it" in difference for difference in verify_invoice(conn, second.name).differences)
    assert not verify_invoice(conn, first.name).vouched


def test_closing_reads_summaries_and_hardly_any_raw_reading(conn: Connection[Any]) -> None:
    declare_world(conn)
    minutes = int((OCTOBER_ENDS - OCTOBER_STARTS) / timedelta(minutes=1))
    conn.execute(
        """INSERT INTO ingest.reading (measured_at, series, value, received_at)
           SELECT %s::timestamptz + n * interval '1 minute', s.id, CASE s.metric WHEN 'state' THEN 1 ELSE n END, now()
             FROM ingest.series AS s, generate_series(0, %s) AS n WHERE s.device = 'device-1'""",
        (OCTOBER_STARTS, minutes),
    )
    conn.execute(
        """INSERT INTO ingest.stale_mark SELECT DISTINCT series, (measured_at AT TIME ZONE 'UTC')::date
             FROM ingest.reading"""
    )
    summarise_stale(conn)
    conn.commit()
    read = _rows_read(conn)

    (closed,) = close_month(conn, OCTOBER)

    assert closed.outcome == Outcome.DRAFTED
    assert _rows_read(conn) - read < 50
    (head,) = list_invoices(conn, InvoiceFilter(month=OCTOBER))
    assert [line.quantity for line in load_body(conn, head).lines][1] == minutes


def _rows_read(conn: Connection[Any]) -> int:
    """Raw readings that any statement has fetched by now."""
    conn.rollback()
    conn.execute("SELECT pg_stat_force_next_flush()")
    conn.commit()
    (rows,) = conn.execute(
        """SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::bigint FROM pg_stat_user_tables
            WHERE schemaname = '_timescaledb_internal' AND relname LIKE '\\_hyper\\_%'"""
    ).fetchone() or (0,)
    conn.commit()
    return int(rows)


def test_migrating_again_applies_nothing(database: str) -> None:
    assert migrate(database) == 0

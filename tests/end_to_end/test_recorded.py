"""Recorded telemetry, replayed over MQTT, billed, and recomputed here from the files by plain loops."""

import csv
import gzip
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from billing.run import close_month, issue_invoice
from billing.store import InvoiceFilter, list_invoices, load_body
from billing.verify import verify_invoice
from device_sim.replay import recorded_contracts, recorded_registry, replay
from ingest.store import load_balance
from tests.end_to_end.conftest import IngestProcess
from vouch.commands.fleets import declare_on
from vouch.database import connect

CENT = Decimal("0.01")
BERLIN, PARIS, VANCOUVER = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Paris"), ZoneInfo("America/Vancouver")
HOLD = timedelta(seconds=900)


def test_lifts_are_billed_with_unknown_excluded_and_as_down(recorded: Path, ingesting: IngestProcess) -> None:
    folder, month = recorded / "db_elevators", date(2019, 4, 1)
    opens, closes = datetime(2019, 4, 1, tzinfo=BERLIN), datetime(2019, 5, 1, tzinfo=BERLIN)
    with connect(ingesting.database) as conn:
        declare_on(conn, "lifts", recorded_registry(folder), recorded_contracts(folder))

    ingesting.take_in(lambda url: replay(url, folder, until_at=closes.astimezone(UTC), batch=6))
    seconds = _lift_seconds(folder, opens, closes)
    with connect(ingesting.database) as conn:
        _bill(conn, month)
        for contract, unknown_down in (("lifts-excluded", False), ("lifts-down", True)):
            amounts = _amounts(conn, contract)
            for lift, (up, down, unknown) in seconds.items():
                counted = up + down + (unknown if unknown_down else 0)
                credit = _lift_credit(Fraction(up, counted)) if counted else Decimal(0)
                assert amounts["fee", f"lift-{lift}"] == [Decimal("320.00")]
                assert amounts["uptime", f"lift-{lift}"] == [-credit], (contract, lift, up, down, unknown)
    assert len(seconds) == 24


def test_a_gas_meter_is_billed_by_local_month(recorded: Path, ingesting: IngestProcess) -> None:
    folder, month = recorded / "ampds2_meters", date(2012, 11, 1)
    opens, closes = (datetime(2012, m, 1, tzinfo=VANCOUVER).timestamp() for m in (11, 12))
    with connect(ingesting.database) as conn:
        declare_on(conn, "meters", recorded_registry(folder), recorded_contracts(folder))

    until = datetime.fromtimestamp(closes, UTC) + timedelta(hours=1)
    ingesting.take_in(lambda url: replay(url, folder, until_at=until))
    with connect(ingesting.database) as conn:
        _bill(conn, month)
        amounts = _amounts(conn, "gas-burnaby")

    with gzip.open(folder / "gas_furnace_2012-11_2013-03.csv.gz", "rt") as file:
        shown = {int(row["unix_ts"]): Decimal(row["counter"]) for row in csv.DictReader(file)}
    used = (shown[int(closes)] - shown[int(opens)]) / 1000
    assert closes - opens == 721 * 3600
    assert amounts["usage", "gas-meter-burnaby"] == [(used * Decimal("0.4137")).quantize(CENT, ROUND_HALF_UP)]


def test_a_car_is_billed_by_its_high_water_mark(recorded: Path, ingesting: IngestProcess) -> None:
    folder = recorded / "ev_odometer"
    with connect(ingesting.database) as conn:
        declare_on(conn, "car", recorded_registry(folder), recorded_contracts(folder))

    ingesting.take_in(lambda url: replay(url, folder))
    with connect(ingesting.database) as conn:
        _bill(conn, date(2023, 1, 1))
        amounts = _amounts(conn, "ev-odometer")
        rejected = load_balance(conn).rejected

    first: dict[str, str] = {}
    contradict = 0
    for row in _rows(folder / "monitor_2023-01_2023-02.csv.gz"):
        contradict += first.setdefault(row["datetime"], row["odometer"]) != row["odometer"]
    # 22,999.2 - 21,847.1 km at 0.23. Of several values of one instant the first that came stands, and whatever
    # contradicts it is kept as a rejection; what the car said before it was taken on belongs to nobody.
    assert amounts == {("usage", "car-1"): [Decimal("264.98")]}
    assert rejected == contradict == 8


def test_turbines_are_billed_for_the_energy_they_exported(recorded: Path, ingesting: IngestProcess) -> None:
    folder, month = recorded / "la_haute_borne", date(2014, 12, 1)
    opens, closes = datetime(2014, 12, 1, tzinfo=PARIS), datetime(2015, 1, 1, tzinfo=PARIS)
    with connect(ingesting.database) as conn:
        declare_on(conn, "turbines", recorded_registry(folder), recorded_contracts(folder))

    ingesting.take_in(lambda url: replay(url, folder, from_at=opens.astimezone(UTC), until_at=closes.astimezone(UTC)))
    with connect(ingesting.database) as conn:
        _bill(conn, month)
        amounts = _amounts(conn, "la-haute-borne")

    exported: dict[str, Fraction] = defaultdict(Fraction)
    for row in _rows(folder / "scada_2014-10_2015-03.csv.gz"):
        if row["P_avg"] and opens <= datetime.fromisoformat(row["Date_time"]) < closes:
            exported[f"haute-borne-{row['Wind_turbine_name'].lower()}"] += max(Fraction(row["P_avg"]), Fraction(0)) / 6
    assert len(exported) == 4
    assert amounts == {("usage", name): [_cents(energy * Fraction("0.0824"))] for name, energy in exported.items()}


def test_turbines_are_billed_for_running_and_being_ready(recorded: Path, ingesting: IngestProcess) -> None:
    folder, month = recorded / "hill_of_towie", date(2024, 8, 1)
    opens, closes = datetime(2024, 8, 1, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC)
    with connect(ingesting.database) as conn:
        declare_on(conn, "turbines", recorded_registry(folder), recorded_contracts(folder))

    ingesting.take_in(lambda url: replay(url, folder, from_at=opens, until_at=closes))
    with connect(ingesting.database) as conn:
        _bill(conn, month)
        amounts = _amounts(conn, "hill-of-towie")

    # The rows of August's file that ended after its first instant; the last one ends with September's.
    timers: dict[str, list[tuple[Fraction, Fraction]]] = defaultdict(list)
    for row in _rows(folder / "tblSCTurFlag_2024_08.csv.gz"):
        if row["TimeStamp"] > "2024-08-01 00:00:00" and row["wtc_ScReToOp_timeon"]:
            ready, running = Fraction(row["wtc_ScReToOp_timeon"]), Fraction(row["wtc_ScInOper_timeon"])
            timers[f"towie-t{int(row['StationId']) - 2304509:02}"].append((ready, running))
    assert len(timers) == 21
    for turbine, observed in timers.items():
        share = sum(ready for ready, _ in observed) / (600 * len(observed))
        steps = 0
        while share * 100 < 97 - Fraction(steps, 2):
            steps += 1
        hours = Fraction(sum(running for _, running in observed), 3600)
        assert amounts["fee", turbine] == [Decimal("5000.00")]
        assert amounts["usage", turbine] == [_cents(hours * Fraction("9.40"))]
        assert amounts["uptime", turbine] == [-_cents(5000 * min(steps * Fraction("2.5"), Fraction(30)) / 100)]


def test_nothing_is_lost_or_doubled_when_ingest_is_killed_ten_times(recorded: Path, ingesting: IngestProcess) -> None:
    folder = recorded / "db_elevators"
    with connect(ingesting.database) as conn:
        declare_on(conn, "lifts", recorded_registry(folder), recorded_contracts(folder))
    kills = 0

    def kill() -> None:
        nonlocal kills
        while kills < 10:
            time.sleep(1.8)
            ingesting.kill_and_restart()
            kills += 1

    killer = threading.Thread(target=kill)
    killer.start()
    delivery = replay(ingesting.mqtt_url, folder, rate=4_000, batch=8)
    all_during_the_replay = not killer.is_alive()
    killer.join()
    ingesting.wait_taken_in(delivery.readings)
    _wait_quiet(ingesting.database)

    assert all_during_the_replay
    assert kills == 10
    sent = _lift_readings(folder)
    with connect(ingesting.database) as conn:
        stored = _stored_readings(conn)
        balance = load_balance(conn)
    assert stored.keys() == sent.keys()
    assert all(stored[key] in values for key, values in sent.items())
    assert balance.received == balance.stored + balance.duplicate + balance.rejected
    assert balance.stored == len(sent)
    assert balance.received >= delivery.readings


def _bill(conn: Connection[Any], month: date) -> None:
    for closed in close_month(conn, month):
        assert closed.invoice is not None, closed
        issued = issue_invoice(conn, closed.invoice)
        conn.commit()
        result = verify_invoice(conn, issued.name, issued.issuer)
        assert result.vouched, result


def _amounts(conn: Connection[Any], contract: str) -> dict[tuple[str, str | None], list[Decimal]]:
    (head,) = list_invoices(conn, InvoiceFilter(contract=contract))
    amounts: dict[tuple[str, str | None], list[Decimal]] = defaultdict(list)
    for line in load_body(conn, head).lines:
        amounts[line.price, line.asset].append(line.amount)
    conn.commit()
    return amounts


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", newline="") as lines:
        yield from csv.DictReader(lines)


def _cents(amount: Fraction) -> Decimal:
    """Of an amount of 0 or more, half up."""
    return Decimal((amount * 100 + Fraction(1, 2)) // 1) / 100


def _lift_polls(folder: Path) -> list[tuple[datetime, dict[str, str]]]:
    with gzip.open(folder / "status_2019-04_2019-07.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    return [(datetime.fromisoformat(row.pop("polled_at_utc")), row) for row in rows]


def _lift_seconds(folder: Path, opens: datetime, closes: datetime) -> dict[str, tuple[int, int, int]]:
    """Milliseconds up, down and unknown between 06:00 and 22:00 Berlin time, by painting each poll's hold."""
    polls = _lift_polls(folder)
    found = {}
    for lift in polls[0][1]:
        seen: dict[datetime, str] = {}
        for at, states in polls:
            if states[lift]:
                seen.setdefault(at, states[lift])
        instants = sorted(seen)
        up = down = 0
        for i, at in enumerate(instants):
            end = at + HOLD
            if i + 1 < len(instants):
                end = min(end, instants[i + 1])
            if end <= opens or at >= closes:
                continue
            held = _in_hours(at, end, opens, closes)
            up += held if seen[at] == "ACTIVE" else 0
            down += held if seen[at] == "INACTIVE" else 0
        days = (closes.date() - opens.date()).days
        found[lift] = up, down, days * 16 * 3_600_000 - up - down
    return found


def _in_hours(start: datetime, end: datetime, opens: datetime, closes: datetime) -> int:
    """Milliseconds of [start, end) within the month and between 06:00 and 22:00 on its days."""
    total = 0
    day = (start.astimezone(BERLIN) - timedelta(days=1)).date()
    for _ in range(3):
        begins = max(datetime(day.year, day.month, day.day, 6, tzinfo=BERLIN).astimezone(UTC), opens)
        ends = min(datetime(day.year, day.month, day.day, 22, tzinfo=BERLIN).astimezone(UTC), closes)
        overlap = min(end, ends) - max(start, begins)
        total += max(overlap // timedelta(milliseconds=1), 0)
        day += timedelta(days=1)
    return total


def _lift_credit(availability: Fraction) -> Decimal:
    """5 % of 320 a started percentage point below 98 %, at most 50 %."""
    points = 0
    while availability * 100 < 98 - points:
        points += 1
    return (Decimal(320) * min(5 * points, 50) / 100).quantize(CENT, ROUND_HALF_UP)


def _lift_readings(folder: Path) -> dict[tuple[str, datetime], set[str]]:
    sent: dict[tuple[str, datetime], set[str]] = defaultdict(set)
    for at, states in _lift_polls(folder):
        for lift, state in states.items():
            if state:
                sent[f"lift-{lift}", at].add(state)
    return sent


def _stored_readings(conn: Connection[Any]) -> dict[tuple[str, datetime], str]:
    (states,) = conn.execute("SELECT states FROM ingest.metric WHERE name = 'state'").fetchall()[0]
    names = {code: name for name, code in states.items()}
    rows = conn.execute(
        "SELECT device, measured_at, value FROM ingest.reading AS r JOIN ingest.series AS s ON s.id = r.series"
    ).fetchall()
    found = {(device, at.astimezone(UTC)): names[int(value)] for device, at, value in rows}
    assert len(found) == len(rows)
    return found


def _wait_quiet(database: str) -> None:
    """Until the ledger has not moved for two seconds: redeliveries after the last kill are in."""
    with connect(database) as conn:
        before, since = -1, time.monotonic()
        while time.monotonic() - since < 2:
            received = load_balance(conn).received
            conn.commit()
            if received != before:
                before, since = received, time.monotonic()
            time.sleep(0.1)

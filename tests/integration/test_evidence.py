"""Evidence: the folder that is exported says what the database says, at every instant of knowledge."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from psycopg import Connection

from contracts.contract import CoveredAsset
from contracts.evidence.document import NotHeld
from contracts.evidence.folder import FolderInUse, export_evidence, read_evidence
from contracts.evidence.source import EvidenceSource
from contracts.facts.book import book_at
from contracts.facts.entry import FactLog
from contracts.facts.file import answer_of
from contracts.facts.store import add_entries, add_entry, list_entries, load_book
from contracts.streams.database import RawSource, SummarySource
from contracts.streams.source import Source, load_streams
from contracts.streams.stream import Need, Streams
from ingest.message import Message
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.summaries.summariser import summarise_stale
from tests.builders import BERLIN, span, utc
from tests.world import OCTOBER, REGISTRY, declare_world, message, write, write_october
from vouch.__main__ import main
from vouch.knowledge import database_clock, snapshot
from vouch.period import Period, from_micros, iso, to_micros

WINDOWS: Final = [
    Period.month(2026, 9, BERLIN),
    Period.month(2026, 10, BERLIN),
    span("2026-10-05 00:00", "2026-10-09 12:34"),
]
COVERED: Final = [CoveredAsset("truck-1", utc("2026-08-31 22:00"), None)]
NEEDS: Final = [
    [Need("truck-1", "odometer_km"), Need("truck-1", "state", timedelta(hours=1))],
    [Need("truck-1", "odometer_km", step=Decimal(5), highest=True), Need("truck-1", "state", timedelta(minutes=20))],
    [Need("truck-1", "odometer_km", raw=True, after=True), Need("truck-1", "state", raw=True, after=True)],
]
SERVED: Final = '{device: device-1, since: "2026-09-01T00:00:00+02:00"}'
SWAPPED: Final = (
    '{device: device-1, since: "2026-09-01T00:00:00+02:00", until: "2026-10-07T09:30:00+02:00"},\n'
    '     {device: device-3, since: "2026-10-07T09:30:00+02:00"}'
)


def random_messages(source: random.Random, device: str) -> list[Message]:
    """Readings of two months at odd instants, with falls, silences, and some exactly on the boundaries."""
    found, shown, at = [], Decimal(source.randrange(1000)), utc("2026-08-30 00:00")
    instants = [window.start for window in WINDOWS] + [utc("2026-10-07 07:30"), utc("2026-10-31 23:00")]
    while at < utc("2026-11-04 00:00"):
        at += timedelta(seconds=source.choice([60, 600, 1800, 3600, 5000, 40_000, 300_000]), microseconds=at.day)
        instants.append(at)
    for at in sorted(set(instants)):
        shown = Decimal(source.randrange(50)) if source.random() < 0.02 else shown + Decimal(source.randrange(70)) / 10
        state = source.choice(["RUNNING", "RUNNING", "FAULT"])
        found.append(message(device, at, odometer_km=shown, state=state))
    return found


@pytest.fixture
def moments(conn: Connection[Any]) -> list[datetime]:
    """A world whose readings came in any order and late, a device swapped in between; when it was known how far."""
    source = random.Random(7)
    declare_world(conn)
    found = [database_clock(conn)]
    messages = random_messages(source, "device-1")
    source.shuffle(messages)
    for n in range(0, len(messages), len(messages) // 4):
        write(conn, messages[n : n + len(messages) // 4])
        found.append(database_clock(conn))
    apply_registry(conn, *parse_registry(REGISTRY.replace(SERVED, SWAPPED), "registry.yaml"))
    conn.commit()
    found.append(database_clock(conn))
    write(conn, random_messages(source, "device-3"))
    summarise_stale(conn)
    conn.commit()
    write(conn, [message("device-3", utc("2026-10-20 12:00:01"), odometer_km=9, state="FAULT")])
    return found


def all_streams(source: Source) -> Iterator[Streams]:
    for window in WINDOWS:
        for needs in NEEDS:
            yield load_streams(source, COVERED, window, needs)


def exported(conn: Connection[Any], folder: Path, known_at: datetime) -> Path:
    export_evidence(conn, "trucks", OCTOBER, folder, known_at)
    return folder


def test_a_folder_gives_the_streams_of_the_database(
    conn: Connection[Any], tmp_path: Path, moments: Sequence[datetime]
) -> None:
    with snapshot(conn) as now:
        folder = exported(conn, tmp_path / "all", now)
        evidence = read_evidence(folder)

        assert evidence.known_at == now
        assert (evidence.readings.duplicates, evidence.readings.refused) == (0, 0)
        found = [*all_streams(EvidenceSource(evidence))]
        assert found == [*all_streams(RawSource(conn, now))]
        assert found == [*all_streams(SummarySource(conn, now))]
        streams = [stream for one in found for of_metric in one.values() for stream in of_metric]
        assert {stream.device for stream in streams} == {"device-1", "device-3"}
        assert any(stream.after for stream in streams)
        assert any(stream.highest_before for stream in streams)
        for known_at in moments:
            then = [*all_streams(EvidenceSource(evidence, known_at))]
            assert then == [*all_streams(RawSource(conn, known_at))]
            assert then != found


def test_an_export_as_of_then_is_what_was_known_then(
    conn: Connection[Any], tmp_path: Path, moments: Sequence[datetime]
) -> None:
    with snapshot(conn):
        for known_at in moments:
            evidence = read_evidence(exported(conn, tmp_path / str(to_micros(known_at)), known_at))
            for earlier in (moment for moment in moments if moment <= known_at):
                source = EvidenceSource(evidence, earlier)
                assert [*all_streams(source)] == [*all_streams(RawSource(conn, earlier))]


def test_a_statement_from_the_folder_has_the_bytes_of_the_sellers(
    conn: Connection[Any], database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: Sequence[datetime]
) -> None:
    monkeypatch.setenv("VOUCH_DATABASE_URL", database)
    proposals = [fact("F-1", "planned_work", "workshop", 5), fact("F-2", "excusable_event", "strike", 9)]
    add_entries(conn, "trucks", FactLog.model_validate(proposals).root)
    conn.commit()
    with snapshot(conn) as now:
        folder = exported(conn, tmp_path / "folder", now)
    contract = str(folder / "contract-1.json")
    distinct = set()
    for known_at in (*moments, now):
        for month in ("2026-09", "2026-10"):
            of = ["--period", month, "--as-of", iso(known_at), "--json"]

            ours = CliRunner().invoke(main, ["statement", "trucks", *of])
            theirs = CliRunner().invoke(main, ["evaluate", contract, "--evidence", str(folder), *of])

            assert (ours.exit_code, ours.stderr, theirs.stderr) == (0, "", "")
            assert ours.stdout == theirs.stdout
            distinct.add(json.loads(ours.stdout)["net"])

    assert len(distinct) > len(moments), "what was known makes a difference"
    assert {one["fact"] for one in json.loads(ours.stdout)["facts"]} == {"F-1", "F-2"}


def fact(name: str, kind: str, cause: str, day: int) -> dict[str, Any]:
    return {
        "fact": name, "by": "supplier", "says": "propose", "kind": kind, "asset": "truck-1",
        "from": f"2026-10-{day:02}T06:00:00Z", "until": f"2026-10-{day:02}T18:00:00Z", "about": {"cause": cause},
        "evidence": "order 17",
    }  # fmt: skip


def test_the_same_export_has_the_same_bytes(conn: Connection[Any], tmp_path: Path, moments: Sequence[datetime]) -> None:
    with snapshot(conn) as now:
        folders = [exported(conn, tmp_path / name, now) for name in ("one", "two")]

    one, two = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders)
    assert one == two
    assert sorted(one) == ["contract-1.json", "evidence.json", "readings.csv.gz"]


def test_an_export_holds_nothing_of_other_assets_and_no_time_that_is_not_needed(
    conn: Connection[Any], tmp_path: Path
) -> None:
    declare_world(conn)
    write_october(conn)
    write_october(conn, "device-2")
    write(conn, [message("device-1", utc(f"2026-12-0{day} 00:00"), odometer_km=5000, state="FAULT") for day in (1, 2)])
    write(conn, [message("device-1", utc("2026-08-01 00:00"), odometer_km=1, state="FAULT")])

    with snapshot(conn) as now:
        evidence = read_evidence(exported(conn, tmp_path / "folder", now))

    assert list(evidence.catalogue) == ["device-1"]
    for series in evidence.catalogue["device-1"].values():
        readings = evidence.readings.by_series[series.id]
        assert from_micros(readings.measured[0]) == utc("2026-09-29 22:00")
        assert from_micros(readings.measured[-1]) == utc("2026-11-01 00:00"), "the first after October"
    with pytest.raises(NotHeld, match="complete until 2026-10-31T23:00:00Z"):
        evidence.check_holds(Period.month(2026, 11, BERLIN))
    evidence.check_holds(Period.month(2026, 10, BERLIN))


def test_facts_come_with_the_folder_as_far_as_they_were_known(conn: Connection[Any], tmp_path: Path) -> None:
    declare_world(conn)
    proposal = {
        "fact": "F-1", "by": "supplier", "says": "propose", "kind": "planned_work", "asset": "truck-1",
        "from": "2026-10-10T06:00:00Z", "until": "2026-10-10T10:00:00Z", "about": {"cause": "service"},
    }  # fmt: skip
    add_entries(conn, "trucks", FactLog.model_validate([proposal]).root)
    conn.commit()
    between = database_clock(conn)
    conn.commit()
    add_entry(conn, "trucks", answer_of("F-1", "customer", "accept", None))
    conn.commit()

    with snapshot(conn) as now:
        evidence = read_evidence(exported(conn, tmp_path / "now", now))
        earlier = read_evidence(exported(conn, tmp_path / "earlier", between))

        assert evidence.facts == tuple(list_entries(conn, "trucks"))
        assert book_at(evidence.facts, between) == load_book(conn, "trucks", between)
    assert [len(one.facts) for one in (earlier, evidence)] == [1, 2]


def test_a_folder_in_use_is_left_alone(conn: Connection[Any], tmp_path: Path) -> None:
    declare_world(conn)
    (tmp_path / "notes.txt").write_text("mine")

    with snapshot(conn) as now, pytest.raises(FolderInUse):
        export_evidence(conn, "trucks", OCTOBER, tmp_path, now)


def test_evidence_is_exported_by_command(
    conn: Connection[Any], database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOUCH_DATABASE_URL", database)
    declare_world(conn)
    write_october(conn)
    words = ["evidence", "export", "--contract", "trucks", "--period", "2026-10", "--to"]

    done = CliRunner().invoke(main, [*words, "folder"])
    again = CliRunner().invoke(main, [*words, "folder"])
    late = CliRunner().invoke(main, [*words, "later", "--as-of", "2199-01-01T00:00:00Z"])
    early = CliRunner().invoke(main, [*words, "earlier", "--as-of", "2020-01-01T00:00:00Z"])

    assert (done.exit_code, "1542 readings of 1 devices" in done.output) == (0, True)
    assert (again.exit_code, "not empty" in again.output) == (4, True)
    assert (late.exit_code, "nobody knows yet" in late.output) == (2, True)
    assert (early.exit_code, "no contract" in early.output) == (3, True)
    assert read_evidence(tmp_path / "folder").readings.stored == 1542

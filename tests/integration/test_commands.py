"""The command line, as a newcomer meets it: what it says, and how it ends."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from psycopg import Connection

from ingest.clocks.skew import HourOffset
from ingest.clocks.store import put_offsets
from tests.builders import BERLIN
from tests.world import CONTRACT, OCTOBER, REGISTRY, declare_world, message, write, write_october
from vouch.__main__ import main
from vouch.document import parse_document
from vouch.period import to_micros
from vouch.running.schedule import close_due_months, summarise
from vouch.settings import load_settings

Run = Callable[..., Result]


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a database of its own, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOUCH_DATABASE_URL", database)
    return lambda *words: CliRunner().invoke(main, list(words))


@pytest.fixture
def files(run: Run) -> None:
    """registry.yaml and contract.yaml in the folder."""
    Path("registry.yaml").write_text(REGISTRY)
    Path("contract.yaml").write_text(CONTRACT)


@pytest.mark.usefixtures("files")
def test_from_files_to_verified_invoices_and_a_reading_changed_by_hand(run: Run, conn: Connection[Any]) -> None:
    assert "declarations new" in run("registry", "apply", "registry.yaml").output
    assert "nothing to change" in run("registry", "apply", "registry.yaml").output
    assert "agreed" in run("contract", "apply", "contract.yaml").output
    write_october(conn)

    assert "1 drafted" in run("close", "2026-10").output
    assert "1 unchanged" in run("close", "2026-10").output
    issued = run("invoice", "issue", "--month", "2026-10").output
    number = f"INV-{datetime.now(BERLIN):%Y}-000001"
    assert number in issued
    assert "no drafts" in run("invoice", "issue", "--month", "2026-10").output

    verified = run("verify", "--all")
    assert (verified.exit_code, "3 of 3 lines vouched" in verified.output) == (0, True)

    conn.execute("UPDATE ingest.reading SET value = value + 1 WHERE measured_at = '2026-10-15T12:00Z' AND value > 100")
    conn.commit()
    differs = run("verify", number)
    assert differs.exit_code == 1
    assert "DIFFERS  line   2" in differs.output
    assert "device-1 metric odometer_km" in differs.output


@pytest.mark.usefixtures("files")
def test_exports_carry_every_line_with_amounts_as_text(run: Run, conn: Connection[Any]) -> None:
    run("registry", "apply", "registry.yaml")
    run("contract", "apply", "contract.yaml")
    write_october(conn)
    run("close", "2026-10")

    drafts = json.loads(run("invoice", "export", "--format", "json").output)
    run("invoice", "issue", "--month", "2026-10")
    (document,) = json.loads(run("invoice", "export", "--format", "json").output)
    rows = list(csv.DictReader(io.StringIO(run("invoice", "export", "--format", "csv").output)))

    assert drafts[0]["draft"]["gross"] == document["document"]["gross"] == "975.21"
    assert [row["amount"] for row in rows] == ["745.00", "74.50", "0.00"]
    assert [line["amount"] for line in document["document"]["lines"]] == ["745.00", "74.50", "0.00"]


def test_a_token_is_shown_once_listed_and_revoked(run: Run) -> None:
    run("account", "add", "plant@seller.example", "--name", "Plant", "--role", "finance", "--password", "x" * 12)

    made = run("token", "add", "Plant@seller.example", "--name", "line 4")
    listed = run("token", "list")

    assert made.output.startswith("token  vouch_")
    assert made.output.split()[1] not in listed.output
    assert "line 4" in listed.output
    assert run("token", "add", "plant@seller.example", "--name", "line 4").exit_code == 4
    assert run("token", "revoke", "plant@seller.example", "--name", "line 4").exit_code == 0
    assert run("token", "revoke", "plant@seller.example", "--name", "line 4").exit_code == 3
    assert run("token", "add", "nobody@seller.example", "--name", "x").exit_code == 3


@pytest.mark.usefixtures("files")
def test_a_mistake_is_named_with_file_line_and_path(run: Run) -> None:
    Path("registry.yaml").write_text(REGISTRY.replace("unit: KMT", "unit: KTM"))
    wrong = run("registry", "apply", "registry.yaml")
    Path("registry.yaml").write_text(REGISTRY)
    run("registry", "apply", "registry.yaml")
    Path("contract.yaml").write_text(CONTRACT.replace("metric: odometer_km", "metric: odometer"))
    unknown = run("contract", "apply", "contract.yaml")
    Path("contract.yaml").write_text(CONTRACT.replace("asset: truck-1", "asset: truck-9"))
    missing = run("contract", "check", "contract.yaml")

    assert wrong.exit_code == unknown.exit_code == missing.exit_code == 2
    assert "registry.yaml:12: product_types[0].metrics[0].unit: found 'KTM'" in wrong.output
    assert "did you mean KMT" in wrong.output
    assert "contract.yaml:13: measures[0].metric: 'odometer' is no metric of every covered asset" in unknown.output
    assert "contract.yaml:11: assets[0].asset: asset 'truck-9' is not in the registry" in missing.output


def test_errors_are_one_sentence_and_an_exit_code(run: Run) -> None:
    for words, code in (
        (("close", "2026-13"), 2),
        (("invoice", "show", "INV-2026-000001"), 3),
        (("verify",), 2),
        (("contract", "show", "nothing"), 3),
        (("device", "add", "nobody"), 3),
        (("invoice", "issue"), 2),
    ):
        result = run(*words)
        assert result.exit_code == code, (words, result.output)
        assert result.output.startswith("vouch: ")
        assert "Traceback" not in result.output


def test_without_a_database_the_way_out_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOUCH_DATABASE_URL")
    result = run("invoice", "list")

    assert result.exit_code == 5
    assert "vouch up" in result.output
    assert "VOUCH_DATABASE_URL" in result.output


@pytest.mark.usefixtures("files")
def test_the_scheduler_summarises_and_closes_what_is_due_and_nothing_twice(run: Run, conn: Connection[Any]) -> None:
    run("registry", "apply", "registry.yaml")
    run("contract", "apply", "contract.yaml")
    write_october(conn)
    settings = load_settings(close_days_after=1)

    for _ in range(2):
        summarise(settings)
        close_due_months(settings)

    months = [row[0] for row in conn.execute("SELECT month FROM billing.invoice ORDER BY month").fetchall()]
    assert OCTOBER in months
    assert len(months) == len(set(months))
    assert conn.execute("SELECT count(*) FROM ingest.stale_mark").fetchone() == (0,)


def test_findings_are_listed_with_the_readings_on_both_sides(run: Run, conn: Connection[Any]) -> None:
    declare_world(conn)
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    write(conn, [message("device-1", noon.replace(hour=hour), odometer_km=km) for hour, km in ((9, 100), (12, 3))])
    run("summarise")

    listed = run("findings", "--device", "device-1", "--since", "2026-10-05T00:00:00Z", "--kind", "reset").output

    assert "100 at 2026-10-05T09:00:00Z" in listed
    assert "3 at 2026-10-05T12:00:00Z" in listed
    assert "Findings: none" in run("findings", "--since", "2026-10-05T12:00:01Z").output
    assert "--since" in run("findings", "--since", "noon").output


def test_a_registry_of_json_is_the_same_registry_with_its_mistakes_on_their_lines(run: Run) -> None:
    content = parse_document(REGISTRY, "registry.yaml").content
    Path("fleet.json").write_text(json.dumps(content, indent=1, default=str))

    assert "declarations new" in run("registry", "apply", "fleet.json").output
    assert "nothing to change" in run("registry", "apply", "fleet.json").output

    text = json.dumps(content, indent=1, default=str)
    for said, now in (('"KMT"', '"KTM"'), ('"unit": "KMT"', '"unit": "MTR"')):
        Path("fleet.json").write_text(text.replace(said, now))
        line = text.split(said)[0].count("\n") + 1
        wrong = run("registry", "apply", "fleet.json")
        assert wrong.exit_code != 0
        assert any(f"fleet.json:{n}: product_types[0].metrics[0]" in wrong.output for n in range(line - 4, line + 1))


def test_devices_are_listed_and_shown_with_what_they_said_last(run: Run, conn: Connection[Any]) -> None:
    declare_world(conn)
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    write(conn, [message("device-1", noon, odometer_km=100, state="FAULT")])
    put_offsets(conn, [HourOffset("device-1", to_micros(datetime.now(UTC)), -90_000_000, 7)], datetime.now(UTC))
    conn.commit()

    listed = run("device", "list", "--limit", "1").output
    shown = run("device", "show", "device-1").output
    other = run("device", "show", "device-2").output

    assert "device-1" in listed
    assert "truck-1" in listed
    assert "There may be more: --after device-1" in listed
    assert "serves        truck-1 of buyer" in shown
    assert "ahead of ours by at least 0:01:30, by 7 readings" in shown
    assert "2026-10-05T12:00:00Z" in shown
    assert "2026-10-05T11:58:30Z" in shown
    assert "FAULT" in shown
    assert "clock         nothing is known" in other
    assert run("device", "show", "nobody").exit_code == 3

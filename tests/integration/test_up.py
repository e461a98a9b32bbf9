"""`vouch up`: starts, recoveries after kills, and stops, with the real servers."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from vouch.database import connect
from vouch.running import up
from vouch.running.embedded.folder import AlreadyRunning
from vouch.running.embedded.processes import identify
from vouch.running.embedded.supervisor import ServiceFailed
from vouch.settings import Settings, load_settings

SECONDS_MAX = 15.0

# What stands in for vouch's own services: the portal is a web server, the other does nothing for a long time.
WEB = "import http.server, os; http.server.HTTPServer(('127.0.0.1', int(os.environ['VOUCH_WEB_PORT'])), \
http.server.SimpleHTTPRequestHandler).serve_forever()"
SLEEPER = up.Command("sleeper", ("sleep", "1000"))
STUBBORN = up.Command("stubborn", ("sh", "-c", "trap '' TERM; while :; do sleep 0.2; done"))
PORTAL = up.Command("web", (sys.executable, "-c", WEB), listens=True)
# What stands in for ingest while it waits for somebody else: it answers, and says that it is not well.
UNWELL = """
import http.server, os
class Unwell(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)
http.server.HTTPServer(('127.0.0.1', int(os.environ['VOUCH_INGEST_HTTP_PORT'])), Unwell).serve_forever()
"""
REPORTER = up.Command("ingest", (sys.executable, "-c", UNWELL), reports=True)

FOREGROUND = """
import sys
from pathlib import Path
from vouch.running import up
from vouch.settings import load_settings
services = [up.Command(*words) for words in eval(sys.argv[2])]
up.up(load_settings(home=Path(sys.argv[1])), services, lambda line: print(line, flush=True))
"""


class Foreground:
    """`vouch up` as a process of its own."""

    def __init__(self, home: Path, services: list[up.Command], **environment: str) -> None:
        words = repr([(command.name, command.words, command.listens, command.reports) for command in services])
        self.home = home
        self.said = home.parent / "said"
        self.settings = load_settings(home=home)
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", FOREGROUND, str(home), words],
                stdout=said,
                stderr=said,
                env=os.environ | environment,
                start_new_session=True,
            )
        try:
            wait_until(lambda: self.state("vouch up") == "running" or self.process.poll() is not None)
            assert self.process.poll() is None
        except AssertionError:
            self.process.terminate()
            self.process.wait()
            raise AssertionError(self.said.read_text()) from None

    def row(self, service: str) -> up.Status | None:
        return next((row for row in up.status(self.settings) if row.service == service), None)

    def state(self, service: str) -> str:
        row = self.row(service)
        return row.state if row else "absent"

    def pid(self, service: str) -> int:
        row = self.row(service)
        assert row
        assert row.pid
        return row.pid

    def runs_other_than(self, service: str, pid: int) -> bool:
        row = self.row(service)
        return row is not None and row.state == "running" and row.pid not in (None, pid)

    def read_addresses(self) -> Settings:
        """What any other vouch command sees now."""
        return load_settings(home=self.home)


def wait_until(condition: Callable[[], Any], seconds: float = SECONDS_MAX) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@contextmanager
def vouch_up(home: Path, *services: up.Command, **environment: str) -> Iterator[Foreground]:
    """Runs while the block does; is ended, with all it started, even when the block fails."""
    foreground = Foreground(home, list(services), **environment)
    try:
        yield foreground
    finally:
        if foreground.process.poll() is None:
            foreground.process.terminate()
        foreground.process.wait(SECONDS_MAX)
        up.down(foreground.settings)


def write_row(url: str) -> None:
    with connect(url) as conn:
        conn.execute("INSERT INTO ingest.product_type VALUES ('lift', 'Lift') ON CONFLICT DO NOTHING")


def count_rows(url: str) -> int:
    with connect(url) as conn:
        row = conn.execute("SELECT count(*) FROM ingest.product_type").fetchone()
    return int(row[0]) if row else -1


def gone(pids: list[int]) -> bool:
    return all(identify(pid) is None for pid in pids)


def all_pids(foreground: Foreground) -> list[int]:
    return [row.pid for row in up.status(foreground.settings) if row.pid and row.service != "vouch up"]


@pytest.fixture(scope="module")
def home(make_home: Callable[[], Path]) -> Path:
    """One folder for all that happens here, as a real one has a history too."""
    return make_home()


def test_it_starts_all_says_where_all_is_stops_all_and_finds_all_again(home: Path) -> None:
    with vouch_up(home, SLEEPER, PORTAL) as first:
        rows = up.status(first.settings)
        assert [row.service for row in rows] == ["vouch up", "database", "broker", "sleeper", "web"]
        assert {row.state for row in rows} == {"running"}
        found = first.read_addresses()
        assert rows[0].address == f"http://127.0.0.1:{found.web_port}"
        assert stat.S_IMODE((home / "addresses.toml").stat().st_mode) == 0o600
        write_row(found.database_url)
        pids = all_pids(first)

        assert up.down(first.settings)
        assert first.process.wait(1) == 0
        assert gone(pids)
        assert up.status(first.settings) == []
        assert not (home / "addresses.toml").exists()
        assert not up.down(first.settings)
        stopped = [json.loads(line) for line in (home / "log/up.log").read_text().splitlines()]
        assert [line["service"] for line in stopped if line["message"] == "service stopped"] == [
            "web",
            "sleeper",
            "broker",
            "database",
        ]

    with vouch_up(home, SLEEPER, PORTAL) as second:
        assert second.read_addresses() == found
        assert count_rows(found.database_url) == 1


def test_ingest_has_a_port_for_its_health_that_status_shows_and_no_other_command_takes(home: Path) -> None:
    with vouch_up(home, REPORTER) as first:
        row = first.row("ingest")
        assert row is not None
        assert row.state == "running"
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{row.address}/healthz", timeout=5)
        # Another ingest process in this folder must not want the same one.
        assert first.read_addresses().ingest_http_port == 0
    with vouch_up(home, REPORTER) as second:
        again = second.row("ingest")
        assert again is not None
        assert again.address == row.address


def test_a_second_one_in_the_same_folder_is_told_about_the_first(home: Path) -> None:
    with vouch_up(home, PORTAL) as first:
        with pytest.raises(AlreadyRunning, match=f"process {first.process.pid} at http://127.0.0.1:"):
            up.up(first.settings, [PORTAL])

        assert first.state("web") == "running"


def test_whatever_is_killed_runs_again_and_has_what_was_committed(home: Path) -> None:
    with vouch_up(home, SLEEPER) as running:
        found = running.read_addresses()
        write_row(found.database_url)
        for service in ("sleeper", "broker", "database"):
            killed = running.pid(service)

            os.kill(killed, signal.SIGKILL)

            wait_until(lambda: running.runs_other_than(service, killed))  # noqa: B023
            assert f"{service} died (killed by SIGKILL)" in running.said.read_text()
        assert count_rows(found.database_url) == 1
        assert running.read_addresses() == found


def test_a_service_that_keeps_dying_is_started_more_and_more_seldom(home: Path) -> None:
    with vouch_up(home, up.Command("brief", ("sleep", "1.2"))) as running:
        wait_until(lambda: running.said.read_text().count("brief died") == 2)

        said = running.said.read_text()
        assert "starts again in 0.25 s" in said
        assert "starts again in 0.5 s" in said


def test_when_it_is_killed_itself_nothing_keeps_running(home: Path) -> None:
    with vouch_up(home, SLEEPER, PORTAL) as running:
        write_row(running.read_addresses().database_url)
        pids = all_pids(running)

        running.process.kill()

        wait_until(lambda: gone(pids))
        assert {row.state for row in up.status(running.settings)} == {"stopped"}

    with vouch_up(home, SLEEPER, PORTAL) as again:
        assert count_rows(again.read_addresses().database_url) == 1


def test_the_next_start_ends_what_a_killed_one_left_over(home: Path) -> None:
    with vouch_up(home, STUBBORN) as running:
        left = running.pid("stubborn")
        running.process.kill()
        running.process.wait()
        assert identify(left)

        before = time.monotonic()
        assert up.down(running.settings)
        assert time.monotonic() - before < 10
        assert gone([left])


def test_everything_killed_at_once_is_recovered(home: Path) -> None:
    with vouch_up(home, SLEEPER) as running:
        write_row(running.read_addresses().database_url)
        with connect(running.read_addresses().database_url) as conn:
            conn.execute("INSERT INTO public.yoyo_lock VALUES (1, now(), 1)")
        for pid in (running.process.pid, *all_pids(running)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.process.wait()

    with vouch_up(home, SLEEPER) as again:
        assert count_rows(again.read_addresses().database_url) == 1


def test_another_process_that_has_a_remembered_number_is_left_alone(home: Path) -> None:
    with vouch_up(home, SLEEPER) as running:
        running.process.kill()
        running.process.wait()
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        for file in ("database", "broker", "sleeper"):
            path = home / "data/run" / f"{file}.json"
            record = {"name": file, "state": "running", "address": "", "data": str(home / "data")}
            path.write_text(json.dumps(record | {"process": {"pid": stranger.pid, "ticks": 1, "boot": "another"}}))
        (home / "data/cluster/postmaster.pid").write_text(f"{stranger.pid}\n{home / 'data/cluster'}\n")

        with vouch_up(home, SLEEPER):
            assert stranger.poll() is None

        assert stranger.poll() is None
        stranger.kill()


def test_a_port_that_somebody_took_is_replaced(home: Path) -> None:
    with vouch_up(home) as running:
        first = running.read_addresses()
    with socket.create_server(("127.0.0.1", int(first.mqtt_url.rpartition(":")[2]))), vouch_up(home) as running:
        second = running.read_addresses()

    assert second.mqtt_url != first.mqtt_url
    assert second.database_url == first.database_url


def test_a_service_that_does_not_come_up_is_named_with_the_end_of_its_log(home: Path) -> None:
    broken = up.Command("broken", ("sh", "-c", "echo no such table >&2; exit 3"))
    with pytest.raises(ServiceFailed, match=r"(?s)broken ended at once \(exit status 3\).*no such table"):
        up.up(load_settings(home=home), [SLEEPER, broken])

    assert up.status(load_settings(home=home)) == []


def test_services_that_settings_name_are_used_and_not_started(
    make_home: Callable[[], Path], services: Settings
) -> None:
    home = make_home()
    with vouch_up(home, SLEEPER, VOUCH_DATABASE_URL=services.database_url, VOUCH_MQTT_URL=services.mqtt_url) as running:
        assert [row.service for row in up.status(running.settings)] == ["vouch up", "sleeper"]
        assert running.read_addresses().database_url == ""

    assert not (home / "data/cluster").exists()


def test_a_folder_that_the_servers_users_cannot_reach_has_its_data_elsewhere() -> None:
    folder = Path(tempfile.mkdtemp(prefix="vouch-test-closed-"))
    home = folder / ".vouch"
    try:
        with up.embedded(home) as settings:
            data = (home / "data").resolve()
            assert count_rows(settings.database_url) == 0
            # Only root has users to run servers as; anybody else is the servers' user.
            assert data.parent == (Path("/var/lib/vouch") if os.geteuid() == 0 else home)
        with up.embedded(home):
            assert (home / "data").resolve() == data
    finally:
        shutil.rmtree((home / "data").resolve(), ignore_errors=True)
        shutil.rmtree(folder)


def test_a_folder_that_was_moved_works_where_it_is_now(make_home: Callable[[], Path]) -> None:
    home = make_home()
    with up.embedded(home) as settings:
        write_row(settings.database_url)
    moved = home.rename(home.with_name("moved"))

    with up.embedded(moved) as settings:
        assert count_rows(settings.database_url) == 1


def test_what_somebody_asks_of_the_servers_is_done(make_home: Callable[[], Path]) -> None:
    home = make_home()
    with (home / "postgresql.conf").open("a") as file:
        file.write("max_connections = 44\n")
    with up.embedded(home) as settings, connect(settings.database_url) as conn:
        assert conn.execute("SHOW max_connections").fetchone() == ("44",)


def test_ctrl_c_while_it_starts_stops_what_has_started(home: Path) -> None:
    never = up.Command("web", ("sleep", "1000"), listens=True)
    words = repr([(never.name, never.words, never.listens)])
    with subprocess.Popen([sys.executable, "-c", FOREGROUND, str(home), words], stdout=subprocess.PIPE) as process:
        wait_until(lambda: any(row.service == "web" for row in up.status(load_settings(home=home))))
        pids = [row.pid for row in up.status(load_settings(home=home)) if row.pid]

        process.send_signal(signal.SIGINT)

        assert process.wait(SECONDS_MAX) == 0
        assert gone(pids)

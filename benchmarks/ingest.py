"""Taking in: how fast a queued backlog is received, committed and acknowledged, beside the broker's own client.

Everything is real and on this machine: broker, database with its disk, one ingest process or two. Both sides drain the
same messages from sessions of their own, one after the other, in turns; figures are medians, and ratios within a run.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from psycopg import Connection

from benchmarks.blast import blast
from ingest import store
from ingest.batch import Row
from ingest.broker.session import session_of
from vouch.broker_address import BrokerAddress, parse_broker
from vouch.commands.fleets import declare_on
from vouch.database import connect
from vouch.period import from_micros, iso, to_micros
from vouch.running import up
from vouch.settings import Settings

DEVICES: Final = 1000
SINGLE: Final = 200_000
BATCHED: Final = 20_000
READINGS: Final = 100
BACKLOG: Final = 1_000_000
_LATENCY_SECONDS: Final = 10
_COPY_ROWS: Final = 20_000
_RIVAL: Final = "bench-rival"
_COPY: Final = "COPY ingest.reading (measured_at, series, value, received_at) FROM STDIN (FORMAT binary)"
# No second is said twice: from here to now there are four hundred million.
_STARTS: Final = datetime(2012, 1, 1, tzinfo=UTC)

_HEAD: Final = """
registry: 1
customers:
  - {id: buyer, legal_name: Buyer AG, address: [Way 2], country: DE}
product_types:
  - id: van
    name: Van
    metrics:
      - {name: odometer_km, kind: counter, unit: KMT, resolution: 0.1, plausible: [0, 1000000000], on_fall: reset,
         silence_seconds_max: 1800}
assets:
"""
_ASSET: Final = (
    '  - {{id: "{0}", name: "{0}", customer: buyer, product_type: van, '
    'served_by: [{{device: "{0}", since: "2012-01-01T00:00:00Z"}}]}}\n'
)


@dataclass(slots=True)
class Bench:
    """The services, and where in time the next readings go, so that none is said twice."""

    settings: Settings
    conn: Connection[Any]
    seconds: int = 0
    messages_said: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> BrokerAddress:
        """As whom the fleet publishes."""
        return parse_broker(self.settings.simulator_mqtt_url)

    def take(self, readings: int) -> list[datetime]:
        """So many instants, a second apart, that nobody has used."""
        first = _STARTS + timedelta(seconds=self.seconds)
        self.seconds += readings
        return [first + timedelta(seconds=n) for n in range(readings)]

    def messages(self, count: int, readings: int = 1) -> Iterator[tuple[str, bytes]]:
        """`count` messages of so many readings each, from all devices in turn."""
        for _ in range(count):
            self.messages_said += 1
            device = f"van-{self.messages_said % DEVICES}"
            items = [
                f'{{"measured_at":"{iso(at)}","values":{{"odometer_km":{n}.5}}}}'
                for n, at in enumerate(self.take(readings))
            ]
            yield device, (items[0] if readings == 1 else f'{{"readings":[{",".join(items)}]}}').encode()

    def tell(self, line: str) -> None:
        """A line of the report, shown at once."""
        click.echo(line)
        self.lines.append(line)


def run(rounds: int, backlog: int) -> str:
    """Set up, measure, and report; everything is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="vouch-bench-"))
    folder.chmod(0o755)
    home = folder / ".vouch"
    home.mkdir(mode=0o755)
    try:
        with up.embedded(home) as settings, connect(settings.database_url) as conn:
            bench = Bench(settings, conn)
            declare_on(conn, "benchmark", _HEAD + "".join(_ASSET.format(f"van-{n}") for n in range(DEVICES)), {})
            _report(bench, rounds, backlog)
            return "\n".join(bench.lines)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _report(bench: Bench, rounds: int, backlog: int) -> None:
    bench.tell(
        f"Ingest on {os.cpu_count()} cores, broker and database beside it; medians of {rounds} (lowest to highest)"
    )
    bench.tell("")
    _subscribe(bench, (None,), rival=True)
    single = _drained(bench, rounds, SINGLE, 1)
    _drained(bench, rounds, BATCHED, READINGS)
    _forget(bench, (None,))
    _subscribe(bench, (1, 2), rival=False)
    _shared(bench, rounds, SINGLE, 1)
    _shared(bench, rounds, BATCHED, READINGS)
    _forget(bench, (1, 2))
    _subscribe(bench, (None,), rival=False)
    _latency(bench, single / 2)
    _memory(bench, backlog)


def _drained(bench: Bench, rounds: int, count: int, readings: int) -> float:
    """Drain `rounds` backlogs here and with the rival; returns our median in messages a second."""
    ours, theirs, copies, packed = [], [], [], []
    for n in range(rounds):
        blast(bench.address, bench.messages(count, readings))
        for turn in ("ours", "theirs") if n % 2 else ("theirs", "ours"):
            if turn == "ours":
                (found,) = _ingest(bench, count, (None,))
                assert found["stored"] == count * readings, found
                ours.append(count / (found["ended"] - found["started"]))
            else:
                theirs.append(count / _rival(bench, count))
        if readings > 1:
            copies.append(_copy(bench, count * readings, by_row=True))
            packed.append(_copy(bench, count * readings, by_row=False))
    what = "single readings" if readings == 1 else f"messages of {readings} readings"
    bench.tell(f"{count:,} {what}, QoS 1, queued, then drained:")
    bench.tell(_line("mosquitto_sub -q 1, thrown away", theirs, "messages/s"))
    bench.tell(_line("vouch, committed and acknowledged", ours, "messages/s", theirs))
    if readings > 1:
        bench.tell(_line("binary COPY by psycopg into the same table", copies, "readings/s"))
        bench.tell(_line("the same of bytes made beforehand", packed, "readings/s"))
        bench.tell(_line("vouch, committed and acknowledged", [one * readings for one in ours], "readings/s", copies))
    bench.tell("")
    return float(statistics.median(ours))


def _shared(bench: Bench, rounds: int, count: int, readings: int) -> None:
    found = []
    for _ in range(rounds):
        blast(bench.address, bench.messages(count, readings))
        told = _ingest(bench, count, (1, 2))
        assert sum(one["stored"] for one in told) == count * readings, told
        found.append(count * readings / (max(one["ended"] for one in told) - max(one["started"] for one in told)))
    what = "single readings" if readings == 1 else f"messages of {readings} readings"
    bench.tell(_line(f"two processes on a shared subscription, {what}", found, "readings/s"))


def _latency(bench: Bench, rate: float) -> None:
    """From receipt to commit while single readings come at `rate` messages a second."""
    count = int(rate * _LATENCY_SECONDS)
    process = _start(bench, count, None)
    time.sleep(2)
    blast(bench.address, bench.messages(count), rate)
    waits = _finish(process)["waits"]
    bench.tell("")
    bench.tell(f"receipt to commit at half load, {rate:,.0f} messages/s for {_LATENCY_SECONDS} s:")
    for percent in (50, 99, 100):
        bench.tell(f"  {f'{percent} % within':<52}{1000 * _percentile(waits, percent):>12,.0f} ms")


def _memory(bench: Bench, backlog: int) -> None:
    """Resident memory while a long backlog is drained."""
    blast(bench.address, bench.messages(backlog))
    (found,) = _ingest(bench, backlog, (None,))
    memory = found["memory"]
    bench.tell("")
    bench.tell(f"resident memory while a backlog of {backlog:,} messages is drained:")
    for share in (0.05, 0.25, 0.5, 0.75, 1.0):
        size = next(size for settled, size in memory if settled >= share * found["messages"])
        bench.tell(f"  {f'at {share:.0%}':<52}{size / 2**20:>12,.0f} MiB")
    bench.tell(f"  {'at most':<52}{max(size for _, size in memory) / 2**20:>12,.0f} MiB")
    bench.tell(_line("drained at", [found["messages"] / (found["ended"] - found["started"])], "messages/s"))


def _percentile(waits: Sequence[tuple[float, int]], percent: float) -> float:
    """The wait that so many percent of all messages do not exceed; `waits` is in rising order."""
    wanted = sum(times for _, times in waits) * percent / 100
    for seconds, times in waits:
        wanted -= times
        if wanted <= 0:
            return seconds
    return waits[-1][0]


def _line(what: str, rates: Sequence[float], unit: str, beside: Sequence[float] = ()) -> str:
    found = f"  {what:<52}{statistics.median(rates):>12,.0f} {unit} ({min(rates):,.0f} to {max(rates):,.0f})"
    return found + (f"  {statistics.median(rates) / statistics.median(beside):.2f} of it" if beside else "")


# Our side


def _start(bench: Bench, expected: int, slot: int | None) -> "subprocess.Popen[str]":
    given = bench.settings
    environment = os.environ | {
        "VOUCH_HOME": str(given.home),
        "VOUCH_DATABASE_URL": given.database_url,
        "VOUCH_MQTT_URL": given.mqtt_url,
        "VOUCH_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "benchmarks.drain", str(expected), *([str(slot)] if slot else [])]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    text, _ = process.communicate()
    assert process.returncode == 0, f"draining ended with {process.returncode}"
    found: dict[str, Any] = json.loads(text)
    return found


def _ingest(bench: Bench, expected: int, slots: Sequence[int | None]) -> list[dict[str, Any]]:
    """Drain with one process a slot; several share, so that each ends when nothing more comes."""
    wanted = expected if len(slots) == 1 else 2**40
    return [_finish(process) for process in [_start(bench, wanted, slot) for slot in slots]]


# The rival


def _mosquitto_sub(bench: Bench, client: str, *words: str) -> None:
    address = parse_broker(bench.settings.mqtt_url)
    login = ["-h", address.host, "-p", str(address.port), "-u", str(address.username), "-P", str(address.password)]
    command = ["mosquitto_sub", *login, "-i", client, "-q", "1", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _subscribe(bench: Bench, slots: Sequence[int | None], rival: bool) -> None:
    """Have the broker keep messages for these sessions, and for the rival."""
    for session in (session_of(bench.settings.mqtt_client_id, slot) for slot in slots):
        # MQTT 5 with an expiry, or the session would end with the connection.
        filters = [word for filter_ in session.filters for word in ("-t", filter_)]
        _mosquitto_sub(bench, session.client_id, "-V", "5", "-c", "-x", "86400", "-E", *filters)
    if rival:
        _mosquitto_sub(bench, _RIVAL, "-c", "-E", "-t", "vouch/v1/+/telemetry")


def _forget(bench: Bench, slots: Sequence[int | None]) -> None:
    """Have the broker keep nothing more for them."""
    for name in (*(session_of(bench.settings.mqtt_client_id, slot).client_id for slot in slots), _RIVAL):
        _mosquitto_sub(bench, name, "-E", "-t", "vouch/none")


def _rival(bench: Bench, count: int) -> float:
    started = time.monotonic()
    _mosquitto_sub(bench, _RIVAL, "-c", "-t", "vouch/v1/+/telemetry", "-C", str(count))
    return time.monotonic() - started


def _copy(bench: Bench, rows: int, by_row: bool) -> float:
    """Rows a second of the same kind by binary COPY into the same table with its index: row by row as psycopg does it,
    or of blocks that were put together before the clock starts.
    """
    conn = bench.conn
    series = [key for (key,) in conn.execute("SELECT id FROM ingest.series ORDER BY id").fetchall()]
    conn.commit()
    spent, now = 0.0, datetime.now(UTC)
    for first in range(0, rows, _COPY_ROWS):
        block = [
            Row(series[(first + n) // READINGS % DEVICES], to_micros(at), float(n), 0, "$")
            for n, at in enumerate(bench.take(min(_COPY_ROWS, rows - first)))
        ]
        packed = b"".join(store.copy_blocks(block, (), now))
        tuples = [(from_micros(at), key, value, now) for key, at, value, _, _ in block]
        started = time.monotonic()
        with conn.transaction(), conn.cursor() as cur, cur.copy(_COPY) as copy:
            if by_row:
                copy.set_types(("timestamptz", "int4", "float8", "timestamptz"))
                for row in tuples:
                    copy.write_row(row)
            else:
                copy.write(packed)
        spent += time.monotonic() - started
    return rows / spent

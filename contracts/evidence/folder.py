"""Evidence folders: read into memory, or made from the database for whoever is to check.

Shell. An export holds what the contract's evaluation of one month, and of every month before it, rests on; of other
contracts and metrics it holds nothing. The same database gives the same bytes.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from psycopg import Connection

from contracts import store
from contracts.contract import Contract, governing
from contracts.evaluate import needs
from contracts.evidence.document import (
    AssignmentDocument,
    Evidence,
    EvidenceDocument,
    MeasuringDocument,
    TextFile,
    VersionDocument,
    catalogue_of,
    evidence_text,
    parse_evidence,
)
from contracts.evidence.readings import CSV_HEAD, MalformedFile, Readings, ReadingTable, csv_rows
from contracts.facts import store as fact_store
from contracts.facts.entry import AnyEntry
from contracts.facts.file import parse_log, write_log
from ingest import store as ingest_store
from ingest.catalogue import Catalogue, Metric, Series
from ingest.registry.file import MetricMeaning
from ingest.registry.known_store import RecordedAssignment, list_recorded_assignments, load_catalogue
from vouch.errors import Conflict, Invalid, NotFound
from vouch.period import DAY, Period, union, utc_day, utc_midnight

_READINGS: Final = ("readings*.csv", "readings*.csv.gz", "readings*.jsonl", "readings*.jsonl.gz")
_CONTRACTS: Final = ("contract*.yaml", "contract*.yml", "contract*.json")
_FACTS: Final = ("facts.jsonl", "facts.yaml", "facts.yml", "facts.json")
_EVIDENCE: Final = ("evidence.yaml", "evidence.yml", "evidence.json")


# Reading


def read_evidence(folder: Path) -> Evidence:
    """All that the folder holds. Raises NotFound, DocumentFaults or MalformedFile; single bad lines are told apart."""
    file = _only_file(folder, _EVIDENCE)
    if file is None:
        raise NotFound(f"{folder}: no file {' or '.join(_EVIDENCE)}")
    _, written = parse_evidence(_read_text(file), str(file))
    catalogue = catalogue_of(written)
    return Evidence(
        document=written,
        catalogue=catalogue,
        readings=_read_readings(_list_files(folder, _READINGS), catalogue),
        contracts=tuple(TextFile(str(one), _read_text(one)) for one in _list_files(folder, _CONTRACTS)),
        facts=_read_facts(_only_file(folder, _FACTS)),
    )


def _only_file(folder: Path, names: Iterable[str]) -> Path | None:
    """The one file of these names, or None. Raises Invalid for two."""
    files = _list_files(folder, names)
    if len(files) > 1:
        raise Invalid(f"{folder}: {files[0].name} and {files[1].name} are the same in two forms: keep one")
    return files[0] if files else None


def _list_files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder")
    return sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})


def _read_facts(file: Path | None) -> tuple[AnyEntry, ...]:
    return () if file is None else tuple(parse_log(_read_text(file), str(file)))


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: not UTF-8 text: {error}") from error


def _read_readings(files: Iterable[Path], catalogue: Catalogue) -> Readings:
    table = ReadingTable(catalogue)
    for file in files:
        with _opened(file) as lines:
            table.add(lines, file.name)
    return table.finish()


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    """The file's text, unpacked; whatever is wrong with its bytes is an error with its name."""
    opening: Callable[..., Any] = gzip.open if file.suffix == ".gz" else open
    try:
        with opening(file, "rt", encoding="utf-8-sig", newline="") as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise MalformedFile(file.name, 1, f"not UTF-8 text: {error}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MalformedFile(file.name, 1, f"not readable as gzip: {error}") from error


# Export


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    devices: int
    readings: int


class FolderInUse(Conflict):
    """An export would be mixed with other files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty: evidence is exported into a folder of its own")


def export_evidence(
    conn: Connection[Any],
    contract: str,
    month: date,
    folder: Path,
    known_at: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Write all that the contract's months up to `month` rest on, as it was known at `known_at`.

    Raises NoContract, FolderInUse. `conn` is in a snapshot taken at `known_at` or later. `evidence.json` comes last: a
    folder without it is unfinished.
    """
    versions = store.load_versions(conn, contract, known_at)
    end = versions[-1].month(month).end
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FolderInUse(folder)
    wanted = _list_wanted(versions, end)
    assignments = list_recorded_assignments(conn, sorted(wanted), known_at)
    catalogue = _list_needed(load_catalogue(conn, sorted({one.device for one in assignments})), assignments, wanted)
    readings = _write_readings(conn, folder, catalogue, _list_spans(assignments, end), known_at, progress)
    recorded = store.list_recorded(conn, contract, known_at)
    for version in recorded:
        _write_text(folder / f"contract-{version.version}.json", version.document + "\n")
    if facts := fact_store.list_entries(conn, contract, known_at):
        _write_text(folder / "facts.jsonl", write_log(facts))
    written = _state(contract, catalogue, assignments, end, known_at, [(v.version, v.recorded_at) for v in recorded])
    _write_text(folder / "evidence.json", evidence_text(written))
    return Exported(len(catalogue), readings)


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _list_wanted(versions: list[Contract], end: datetime) -> dict[str, set[str]]:
    """The metrics of each asset that some month before `end` rests on."""
    wanted: dict[str, set[str]] = {}
    zone = versions[0].zone
    at = min(version.effective_from for version in versions)
    while at < end:
        local = at.astimezone(zone)
        window = Period.month(local.year, local.month, zone)
        for version, part in governing(versions, window):
            for need in needs(version, part):
                wanted.setdefault(need.asset, set()).add(need.metric)
        at = window.end
    return wanted


def _list_needed(
    catalogue: Catalogue, assignments: Iterable[RecordedAssignment], wanted: dict[str, set[str]]
) -> dict[str, dict[str, Series]]:
    """Of each device's series those that an asset's contract looks at."""
    needed: dict[str, dict[str, Series]] = {}
    for one in assignments:
        for name in wanted[one.asset] & catalogue[one.device].keys():
            needed.setdefault(one.device, {})[name] = catalogue[one.device][name]
    return {device: dict(sorted(needed[device].items())) for device in sorted(needed)}


def _list_spans(assignments: Iterable[RecordedAssignment], end: datetime) -> dict[str, list[Period]]:
    """For each device the whole UTC days on which it served, up to the one that holds `end`."""
    spans: dict[str, list[Period]] = {}
    for one in assignments:
        until = end if one.serves_until is None else min(end, one.serves_until)
        if one.serves_from < until:
            days = Period(utc_midnight(utc_day(one.serves_from)), utc_midnight(utc_day(until) + DAY))
            spans.setdefault(one.device, []).append(days)
    return {device: union(of_device) for device, of_device in spans.items()}


def _write_readings(
    conn: Connection[Any],
    folder: Path,
    catalogue: dict[str, dict[str, Series]],
    spans: dict[str, list[Period]],
    known_at: datetime,
    progress: Callable[[int, int], None],
) -> int:
    """One file for all devices, in order of device, metric and time; returns how many readings."""
    count = 0
    with _reproducible(folder / "readings.csv.gz") as file:
        file.write(CSV_HEAD)
        for done, (device, by_metric) in enumerate(catalogue.items(), start=1):
            for series in by_metric.values():
                rows = ingest_store.stream_received(conn, series.id, spans.get(device, []), known_at)
                for line in csv_rows(series, rows):
                    file.write(line)
                    count += 1
            progress(done, len(catalogue))
    return count


@contextmanager
def _reproducible(path: Path) -> Iterator[TextIO]:
    """A gzip file to write text to that holds neither its name nor the time."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n", write_through=False) as file,
    ):
        yield file


def _state(
    contract: str,
    catalogue: dict[str, dict[str, Series]],
    assignments: Iterable[RecordedAssignment],
    end: datetime,
    known_at: datetime,
    versions: Iterable[tuple[int, datetime]],
) -> EvidenceDocument:
    metrics: dict[str, Metric] = {}
    devices = []
    for device, by_metric in catalogue.items():
        keys = [_key(metrics, series.metric) for series in by_metric.values()]
        devices.append(MeasuringDocument(device=device, metrics=keys))
    return EvidenceDocument.model_construct(
        evidence=1,
        contract=contract,
        known_at=known_at,
        complete_until=end,
        versions=[VersionDocument.model_construct(version=n, recorded_at=at) for n, at in versions],
        metrics={key: _meaning(metric) for key, metric in metrics.items()},
        devices=devices,
        assignments=[
            AssignmentDocument.model_construct(
                asset=one.asset,
                device=one.device,
                serves_from=one.serves_from,
                serves_until=one.serves_until,
                recorded_at=one.recorded_at,
                withdrawn_at=one.withdrawn_at,
            )
            for one in assignments
            if one.device in catalogue
        ],
    )


def _key(metrics: dict[str, Metric], metric: Metric) -> str:
    """The key of the metric's meaning: its name, or the name with a number where the name had another meaning."""
    number = 1
    while True:
        key = metric.name if number == 1 else f"{metric.name}.{number}"
        if metrics.setdefault(key, metric) == metric:
            return key
        number += 1


def _meaning(metric: Metric) -> MetricMeaning:
    plausible = None if metric.value_min is None or metric.value_max is None else (metric.value_min, metric.value_max)
    return MetricMeaning.model_construct(
        kind=metric.kind,
        unit=metric.unit,
        resolution=metric.resolution,
        plausible=plausible,
        states=dict(metric.states) or None,
        on_fall=metric.on_fall,
        modulus=metric.modulus,
        jitter=metric.jitter or None,
        step_max=metric.step_max,
        silence_seconds_max=metric.silence_seconds_max,
    )

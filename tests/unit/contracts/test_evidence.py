"""Evidence files: what may be written, what is refused and where, and what of it was known when."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from contracts.evidence.document import catalogue_of, evidence_text, parse_evidence
from contracts.evidence.folder import read_evidence
from contracts.evidence.readings import CSV_HEAD, MalformedFile, Readings, ReadingTable, csv_rows
from contracts.evidence.source import EvidenceSource
from ingest.catalogue import Assignment, MetricKind, OnFall
from ingest.reading import Shown, decimal_of
from tests.builders import LONG_AGO, span, utc
from vouch.__main__ import main
from vouch.document import DocumentFaults
from vouch.errors import Invalid, NotFound
from vouch.period import MICROSECOND, from_micros, to_micros

FILE: Final = """\
evidence: 1
contract: trucks
metrics:
  km: {kind: counter, unit: KMT, on_fall: reset, silence_seconds_max: 7200}
  state: {kind: state, states: {RUNNING: 1, FAULT: 2}, silence_seconds_max: 7200}
assignments:
  - {asset: truck-1, device: box-1, serves_from: "2026-03-01T00:00:00+01:00"}
"""
CATALOGUE: Final = catalogue_of(parse_evidence(FILE, "evidence.yaml")[1])
KM: Final = CATALOGUE["box-1"]["km"].id
STATE: Final = CATALOGUE["box-1"]["state"].id


def taken_in(*lines: str, name: str = "readings.csv", head: str = CSV_HEAD) -> Readings:
    """The lines of one file, below its head."""
    table = ReadingTable(CATALOGUE)
    table.add([head, *(f"{line}\n" for line in lines)] if name.endswith("csv") else lines, name)
    return table.finish()


def values(readings: Readings, series: int) -> list[tuple[str, Decimal]]:
    """(day and time, value) of a series."""
    found = readings.by_series[series]
    return [
        (f"{from_micros(at):%d %H:%M}", decimal_of(value))
        for at, value in zip(found.measured, found.values, strict=True)
    ]


def reasons(readings: Readings) -> list[tuple[int, str]]:
    """(line, reason) of each refused line."""
    assert readings.refused == len(readings.rejected)
    return [(one.line, one.reason) for one in readings.rejected]


def test_a_file_of_a_few_lines_is_enough() -> None:
    _, written = parse_evidence(FILE, "evidence.yaml")

    assert list(catalogue_of(written)) == ["box-1"]
    km = CATALOGUE["box-1"]["km"].metric
    assert (km.kind, km.unit, km.on_fall) == (MetricKind.COUNTER, "KMT", OnFall.RESET)
    assert CATALOGUE["box-1"]["state"].metric.states == {"RUNNING": 1, "FAULT": 2}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("evidence: 1", "evidence: 2", "evidence.yaml:1: evidence: found 2; expected: 1"),
        ("contract: trucks", "contracts: trucks", "evidence.yaml:2: contracts: unknown key; did you mean 'contract'?"),
        ("unit: KMT", "unit: KTM", "evidence.yaml:4: metrics.km.unit: found 'KTM'; expected: a UN/ECE unit code"),
        ("km:", "Km:", "evidence.yaml:4: metrics.Km"),
        ("+01:00", "", "evidence.yaml:7: assignments[0].serves_from: found '2026-03-01T00:00:00'"),
        ("assignments", "devices: []\nassignments", "assignments[0].device: 'box-1' is not among the devices"),
        (
            "assignments",
            "devices: [{device: box-1, metrics: [km, hours]}]\nassignments",
            "evidence.yaml:6: devices[0].metrics[1]: 'hours' is not among the metrics",
        ),
        (
            "assignments",
            "devices: [{device: box-1, metrics: [km]}, {device: box-1, metrics: [km]}]\nassignments",
            "devices[1].device: 'box-1' is listed twice",
        ),
        (
            "  state:",
            "  km.2: {kind: gauge, unit: KMT, silence_seconds_max: 60}\n  state:",
            "evidence.yaml:5: metrics.km.2: of two meanings, each device says which: 'devices' is required",
        ),
        (
            "assignments:\n",
            'assignments:\n  - {asset: truck-1, device: box-2, serves_from: "2026-04-01T00:00:00Z"}\n',
            "evidence.yaml:8: assignments[1]: asset 'truck-1' is served by two devices at 2026-04-01T00:00:00Z",
        ),
        (
            "assignments:\n",
            'assignments:\n  - {asset: truck-2, device: box-1, serves_from: "2026-04-01T00:00:00Z"}\n',
            "evidence.yaml:8: assignments[1]: device 'box-1' is serving two assets at 2026-04-01T00:00:00Z",
        ),
        (
            '+01:00"}',
            '+01:00", serves_until: "2026-03-01T00:00:00+01:00"}',
            "evidence.yaml:7: assignments[0]: 'serves_until' must be later than 'serves_from'",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_path(before: str, after: str, message: str) -> None:
    with pytest.raises(DocumentFaults) as caught:
        parse_evidence(FILE.replace(before, after), "evidence.yaml")

    assert message in str(caught.value)


def test_a_withdrawn_assignment_stands_beside_the_one_that_took_its_place() -> None:
    withdrawn = (
        '  - {asset: truck-1, device: box-2, serves_from: "2026-03-01T00:00:00Z", withdrawn_at: "2026-03-05T00:00:00Z"}'
    )
    recorded = FILE.replace('+01:00"}', '+01:00", recorded_at: "2026-03-05T00:00:00Z"}')

    _, written = parse_evidence(recorded + withdrawn, "evidence.yaml")

    known = [
        [one.device for one in written.assignments if one.known_by(utc(f"2026-03-0{day} 00:00"))] for day in (5, 6)
    ]
    assert known == [["box-2"], ["box-1"]]


def test_a_metric_with_two_meanings_is_told_apart_by_device() -> None:
    text = FILE.replace("  state:", "  km.2: {kind: gauge, unit: MTR, silence_seconds_max: 60}\n  state:").replace(
        "assignments", "devices: [{device: box-1, metrics: [km.2]}, {device: box-2, metrics: [km, state]}]\nassignments"
    )

    catalogue = catalogue_of(parse_evidence(text, "evidence.yaml")[1])

    units = {device: {name: one.metric.unit for name, one in by.items()} for device, by in catalogue.items()}
    assert units == {"box-1": {"km": "MTR"}, "box-2": {"km": "KMT", "state": None}}


def test_what_was_written_is_read_again() -> None:
    _, written = parse_evidence(FILE, "evidence.yaml")

    text = evidence_text(written)

    assert parse_evidence(text, "evidence.json")[1] == written
    assert json.loads(text)["metrics"]["km"]["unit"] == "KMT"
    assert text.count("\n") == 12


def test_lines_in_any_order_become_readings_in_time_order() -> None:
    readings = taken_in(
        "box-1,km,2026-03-02T10:00:00+01:00,12.50,2026-03-02T09:00:05Z",
        "box-1,state,2026-03-01T12:00:00Z,FAULT,",
        "box-1,km,2026-03-01T12:00:00Z,-0,2026-03-02T09:00:05Z",
        "",
        "box-1,state,2026-03-01T13:00:00Z,1,",
    )

    assert values(readings, KM) == [("01 12:00", Decimal(0)), ("02 09:00", Decimal("12.5"))]
    assert values(readings, STATE) == [("01 12:00", Decimal(2)), ("01 13:00", Decimal(1))]
    assert [*readings.by_series[STATE].received] == [*readings.by_series[STATE].measured]
    assert (readings.stored, readings.duplicates, readings.refused) == (4, 0, 0)
    assert readings.last_received == to_micros(utc("2026-03-02 09:00:05"))


def test_columns_stand_in_any_order_and_received_at_may_be_left_out() -> None:
    readings = taken_in(
        '12.5,"box-1",2026-03-01T12:00:00Z,km', head='value,device,"measured_at",metric\n', name="readings-1.csv"
    )

    assert values(readings, KM) == [("01 12:00", Decimal("12.5"))]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ("box-2,km,2026-03-01T12:00:00Z,1,", "unknown_device", "'box-2'"),
        ("box-1,hours,2026-03-01T12:00:00Z,1,", "unknown_metric", "'hours'"),
        ("box-1,km,2026-03-01T12:00:00,1,", "malformed_time", "2026-03-01T12:00:00"),
        ("box-1,km,2026-03-01T12:00:00Z,1,yesterday", "malformed_time", "yesterday"),
        ("box-1,km,2009-12-31T23:59:59Z,1,", "ancient_time", "before 2010"),
        ("box-1,km,2026-03-01T12:00:00Z,1e,", "not_a_number", "'1e'"),
        ("box-1,km,2026-03-01T12:00:00Z,NaN,", "not_a_number", "'NaN'"),
        ('box-1,km,2026-03-01T12:00:00Z,"1,5",', "not_a_number", "'1,5'"),
        ("box-1,km,2026-03-01T12:00:00Z,,", "not_a_number", "''"),
        ("box-1,km,2026-03-01T12:00:00Z,1234567890.12345678,", "malformed_value", "18 significant digits"),
        ("box-1,km,2026-03-01T12:00:00Z,1e99,", "malformed_value", "1e99"),
        ("box-1,km,2026-03-01T12:00:00Z,-1,", "implausible_value", "below zero"),
        ("box-1,state,2026-03-01T12:00:00Z,BROKEN,", "unknown_state", "RUNNING, FAULT"),
        ("box-1,state,2026-03-01T12:00:00Z,3,", "unknown_state", "'3'"),
        ("box-1,km,2026-03-01T12:00:00Z", "malformed", "3 fields, but 5 columns"),
    ],
)
def test_a_line_that_is_no_reading_is_refused_alone(line: str, reason: str, detail: str) -> None:
    readings = taken_in("box-1,km,2026-03-01T11:00:00Z,1,", line, "box-1,km,2026-03-01T13:00:00Z,2,")

    assert values(readings, KM) == [("01 11:00", Decimal(1)), ("01 13:00", Decimal(2))]
    (rejected,) = readings.rejected
    assert (rejected.file, rejected.line, rejected.reason) == ("readings.csv", 3, reason)
    assert detail in rejected.detail


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":12.5}', None),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":"12.5"}', None),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":1.25e1}', None),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":NaN}', "malformed"),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":true}', "malformed"),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":null}', "not_a_number"),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z"}', "malformed"),
        ('{"device":"box-1","metric":"km","measured_at":"2026-03-01T12:00:00Z","value":1,"unit":"km"}', "malformed"),
        ('{"device":"box-1","device":"box-1"}', "undecodable"),
        ("[" * 100_000, "undecodable"),
        ("[]", "malformed"),
        ("{", "undecodable"),
    ],
)
def test_json_lines_say_the_same(line: str, reason: str | None) -> None:
    readings = taken_in("", line, name="readings.jsonl")

    if reason is None:
        assert (values(readings, KM), reasons(readings)) == ([("01 12:00", Decimal("12.5"))], [])
    else:
        assert reasons(readings) == [(2, reason)]


@pytest.mark.parametrize(
    ("head", "line", "message"),
    [
        ("device,metric,value\n", "", "readings.csv:1: column 'measured_at' is missing"),
        ("device,metric,measured_at,value,unit\n", "", "readings.csv:1: column 'unit' is unknown or there twice"),
        ("device,metric,measured_at,value,value\n", "", "readings.csv:1: column 'value' is unknown or there twice"),
        ("", "", "readings.csv:1: column 'device' is missing"),
        (CSV_HEAD, 'box-1,"km"x,2026-03-01T12:00:00Z,1,', "readings.csv:2: not readable as CSV"),
    ],
)
def test_a_file_that_holds_no_readings_at_all_is_an_error(head: str, line: str, message: str) -> None:
    with pytest.raises(MalformedFile, match=message):
        taken_in(line, head=head)


def test_under_one_identity_the_value_that_was_received_first_stands() -> None:
    readings = taken_in(
        "box-1,km,2026-03-01T12:00:00Z,3,2026-03-03T00:00:00Z",
        "box-1,km,2026-03-01T12:00:00Z,5,2026-03-02T00:00:00Z",
        "box-1,km,2026-03-01T12:00:00Z,5.0,2026-03-04T00:00:00Z",
        "box-1,km,2026-03-01T12:00:00Z,4,2026-03-02T00:00:00Z",
    )

    assert values(readings, KM) == [("01 12:00", Decimal(4))]
    assert [one.detail for one in readings.rejected] == [
        f"{value} at an instant that already holds 4" for value in ("3", "5", "5")
    ]
    assert reasons(readings) == [(line, "conflicting_value") for line in (2, 3, 4)]


def test_the_same_reading_again_changes_nothing_but_its_earliest_receipt_counts() -> None:
    readings = taken_in(
        "box-1,km,2026-03-01T12:00:00Z,3,2026-03-03T00:00:00Z",
        "box-1,km,2026-03-01T12:00:00Z,3.0,2026-03-02T00:00:00Z",
    )

    assert (readings.stored, readings.duplicates, readings.refused) == (1, 1, 0)
    assert [*readings.by_series[KM].received] == [to_micros(utc("2026-03-02 00:00"))]


def test_of_very_many_refused_lines_the_first_thousand_are_kept() -> None:
    readings = taken_in(*("?,?,?,?,?" for _ in range(5000)))

    assert (readings.refused, len(readings.rejected), readings.rejected[-1].line) == (5000, 1000, 1001)


def test_an_exported_line_is_read_as_what_was_stored() -> None:
    rows = [(to_micros(utc(f"2026-03-0{n} 12:00:00.000001")), value, 0) for n, value in enumerate([0.1, 1e-5, 3e14], 1)]

    lines = [*csv_rows(CATALOGUE["box-1"]["km"], rows), *csv_rows(CATALOGUE["box-1"]["state"], [(rows[0][0], 2.0, 0)])]

    assert lines[1] == "box-1,km,2026-03-02T12:00:00.000001Z,0.00001,1970-01-01T00:00:00Z\n"
    assert lines[-1].split(",")[3] == "FAULT"
    found = taken_in(*(line.strip() for line in lines)).by_series
    assert list(zip(found[KM].measured, found[KM].values, found[KM].received, strict=True)) == rows


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files into a folder, evidence.yaml first."""

    def into_folder(evidence: str = FILE, **files: str | bytes) -> Path:
        content: dict[str, str | bytes] = {"evidence.yaml": evidence}
        content |= {name.replace("__", "."): text for name, text in files.items()}
        for name, text in content.items():
            (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path

    return into_folder


LINE: Final = "box-1,km,2026-03-01T12:00:00Z,{},2026-03-02T00:00:00Z\n"
SAME: Final = '{"device": "box-1", "metric": "km", "measured_at": "2026-03-01T12:00:00Z", "value": 7}\n'


def test_a_folder_is_read_from_all_its_files(write: Write) -> None:
    later = CSV_HEAD + LINE.format(8).replace("12:00", "13:00")
    folder = write(
        readings__csv="\ufeff" + CSV_HEAD.replace("\n", "\r\n") + LINE.format(7).replace("\n", "\r\n"),
        readings_2__csv__gz=gzip.compress(later.encode()),
        readings_3__jsonl__gz=gzip.compress(SAME.encode()),
        contract_2__yaml="version: 2",
        contract__yaml="version: 1",
        notes__txt="nothing",
    )

    evidence = read_evidence(folder)

    assert values(evidence.readings, KM) == [("01 12:00", Decimal(7)), ("01 13:00", Decimal(8))]
    assert evidence.readings.duplicates == 1
    assert [file.text for file in evidence.contracts] == ["version: 1", "version: 2"]
    assert evidence.known_at == utc("2026-03-02 00:00") + MICROSECOND


def test_a_folder_says_as_of_when_it_is_evaluated(write: Write) -> None:
    recorded = FILE.replace('+01:00"}', '+01:00", recorded_at: "2026-03-05T00:00:00Z"}')
    assert read_evidence(write(recorded)).known_at == utc("2026-03-05 00:00") + MICROSECOND

    folder = write(
        FILE + 'known_at: "2026-03-01T00:00:00Z"\nversions: [{version: 2, recorded_at: "2026-03-04T00:00:00Z"}]'
    )
    evidence = read_evidence(folder)
    assert evidence.known_at == utc("2026-03-01 00:00")
    assert [evidence.knows_version(n, evidence.known_at) for n in (1, 2)] == [True, False]


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ({"readings__csv": b"\xff"}, MalformedFile, "readings.csv:1: not UTF-8"),
        ({"readings__csv__gz": b"device"}, MalformedFile, "readings.csv.gz:1: not readable as gzip"),
        ({"readings__csv__gz": gzip.compress(b"device" * 99)[:-9]}, MalformedFile, "not readable as gzip"),
        ({"evidence__json": b"{}"}, Invalid, "evidence.json and evidence.yaml are the same in two forms"),
        ({"facts__jsonl": b"{}"}, DocumentFaults, "facts.jsonl:1"),
    ],
)
def test_a_folder_that_cannot_be_read_says_which_file(
    write: Write, files: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_evidence(write(**files))


def test_a_folder_without_evidence_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no file evidence.yaml"):
        read_evidence(tmp_path)
    with pytest.raises(NotFound, match="is not a folder"):
        read_evidence(tmp_path / "absent")


def source(write: Write, known_at: datetime | None = None) -> EvidenceSource:
    lines = [("2026-03-01T12:00:00Z", 7, 2), ("2026-03-01T18:00:00Z", 9, 4), ("2026-03-03T00:00:00Z", 8, 3)]
    text = "".join(f"box-1,km,{at},{value},2026-03-0{day}T00:00:00Z\n" for at, value, day in lines)
    return EvidenceSource(read_evidence(write(readings__csv=CSV_HEAD + text)), known_at)


def test_a_source_knows_what_was_received_by_then(write: Write) -> None:
    now, then = source(write), source(write, utc("2026-03-04 00:00"))
    march = span("2026-03-01 00:00", "2026-04-01 00:00")

    assert [value for _, value in now.readings(KM, march)] == [7, 9, 8]
    assert [value for _, value in then.readings(KM, march)] == [7, 8]
    assert (now.highest(KM, march), then.highest(KM, march)) == (Decimal(9), Decimal(8))
    assert now.highest(STATE, march) is None


def test_a_source_finds_neighbours_as_the_database_does(write: Write) -> None:
    seven, nine, eight = (
        Shown(utc(at), Decimal(value))
        for at, value in (("2026-03-01 12:00", 7), ("2026-03-01 18:00", 9), ("2026-03-03 00:00", 8))
    )
    now = source(write)

    assert now.around([KM, STATE], seven.at) == {KM: (seven, nine)}
    assert now.around([KM], nine.at) == {}, "the next one is on another day"
    assert now.after([KM, STATE], seven.at) == {KM: nine}
    assert now.after([KM], nine.at + timedelta(hours=1)) == {KM: eight}
    assert now.after([KM], eight.at) == {}


def test_a_source_gives_the_last_day_before_and_those_asked_for(write: Write) -> None:
    now, series = source(write), [CATALOGUE["box-1"]["km"], CATALOGUE["box-1"]["state"]]
    first, third = utc("2026-03-01 00:00").date(), utc("2026-03-03 00:00").date()

    days = now.days(series, third, third)

    assert {key: [(day.day, day.readings) for day in found] for key, found in days.items()} == {
        KM: [(first, 2), (third, 1)]
    }
    assert now.days(series, first, first).keys() == {KM}
    assert now.days(series, LONG_AGO.date(), LONG_AGO.date()) == {}


def test_a_source_knows_assignments_and_devices(write: Write) -> None:
    now = source(write)

    assert now.assignments(["truck-1", "truck-2"]) == [Assignment("truck-1", "box-1", utc("2026-02-28 23:00"), None)]
    assert now.assignments(["truck-2"]) == []
    assert now.catalogue(["box-1", "box-2"]) == CATALOGUE


def test_the_schema_describes_file_and_rows() -> None:
    found = json.loads(CliRunner().invoke(main, ["schema", "evidence"]).output)

    assert found["required"] == ["evidence", "contract", "metrics", "assignments"]
    assert found["$defs"]["Reading"]["required"] == ["device", "metric", "measured_at", "value"]

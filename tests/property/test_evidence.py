"""Laws of evidence: the order of lines is of no account, and what is known grows with the instant of knowledge."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.contract import CoveredAsset
from contracts.evidence.document import Evidence, catalogue_of, parse_evidence
from contracts.evidence.readings import CSV_HEAD, Readings, ReadingTable, csv_rows
from contracts.evidence.source import EvidenceSource
from contracts.streams.source import combine_needs, load_streams
from contracts.streams.stream import Need
from tests.builders import HOUR, LONG_AGO, T0
from vouch.period import DAY, Period, from_micros, iso

lawful = settings(max_examples=150, derandomize=True, deadline=None)

FILE = f"""\
evidence: 1
contract: trucks
metrics:
  km: {{kind: counter, unit: KMT, on_fall: dip, silence_seconds_max: 40000}}
  state: {{kind: state, states: {{UP: 1, DOWN: 2}}, silence_seconds_max: 40000}}
assignments:
  - {{asset: asset-1, device: box-1, serves_from: "{iso(T0 - 2 * DAY)}", serves_until: "{iso(T0 + 60 * HOUR)}"}}
  - {{asset: asset-1, device: box-2, serves_from: "{iso(T0 + 60 * HOUR)}", recorded_at: "{iso(T0 + 62 * HOUR)}"}}
"""
WRITTEN = parse_evidence(FILE, "evidence.yaml")[1]
CATALOGUE = catalogue_of(WRITTEN)
WINDOW = Period(T0, T0 + 90 * HOUR)
COVERED = [CoveredAsset("asset-1", LONG_AGO, None)]

instants = st.integers(-72, 120).map(lambda hours: iso(T0 + hours * HOUR))
devices = st.sampled_from(["box-1", "box-2", "box-3"])
spoken = st.sampled_from(["km 5", "km 5.0", "km 700", "km 71", "km x", "state UP", "state DOWN", "state 2", "hours 1"])
lines = st.tuples(devices, spoken.map(str.split), instants, instants).map(
    lambda one: f"{one[0]},{one[1][0]},{one[2]},{one[1][1]},{one[3]}\n"
)
some_lines = st.lists(lines, max_size=60)
needs = st.builds(
    Need,
    st.just("asset-1"),
    st.sampled_from(["km", "state"]),
    carry=st.none() | st.integers(1, 20).map(lambda hours: hours * HOUR),
    step=st.none() | st.sampled_from([Decimal(0), Decimal(60), Decimal(1000)]),
    raw=st.booleans(),
    after=st.booleans(),
    highest=st.booleans(),
)


def taken_in(text: list[str]) -> Readings:
    table = ReadingTable(CATALOGUE)
    table.add([CSV_HEAD, *text], "readings.csv")
    return table.finish()


def source(text: list[str], known_at_hours: int = 1000) -> EvidenceSource:
    return EvidenceSource(Evidence(WRITTEN, CATALOGUE, taken_in(text), (), ()), T0 + known_at_hours * HOUR)


@given(some_lines, st.data())
@lawful
def test_lines_permuted_and_given_twice_change_nothing(text: list[str], data: st.DataObject) -> None:
    again = data.draw(st.permutations(text + (data.draw(st.lists(st.sampled_from(text))) if text else [])))

    one, two = taken_in(text), taken_in(again)

    assert one.by_series == two.by_series
    assert {(r.reason, r.detail) for r in one.rejected} == {(r.reason, r.detail) for r in two.rejected}
    assert two.stored + two.duplicates + two.refused == len(again)


@given(some_lines, st.integers(-72, 130), st.lists(needs, min_size=1, max_size=3))
@lawful
def test_what_was_received_later_is_as_if_it_were_not_there(text: list[str], hours: int, wanted: list[Need]) -> None:
    known_at = T0 + hours * HOUR
    earlier = [line for line in text if line.strip().rsplit(",", 1)[1] < iso(known_at)]

    then = load_streams(source(text, hours), COVERED, WINDOW, wanted)

    assert then == load_streams(source(earlier, hours), COVERED, WINDOW, wanted)


@given(some_lines)
@lawful
def test_what_was_read_is_written_as_the_same(text: list[str]) -> None:
    readings = taken_in(text)

    written = [
        line
        for by_metric in CATALOGUE.values()
        for series in by_metric.values()
        for one in [readings.by_series[series.id]]
        for line in csv_rows(series, zip(one.measured, one.values, one.received, strict=True))
    ]

    again = taken_in(written)
    assert again.by_series == readings.by_series
    assert (again.stored, again.duplicates, again.refused) == (readings.stored, 0, 0)


@given(some_lines, st.lists(needs, min_size=1, max_size=4))
@lawful
def test_a_stream_holds_what_each_of_its_needs_asks_for(text: list[str], wanted: list[Need]) -> None:
    found = load_streams(source(text), COVERED, WINDOW, wanted)

    for key, need in combine_needs(wanted).items():
        for stream in found[key]:
            series = CATALOGUE[stream.device][stream.metric.name].id
            held = taken_in(text).by_series[series]
            serves_from = T0 - 2 * DAY if stream.device == "box-1" else T0 + 60 * HOUR
            served = [from_micros(at) for at in held.measured if from_micros(at) >= serves_from]
            inside = [at for at in served if stream.part.start < at <= stream.part.end]
            opening = [at for at in served if at <= stream.part.start][-1:]
            assert [one.at for one in stream.readings] == (opening + inside if need.raw else [])
            serves_until = T0 + 60 * HOUR if stream.device == "box-1" else T0 + 1000 * HOUR
            after = [at for at in served if stream.part.end < at <= serves_until][:1]
            assert ([stream.after.at] if stream.after else []) == (after if need.after else [])
            assert [stream.opening.at] == opening if stream.opening else opening == []
            for run in stream.runs:
                assert need.carry is None or run.silence_max <= need.carry
                assert need.step is None or run.rise <= need.step


def test_needs_of_one_metric_are_combined() -> None:
    one = Need("asset-1", "km", carry=timedelta(hours=2), step=Decimal(3), after=True)
    two = Need("asset-1", "km", carry=timedelta(hours=1), raw=True)

    combined = combine_needs([one, two, Need("asset-1", "km"), Need("asset-2", "km")])

    assert combined == {
        ("asset-1", "km"): Need("asset-1", "km", timedelta(hours=1), Decimal(3), raw=True, after=True),
        ("asset-2", "km"): Need("asset-2", "km"),
    }

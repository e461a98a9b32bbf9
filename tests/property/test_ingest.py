"""Laws of taking in: nothing is lost between bytes and rows, and summaries keep what they summarise."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.batch import Batch, sort_out
from ingest.catalogue import MetricKind, OnFall
from ingest.formats.json import decode, encode
from ingest.message import Arrived, Message, Opened
from ingest.reading import Decoded, Strand, decimal_of, float_of
from ingest.summaries.summary import DaySummary, cut, join_states, straddles, summarise_days
from ingest.topics import telemetry_topic
from tests.builders import T0, known, metric, opened, utc
from vouch.errors import Invalid
from vouch.period import DAY, MICROSECOND, from_micros, to_micros

lawful = settings(max_examples=150, derandomize=True, deadline=None)

# Any number of at most 15 significant digits between 1e-15 and 1e15.
numbers = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(-15, 0),
)
instants = st.integers(0, 500_000_000_000_000).map(lambda micros: utc("2010-01-01") + micros * MICROSECOND)
names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=100)
bodies = st.lists(
    st.tuples(instants, st.dictionaries(names, numbers | words, min_size=1, max_size=4)), min_size=1, max_size=4
)


@given(bodies)
@lawful
def test_what_was_encoded_is_decoded(body: list[tuple[datetime, dict[str, Decimal | str]]]) -> None:
    decoded = decode(encode(body))

    assert decoded.rejections == ()
    assert [
        (r.measured_at, r.metric, r.value if isinstance(r.value, str) else decimal_of(r.value))
        for r in decoded.readings
    ] == [(at, name, value) for at, values in body for name, value in values.items()]


@given(numbers)
@lawful
def test_a_float_gives_back_the_decimal_that_it_carries(number: Decimal) -> None:
    assert decimal_of(float_of(number)) == number


@given(st.floats(1e-15, 1e15, exclude_max=True) | st.floats(-1e15, -1e-15, exclude_min=True))
@lawful
def test_every_double_within_the_size_is_kept_as_it_is_spelled(value: float) -> None:
    assert float_of(Decimal(repr(value))) == value


@given(st.decimals(allow_nan=True, allow_infinity=True))
@lawful
def test_a_decimal_is_kept_without_loss_or_refused(number: Decimal) -> None:
    try:
        value = float_of(number)
    except Invalid:
        return
    assert decimal_of(value) == number
    assert str(value) != "-0.0"


def sound(payload: bytes) -> None:
    """Whatever came out is short, storable, and names each place once."""
    decoded = decode(payload)
    assert decoded.readings or decoded.rejections
    places = [reading.place for reading in decoded.readings] + [refused.place for refused in decoded.rejections]
    assert len(set(places)) == len(places)
    for rejection in decoded.rejections:
        assert len(rejection.detail) <= 500
        assert (rejection.place + rejection.detail).encode().count(0) == 0
    for reading in decoded.readings:
        assert reading.measured_at.tzinfo is UTC


@given(st.binary(max_size=200))
@example(b'{"a": 1e999999999999999999999}')
@lawful
def test_no_bytes_make_decoding_raise(payload: bytes) -> None:
    sound(payload)


MESSAGE = encode([(T0, {"km": Decimal("12.5"), "state": "up"}), (T0 + DAY, {"km": Decimal(13)})])
bits = st.sampled_from(
    [b"", b'"', b"{", b"}", b"[", b"]", b",", b":", b"e9", b"-", b"0", b"9" * 20, b"null", b"true", b"NaN", b"\\ud800",
     b"\\u0000", b"\x00", b"\xff", b"T24", b",5", b"Z", b"+99:99", b"e-999999999999", b'"values":{}']
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(MESSAGE)), st.integers(0, 6), bits), min_size=1, max_size=4))
@settings(max_examples=400, derandomize=True, deadline=None)
def test_no_mutilated_message_makes_decoding_raise(changes: list[tuple[int, int, bytes]]) -> None:
    payload = MESSAGE
    for at, length, put in changes:
        payload = payload[:at] + put + payload[at + length :]

    sound(payload)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
times = st.just("2026-06-01T00:00:00Z") | st.text(max_size=10) | anything
readings = st.fixed_dictionaries(
    {"measured_at": times, "values": st.dictionaries(st.text(max_size=6), anything) | anything}
)


@given(readings | anything | st.fixed_dictionaries({"readings": st.lists(readings | anything, max_size=4)}))
@lawful
def test_no_json_makes_decoding_raise(body: Any) -> None:
    sound(json.dumps(body).encode())


KNOWN = known(
    metric(plausible=("0", "100")), metric(MetricKind.STATE), metric(name="dip", on_fall=OnFall.DIP), device="d-1"
)
values = st.sampled_from(["5", "6", "5.0", "101", "-1", '"up"', '"gone"', "null"])
said = st.builds(
    lambda topic, name, second, value: Message(
        topic, f'{{"measured_at":"2026-06-01T00:00:0{second}Z","values":{{"{name}":{value}}}}}'.encode()
    ),
    st.sampled_from([telemetry_topic("d-1")] * 5 + [telemetry_topic("d-2"), "other"]),
    st.sampled_from(["counter", "counter", "state", "dip", "speed"]),
    st.integers(0, 3),
    values,
)


@given(st.lists(said | st.builds(Message, st.just(telemetry_topic("d-1")), st.binary(max_size=5)), max_size=20))
@lawful
def test_everything_received_is_a_row_a_duplicate_or_a_rejection(messages: list[Message]) -> None:
    batch = sort_out(opened(*messages), KNOWN, to_micros(T0 + DAY))
    decoded = [decode(m.payload) if m.topic == telemetry_topic("d-1") else None for m in messages]

    assert batch.received == sum(len(d.readings) + len(d.rejections) if d else 1 for d in decoded)
    identities = [row.identity for row in batch.rows]
    assert len(set(identities)) == len(identities)
    again = sort_out(opened(*messages, *messages), KNOWN, to_micros(T0 + DAY))
    assert again.rows == batch.rows
    assert len(again.duplicates) == 2 * len(batch.duplicates) + len(batch.rows)


strands = st.builds(
    lambda metric, said: Strand(metric, [to_micros(T0) + at * 1_000_000 for at, _ in said], [v for _, v in said]),
    st.sampled_from(["counter", "counter", "dip", "state", "speed"]),
    st.lists(
        st.tuples(
            st.integers(0, 6) | st.sampled_from([-(10**9), 10**7]), st.sampled_from([0.0, 1.0, 50.0, 101.0, -1.0])
        ),
        min_size=1,
        max_size=4,
    ),
)


@given(st.lists(st.tuples(strands, st.booleans()), max_size=6), st.none() | st.integers(-1, 7))
@lawful
def test_a_strand_ends_as_its_readings_would(given_strands: list[tuple[Strand, bool]], installed: int | None) -> None:
    devices = known(
        metric(plausible=("0", "100")),
        metric(MetricKind.STATE),
        metric(name="dip", on_fall=OnFall.DIP),
        installed_at=None if installed is None else T0 + timedelta(seconds=installed),
    )

    def sort(whole: bool) -> Batch:
        arrived = Arrived(Message(telemetry_topic("d-1"), b""), 0)
        decoded = [Decoded(strand if whole and kept else tuple(strand), ()) for strand, kept in given_strands]
        return sort_out([Opened(arrived, "d-1", one) for one in decoded], devices, to_micros(T0 + DAY))

    strands_kept, single = sort(whole=True), sort(whole=False)

    assert sorted(strands_kept.rows) == sorted(single.rows)
    assert strands_kept.duplicates == single.duplicates
    assert strands_kept.rejections == single.rejections
    assert strands_kept.received == single.received == sum(len(strand) for strand, _ in given_strands)
    assert strands_kept.stale_days == single.stale_days
    assert strands_kept.stored_by_message == single.stored_by_message
    assert single.strands == []


# Times within three days, values that rise, fall and stay.
shown = st.dictionaries(
    st.integers(0, 3 * 24 * 60).map(lambda m: to_micros(T0) + m * 60_000_000),
    st.integers(0, 5).map(float),
    min_size=1,
    max_size=30,
).map(lambda found: sorted(found.items()))
kinds = st.sampled_from([MetricKind.COUNTER, MetricKind.STATE, MetricKind.GAUGE])
silences = st.sampled_from([timedelta(minutes=1), timedelta(hours=3), timedelta(days=2)])


@given(kinds, silences, shown)
@lawful
def test_days_summarised_one_by_one_are_the_days_summarised_in_one_go(
    kind: MetricKind, silence: timedelta, found: list[tuple[int, float]]
) -> None:
    days = list(summarise_days(kind, silence, found))
    one_by_one: list[DaySummary] = []
    for day in days:
        of_day = [reading for reading in found if from_micros(reading[0]).date() == day.day]
        one_by_one += summarise_days(kind, silence, of_day)

    assert one_by_one == days
    assert sum(day.readings for day in days) == len(found)
    assert max(day.highest for day in days) == max(value for _, value in found)


@given(kinds, silences, shown)
@lawful
def test_runs_hold_every_reading_in_order(kind: MetricKind, silence: timedelta, found: list[tuple[int, float]]) -> None:
    runs = [run for day in summarise_days(kind, silence, found) for run in day.runs]

    left = list(found)
    for run in runs:
        own = [reading for reading in left if reading[0] <= run.last_at]
        left = left[len(own) :]
        assert (own[0][0], own[-1][0]) == (run.first_at, run.last_at)
        assert (decimal_of(own[0][1]), decimal_of(own[-1][1])) == (run.first.value, run.last.value)
        waits = [b[0] - a[0] for a, b in pairwise(own)]
        assert run.silence_max == max(waits, default=0) * MICROSECOND
        assert run.silence_max <= silence
        steps = [b[1] - a[1] for a, b in pairwise(own)]
        assert all(step == 0 if kind is MetricKind.STATE else step >= 0 for step in steps)
    assert left == []


@given(kinds, shown, st.integers(0, 100), st.sampled_from(["value", "time", "without", "with"]))
@lawful
def test_any_change_of_a_reading_changes_the_digest_of_its_day(
    kind: MetricKind, found: list[tuple[int, float]], which: int, how: str
) -> None:
    i = which % len(found)
    at, value = found[i]
    put = {
        "value": [(at, value + 1e-9)],
        "time": [(at + 1, value)],
        "without": [],
        "with": [(at, value), (at + 1, value)],
    }
    other = [*found[:i], *put[how], *found[i + 1 :]]

    digests = [{day.day: day.digest for day in summarise_days(kind, DAY, r)} for r in (found, other)]
    day = from_micros(at).date()
    assert digests[0].pop(day) != digests[1].pop(day, None)
    assert digests[0] == digests[1]


@given(kinds, shown, st.integers(-60, 3 * 24 * 60 + 60))
@lawful
def test_a_cut_leaves_no_run_on_both_sides_and_loses_nothing(
    kind: MetricKind, found: list[tuple[int, float]], minute: int
) -> None:
    at = T0 + timedelta(minutes=minute)
    runs = [run for day in summarise_days(kind, DAY, found) for run in day.runs]
    before = [reading for reading in found if reading[0] <= to_micros(at)]
    after = [reading for reading in found if reading[0] > to_micros(at)]
    parts = [r for side in (before, after) for day in summarise_days(kind, DAY, side) for r in day.runs]
    around = [
        next((r.last for r in reversed(parts) if r.last_at <= to_micros(at)), None),
        next((r.first for r in parts if r.first_at > to_micros(at)), None),
    ]

    pieces = cut(runs, at, *around)
    assert not any(straddles(run, at) for run in pieces)
    assert [piece[:4] for piece in pieces] == [part[:4] for part in parts]


@given(shown, st.sampled_from([1, 30, 600, 5000]).map(lambda m: timedelta(minutes=m)), st.integers(0, 4320))
@lawful
def test_joined_states_are_what_one_long_day_would_have_given(
    found: list[tuple[int, float]], carry: timedelta, minute: int
) -> None:
    boundary = T0 + timedelta(minutes=minute)
    runs = [run for day in summarise_days(MetricKind.STATE, min(carry, DAY), found) for run in day.runs]

    joined = join_states(runs, carry, boundary)
    assert (joined[0].first_at, joined[-1].last_at) == (found[0][0], found[-1][0])
    for run in joined:
        own = [value for at, value in found if run.first_at <= at <= run.last_at]
        assert len(set(own)) == 1
        assert run.silence_max <= carry
    for run, following in pairwise(joined):
        wait = following.first_at - run.last_at
        at_boundary = run.last_at <= to_micros(boundary) < following.first_at
        assert run.last_value != following.first_value or wait * MICROSECOND > carry or at_boundary

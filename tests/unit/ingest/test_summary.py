"""Summaries: runs of a day, their breaks, their cuts and the digest over every reading."""

import hashlib
import struct
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ingest.catalogue import MetricKind
from ingest.reading import Shown
from ingest.summaries.summary import Run, cut, join_states, straddles, summarise_days
from tests.builders import HOUR, MINUTE, SECOND, T0, counts, day, micros, states
from vouch.period import DAY, MICROSECOND, to_micros

COUNTER, STATE, GAUGE = MetricKind.COUNTER, MetricKind.STATE, MetricKind.GAUGE


def shown(hour: float, value: str) -> Shown:
    return Shown(T0 + hour * HOUR, Decimal(value))


def run(first: tuple[float, str], last: tuple[float, str], silence: timedelta) -> Run:
    (start, low), (end, high) = first, last
    return Run(to_micros(T0 + start * HOUR), to_micros(T0 + end * HOUR), low, high, silence // MICROSECOND)


def test_a_rising_counter_is_one_run() -> None:
    summary = day(COUNTER, counts(1, 2, 2, 5.5))

    assert summary.runs == (run((0, "1.0"), (3, "5.5"), HOUR),)
    assert (summary.day, summary.readings, summary.highest) == (date(2026, 6, 1), 4, Decimal("5.5"))


def test_a_fall_begins_a_new_run() -> None:
    summary = day(COUNTER, counts(1, 9, 3, 4, 0))

    assert summary.runs == (
        run((0, "1.0"), (1, "9.0"), HOUR),
        run((2, "3.0"), (3, "4.0"), HOUR),
        run((4, "0.0"), (4, "0.0"), timedelta(0)),
    )
    assert summary.highest == 9


@pytest.mark.parametrize("kind", [COUNTER, GAUGE])
def test_whatever_is_not_a_state_runs_until_it_falls(kind: MetricKind) -> None:
    assert len(day(kind, counts(1, 2, 1)).runs) == 2


def test_a_state_runs_as_long_as_it_is_the_same() -> None:
    summary = day(STATE, states("UUDDU"))

    assert [(r.first.at, r.last.at, r.first_value) for r in summary.runs] == [
        (T0, T0 + HOUR, "1.0"),
        (T0 + 2 * HOUR, T0 + 3 * HOUR, "2.0"),
        (T0 + 4 * HOUR, T0 + 4 * HOUR, "1.0"),
    ]


def test_silence_longer_than_the_metric_allows_breaks_a_run() -> None:
    said = [*states("UU"), (T0 + 3 * HOUR, 1.0), (T0 + 5 * HOUR + SECOND, 1.0)]
    summary = day(STATE, said, silence=2 * HOUR)

    assert [(r.first.at, r.last.at, r.silence_max) for r in summary.runs] == [
        (T0, T0 + 3 * HOUR, 2 * HOUR),
        (T0 + 5 * HOUR + SECOND, T0 + 5 * HOUR + SECOND, timedelta(0)),
    ]


def test_a_run_knows_its_longest_silence() -> None:
    said = [(T0, 1.0), (T0 + MINUTE, 1.0), (T0 + 31 * MINUTE, 1.0), (T0 + 32 * MINUTE, 1.0)]

    assert day(COUNTER, said).runs[0].silence_max == 30 * MINUTE


def test_days_are_those_of_utc() -> None:
    said = counts(1, 2, 3, 4, each=12 * HOUR, start=T0 - SECOND)
    days = list(summarise_days(COUNTER, DAY, micros(said)))

    assert [(one.day, one.readings) for one in days] == [
        (date(2026, 5, 31), 1),
        (date(2026, 6, 1), 2),
        (date(2026, 6, 2), 1),
    ]
    assert list(summarise_days(COUNTER, DAY, [])) == []


def test_days_before_1970_are_days_too() -> None:
    days = list(summarise_days(COUNTER, DAY, [(-1, 1.0), (0, 2.0)]))

    assert [one.day for one in days] == [date(1969, 12, 31), date(1970, 1, 1)]


def test_the_digest_is_over_instants_and_doubles_big_endian() -> None:
    said = counts(1.5, -2)
    written = b"".join(struct.pack(">q", at) + struct.pack(">d", value) for at, value in micros(said))

    assert day(GAUGE, said).digest == hashlib.sha256(written).hexdigest()


def test_a_cut_divides_the_run_that_has_readings_on_both_sides() -> None:
    runs = [run((0, "1"), (4, "5"), HOUR), run((5, "2"), (6, "3"), HOUR)]

    assert runs[0].first == shown(0, "1")
    assert runs[0].last == shown(4, "5")
    assert cut(runs, T0 + 2 * HOUR, shown(2, "3"), shown(3, "4")) == [
        run((0, "1"), (2, "3"), HOUR),
        run((3, "4"), (4, "5"), HOUR),
        runs[1],
    ]
    assert cut(runs, T0 + 4.5 * HOUR, None, None) == runs
    assert cut(runs, T0 + 9 * HOUR, None, None) == runs


def test_a_reading_at_the_cut_belongs_before_it() -> None:
    one = run((0, "1"), (4, "5"), HOUR)

    assert straddles(one, T0)
    assert straddles(one, T0 + 3 * HOUR)
    assert not straddles(one, T0 + 4 * HOUR)
    assert not straddles(one, T0 - SECOND)
    assert cut([one], T0, shown(0, "1"), shown(1, "2")) == [
        run((0, "1"), (0, "1"), HOUR),
        run((1, "2"), (4, "5"), HOUR),
    ]


def test_neighbours_of_one_state_are_joined_up_to_the_carry() -> None:
    runs = [run((0, "1"), (2, "1"), HOUR), run((4, "1"), (5, "1"), MINUTE), run((6, "2"), (7, "2"), HOUR)]
    joined = [run((0, "1"), (5, "1"), 2 * HOUR), runs[2]]

    assert join_states(runs, 2 * HOUR, T0 + 9 * HOUR) == joined
    assert join_states(runs, 2 * HOUR - MICROSECOND, T0 + 9 * HOUR) == runs
    assert join_states([], HOUR, T0) == []


def test_states_are_not_joined_across_the_boundary() -> None:
    runs = [run((0, "1"), (2, "1"), HOUR), run((4, "1"), (5, "1"), HOUR)]
    joined = [run((0, "1"), (5, "1"), 2 * HOUR)]

    for hour, expected in ((1, joined), (2, runs), (3, runs), (4, joined)):
        assert join_states(runs, 2 * HOUR, T0 + hour * HOUR) == expected

"""Timelines: a state holds until the next reading, at most as long as agreed; the rest is unknown."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from contracts.streams.stream import Stream
from contracts.timeline import held
from ingest.catalogue import MetricKind
from tests.builders import HOUR, LONG_AGO, MINUTE, SECOND, T0, Said, hours, metric, states, stream
from vouch.period import MICROSECOND, Period, union

STATE = metric(MetricKind.STATE)
CLASSES = {"up": "up", "down": "down", "lost": "unknown"}
# When it was up and when it was down; all other time is unknown.
Seen = tuple[list[Period], list[Period]]


def spoken(
    said: list[Said], part: Period, carry: timedelta = HOUR, device: str = "d-1", serves_from: float | None = None
) -> Stream:
    since = LONG_AGO if serves_from is None else T0 + serves_from * HOUR
    return stream(said, part, STATE, carry=carry, device=device, serves_from=since)


def timeline(streams: Sequence[Stream], window: Period, carry: timedelta = HOUR) -> Seen:
    found = held(streams, window, carry, CLASSES)
    return found["up"], found["down"]


def seen(said: list[Said], window: Period, carry: timedelta = HOUR) -> Seen:
    return timeline([spoken(said, window, carry)], window, carry)


def drawn(text: str, start: datetime = T0) -> Seen:
    """One letter an hour: U up, D down, anything else unknown."""
    spans = [(letter, Period(start + n * HOUR, start + (n + 1) * HOUR)) for n, letter in enumerate(text)]
    up, down = (union(span for letter, span in spans if letter == wanted) for wanted in "UD")
    return up, down


@pytest.mark.parametrize("text", ["U", "UUU", "UDUD", "UU?UU", "???", "DDUU?D"])
def test_each_state_holds_until_the_next(text: str) -> None:
    assert seen(states(text), hours(0, len(text))) == drawn(text)


def test_a_state_holds_for_the_carry_and_not_a_microsecond_longer() -> None:
    late = [(T0, 1.0), (T0 + HOUR + MICROSECOND, 1.0)]

    assert seen(late, hours(0, 2)) == ([hours(0, 1), Period(T0 + HOUR + MICROSECOND, T0 + 2 * HOUR)], [])


def test_a_reading_exactly_at_the_carrys_end_leaves_no_gap() -> None:
    assert seen(states("UU"), hours(0, 2)) == ([hours(0, 2)], [])


def test_silence_is_unknown_from_the_carrys_end_to_the_next_reading() -> None:
    assert seen(states("U...D"), hours(0, 5)) == drawn("U???D")
    assert seen(states("U..."), hours(0, 4)) == drawn("U???")


def test_a_carry_of_nothing_leaves_instants_only() -> None:
    assert seen(states("UU"), hours(0, 2), carry=timedelta(0)) == ([], [])


def test_the_last_state_before_the_window_holds_into_it() -> None:
    said = states("U", start=T0 - 30 * MINUTE)

    assert seen(said, hours(0, 2)) == ([hours(0, 0.5)], [])
    assert seen(states("U", start=T0 - HOUR), hours(0, 2)) == ([], [])


def test_the_last_state_may_be_days_before_the_window() -> None:
    said = states("D", start=T0 - 49 * HOUR)

    assert seen(said, hours(0, 2), carry=50 * HOUR) == ([], [hours(0, 1)])


def test_a_state_does_not_reach_back() -> None:
    assert seen(states(".U"), hours(0, 2)) == drawn("?U")


def test_a_reading_exactly_at_the_windows_start_and_end() -> None:
    assert seen(states("UD"), hours(0, 1)) == drawn("U")
    assert seen(states("UD"), hours(1, 2)) == drawn("D", start=T0 + HOUR)


def test_readings_after_the_window_say_nothing_about_it() -> None:
    assert seen(states("U.D"), hours(0, 2), carry=9 * HOUR) == drawn("UU")


def test_no_reading_and_no_device_are_unknown() -> None:
    assert seen([], hours(0, 2)) == drawn("??")
    assert timeline([], hours(0, 2), HOUR) == drawn("??")


def test_a_device_speaks_only_while_it_serves() -> None:
    first = spoken(states("UUUU"), hours(0, 2), device="d-1")
    second = spoken(states("DDDD"), hours(3, 4), device="d-2", serves_from=3)

    assert timeline([first, second], hours(0, 4), HOUR) == drawn("UU?D")


def test_a_state_does_not_hold_beyond_a_swap() -> None:
    first = spoken(states("U"), hours(0, 1), carry=9 * HOUR)
    second = spoken(states("U.D"), hours(1, 3), carry=9 * HOUR, device="d-2", serves_from=1)

    assert timeline([first, second], hours(0, 3), 9 * HOUR) == drawn("U?D")


def test_a_reading_at_the_instant_of_the_swap_serves_its_device() -> None:
    first = spoken(states("UD"), hours(0, 1))
    second = spoken(states("?D"), hours(1, 2), device="d-2", serves_from=1)

    assert timeline([first, second], hours(0, 2), HOUR) == drawn("UD")


def test_an_asset_in_service_for_a_part_is_seen_for_that_part() -> None:
    one = spoken(states("UUUU"), hours(1, 3))

    assert timeline([one], hours(0, 4), HOUR) == drawn("?UU?")


@pytest.mark.parametrize("silence", [1, 60, 3599, 3600, 86_400])
def test_how_the_metric_breaks_runs_does_not_matter(silence: int) -> None:
    of = metric(MetricKind.STATE, silence_seconds_max=silence)
    said = states("UU.DD..U")
    one = stream(said, hours(0, 8), of, carry=HOUR)

    assert timeline([one], hours(0, 8), HOUR) == drawn("UU?DD??U")


def test_a_carry_across_midnight_of_utc_is_one_stretch() -> None:
    said = states("UU", start=T0 + 24 * HOUR - SECOND)
    window = Period(T0 + 24 * HOUR - SECOND, T0 + 26 * HOUR - SECOND)

    assert seen(said, window) == ([window], [])

"""The engine's uptime is the oracle's, to the second and as an exact fraction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.calendar import WallSpan, occurrences
from contracts.contract import Contract
from contracts.evaluate import Uptime, evaluate
from contracts.source import Stream
from contracts.terms.uptime_guarantee import UnknownAs
from ingest.catalogue import MetricKind
from tests.builders import by_asset, contract, covered, metric, stream, uptime
from tests.property import oracle
from tests.property.oracle import Case, Spoken
from vouch.period import Period, total_micros

QUARTER = 900
# An instant near the middle of the night in which clocks change, or of any other one.
NIGHTS = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("America/Havana", "2026-11-01T05:00"),
    ("America/Havana", "2026-03-08T05:00"),
    ("UTC", "2026-06-15T00:00"),
]
CODES = {"U": 1.0, "D": 2.0, "?": 3.0}


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


# Seconds on quarters of an hour and right beside them: where carries, spans and swaps meet.
def moments(low: int, high: int) -> st.SearchStrategy[int]:
    return st.builds(lambda quarter, beside: quarter * QUARTER + beside, st.integers(low, high), st.integers(-1, 1))


SUNDAY = 6
# The night's quarters, in which clocks change on a Sunday; half hours of any day.
night, any_time = st.integers(0, 16).map(lambda n: n * 15), st.integers(0, 48).map(lambda n: n * 30)


@st.composite
def weekly(draw: st.DrawFn, most: int) -> list[tuple[int, int, int]]:
    spans = []
    for weekday in range(7):
        edges = st.lists(night, min_size=2, max_size=6, unique=True) if weekday == SUNDAY else st.nothing()
        bounds = sorted(draw(edges | st.lists(any_time, max_size=most * 2, unique=True)))
        spans += [(weekday, start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=False)]
    return spans


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, night = draw(st.sampled_from(NIGHTS))
    middle = int(datetime.fromisoformat(night).replace(tzinfo=UTC).timestamp())
    opens = middle + draw(moments(-60, 8))
    closes = opens + max(1, draw(moments(1, 110)))
    swaps = sorted(draw(st.lists(moments(-40, 110), min_size=0, max_size=3)))
    edges = [opens - 100 * QUARTER, *(opens + swap for swap in swaps), closes + 100 * QUARTER]
    devices = []
    for since, until in pairwise(edges):
        ends = until - draw(st.sampled_from([0, 0, 0, QUARTER, 1]))
        said = draw(st.dictionaries(moments(-60, 112), st.sampled_from("UUD?"), max_size=30))
        if since < ends:
            devices.append(Spoken(since, ends, {opens + offset: state for offset, state in said.items()}))
    joins, leaves = sorted((opens + draw(moments(-20, 60)), closes + draw(moments(-40, 20))))
    return Case(
        zone=ZoneInfo(zone),
        opens=opens,
        closes=closes,
        in_service_from=joins,
        in_service_until=leaves,
        service=draw(weekly(2)) if draw(st.booleans()) else [(weekday, 0, 1440) for weekday in range(7)],
        planned=draw(weekly(2)),
        allowance=draw(st.sampled_from([0, 1, 36, 3600, 5400, 4 * 3600, 744 * 3600])),
        carry=draw(st.sampled_from([0, 1, 450, QUARTER, QUARTER + 1, 3600, 86_400])),
        unknown_as=draw(st.sampled_from(["up", "down", "exclude"])),
        devices=devices,
    )


def agreed(case: Case) -> Contract:
    term = uptime(
        service=(),
        allowance=timedelta(seconds=case.allowance),
        carry=timedelta(seconds=case.carry),
        unknown_as=UnknownAs(case.unknown_as),
    )
    term = replace(
        term,
        service_hours=tuple(WallSpan(*one) for one in case.service),
        planned_windows=tuple(WallSpan(*one) for one in case.planned),
    )
    asset = covered(since=at(case.in_service_from), until=at(case.in_service_until))
    return contract(term, assets=[asset], zone=case.zone)


def seen(case: Case, silence_seconds_max: int) -> list[Stream]:
    of = metric(MetricKind.STATE, silence_seconds_max=silence_seconds_max)
    found = []
    for number, device in enumerate(case.devices):
        start = max(case.opens, case.in_service_from, device.since)
        end = min(case.closes, case.in_service_until, device.until)
        if start < end:
            said = [(at(second), CODES[state]) for second, state in device.said.items()]
            part, carry = Period(at(start), at(end)), timedelta(seconds=case.carry)
            found.append(stream(said, part, of, device=f"d-{number}", serves_from=at(device.since), carry=carry))
    return found


@given(cases(), st.sampled_from([1, 899, 900, 86_400]))
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_second_is_of_the_class_that_the_oracle_says(case: Case, silence_seconds_max: int) -> None:
    window = Period(at(case.opens), at(case.closes))

    results = evaluate(agreed(case), window, by_asset(*seen(case, silence_seconds_max)))

    expected = oracle.seconds_by_class(case)
    if not sum(expected.values()):
        assert results == []
        return
    (evaluation,) = results
    assert isinstance(evaluation.result, Uptime)
    assert evaluation.result.micros == {name: seconds * 1_000_000 for name, seconds in expected.items()}
    assert evaluation.result.availability == oracle.availability(case)


@given(st.sampled_from(NIGHTS), st.lists(night, min_size=2, max_size=6, unique=True))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_hours_of_the_night_in_which_clocks_change_are_those_of_the_oracle(
    change: tuple[str, str], edges: list[int]
) -> None:
    middle = int(datetime.fromisoformat(change[1]).replace(tzinfo=UTC).timestamp())
    opens, closes, zone = middle - 6 * 3600, middle + 6 * 3600, ZoneInfo(change[0])
    bounds = sorted(edges)
    spans = [(SUNDAY, start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=False)]

    found = occurrences([WallSpan(*one) for one in spans], Period(at(opens), at(closes)), zone)

    case = Case(zone, opens, closes, opens, closes, spans, [], 0, 0, "exclude")
    expected = sum(opens <= second < closes for second in oracle.weekly_seconds(case, spans))
    assert total_micros(found) == expected * 1_000_000

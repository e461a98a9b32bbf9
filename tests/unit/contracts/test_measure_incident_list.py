"""M6 incident list: stops from states and from records, measured by time and listed where they end."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from contracts.measuring.incident_list import incident_list_needs, incident_value, measure_incident_list
from contracts.measuring.total import added
from contracts.scene import Measured
from contracts.streams.stream import Need
from contracts.terms import IncidentList
from ingest.catalogue import MetricKind
from tests.builders import HOUR, MINUTE, T0, Said, accepted, book, hours, metric, proposed, scene, states, stream
from vouch.period import Period

STATE = metric(MetricKind.STATE)
HOUR_MICROS = 3_600_000_000


def term(value: str = "total_hours", merge: int = 0, minimum: int = 0, **changes: Any) -> IncidentList:
    source = {
        "metric": "state",
        "open": ["down"],
        "closed": ["up"],
        "unchanged": ["lost"],
        "merge_seconds": merge,
        "minimum_seconds": minimum,
    }
    agreed = {
        "id": "stops",
        "kind": "incident_list",
        "window": "month",
        "scope": "asset",
        "source": source,
        "service_hours": "always",
        "excused_by": [],
        "value": value,
    }
    return IncidentList.model_validate(agreed | changes)


def recorded(value: str = "total_hours", acceptance: Any = "not_needed", **changes: Any) -> IncidentList:
    return term(value, source={"causes": ["stuck", "leak"], "acceptance": acceptance}, **changes)


def listed(of: IncidentList, said: list[Said], part: Period, **changes: Any) -> Measured:
    return measure_incident_list(of, scene([stream(said, part, STATE)], part, **changes))


def in_turn(of: IncidentList, said: list[Said], edges: Sequence[float]) -> list[Measured]:
    """Each part from edge to edge, in hours, knowing the one before."""
    found: list[Measured] = []
    for start, end in pairwise(edges):
        found.append(listed(of, said, hours(start, end), earlier=found[-1] if found else None))
    return found


def told(found: Measured) -> list[tuple[float, float | None, float]]:
    """Opened, closed and service time of each incident, in hours after T0."""
    return [
        (
            (one.opened_at - T0) / HOUR,
            None if one.closed_at is None else (one.closed_at - T0) / HOUR,
            one.micros / HOUR_MICROS,
        )
        for one in found.incidents
    ]


def amounts(parts: Sequence[Measured]) -> list[Any]:
    return [part.amount for part in parts]


def test_a_stop_lasts_from_the_state_that_opens_it_to_the_one_that_closes_it() -> None:
    found = listed(term(), states("UDDUDU"), hours(0, 6))

    assert told(found) == [(1, 3, 2), (4, 5, 1)]
    assert found.amount == 3
    assert [one.cause for one in found.incidents] == ["down", "down"]


def test_silence_and_states_that_change_nothing_leave_it_open() -> None:
    assert told(listed(term(), states("UD..?.U"), hours(0, 7))) == [(1, 6, 5)]


def test_a_stop_that_is_open_at_the_end_is_listed_as_open() -> None:
    found = listed(term(), states("UD"), hours(0, 4))

    assert told(found) == [(1, None, 3)]
    assert found.amount == 3


def test_a_stop_across_parts_is_measured_in_each_and_ends_in_one() -> None:
    parts = in_turn(term(), states("UD....U"), [0, 2, 4, 8])

    assert amounts(parts) == [1, 2, 2]
    assert [told(part) for part in parts] == [[(1, None, 1)], [(1, None, 3)], [(1, 6, 5)]]
    assert [one["kind"] for one in parts[2].basis.findings] == ["incident_carried"]


@pytest.mark.parametrize("start", [3, 27])
def test_of_what_was_said_before_the_asset_was_covered_only_the_last_state_counts(start: float) -> None:
    # Whether the state before that was said on the same UTC day or on the day before must not matter.
    open_before = listed(term(), states("UD"), hours(start, start + 2))
    unclear_before = listed(term(), states("UD?"), hours(start, start + 2))

    assert told(open_before) == [(start, None, 2)]
    assert told(unclear_before) == []


def test_a_stop_that_closes_exactly_at_the_end_ends_in_that_part() -> None:
    first, second = in_turn(term("count"), states("UD.U"), [0, 3, 5])

    assert (told(first), told(second)) == ([(1, 3, 2)], [])
    assert amounts([first, second]) == [1, 0]


def test_a_stop_that_opens_exactly_at_the_end_belongs_to_the_next_part() -> None:
    first, second = in_turn(term(), states("U.DU"), [0, 2, 4])

    assert (told(first), told(second)) == ([], [(2, 3, 1)])


def test_a_stop_that_was_open_before_the_contract_counts_from_its_beginning() -> None:
    assert told(listed(term(), states("D..U"), hours(1, 4))) == [(1, 3, 2)]


def test_stops_close_to_each_other_are_one_with_the_time_between() -> None:
    said = states("UDUDUUUDU")

    assert told(listed(term(merge=3601), said, hours(0, 12))) == [(1, 4, 3), (7, 8, 1)]
    assert told(listed(term(merge=3600), said, hours(0, 12))) == [(1, 2, 1), (3, 4, 1), (7, 8, 1)]


def test_stops_on_either_side_of_a_boundary_are_one() -> None:
    # Down from 1 to 2 and from 4 to 5, two hours apart, the boundary at 3.
    first, second = in_turn(term(merge=7201), states("UDU.DU"), [0, 3, 12])

    assert (told(first), told(second)) == ([(1, None, 1)], [(1, 5, 4)])
    assert amounts([first, second]) == [1, 3]


def test_a_stop_shortly_before_the_boundary_ends_once_none_can_follow() -> None:
    first, second = in_turn(term("count", merge=7200), states("UDU"), [0, 3, 12])

    assert (told(first), told(second)) == ([(1, None, 1)], [(1, 2, 1)])
    assert amounts([first, second]) == [0, 1]


def test_a_short_stop_is_none() -> None:
    found = listed(term(minimum=7200), states("UDUUDDUDDDU"), hours(0, 11))

    assert told(found) == [(4, 6, 2), (7, 10, 3)]
    assert found.amount == 5


def test_a_stop_counts_for_nothing_until_it_is_long_enough() -> None:
    parts = in_turn(term(minimum=3 * 3600), states("UD....U"), [0, 2, 3, 5, 8])

    assert [told(part) for part in parts] == [[], [], [(1, None, 4)], [(1, 6, 5)]]
    assert amounts(parts) == [0, 0, 4, 1]


def test_a_short_stop_across_a_boundary_is_none() -> None:
    parts = in_turn(term(minimum=3 * 3600), states("UD.U"), [0, 2, 8])

    assert amounts(parts) == [0, 0]
    assert [told(part) for part in parts] == [[], []]


def test_only_service_time_counts() -> None:
    # T0 is Monday 02:00 in Berlin: service from 04:00 to 06:00 there, two to four hours after it.
    of = term(service_hours={"weekly": {"monday": ["04:00-06:00"]}, "closed_on": []})

    assert told(listed(of, states("UD.....U"), hours(0, 8))) == [(1, 7, 2)]


def test_excused_time_does_not_count() -> None:
    of, granted = term(excused_by=["flood", "strike"]), {"flood": [hours(2, 4)], "strike": [hours(3, 5)]}

    found = listed(of, states("UD.....U"), hours(0, 8), granted=granted)
    assert told(found) == [(1, 7, 3)]


def test_a_swap_does_not_close_a_stop() -> None:
    first = stream(states("UD"), hours(0, 3), STATE, device="d-1", serves_until=T0 + 3 * HOUR)
    second = stream(states("U", start=T0 + 5 * HOUR), hours(3, 8), STATE, device="d-2", serves_from=T0 + 3 * HOUR)

    assert told(measure_incident_list(term(), scene([first, second], hours(0, 8)))) == [(1, 5, 4)]


def test_without_a_device_nobody_knows() -> None:
    found = measure_incident_list(term(), scene([], hours(0, 8)))

    assert found.missing
    assert incident_value(term(), found) is None


# From records.


def incident(
    fact: str, since: float, until: float | None, responded: float | None = None, cause: str = "stuck"
) -> dict[str, Any]:
    at = None if responded is None else (T0 + responded * HOUR).isoformat().replace("+00:00", "Z")
    end = None if until is None else T0 + until * HOUR
    return proposed(fact, "incident", {"cause": cause, "responded_at": at}, since=T0 + since * HOUR, until=end)


def from_records(of: IncidentList, part: Period, *entries: dict[str, Any], **changes: Any) -> Measured:
    return measure_incident_list(of, scene([], part, facts=book(*entries), **changes))


def test_records_are_listed_in_the_part_in_which_they_end() -> None:
    entries = [incident("F-1", 1, 5), incident("F-2", 2, 3, cause="leak"), incident("F-3", 1, 2, cause="other")]

    first = from_records(recorded(), hours(0, 4), *entries)
    assert [(one.fact, one.closed_at is None, one.micros // HOUR_MICROS) for one in first.incidents] == [
        ("F-2", False, 1),
        ("F-1", True, 3),
    ]
    assert first.amount == 4
    second = from_records(recorded(), hours(4, 8), *entries, earlier=first)
    assert told(second) == [(1, 5, 4)]
    assert second.amount == 1


def test_a_record_that_ends_exactly_at_the_end_ends_in_that_part() -> None:
    of, entry = recorded("count"), incident("F-1", 1, 4)

    first = from_records(of, hours(0, 4), entry)
    assert told(first) == [(1, 4, 3)]
    assert from_records(of, hours(4, 8), entry, earlier=first).amount == 0


def test_a_response_runs_from_the_opening_in_service_time() -> None:
    of = recorded("longest_response_hours", excused_by=["flood"])

    found = from_records(of, hours(0, 8), incident("F-1", 1, 7, 4), granted={"flood": [hours(2, 3)]})
    assert found.incidents[0].response_micros == 2 * HOUR_MICROS
    assert incident_value(of, found) == 2


def test_a_response_in_a_later_part_knows_the_time_before() -> None:
    of, entry = recorded("longest_response_hours"), incident("F-1", 1, 11, 6)

    first = from_records(of, hours(0, 4), entry)
    assert (first.incidents[0].response_micros, first.incidents[0].responded_at) == (None, None)
    assert incident_value(of, first) == 3
    second = from_records(of, hours(4, 8), entry, earlier=first)
    assert second.incidents[0].response_micros == 5 * HOUR_MICROS
    third = from_records(of, hours(8, 12), entry, earlier=second)
    assert incident_value(of, third) == 5
    assert told(third) == [(1, 11, 10)]


def test_an_incident_without_a_response_waited_until_it_ended() -> None:
    of = recorded("longest_response_hours")

    assert incident_value(of, from_records(of, hours(0, 8), incident("F-1", 1, 7), incident("F-2", 0, 8, 1))) == 6


def test_a_record_that_is_not_accepted_is_not_counted() -> None:
    of = recorded(acceptance={"days": 366, "silence": "rejected"})

    found = from_records(of, hours(0, 8), incident("F-1", 1, 7))
    assert (found.incidents, found.amount == 0) == ((), True)
    assert [one["kind"] for one in found.basis.findings] == ["incident_not_counted"]
    assert told(from_records(of, hours(0, 8), incident("F-1", 1, 7), accepted("F-1"))) == [(1, 7, 6)]


def test_an_open_record_goes_on() -> None:
    of, entry = recorded(), incident("F-1", 1, None)

    first = from_records(of, hours(0, 4), entry)
    second = from_records(of, hours(4, 8), entry, earlier=first)
    assert (told(first), told(second)) == ([(1, None, 3)], [(1, None, 7)])
    assert amounts([first, second]) == [3, 4]


# Values.


@pytest.mark.parametrize(("value", "expected"), [("count", 2), ("total_hours", 6), ("longest_hours", 3)])
def test_a_list_gives_what_was_agreed(value: str, expected: int) -> None:
    of = term(value)

    # One of two hours, one of one, and one open for three so far.
    found = listed(of, states("UDDUDUD"), hours(0, 9))
    assert incident_value(of, found) == expected


@pytest.mark.parametrize("value", ["count", "total_hours", "longest_hours"])
def test_a_list_of_nothing_is_zero(value: str) -> None:
    assert incident_value(term(value), listed(term(value), states("UU"), hours(0, 2))) == 0


def test_months_of_one_window_count_each_incident_once() -> None:
    said = states("UD....UDU")

    for value, expected in (("count", 2), ("total_hours", 6), ("longest_hours", 5)):
        parts = in_turn(term(value), said, [0, 3, 5, 9])
        assert incident_value(term(value), added(parts)) == expected


def test_minutes_are_exact() -> None:
    said = [(T0, 2.0), (T0 + 20 * MINUTE, 1.0)]

    assert listed(term(), said, hours(0, 1)).amount == Fraction(1, 3)


def test_the_state_is_asked_for_without_a_carry_and_records_need_nothing() -> None:
    assert incident_list_needs(term(), "a") == [Need("a", "state")]
    assert incident_list_needs(recorded(), "a") == []

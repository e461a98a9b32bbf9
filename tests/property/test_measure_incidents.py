"""Laws of incident lists: however a span is divided, the time and the ended stops are the same."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.measuring.incident_list import measure_incident_list
from contracts.scene import Measured
from contracts.terms import IncidentList
from ingest.catalogue import MetricKind
from tests.builders import HOUR, T0, hours, metric, scene, stream

STATE = metric(MetricKind.STATE)
EDGES = st.lists(st.integers(1, 95).map(lambda n: n / 2), max_size=5, unique=True).map(lambda n: [0, *sorted(n), 72])
SAID = st.dictionaries(st.integers(0, 47), st.sampled_from([1, 2, 3]), max_size=30)


def in_turn(term: IncidentList, said: dict[int, int], edges: list[float]) -> list[Measured]:
    readings = [(T0 + hour * HOUR, float(code)) for hour, code in said.items()]
    found: list[Measured] = []
    for start, end in pairwise(edges):
        part = hours(start, end)
        one = scene([stream(readings, part, STATE)], part, earlier=found[-1] if found else None)
        found.append(measure_incident_list(term, one))
    return found


@given(SAID, EDGES, st.sampled_from([0, 1800, 3601, 9000]), st.sampled_from([0, 3600, 7200]), st.booleans())
@settings(max_examples=400, derandomize=True, deadline=None)
def test_parts_add_up_and_list_each_stop_once(
    said: dict[int, int], edges: list[float], merge: int, minimum: int, count: bool
) -> None:
    states = {"metric": "state", "open": ["down"], "closed": ["up"], "unchanged": ["lost"]}
    agreed = {
        "id": "stops",
        "kind": "incident_list",
        "window": "month",
        "scope": "asset",
        "source": states | {"merge_seconds": merge, "minimum_seconds": minimum},
        "service_hours": {"weekly": {"monday": ["03:30-20:00"], "tuesday": ["00:00-24:00"]}, "closed_on": []},
        "excused_by": [],
        "value": "count" if count else "total_hours",
    }
    term = IncidentList.model_validate(agreed)

    parts, (whole,) = in_turn(term, said, edges), in_turn(term, said, [0, 72])

    assert sum(part.amount for part in parts) == whole.amount
    ended = [one for part in parts for one in part.incidents if one.closed_at]
    assert ended == [one for one in whole.incidents if one.closed_at]
    assert [one for one in parts[-1].incidents if not one.closed_at] == [
        one for one in whole.incidents if not one.closed_at
    ]

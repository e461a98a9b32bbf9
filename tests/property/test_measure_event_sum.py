"""Laws of event sums: parts add up, and what is carried is neither lost nor counted twice."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.measuring.event_sum import measure_event_sum
from contracts.scene import Measured
from contracts.terms import EventSum
from ingest.catalogue import MetricKind
from tests.builders import HOUR, T0, hours, metric, scene, stream

PAGES = metric(MetricKind.AMOUNT, "pages", unit="ZP")
EVENTS = st.dictionaries(st.integers(0, 47), st.integers(-9, 9), max_size=30)
EDGES = st.lists(st.integers(1, 47), max_size=4, unique=True).map(lambda some: [0, *sorted(some), 48])


def in_turn(negative: str, said: dict[int, int], edges: list[int]) -> list[Measured]:
    agreed = {"id": "a", "kind": "event_sum", "window": "month", "metric": "pages", "unit": "ZP", "scope": "asset"}
    rules = {"of": "value", "negative": negative, "acceptance": "not_needed"}
    term = EventSum.model_validate(agreed | rules)
    readings = [(T0 + hour * HOUR, float(value)) for hour, value in said.items()]
    found: list[Measured] = []
    for start, end in pairwise(edges):
        one = stream(readings, hours(start, end), PAGES, raw=True)
        found.append(measure_event_sum(term, scene([one], hours(start, end), earlier=found[-1] if found else None)))
    return found


@given(st.sampled_from(["net", "ignore", "refuse"]), EVENTS, EDGES)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_adjoining_parts_add_up_to_the_whole(negative: str, said: dict[int, int], edges: list[int]) -> None:
    parts, (whole,) = in_turn(negative, said, edges), in_turn(negative, said, [0, 48])

    assert sum(part.amount for part in parts) == whole.amount
    expected = [value for value in said.values() if value > 0 or negative == "net"]
    assert whole.amount == sum(expected)


@given(EVENTS, EDGES)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_what_is_carried_is_neither_lost_nor_counted_twice(said: dict[int, int], edges: list[int]) -> None:
    parts = in_turn("carry", said, edges)

    left = parts[-1].state
    assert isinstance(left, Fraction)
    assert all(part.amount >= 0 for part in parts)
    assert sum(part.amount for part in parts) + left == sum(said.values())

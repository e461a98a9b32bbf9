"""Laws of measures of time: every instant has one class, and adjoining parts add up."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.measuring.share_in_band import measure_share_in_band, share_in_band_needs
from contracts.measuring.time_in_state import measure_time_in_state, time_in_state_needs
from contracts.scene import Measured
from contracts.terms import ShareInBand, TimeInState
from ingest.catalogue import MetricKind
from tests.builders import HOUR, T0, hours, metric, scene, stream

GAUGE, STATE = metric(MetricKind.GAUGE, unit="BAR"), metric(MetricKind.STATE)
EDGES = st.lists(st.integers(1, 95).map(lambda n: n / 2), max_size=4, unique=True).map(lambda n: [0, *sorted(n), 48])
SERVICE = st.sampled_from(["always", {"weekly": {"monday": ["03:30-20:00"]}, "closed_on": []}])
RULES = st.fixed_dictionaries(
    {
        "carry_seconds": st.sampled_from([0, 1800, 3600, 10_000]),
        "then": st.sampled_from(["up", "down"]),
        "coverage_min_percent": st.just("none"),
    }
)
COMMON = {"id": "m", "window": "month", "scope": "asset"}


@given(st.dictionaries(st.integers(-5, 47), st.sampled_from([1, 2, 3]), max_size=30), EDGES, SERVICE, RULES)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_time_in_states_adds_up(said: dict[int, int], edges: list[float], service: Any, rule: Any) -> None:
    rest = {"metric": "state", "unit": "HUR", "states": {"up": "1", "down": "0.5"}, "unknown": ["lost"]}
    kind = {"kind": "time_in_state", "service_hours": service, "unknown_rule": rule}
    term = TimeInState.model_validate(COMMON | kind | rest)
    (need,) = time_in_state_needs(term, "asset-1")
    readings = [(T0 + hour * HOUR, float(code)) for hour, code in said.items()]

    def measured(start: float, end: float) -> Measured:
        return measure_time_in_state(
            term, scene([stream(readings, hours(start, end), STATE, need=need)], hours(start, end))
        )

    parts, whole = [measured(start, end) for start, end in pairwise(edges)], measured(0, 48)

    assert sum((part.amount for part in parts), Fraction(0)) == whole.amount
    assert sum(whole.micros.values()) == 48 * 3_600_000_000
    assert whole.total == sum(part.total for part in parts) == sum(whole.micros.values()) - whole.micros["outside"]


@given(
    st.dictionaries(st.integers(-5, 47), st.integers(0, 12), max_size=30),
    EDGES,
    SERVICE,
    RULES,
    st.sampled_from(["0", "1", "1.5"]),
)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_shares_in_a_band_add_up(
    said: dict[int, int], edges: list[float], service: Any, rule: Any, hysteresis: str
) -> None:
    rest = {"metric": "gauge", "unit": "BAR", "low": "4", "high": "8", "hysteresis": hysteresis}
    kind = {"kind": "share_in_band", "service_hours": service, "unknown_rule": rule}
    term = ShareInBand.model_validate(COMMON | kind | rest)
    (need,) = share_in_band_needs(term, "asset-1")
    readings = [(T0 + hour * HOUR, float(value)) for hour, value in said.items()]

    def measured(start: float, end: float, earlier: Measured | None) -> Measured:
        one = stream(readings, hours(start, end), GAUGE, need=need)
        return measure_share_in_band(term, scene([one], hours(start, end), earlier=earlier))

    whole = measured(0, 48, None)
    parts: list[Measured] = []
    for start, end in pairwise(edges):
        parts.append(measured(start, end, parts[-1] if parts else None))

    assert sum((part.amount for part in parts), Fraction(0)) == whole.amount
    assert sum((part.base for part in parts), Fraction(0)) == whole.base
    assert sum(whole.micros.values()) == 48 * 3_600_000_000
    assert whole.micros["unknown"] + whole.known == whole.total

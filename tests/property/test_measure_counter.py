"""Laws of counters: whatever is agreed, adjoining parts add up to the whole."""

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.measuring.counter import counter_needs, measure_counter
from contracts.scene import Measured
from contracts.terms import Counter
from contracts.terms.measures.counter import OnFall
from tests.builders import HOUR, T0, book, metric, proposed, scene, stream
from vouch.period import Period

# Readings on whole hours over some days, values near one another and near the modulus, so that every rule comes up.
READINGS = st.dictionaries(
    st.integers(-30, 60), st.integers(0, 12) | st.integers(90, 99) | st.integers(0, 99), max_size=40
)
EDGES = st.lists(st.integers(-20, 140).map(lambda n: n / 2), min_size=2, max_size=5, unique=True).map(sorted)


@st.composite
def terms(draw: st.DrawFn) -> Counter:
    on_fall = draw(st.sampled_from(["reset", "rollover", "high_water", "refuse", "signed"]))
    agreed: dict[str, Any] = {
        "id": "use",
        "kind": "counter",
        "window": "month",
        "metric": "counter",
        "unit": draw(st.sampled_from(["MTR", "KMT"])),
        "scope": "asset",
        "on_fall": on_fall,
        "jitter": draw(st.sampled_from(["0", "0", "1", "3"])),
        "step_max": draw(st.sampled_from(["none", "5", "40"])),
        "attribution": draw(st.sampled_from(["at_reading", "interpolate"])),
        "rounding": "none",
        "missing": "none",
        "acceptance": "not_needed",
    }
    return Counter.model_validate(agreed | ({"modulus": "100"} if on_fall == "rollover" else {}))


def part(start: float, end: float) -> Period:
    return Period(T0 + start * HOUR, T0 + end * HOUR)


def measured(of: Counter, said: dict[int, int], within: Period, earlier: Measured | None) -> Measured:
    (need,) = counter_needs(of, "asset-1")
    readings = [(T0 + hour * HOUR, float(value)) for hour, value in said.items()]
    one = stream(readings, within, metric(unit="MTR"), need=need, serves_from=T0 - timedelta(hours=25))
    return measure_counter(of, scene([one], within, earlier=earlier if of.chained else None))


@given(terms(), READINGS, EDGES)
@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_adjoining_parts_add_up_to_the_whole(of: Counter, said: dict[int, int], edges: list[float]) -> None:
    before = measured(of, said, part(-25, edges[0]), None) if edges[0] > -25 else None

    whole = measured(of, said, part(edges[0], edges[-1]), before)
    found, earlier = Fraction(0), before
    for start, end in pairwise(edges):
        earlier = measured(of, said, part(start, end), earlier)
        found += earlier.amount

    assert found == whole.amount


@given(terms(), READINGS, EDGES)
@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_use_is_never_negative_but_where_a_fall_gives_back(
    of: Counter, said: dict[int, int], edges: list[float]
) -> None:
    amount = measured(of, said, part(edges[0], edges[-1]), None).amount

    assert amount >= 0 or of.on_fall is OnFall.SIGNED


@given(READINGS, EDGES, st.sampled_from(["none", "5", "40"]))
@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_signed_counter_gives_back_on_the_way_down_what_it_took_on_the_way_up(
    said: dict[int, int], edges: list[float], step: str
) -> None:
    rules = {"on_fall": "signed", "jitter": "0", "step_max": step, "attribution": "at_reading", "rounding": "none"}
    named = {"id": "use", "kind": "counter", "window": "month", "metric": "counter", "unit": "MTR", "scope": "asset"}
    of = Counter.model_validate(named | rules | {"missing": "none", "acceptance": "not_needed"})
    turned = {hour: 99 - value for hour, value in said.items()}
    within = part(edges[0], edges[-1])

    assert measured(of, turned, within, None).amount == -measured(of, said, within, None).amount


@given(terms(), st.lists(st.integers(0, 5), min_size=1, max_size=30))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_a_counter_that_only_rises_in_small_steps_is_the_difference_under_every_rule(
    of: Counter, steps: list[int]
) -> None:
    heights = [sum(steps[:n]) for n in range(len(steps) + 1)]
    if of.modulus is not None and heights[-1] >= 90:
        return

    found = measured(of, dict(enumerate(heights)), part(0, len(steps)), None)

    assert found.amount * (1000 if of.unit == "KMT" else 1) == heights[-1]


RISES = st.dictionaries(st.integers(0, 24), st.integers(0, 9), max_size=12)


def risen(hours: dict[int, int], base: int) -> dict[int, int]:
    """A counter that only rises: what each hour adds to those before."""
    return {hour: base + sum(hours[h] for h in sorted(hours) if h <= hour) for hour in sorted(hours)}


@given(RISES, RISES, EDGES, st.sampled_from(["at_reading", "interpolate"]), st.booleans())
@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_parts_add_up_across_a_recorded_swap(
    old: dict[int, int], new: dict[int, int], edges: list[float], attribution: str, on_record: bool
) -> None:
    rules = {"on_fall": "reset", "jitter": "0", "step_max": "none", "attribution": attribution, "rounding": "none"}
    named = {"id": "use", "kind": "counter", "window": "month", "metric": "counter", "unit": "C62", "scope": "asset"}
    of = Counter.model_validate(named | rules | {"missing": "none", "acceptance": "not_needed"})
    about = {"metric": "counter", "old_device": "d-1", "new_device": "d-2", "final": "300", "initial": "5"}
    facts = book(proposed("F-1", "device_swap", about, at=T0 + 24 * HOUR)) if on_record else book()
    shown = {
        "d-1": [(T0 + hour * HOUR, float(value)) for hour, value in risen(old, 50).items()],
        "d-2": [(T0 + (24 + hour) * HOUR, float(value)) for hour, value in risen(new, 7).items()],
    }
    (need,) = counter_needs(of, "asset-1")

    def used(start: float, end: float) -> Fraction:
        streams = []
        for device, since, until in (("d-1", -25.0, 24.0), ("d-2", 24.0, 200.0)):
            if max(start, since) < min(end, until):
                within = part(max(start, since), min(end, until))
                said, begins, ends = shown[device], T0 + since * HOUR, T0 + until * HOUR
                streams.append(stream(said, within, device=device, need=need, serves_from=begins, serves_until=ends))
        return measure_counter(of, scene(streams, part(start, end), facts=facts)).amount

    whole = used(-25, 100)
    assert used(edges[0], edges[-1]) == sum(used(start, end) for start, end in pairwise(edges))
    if on_record and old and new:
        assert whole == (300 - min(risen(old, 50).values())) + (max(risen(new, 7).values()) - 5)

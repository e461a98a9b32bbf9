"""Laws of counters: ingest finds what a contract finds that measures them as declared, and a dip costs nothing."""

from collections import Counter as Tally
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contracts.measuring.counter import counter_needs, measure_counter
from contracts.scene import Measured
from contracts.terms import Counter
from ingest.catalogue import Metric, OnFall
from ingest.summaries.counters import FINDINGS_MAX, counter_findings
from tests.builders import HOUR, T0, metric, micros, scene, stream
from vouch.period import Period

VALUES = st.lists(st.integers(0, 12) | st.integers(90, 99) | st.integers(0, 99), min_size=1, max_size=40)
WHOLE: Final = Period(T0 - HOUR, T0 + 100 * HOUR)

# How a contract says it.
SAID: Final = {
    OnFall.RESET: "reset",
    OnFall.ROLLOVER: "rollover",
    OnFall.DIP: "high_water",
    OnFall.SIGNED: "signed",
}
KINDS: Final = {
    "reset": "reset",
    "rollover": "rollover",
    "dip": "dip",
    "spike": "spike_disregarded",
    "rise_confirmed": "spike_confirmed",
    "not_confirmed": "spike_unconfirmed",
}


@st.composite
def policies(draw: st.DrawFn) -> Metric:
    on_fall = draw(st.sampled_from(OnFall))
    return metric(
        on_fall=on_fall,
        modulus=Decimal(100) if on_fall is OnFall.ROLLOVER else None,
        jitter=draw(st.sampled_from([Decimal(0), Decimal(1), Decimal(3)])),
        step_max=draw(st.sampled_from([None, Decimal(5), Decimal(40)])),
    )


def term(of: Metric) -> Counter:
    """A contract that measures the counter as it is declared."""
    assert of.on_fall is not None
    agreed: dict[str, Any] = {
        "id": "use",
        "kind": "counter",
        "window": "month",
        "metric": "counter",
        "unit": "C62",
        "scope": "asset",
        "on_fall": SAID[of.on_fall],
        "jitter": of.jitter,
        "step_max": of.step_max or "none",
        "attribution": "at_reading",
        "rounding": "none",
        "missing": "none",
        "acceptance": "not_needed",
    }
    return Counter.model_validate(agreed | ({"modulus": of.modulus} if of.modulus is not None else {}))


def measured(of: Metric, values: list[int]) -> Measured:
    agreed = term(of)
    (need,) = counter_needs(agreed, "asset-1")
    said = [(T0 + n * HOUR, float(value)) for n, value in enumerate(values)]
    return measure_counter(
        agreed, scene([stream(said, WHOLE, of, need=need, serves_from=T0 - timedelta(hours=2))], WHOLE)
    )


def kinds(of: Metric, values: list[int], cut: int = 0) -> Tally[str]:
    """How often each kind is found from the reading `cut` on, given those before it."""
    said = micros((T0 + n * HOUR, float(value)) for n, value in enumerate(values))
    return Tally(one.kind for one in counter_findings(of, said[:cut], said[cut:]))


@given(policies(), VALUES)
@settings(max_examples=600, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_ingest_finds_what_a_contract_finds_that_fits(of: Metric, values: list[int]) -> None:
    findings = measured(of, values).basis.findings
    expected = Tally(KINDS[one["kind"]] for one in findings if one["kind"] in KINDS)
    # A contract counts the falls within the jitter and does not list them.
    expected["dip"] += sum(one["falls"] for one in findings if one["kind"] == "jitter")

    found = kinds(of, values)
    if of.on_fall is OnFall.ROLLOVER:
        # Nor does it mention those back across zero.
        assert found["dip"] >= expected.pop("dip")
        del found["dip"]
    assert found == +expected


@given(policies(), VALUES, st.data())
@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_days_find_together_what_all_readings_find_at_once(of: Metric, values: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(values)))
    first = counter_findings(of, [], [(n, float(value)) for n, value in enumerate(values[:cut])])

    second = kinds(of, values, cut)
    together = Tally(one.kind for one in first) + second
    if cut < len(values):
        # The next day says what became of it.
        together["spike_unconfirmed"] = second["spike_unconfirmed"]

    assert +together == kinds(of, values)
    assert len(values) < FINDINGS_MAX


RISES: Final = st.lists(st.integers(0, 4), min_size=2, max_size=25)


@given(policies(), RISES, st.data())
@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_billed_twice_because_of_a_dip(of: Metric, rises: list[int], data: st.DataObject) -> None:
    assume(of.on_fall is not OnFall.SIGNED)
    heights = [sum(rises[: n + 1]) for n in range(len(rises))]
    assume(of.modulus is None or heights[-1] < 90)
    dipping: list[int] = []
    for height in heights:
        deepest = height if of.on_fall is OnFall.DIP else min(height, int(of.jitter))
        dips = data.draw(st.lists(st.integers(0, deepest), max_size=2))
        dipping += [height, *(height - dip for dip in dips)]

    # A plain loop: what was used is the height reached, less the first one shown.
    assert measured(of, dipping).amount == heights[-1] - heights[0]
    assert kinds(of, dipping).keys() <= {"dip"}

"""What is inferred from a counter's readings, case by case."""

from decimal import Decimal
from typing import Any

import pytest

from ingest.catalogue import OnFall
from ingest.summaries.counters import FINDINGS_MAX, Said, counter_findings
from tests.builders import metric


def said(*values: float) -> list[Said]:
    """Readings at 0, 1, 2, ... microseconds."""
    return [(at, float(value)) for at, value in enumerate(values)]


def found(*values: float, before: int = 0, **policy: Any) -> list[tuple[str, list[float]]]:
    """Kind and values of each finding; the first `before` readings came before."""
    of = metric(**policy)
    readings = said(*values)
    findings = counter_findings(of, readings[:before], readings[before:])
    return [(one.kind, [value for _, value in one.readings]) for one in findings]


def decimals(**limits: str) -> dict[str, Any]:
    return {name: Decimal(limit) for name, limit in limits.items()}


def test_a_counter_that_only_rises_gives_nothing_to_find() -> None:
    assert found(1, 1, 2, 5, 1_000_000) == []


def test_a_fall_is_what_the_metric_says_it_is() -> None:
    assert found(5, 9, 2, 3) == [("reset", [9, 2])]
    assert found(5, 9, 2, 3, on_fall=OnFall.ROLLOVER, **decimals(modulus="10")) == [("rollover", [9, 2])]
    assert found(5, 9, 2, 3, on_fall=OnFall.DIP) == [("dip", [9, 2])]
    assert found(5, 9, 2, 3, on_fall=OnFall.SIGNED) == []


def test_a_fall_within_the_jitter_is_a_dip() -> None:
    assert found(5, 9, 8, 9, 10, **decimals(jitter="1")) == [("dip", [9, 8])]
    assert found(5, 9, 8.5, 7.9, **decimals(jitter="1")) == [("dip", [9, 8.5]), ("reset", [8.5, 7.9])]


def test_back_across_zero_within_the_jitter_is_no_second_rollover() -> None:
    policy = {"on_fall": OnFall.ROLLOVER, **decimals(modulus="1000", jitter="1")}

    assert found(999, 0.2, 999.8, 0.2, 3, **policy) == [("rollover", [999, 0.2]), ("dip", [0.2, 999.8])]


@pytest.mark.parametrize(
    ("values", "findings"),
    [
        ((1, 90), [("spike_unconfirmed", [1, 90])]),
        ((1, 90, 91), [("spike_confirmed", [1, 90, 91])]),
        ((1, 90, 2), [("spike_disregarded", [1, 90, 2])]),
        ((1, 51, 2), [("reset", [51, 2])]),
        # From zero to 60 after a fall: doubted, and then confirmed as a reset.
        ((70, 60, 61), [("reset", [70, 60]), ("spike_confirmed", [70, 60, 61])]),
    ],
)
def test_a_rise_too_far_is_a_spike_until_the_next_reading(
    values: tuple[float, ...], findings: list[tuple[str, list[float]]]
) -> None:
    assert found(*values, **decimals(step_max="50")) == findings


def test_a_signed_counter_is_doubted_both_ways() -> None:
    policy = {"on_fall": OnFall.SIGNED, **decimals(step_max="50")}

    assert found(100, 10, 12, **policy) == [("spike_confirmed", [100, 10, 12])]
    assert found(100, 10, 99, **policy) == [("spike_disregarded", [100, 10, 99])]


def test_what_came_before_decides_and_is_not_found_again() -> None:
    assert found(9, 2, 3, before=1) == [("reset", [9, 2])]
    assert found(9, 2, 3, before=2) == []
    assert found(1, 90, 2, before=2, **decimals(step_max="50")) == [("spike_disregarded", [1, 90, 2])]


def test_a_limit_is_met_digit_by_digit() -> None:
    # As floats, 0.3 - 0.1 is less than 0.2; as what the device said it is just that.
    assert found(0.1, 0.3, 0.3, **decimals(step_max="0.2")) == []
    assert [kind for kind, _ in found(0.1, 0.30001, 0.30001, **decimals(step_max="0.2"))] == ["spike_confirmed"]
    large = 123_456_789_012.1
    assert found(large, large + 0.2, large + 0.3, **decimals(step_max="0.2")) == []


def test_a_counter_that_falls_all_the_time_is_cut_short() -> None:
    findings = found(*([9, 2] * 200))

    assert len(findings) == FINDINGS_MAX + 1
    assert findings[-1] == ("more_findings", [])


def test_a_finding_is_at_the_reading_that_showed_it() -> None:
    (one,) = counter_findings(metric(), [], said(5, 9, 2))

    assert (one.at, one.readings) == (2, ((1, 9.0), (2, 2.0)))

"""M5 share in band: weighted by time, with what a value near an edge was before."""

from itertools import pairwise
from typing import Any

import pytest

from contracts.measuring.share_in_band import measure_share_in_band, share_in_band_needs
from contracts.scene import Measured
from contracts.streams.stream import Need
from contracts.terms import ShareInBand
from ingest.catalogue import MetricKind
from tests.builders import HOUR, T0, Said, book, counts, hours, metric, proposed, scene, stream
from vouch.period import Period

BAR = metric(MetricKind.GAUGE, "pressure", unit="BAR")
HOUR_MICROS = 3_600_000_000


def rule(then: str = "exclude", **changes: Any) -> dict[str, Any]:
    return {"carry_seconds": 3600, "then": then, "coverage_min_percent": "none"} | changes


def term(**changes: Any) -> ShareInBand:
    agreed = {
        "id": "pressure",
        "kind": "share_in_band",
        "window": "month",
        "metric": "pressure",
        "unit": "BAR",
        "scope": "asset",
        "low": "6",
        "high": "8",
        "hysteresis": "0",
        "service_hours": "always",
        "unknown_rule": rule(),
    }
    return ShareInBand.model_validate(agreed | changes)


def shared(
    of: ShareInBand,
    said: list[Said],
    part: Period,
    earlier: Measured | None = None,
    facts: Any = None,
    shows: Any = BAR,
) -> Measured:
    (need,) = share_in_band_needs(of, "asset-1")
    return measure_share_in_band(of, scene([stream(said, part, shows, need=need)], part, earlier=earlier, facts=facts))


def by_class(found: Measured) -> dict[str, float]:
    return {name: micros / HOUR_MICROS for name, micros in found.micros.items() if micros}


def came_to(found: Measured) -> list[Any]:
    return [found.amount / HOUR_MICROS, found.base / HOUR_MICROS]


def test_the_limits_belong_to_the_band() -> None:
    found = shared(term(), counts(6, 8, 5.999, 8.001), hours(0, 4))

    assert by_class(found) == {"in": 2, "out": 2}
    assert came_to(found) == [2, 4]


def test_values_weigh_by_the_time_they_held_and_not_by_their_number() -> None:
    said = [(T0, 7.0), (T0 + HOUR / 4, 9.0), (T0 + HOUR / 2, 9.0), (T0 + 3 * HOUR / 4, 9.0), (T0 + HOUR, 7.0)]

    assert by_class(shared(term(), said, hours(0, 2))) == {"in": 1.25, "out": 0.75}


@pytest.mark.parametrize(("changes", "inside"), [({"high": None}, 2), ({"low": None}, 3)])
def test_one_limit_is_enough(changes: dict[str, Any], inside: int) -> None:
    assert by_class(shared(term(**changes), counts(7, 5, 4, 9), hours(0, 4)))["in"] == inside


def test_a_value_that_left_is_back_once_it_is_inside_by_the_hysteresis() -> None:
    # Out at 5.9; 6.3 is not far enough back, 6.5 is, and then 6.1 is still in.
    found = shared(term(hysteresis="0.5"), counts(7, 5.9, 6.3, 6.5, 6.1), hours(0, 5))

    assert by_class(found) == {"in": 3, "out": 2}
    above = shared(term(hysteresis="0.5"), counts(8.1, 7.6, 7.5, 7.9), hours(0, 4))
    assert by_class(above) == {"out": 2, "in": 2}


def test_the_next_part_knows_on_which_side_a_value_was() -> None:
    of, said = term(hysteresis="0.5"), counts(5.9, 6.3, 6.3, 6.6)

    first = shared(of, said, hours(0, 1.5))
    assert by_class(shared(of, said, hours(1.5, 4), first)) == {"out": 1.5, "in": 1}
    alone = shared(of, said, hours(1.5, 4))
    assert by_class(alone) == {"in": 2.5}
    assert [one["kind"] for one in alone.basis.findings] == ["side_assumed"]


def test_a_side_is_remembered_through_silence() -> None:
    found = shared(term(hysteresis="0.5"), counts(5, None, None, 6.2), hours(0, 4))

    assert by_class(found) == {"out": 2, "unknown": 2}


@pytest.mark.parametrize(("then", "expected"), [("up", [3, 4]), ("down", [1, 4]), ("exclude", [1, 2])])
def test_silence_beyond_the_carry_counts_as_agreed(then: str, expected: list[int]) -> None:
    # In the band for one hour, unknown for two, out of it for one.
    found = shared(term(unknown_rule=rule(then)), counts(7, None, None, 9), hours(0, 4))

    assert came_to(found) == expected
    assert by_class(found) == {"in": 1, "unknown": 2, "out": 1}
    assert (found.known, found.total) == (2 * HOUR_MICROS, 4 * HOUR_MICROS)


def test_a_record_of_a_gaps_cause_decides_for_its_time() -> None:
    of = term(unknown_rule=rule("attribute", otherwise="exclude", acceptance="not_needed"))
    about = {"counts_as": "down", "cause": "sim-card"}
    facts = book(proposed("F-1", "gap_cause", about, since=T0 + HOUR, until=T0 + 2 * HOUR))

    found = shared(of, counts(7, None, None, 7), hours(0, 4), facts=facts)
    assert came_to(found) == [2, 3]
    assert by_class(found) == {"in": 2, "unknown": 1, "attributed_down": 1}


def test_only_service_hours_count() -> None:
    # T0 is Monday 02:00 in Berlin: service from 03:30 to 05:00 there.
    of = term(service_hours={"weekly": {"monday": ["03:30-05:00"]}, "closed_on": []})

    assert by_class(shared(of, counts(7, 7, 9, 7), hours(0, 4))) == {"outside": 2.5, "in": 0.5, "out": 1}


def test_the_band_is_in_the_terms_unit_and_compared_exactly() -> None:
    miles = metric(MetricKind.GAUGE, "pressure", unit="SMI")
    of = term(unit="KMT", low="1.609344", high=None)

    assert by_class(shared(of, counts(1, 0.999999), hours(0, 2), shows=miles)) == {"in": 1, "out": 1}


def test_the_last_value_before_the_part_holds_into_it() -> None:
    assert by_class(shared(term(), counts(7, 9), hours(0.5, 2))) == {"in": 0.5, "out": 1}


def test_without_a_device_all_is_unknown_and_missing() -> None:
    found = measure_share_in_band(term(), scene([], hours(0, 3)))

    assert found.missing
    assert by_class(found) == {"unknown": 3}
    assert came_to(found) == [0, 0]


def test_a_device_speaks_only_while_it_serves() -> None:
    first = stream(counts(7, 7, 7), hours(0, 2), BAR, device="d-1", raw=True, serves_until=T0 + 2 * HOUR)
    second = stream(counts(9, 9, 9, 9), hours(2, 4), BAR, device="d-2", raw=True, serves_from=T0 + 2 * HOUR)

    assert by_class(measure_share_in_band(term(), scene([first, second], hours(0, 4)))) == {"in": 2, "out": 2}


def test_parts_in_turn_add_up() -> None:
    of, said = term(hysteresis="0.5"), counts(7, 5.9, 6.3, None, 6.2, 6.5, 8.2, 7.8, 7.4)
    edges = [0, 0.5, 2, 2.25, 4.5, 9]

    parts: list[Measured] = []
    for start, end in pairwise(edges):
        parts.append(shared(of, said, hours(start, end), parts[-1] if parts else None))
    whole = shared(of, said, hours(0, 9))
    assert sum(part.amount for part in parts) == whole.amount
    assert sum(part.base for part in parts) == whole.base


def test_every_reading_is_asked_for_and_hysteresis_makes_a_chain() -> None:
    assert share_in_band_needs(term(), "a") == [Need("a", "pressure", raw=True)]
    assert not term().chained
    assert term(hysteresis="0.5").chained

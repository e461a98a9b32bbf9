"""Evaluations: what each term came to, and that the same input gives the same bytes."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from contracts.evaluate import Evaluation, Uptime, Usage, evaluate, needs
from contracts.judge.threshold import Verdict
from contracts.measure.fee_share import FeeShare
from contracts.source import Need
from contracts.terms.fixed_fee import FeePer
from contracts.terms.uptime_guarantee import UnknownAs
from contracts.terms.usage_price import Scope
from ingest.catalogue import MetricKind
from tests.builders import (
    HOUR,
    MINUTE,
    T0,
    by_asset,
    contract,
    counts,
    covered,
    fee,
    hours,
    metric,
    span,
    states,
    stream,
    uptime,
    usage,
    utc,
)
from vouch.period import Period

OCTOBER = span("2026-09-30 22:00", "2026-10-31 23:00")
HOUR_MICROS = 3_600_000_000
STATE = metric(MetricKind.STATE)


def usages(found: list[Evaluation]) -> list[tuple[str, Decimal]]:
    return [(one.subject, one.result.quantity) for one in found if isinstance(one.result, Usage)]


def test_a_fee_is_for_each_asset_in_service_for_as_long_as_it_is() -> None:
    joined, left = covered("joined", since=utc("2026-10-25 22:00")), covered("left", until=utc("2026-10-01 00:00"))
    gone = covered("gone", until=OCTOBER.start)
    agreed = contract(fee(), assets=[covered("whole"), joined, left, gone])

    assert [(one.subject, one.result) for one in evaluate(agreed, OCTOBER, {})] == [
        ("whole", FeeShare(745 * HOUR_MICROS, 745 * HOUR_MICROS)),
        ("joined", FeeShare(145 * HOUR_MICROS, 745 * HOUR_MICROS)),
        ("left", FeeShare(2 * HOUR_MICROS, 745 * HOUR_MICROS)),
    ]


def test_a_fee_per_contract_is_one_for_all_assets() -> None:
    agreed = contract(fee(per=FeePer.CONTRACT), assets=[covered("a"), covered("b")])
    half = Period(OCTOBER.start, OCTOBER.start + 149 * HOUR)

    (one,) = evaluate(agreed, half, {})
    assert (one.subject, one.result) == ("*", FeeShare(149 * HOUR_MICROS, 745 * HOUR_MICROS))


def test_usage_is_expressed_in_the_prices_unit() -> None:
    of = metric(unit="DMQ")
    one = stream(counts(1000, 2500.5), hours(0, 1), of)

    (found,) = evaluate(contract(usage((None, "1"), unit="MTQ")), hours(0, 1), by_asset(one))
    assert found.result == Usage("MTQ", Decimal("1.5005"), (("asset-1", Decimal("1.5005")),))


def test_usage_is_by_asset_or_pooled() -> None:
    a = stream(counts(0, 5), hours(0, 1), asset="a")
    b = stream(counts(0, 7), hours(0, 1), asset="b")
    assets = [covered("a"), covered("b")]
    each = contract(usage((None, "1")), assets=assets)
    pooled = contract(usage((None, "1"), scope=Scope.POOLED), assets=assets)

    assert usages(evaluate(each, hours(0, 1), by_asset(a, b))) == [("a", Decimal(5)), ("b", Decimal(7))]
    (one,) = evaluate(pooled, hours(0, 1), by_asset(a, b))
    assert one.result == Usage("C62", Decimal(12), (("a", Decimal(5)), ("b", Decimal(7))))
    assert [source["asset"] for source in one.evidence.sources] == ["a", "b"]


def test_an_asset_that_no_device_served_is_a_finding() -> None:
    agreed = contract(usage((None, "1")), uptime())

    use, up = evaluate(agreed, hours(0, 2), {})
    assert (use.result, [f["kind"] for f in use.evidence.findings]) == (
        Usage("C62", Decimal(0), (("asset-1", Decimal(0)),)),
        ["no_device"],
    )
    assert isinstance(up.result, Uptime)
    assert (up.result.availability, up.result.judgment.verdict) == (None, Verdict.UNDEFINED)
    assert [f["kind"] for f in up.evidence.findings] == ["no_device"]


def test_fifteen_digits_before_and_after_the_point_are_kept() -> None:
    many = [stream(counts(0, value), hours(0, 1), asset=f"a{i}") for i, value in enumerate((999999999999999, 1e-15))]
    pooled = contract(usage((None, "1"), scope=Scope.POOLED), assets=[covered("a0"), covered("a1")])

    (one,) = evaluate(pooled, hours(0, 1), by_asset(*many))
    assert isinstance(one.result, Usage)
    assert str(one.result.quantity) == "999999999999999.000000000000001"


@pytest.mark.parametrize(
    ("unknown_as", "share", "verdict"),
    [
        (UnknownAs.EXCLUDE, Fraction(5, 6), Verdict.MISSED),
        (UnknownAs.UP, Fraction(7, 8), Verdict.MISSED),
        (UnknownAs.DOWN, Fraction(5, 8), Verdict.MISSED),
    ],
)
def test_uptime_is_up_over_counted_time(unknown_as: UnknownAs, share: Fraction, verdict: Verdict) -> None:
    one = stream(states("UUUUUD.."), hours(0, 8), STATE, carry=HOUR)

    (found,) = evaluate(contract(uptime(unknown_as=unknown_as)), hours(0, 8), by_asset(one))
    assert isinstance(found.result, Uptime)
    assert (found.result.availability, found.result.judgment.verdict) == (share, verdict)
    assert found.result.micros == {
        "outside": 0,
        "planned": 0,
        "up": 5 * HOUR_MICROS,
        "down": HOUR_MICROS,
        "unknown": 2 * HOUR_MICROS,
    }
    assert found.result.judgment.shortfall == Fraction(98, 100) - share


def test_planned_work_within_service_hours_is_left_out_until_its_allowance_is_used_up() -> None:
    # T0 is Monday 02:00 in Berlin.
    term = uptime(
        service=["monday 04:00-12:00"],
        planned=["monday 02:00-05:00", "monday 08:00-10:00", "monday 13:00-14:00"],
        allowance=2 * HOUR,
    )
    one = stream(states("UDUUUUDDUUUUUU"), hours(0, 14), STATE, carry=HOUR)

    (found,) = evaluate(contract(term), hours(0, 14), by_asset(one))
    assert isinstance(found.result, Uptime)
    # In service 2 to 10; left out 2 to 3 and 6 to 7; the down hour from 7 to 8 counts.
    assert found.result.availability == Fraction(5, 6)
    assert found.result.micros["planned"] == 2 * HOUR_MICROS
    assert found.result.micros["outside"] == 6 * HOUR_MICROS
    assert [(e["from"][11:16], e["until"][11:16], e["refused"]) for e in found.evidence.exclusions] == [
        ("02:00", "03:00", None),
        ("06:00", "07:00", None),
        ("07:00", "08:00", "allowance_used_up"),
        ("11:00", "12:00", "not_in_service_hours"),
    ]


def test_spans_of_the_evidence_are_the_window_divided() -> None:
    one = stream(states("UD.U"), hours(0, 4), STATE, carry=HOUR)

    (found,) = evaluate(contract(uptime()), hours(0, 4), by_asset(one))
    spans = found.evidence.spans
    assert [name for name, _ in spans] == ["up", "down", "unknown", "up"]
    assert [period for _, period in spans] == [hours(n, n + 1) for n in range(4)]


def test_an_asset_in_service_for_nothing_of_the_window_has_no_evaluation() -> None:
    agreed = contract(fee(), usage((None, "1")), uptime(), assets=[covered(until=T0)])

    assert evaluate(agreed, hours(0, 2), {}) == []
    assert needs(agreed, hours(0, 2)) == []
    pooled = contract(usage((None, "1"), scope=Scope.POOLED), assets=[covered(until=T0)])
    assert evaluate(pooled, hours(0, 2), {}) == []


def test_terms_need_their_metrics_for_each_asset_in_service() -> None:
    agreed = contract(
        fee(),
        usage((None, "1")),
        uptime(carry=15 * MINUTE),
        assets=[covered("a"), covered("b"), covered("c", until=T0)],
    )

    assert needs(agreed, hours(0, 2)) == [
        Need("a", "counter", None),
        Need("b", "counter", None),
        Need("a", "state", timedelta(minutes=15)),
        Need("b", "state", timedelta(minutes=15)),
    ]


def test_evaluations_come_in_the_terms_order() -> None:
    agreed = contract(uptime(), fee(), usage((None, "1")))

    assert [one.term.id for one in evaluate(agreed, hours(0, 2), {})] == ["uptime", "fee", "use"]


def test_content_is_the_same_bytes_and_says_all() -> None:
    one = stream(states("UUD."), hours(0, 4), STATE, carry=HOUR)
    agreed = contract(uptime())

    (first,), (again,) = evaluate(agreed, hours(0, 4), by_asset(one)), evaluate(agreed, hours(0, 4), by_asset(one))
    assert first.content() == again.content()
    content = json.loads(first.content())
    assert content["window"] == ["2026-06-01T00:00:00Z", "2026-06-01T04:00:00Z"]
    assert (content["contract"], content["contract_version"], content["engine"]) == ("contract-1", 1, "1")
    assert content["time_zone"] == "Europe/Berlin"
    assert content["result"]["availability"] == [2, 3]
    assert content["result"]["shortfall"] == [47, 150]
    assert content["result"]["verdict"] == "missed"
    assert content["sources"][0]["days"][0][:2] == ["2026-06-01", 3]


def test_content_changes_with_one_reading_of_the_days_it_rests_on() -> None:
    said = counts(0, 5, 9)
    other = [said[0], (said[1][0], 6.0), said[2]]
    agreed = contract(usage((None, "1")))

    contents = {
        evaluate(agreed, hours(0, 2), by_asset(stream(readings, hours(0, 2))))[0].content()
        for readings in (said, other)
    }
    assert len(contents) == 2


def test_content_names_the_version_that_was_agreed() -> None:
    agreed = contract(fee())
    amended = replace(agreed, version=2, digest="1" * 64)

    (first,), (second,) = evaluate(agreed, OCTOBER, {}), evaluate(amended, OCTOBER, {})
    assert first.content() != second.content()


def test_a_share_that_is_not_defined_is_null() -> None:
    (found,) = evaluate(contract(uptime()), hours(0, 2), {})

    assert json.loads(found.content())["result"]["availability"] is None

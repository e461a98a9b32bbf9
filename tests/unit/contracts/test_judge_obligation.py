"""J2 obligation: what is due when, when its breach begins, and what ends or erases it."""

from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judging.obligation import judge_obligation
from contracts.scene import JudgedSpan
from contracts.terms.judges.obligation import Cure, Obligation
from tests.judge_world import (
    BERLIN,
    DAY,
    HOUR,
    JUNE,
    KNOWN_AT,
    at,
    during,
    granted,
    proposed,
    refused,
    said,
    scene,
)
from vouch.period import Period, iso, total_micros, union

WEEKLY = {"every_days": 7, "first_from": "2026-06-01"}
EVERY_100_KM = {"measure": "km", "every": "100"}
FORTNIGHT = {"days": 14, "silence": "rejected"}
JUNE_AND_JULY = during("2026-06-01", "2026-08-01")


def term(due: dict[str, Any], **changes: Any) -> Obligation:
    agreed = {
        "id": "oil",
        "kind": "obligation",
        "owed_by": "customer",
        "due": due,
        "grace_days": 0,
        "cure": "ends",
        "acceptance": "not_needed",
    }
    return Obligation.model_validate(agreed | changes)


def done(fact: str, when: str, kind: str = "maintenance_done", **changes: Any) -> dict[str, Any]:
    return proposed(fact, kind, "2026-05-01", **{"about": {"obligation": "oil"}, "at": when} | changes)


def breached(fact: str, since: str, until: str) -> dict[str, Any]:
    return proposed(fact, "obligation_breached", "2026-05-01", about={"obligation": "oil"}, since=since, until=until)


def driven(measure: str, since: datetime, quantity: Fraction) -> datetime | None:
    """A counter that goes 10 km on each day and shows it at the day's end, until the end of June."""
    assert measure == "km"
    days = -(-quantity // 10)
    first_midnight = since if since.hour == 0 else since.replace(hour=0) + DAY
    shown = first_midnight + int(days) * DAY
    return shown if shown <= JUNE.end else None


def test_every_so_many_days_it_is_due_at_the_end_of_the_last_day() -> None:
    # Seven days after 1 June are over at the end of 8 June; after 8 June, at the end of 15 June.
    met = [done("F-1", "2026-06-08 12:00"), done("F-2", "2026-06-17 12:00", kind="obligation_met")]

    spans = judge_obligation(term(WEEKLY), scene(*met))

    assert spans == [
        JudgedSpan(during("2026-06-16", "2026-06-17 12:00"), True, "overdue", "due by the end of 2026-06-15"),
        JudgedSpan(during("2026-06-25", "2026-07-01"), True, "overdue", "due by the end of 2026-06-24"),
    ]


def test_the_last_day_ends_at_midnight_of_the_contracts_zone() -> None:
    june = during("2026-05-31 22:00", "2026-06-30 22:00")

    (span,) = judge_obligation(term(WEEKLY), scene(part=june, month=june, zone=BERLIN))

    assert span.period == during("2026-06-08 22:00", "2026-06-30 22:00")


def test_a_breach_goes_on_in_the_next_part_and_ends_there() -> None:
    july = during("2026-07-01", "2026-08-01")
    here = scene(done("F-1", "2026-07-03 12:00"), part=july, month=july, covered_from=JUNE.start)

    spans = judge_obligation(term(WEEKLY), here)

    assert granted(spans) == [during("2026-07-01", "2026-07-03 12:00"), during("2026-07-11", "2026-08-01")]


def test_an_asset_that_joins_later_owes_from_the_day_on_which_it_joins() -> None:
    later = scene(part=during("2026-06-10 15:00", "2026-07-01"))

    assert granted(judge_obligation(term(WEEKLY), later)) == [during("2026-06-18", "2026-07-01")]


def test_what_was_done_before_the_first_day_does_not_count() -> None:
    agreed = term({"every_days": 7, "first_from": "2026-06-10"})

    spans = judge_obligation(agreed, scene(done("F-1", "2026-06-05 12:00")))

    assert granted(spans) == [during("2026-06-18", "2026-07-01")]


@pytest.mark.parametrize(
    ("met", "breach"),
    [
        ("2026-06-11 00:00", []),
        ("2026-06-11 00:01", [during("2026-06-11", "2026-06-11 00:01")]),
    ],
    ids=["exactly when the grace ends", "a minute later"],
)
def test_a_breach_begins_when_the_grace_is_over(met: str, breach: list[Period]) -> None:
    part = during("2026-06-01", "2026-06-12")

    assert granted(judge_obligation(term(WEEKLY, grace_days=2), scene(done("F-1", met), part=part))) == breach


def test_a_late_fulfilment_may_erase_the_breach_of_a_month_before() -> None:
    late = done("F-1", "2026-07-20 00:00")

    assert judge_obligation(term(WEEKLY, cure="erases"), scene(late)) == []
    assert granted(judge_obligation(term(WEEKLY, cure="ends"), scene(late))) == [during("2026-06-09", "2026-07-01")]


def test_what_is_never_done_is_not_erased() -> None:
    spans = judge_obligation(term(WEEKLY, cure="erases"), scene(done("F-1", "2026-06-09 12:00")))

    assert granted(spans) == [during("2026-06-17", "2026-07-01")]


def test_only_fulfilments_that_stand_and_name_the_obligation_count() -> None:
    others = [
        done("F-1", "2026-06-02 00:00", about={"obligation": "tyres"}),
        done("F-2", "2026-06-03 00:00"),
        said("F-2", "reject", "2026-05-02"),
        done("F-3", "2026-06-04 00:00"),
        said("F-3", "accept", "2026-05-02"),
        done("F-4", "2026-06-05 00:00"),
    ]

    spans = judge_obligation(term(WEEKLY, acceptance=FORTNIGHT), scene(*others))

    assert [span.cause for span in spans] == ["due by the end of 2026-06-11"]


def test_every_quantity_is_counted_anew_from_each_fulfilment() -> None:
    # 100 km are shown at the end of 10 June, and again ten days after the oil was changed; the grace is a day.
    here = scene(done("F-1", "2026-06-13 00:00"), crossing=driven)

    spans = judge_obligation(term(EVERY_100_KM, grace_days=1), here)

    assert spans == [
        JudgedSpan(during("2026-06-12", "2026-06-13"), True, "overdue", "due at 2026-06-11T00:00:00Z"),
        JudgedSpan(during("2026-06-24", "2026-07-01"), True, "overdue", "due at 2026-06-23T00:00:00Z"),
    ]


def test_a_quantity_that_is_not_reached_is_not_due() -> None:
    here = scene(crossing=driven)

    assert judge_obligation(term({"measure": "km", "every": "301"}), here) == []


def test_a_counter_is_not_asked_about_what_was_met_before_the_part() -> None:
    asked: list[datetime] = []

    def crossing(measure: str, since: datetime, quantity: Fraction) -> datetime | None:
        asked.append(since)
        return None

    met = [done("F-1", "2026-03-01 00:00"), done("F-2", "2026-05-01 00:00"), done("F-3", "2026-07-02 00:00")]
    judge_obligation(term(EVERY_100_KM), scene(*met, covered_from=at("2026-01-01"), crossing=crossing))

    assert asked == [at("2026-05-01")]


def test_on_dates_it_is_due_by_the_end_of_the_day() -> None:
    agreed = term({"on": ["2026-06-20", "2026-06-10"]})
    met = [done("F-1", "2026-06-12 00:00"), done("F-2", "2026-06-19 00:00")]

    assert judge_obligation(agreed, scene(*met)) == [
        JudgedSpan(during("2026-06-11", "2026-06-12"), True, "overdue", "due by the end of 2026-06-10")
    ]


def test_one_fulfilment_does_not_meet_two_dates() -> None:
    agreed = term({"on": ["2026-06-10", "2026-06-20"]})

    spans = judge_obligation(agreed, scene(done("F-1", "2026-06-12 00:00")))

    assert granted(spans) == [during("2026-06-11", "2026-06-12"), during("2026-06-21", "2026-07-01")]


def test_a_date_is_not_met_before_the_date_before_is_over() -> None:
    agreed = term({"on": ["2026-06-10", "2026-06-20"]})
    met = [done("F-1", "2026-06-08 00:00"), done("F-2", "2026-06-09 00:00")]

    assert granted(judge_obligation(agreed, scene(*met))) == [during("2026-06-21", "2026-07-01")]


def test_dates_before_the_asset_is_covered_are_not_owed() -> None:
    agreed = term({"on": ["2026-06-10", "2026-06-20"]})

    spans = judge_obligation(agreed, scene(part=during("2026-06-11", "2026-07-01")))

    assert granted(spans) == [during("2026-06-21", "2026-07-01")]


def test_two_dates_missed_are_one_breach_after_the_other_and_no_time_twice() -> None:
    agreed = term({"on": ["2026-06-10", "2026-06-20"]})

    spans = judge_obligation(agreed, scene(done("F-1", "2026-06-25 00:00")))

    assert [(span.period, span.cause) for span in spans] == [
        (during("2026-06-11", "2026-06-25"), "due by the end of 2026-06-10"),
        (during("2026-06-25", "2026-07-01"), "due by the end of 2026-06-20"),
    ]


def test_a_stated_breach_is_one_by_itself() -> None:
    stated = breached("F-9", "2026-05-20 00:00", "2026-06-03 00:00")

    spans = judge_obligation(term({"on": ["2027-01-01"]}), scene(stated))

    assert spans == [JudgedSpan(during("2026-06-01", "2026-06-03"), True, "breached", "stated as a breach", "F-9")]


def test_a_stated_breach_that_is_disputed_is_shown_and_does_not_stand() -> None:
    stated = [breached("F-9", "2026-06-02 00:00", "2026-06-03 00:00"), said("F-9", "dispute", "2026-05-02")]

    spans = judge_obligation(term({"on": ["2027-01-01"]}, acceptance=FORTNIGHT), scene(*stated))

    assert refused(spans) == [(during("2026-06-02", "2026-06-03"), "disputed")]
    assert granted(spans) == []


def test_a_stated_breach_has_what_no_other_breach_has() -> None:
    stated = breached("F-9", "2026-06-05 00:00", "2026-06-12 00:00")

    spans = judge_obligation(term({"on": ["2026-06-07"]}), scene(stated, done("F-1", "2026-06-14 00:00")))

    assert [(span.period, span.reason) for span in spans] == [
        (during("2026-06-05", "2026-06-12"), "breached"),
        (during("2026-06-12", "2026-06-14"), "overdue"),
    ]


DUES = st.one_of(
    st.builds(
        lambda days, on: {"every_days": days, "first_from": f"2026-06-{on:02}"}, st.integers(1, 20), st.integers(1, 28)
    ),
    st.builds(lambda days: {"on": [f"2026-06-{day:02}" for day in days]}, st.lists(st.integers(1, 30), min_size=1)),
    st.builds(lambda km: {"measure": "km", "every": str(km)}, st.integers(1, 200)),
)
AGREED = st.builds(
    term, DUES, grace_days=st.integers(0, 5), cure=st.sampled_from(["ends", "erases"]), acceptance=st.just(FORTNIGHT)
)
MET = st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(["accept", "reject", "dispute"])), max_size=6)
STATED = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(1, 300), st.sampled_from(["accept", "reject"])), max_size=3
)


def log(met: list[tuple[int, str]], stated: list[tuple[int, int, str]]) -> list[dict[str, Any]]:
    entries = []
    for i, (hour, answer) in enumerate(met):
        entries += [done(f"M-{i}", "2026-06-01") | {"at": iso(JUNE.start + hour * HOUR)}]
        entries += [said(f"M-{i}", answer, "2026-05-02")]
    for i, (hour, length, answer) in enumerate(stated):
        since = JUNE.start + hour * HOUR
        times = {"from": iso(since), "until": iso(since + length * HOUR)}
        entries += [breached(f"B-{i}", "2026-06-01", "2026-06-02") | times, said(f"B-{i}", answer, "2026-05-02")]
    return entries


@given(agreed=AGREED, met=MET, stated=STATED)
def test_breaches_are_in_order_and_share_no_time(agreed: Obligation, met: Any, stated: Any) -> None:
    breaches = granted(judge_obligation(agreed, scene(*log(met, stated), crossing=driven)))

    assert all(a.end <= b.start for a, b in pairwise(breaches))
    assert all(JUNE.start <= breach.start < breach.end <= JUNE.end for breach in breaches)


@given(agreed=AGREED, met=MET, stated=STATED, cut=st.integers(1, 719))
def test_two_parts_have_the_breaches_of_the_whole(agreed: Obligation, met: Any, stated: Any, cut: int) -> None:
    entries, border = log(met, stated), JUNE.start + cut * HOUR

    def breaches(part: Period) -> list[Period]:
        def crossing(measure: str, since: datetime, quantity: Fraction) -> datetime | None:
            crossed = driven(measure, since, quantity)
            return crossed if crossed and crossed <= part.end else None

        here = scene(*entries, part=part, covered_from=JUNE.start, crossing=crossing)
        return granted(judge_obligation(agreed, here))

    parts = breaches(Period(JUNE.start, border)) + breaches(Period(border, JUNE.end))
    assert union(parts) == union(breaches(JUNE))


@given(agreed=AGREED, met=MET, stated=STATED)
def test_no_breach_is_longer_where_a_fulfilment_erases_it(agreed: Obligation, met: Any, stated: Any) -> None:
    here = scene(*log(met, stated), crossing=driven)

    ended, erased = (
        total_micros(granted(judge_obligation(agreed.model_copy(update={"cure": cure}), here)))
        for cure in (Cure.ENDS, Cure.ERASES)
    )

    assert erased <= ended


@given(agreed=AGREED, met=MET, stated=STATED, later_by=st.integers(0, 10_000))
def test_what_is_known_later_changes_nothing_once_all_have_answered(
    agreed: Obligation, met: Any, stated: Any, later_by: int
) -> None:
    entries = log(met, stated)

    now, later = (
        judge_obligation(agreed, scene(*entries, crossing=driven, known_at=known_at))
        for known_at in (KNOWN_AT, KNOWN_AT + later_by * HOUR)
    )

    assert now == later

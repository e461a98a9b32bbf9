"""J4 planned window: weekly and announced work, and how an allowance is used up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judging.planned_window import judge_planned_window
from contracts.scene import JudgedSpan
from contracts.terms.judges.planned_window import PlannedWindow
from tests.judge_world import BERLIN, HOUR, JUNE, at, during, granted, proposed, refused, said, scene
from vouch.period import Period, intersect, iso, subtract, total_micros, union

ANNOUNCED = {"causes": ["service"], "declared_by": ["supplier"], "notice_hours": 72, "acceptance": "not_needed"}
FORTNIGHT = {"days": 14, "silence": "accepted"}
# Mondays in June 2026: 1, 8, 15, 22, 29.
MONDAYS = [{"weekday": "monday", "from": "06:00", "until": "10:00"}]
WORKING_HOURS = {
    "weekly": {day: ["06:00-22:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")},
    "closed_on": [],
}


def term(**changes: Any) -> PlannedWindow:
    agreed = {
        "id": "service-window",
        "kind": "planned_window",
        "weekly": [],
        "announced": ANNOUNCED,
        "service_hours": "always",
        "allowance": "none",
    }
    return PlannedWindow.model_validate(agreed | changes)


def allowed(hours: float | str, per: str = "month", partial_period: str = "whole") -> dict[str, Any]:
    return {"hours": str(hours), "per": per, "partial_period": partial_period}


def work(fact: str, since: str, until: str, known: str = "2026-01-01", **changes: Any) -> dict[str, Any]:
    return proposed(fact, "planned_work", known, since=since, until=until, **changes)


def test_weekly_windows_need_no_fact() -> None:
    spans = judge_planned_window(term(weekly=MONDAYS, announced="none"), scene())

    assert spans == [
        JudgedSpan(during(f"2026-06-{day} 06:00", f"2026-06-{day} 10:00"), True, "", "weekly_window")
        for day in ("01", "08", "15", "22", "29")
    ]


def test_weekly_windows_follow_the_wall_clock_through_a_change_of_it() -> None:
    sundays = [{"weekday": "sunday", "from": "00:00", "until": "06:00"}]
    # Clocks go from 02:00 to 03:00 on 29 March: six hours on the wall are five.
    part = Period(at("2026-03-22"), at("2026-03-31"))
    month = Period(at("2026-02-28 23:00"), at("2026-03-31 22:00"))

    spans = judge_planned_window(term(weekly=sundays), scene(part=part, month=month, zone=BERLIN))

    assert granted(spans) == [
        during("2026-03-22 00:00", "2026-03-22 05:00"),
        during("2026-03-28 23:00", "2026-03-29 04:00"),
    ]


@pytest.mark.parametrize(
    ("known", "reason"),
    [("2026-06-07 06:00", ""), ("2026-06-07 06:01", "notice_too_late")],
    ids=["exactly 72 hours before", "a minute later"],
)
def test_work_is_announced_in_time(known: str, reason: str) -> None:
    (span,) = judge_planned_window(term(), scene(work("F-1", "2026-06-10 06:00", "2026-06-10 08:00", known)))

    assert (span.granted, span.reason, span.cause, span.fact) == (not reason, reason, "service", "F-1")


@pytest.mark.parametrize(
    ("agreed", "fact", "answers", "reason"),
    [
        ({}, {"about": {"cause": "painting"}}, [], "cause_not_agreed"),
        ({}, {"by": "customer"}, [], "not_entitled"),
        ({"acceptance": FORTNIGHT}, {}, ["reject"], "rejected"),
        ({"acceptance": FORTNIGHT}, {}, ["dispute"], "disputed"),
        ({"acceptance": FORTNIGHT}, {}, ["accept"], ""),
        (
            {"acceptance": {"days": 366, "silence": "accepted"}},
            {"recorded_at": "2026-05-31T00:00:00Z"},
            [],
            "undecided",
        ),
    ],
)
def test_work_is_refused_for_one_reason(agreed: Any, fact: Any, answers: list[str], reason: str) -> None:
    announced = work("F-1", "2026-06-10 06:00", "2026-06-10 08:00", **fact)
    replies = [said("F-1", says, "2026-01-02") for says in answers]

    (span,) = judge_planned_window(term(announced=ANNOUNCED | agreed), scene(announced, *replies))

    assert (span.granted, span.reason) == (not reason, reason)


def test_work_that_may_not_be_announced_has_no_agreed_cause() -> None:
    agreed = term(weekly=MONDAYS, announced="none")

    spans = judge_planned_window(agreed, scene(work("F-1", "2026-06-10 06:00", "2026-06-10 08:00")))

    assert refused(spans) == [(during("2026-06-10 06:00", "2026-06-10 08:00"), "cause_not_agreed")]


def test_windows_use_the_allowance_in_time_order_and_the_one_that_goes_beyond_it_is_cut() -> None:
    spans = judge_planned_window(term(weekly=MONDAYS, allowance=allowed(9)), scene())

    assert granted(spans) == [
        during("2026-06-01 06:00", "2026-06-01 10:00"),
        during("2026-06-08 06:00", "2026-06-08 10:00"),
        during("2026-06-15 06:00", "2026-06-15 07:00"),
    ]
    assert refused(spans) == [
        (during("2026-06-15 07:00", "2026-06-15 10:00"), "allowance_used_up"),
        (during("2026-06-22 06:00", "2026-06-22 10:00"), "allowance_used_up"),
        (during("2026-06-29 06:00", "2026-06-29 10:00"), "allowance_used_up"),
    ]


def test_an_allowance_that_is_just_enough_refuses_nothing() -> None:
    assert refused(judge_planned_window(term(weekly=MONDAYS, allowance=allowed(20)), scene())) == []


def test_no_allowance_at_all_refuses_everything() -> None:
    assert granted(judge_planned_window(term(weekly=MONDAYS, allowance=allowed(0)), scene())) == []


def test_windows_that_overlap_use_the_allowance_once() -> None:
    long = work("F-1", "2026-06-10 06:00", "2026-06-10 12:00")
    inside = work("F-2", "2026-06-10 08:00", "2026-06-10 10:00")
    beyond = work("F-3", "2026-06-10 11:00", "2026-06-10 14:00")

    spans = judge_planned_window(term(allowance=allowed(7)), scene(long, inside, beyond))

    assert [(span.fact, span.period, span.granted) for span in spans] == [
        ("F-1", during("2026-06-10 06:00", "2026-06-10 12:00"), True),
        ("F-2", during("2026-06-10 08:00", "2026-06-10 10:00"), True),
        ("F-3", during("2026-06-10 11:00", "2026-06-10 13:00"), True),
        ("F-3", during("2026-06-10 13:00", "2026-06-10 14:00"), False),
    ]


def test_work_that_is_refused_uses_no_allowance() -> None:
    late = work("F-1", "2026-06-10 06:00", "2026-06-10 12:00", known="2026-06-10")
    timely = work("F-2", "2026-06-11 06:00", "2026-06-11 08:00")

    spans = judge_planned_window(term(allowance=allowed(2)), scene(late, timely))

    assert granted(spans) == [during("2026-06-11 06:00", "2026-06-11 08:00")]


def test_only_time_within_service_hours_uses_allowance() -> None:
    # Friday 18:00 to Monday 08:00: four hours of service on Friday, two on Monday.
    weekend = work("F-1", "2026-06-05 18:00", "2026-06-08 08:00")

    for hours, spans in ((6, []), (5, [during("2026-06-08 07:00", "2026-06-08 08:00")])):
        judged = judge_planned_window(term(service_hours=WORKING_HOURS, allowance=allowed(hours)), scene(weekend))
        assert [period for period, _ in refused(judged)] == spans


def test_a_window_that_needs_no_allowance_is_granted_though_there_is_none_left() -> None:
    weekend = work("F-1", "2026-06-06 00:00", "2026-06-08 00:00")

    spans = judge_planned_window(term(service_hours=WORKING_HOURS, allowance=allowed(0)), scene(weekend))

    assert granted(spans) == [during("2026-06-06", "2026-06-08")]


def test_an_allowance_of_nothing_cuts_a_window_where_service_begins() -> None:
    # From Saturday into Monday: the weekend needs none, Monday from 06:00 does.
    weekend = work("F-1", "2026-06-06 00:00", "2026-06-08 08:00")

    spans = judge_planned_window(term(service_hours=WORKING_HOURS, allowance=allowed(0)), scene(weekend))

    assert granted(spans) == [during("2026-06-06 00:00", "2026-06-08 06:00")]
    assert refused(spans) == [(during("2026-06-08 06:00", "2026-06-08 08:00"), "allowance_used_up")]


def test_a_window_that_was_cut_before_the_part_is_not_granted_again_in_it() -> None:
    # From Friday 20:00, two hours of service, into Sunday: nothing is left for it, wherever the month is cut.
    weekend = work("F-1", "2026-06-05 20:00", "2026-06-07 00:00")
    agreed = term(service_hours=WORKING_HOURS, allowance=allowed(0))

    from_saturday = scene(weekend, part=during("2026-06-06", "2026-07-01"), covered_from=at("2026-01-01"))

    assert granted(judge_planned_window(agreed, scene(weekend))) == []
    assert granted(judge_planned_window(agreed, from_saturday)) == []


@pytest.mark.parametrize(("partial_period", "until"), [("prorate", "2026-06-22 08:00"), ("whole", "2026-06-22 10:00")])
def test_a_part_of_a_month_gets_its_share_or_the_whole(partial_period: str, until: str) -> None:
    # From 16 June on it is half of the 30 days: of 4 hours, 2.
    agreed = term(weekly=MONDAYS, allowance=allowed(4, partial_period=partial_period))

    spans = judge_planned_window(agreed, scene(part=during("2026-06-16", "2026-07-01")))

    assert granted(spans) == [during("2026-06-22 06:00", until)]


def test_a_whole_month_is_not_had_twice_where_an_amendment_splits_it() -> None:
    second = scene(part=during("2026-06-16", "2026-07-01"), covered_from=at("2026-01-01"))

    assert granted(judge_planned_window(term(weekly=MONDAYS, allowance=allowed(14)), second)) == [
        during("2026-06-22 06:00", "2026-06-22 08:00")
    ]


def test_what_a_year_has_used_in_earlier_months_is_gone() -> None:
    earlier = work("F-1", "2026-02-10 00:00", "2026-02-10 07:00")
    before_this_year = work("F-2", "2025-12-10 00:00", "2025-12-10 09:00", known="2025-10-01")
    here = work("F-3", "2026-06-10 06:00", "2026-06-10 10:00")
    june = scene(earlier, before_this_year, here, covered_from=at("2025-01-01"))

    spans = judge_planned_window(term(allowance=allowed(10, "year")), june)

    assert granted(spans) == [during("2026-06-10 06:00", "2026-06-10 09:00")]
    assert refused(spans) == [(during("2026-06-10 09:00", "2026-06-10 10:00"), "allowance_used_up")]


def test_what_an_asset_used_before_it_was_covered_is_not_counted() -> None:
    earlier = work("F-1", "2026-02-10 00:00", "2026-02-10 07:00")
    here = work("F-2", "2026-06-10 06:00", "2026-06-10 10:00")

    spans = judge_planned_window(
        term(allowance=allowed(10, "year")), scene(earlier, here, covered_from=at("2026-03-01"))
    )

    assert refused(spans) == []


def test_an_asset_that_joins_has_the_share_of_a_year_that_is_left() -> None:
    # 2 July 12:00 is the middle of the 365 days of 2026.
    july = during("2026-07-02 12:00", "2026-08-01 00:00")
    here = work("F-1", "2026-07-10 00:00", "2026-07-10 08:00")

    for partial_period, until in (("prorate", "2026-07-10 05:00"), ("whole", "2026-07-10 08:00")):
        agreed = term(allowance=allowed(10, "year", partial_period))
        spans = judge_planned_window(agreed, scene(here, part=july, month=during("2026-07-01", "2026-08-01")))
        assert granted(spans) == [during("2026-07-10 00:00", until)]


def test_a_year_begins_at_midnight_of_the_contracts_zone() -> None:
    # 23:00 UTC on 31 December is the new year in Berlin: one hour was used in the old one, one in the new one.
    eve = work("F-1", "2025-12-31 22:00", "2026-01-01 00:00", known="2025-10-01")
    here = work("F-2", "2026-01-10 00:00", "2026-01-10 04:00")
    january = during("2025-12-31 23:00", "2026-01-31 23:00")

    spans = judge_planned_window(
        term(allowance=allowed(3, "year")),
        scene(eve, here, part=january, month=january, covered_from=at("2025-01-01"), zone=BERLIN),
    )

    assert granted(spans) == [
        during("2025-12-31 23:00", "2026-01-01 00:00"),
        during("2026-01-10 00:00", "2026-01-10 02:00"),
    ]


WORKS = st.lists(
    st.tuples(st.integers(-48, 760), st.integers(1, 90), st.integers(0, 150), st.sampled_from("ard")), max_size=6
)
ANSWERS = {"a": "accept", "r": "reject", "d": "dispute"}


def log(works: list[tuple[int, int, int, str]]) -> list[dict[str, Any]]:
    """Work by (hours after June began, length, hours of notice, answer), each answered an hour after it was known."""
    entries = []
    for i, (start, length, notice, answer) in enumerate(works):
        begins = JUNE.start + start * HOUR
        known = begins - notice * HOUR
        times = {
            "from": iso(begins),
            "until": iso(begins + length * HOUR),
            "recorded_at": iso(known),
        }
        reply = said(f"F-{i}", ANSWERS[answer], "2026-01-01") | {"recorded_at": iso(known + HOUR)}
        entries += [work(f"F-{i}", "2026-01-01", "2026-01-02") | times, reply]
    return entries


AGREED = {
    "weekly": st.sampled_from([[], MONDAYS]),
    "service_hours": st.sampled_from(["always", WORKING_HOURS]),
    "announced": st.just(ANNOUNCED | {"acceptance": FORTNIGHT}),
    "allowance": st.builds(
        allowed, st.integers(0, 60), st.sampled_from(["month", "year"]), st.sampled_from(["whole", "prorate"])
    ),
}
PARTS = st.sampled_from([JUNE, during("2026-06-12 07:30", "2026-07-01"), during("2026-06-01", "2026-06-20 20:00")])


def in_service(periods: list[Period], agreed: PlannedWindow) -> list[Period]:
    """Worked out day by day: 1 June is a Monday, and so is every seventh day after it."""
    if agreed.service_hours == "always":
        return union(periods)
    served = [
        Period(JUNE.start + (24 * day + 6) * HOUR, JUNE.start + (24 * day + 22) * HOUR)
        for day in range(30)
        if day % 7 < 5
    ]
    return intersect(union(periods), served)


@given(works=WORKS, agreed=st.fixed_dictionaries(AGREED), part=PARTS)
def test_granted_service_time_never_exceeds_the_allowance(works: Any, agreed: Any, part: Period) -> None:
    judge = term(**agreed)

    spans = judge_planned_window(judge, scene(*log(works), part=part, covered_from=at("2026-06-01")))

    hours = int(agreed["allowance"]["hours"])
    assert total_micros(in_service(granted(spans), judge)) <= hours * 3_600_000_000


@given(works=WORKS, agreed=st.fixed_dictionaries(AGREED), part=PARTS)
def test_nothing_is_refused_for_the_allowance_before_it_is_used_up(works: Any, agreed: Any, part: Period) -> None:
    judge = term(**agreed | {"allowance": allowed(agreed["allowance"]["hours"])})

    spans = judge_planned_window(judge, scene(*log(works), part=part))

    beyond = [period for period, reason in refused(spans) if reason == "allowance_used_up"]
    if beyond:
        hours = int(agreed["allowance"]["hours"])
        assert total_micros(in_service(granted(spans), judge)) == hours * 3_600_000_000


@given(works=WORKS, agreed=st.fixed_dictionaries(AGREED), part=PARTS)
def test_granted_and_refused_spans_of_a_window_make_it(works: Any, agreed: Any, part: Period) -> None:
    entries = log(works)

    spans = judge_planned_window(term(**agreed), scene(*entries, part=part))

    for i, (start, length, _, _) in enumerate(works):
        begins = JUNE.start + start * HOUR
        window = Period(begins, begins + length * HOUR).overlap(part)
        own = [span.period for span in spans if span.fact == f"F-{i}"]
        assert union(own) == ([window] if window else [])
        assert total_micros(own) == (window.micros if window else 0)
        assert len(own) <= 2
    weekly = [span.period for span in spans if span.fact is None]
    mondays = [during(f"2026-06-{day} 06:00", f"2026-06-{day} 10:00") for day in ("01", "08", "15", "22", "29")]
    expected = intersect(mondays, [part]) if agreed["weekly"] else []
    assert subtract(weekly, expected) == subtract(expected, weekly) == []


@given(works=WORKS, agreed=st.fixed_dictionaries(AGREED), later_by=st.integers(0, 10_000))
def test_what_is_known_later_changes_nothing_once_all_have_answered(works: Any, agreed: Any, later_by: int) -> None:
    entries, judge, soon = log(works), term(**agreed), at("2026-08-01")

    spans = judge_planned_window(judge, scene(*entries, known_at=soon))

    assert spans == judge_planned_window(judge, scene(*entries, known_at=soon + later_by * HOUR))

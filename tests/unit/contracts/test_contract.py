"""Versions of a contract and which of them governs when."""

from datetime import date

import pytest

from contracts.contract import governing, parse_month
from tests.builders import contract, covered, fee, span, usage, utc
from vouch.errors import Invalid
from vouch.period import Period

OCTOBER = span("2026-09-30 22:00", "2026-10-31 23:00")
NOON = utc("2026-10-15 12:00")


def test_one_version_governs_the_whole_window() -> None:
    one = contract(fee())

    assert governing([one], OCTOBER) == [(one, OCTOBER)]


def test_a_later_version_ends_the_earlier_one() -> None:
    first = contract(fee())
    second = contract(fee("200"), version=2, effective_from=NOON)

    expected = [(first, Period(OCTOBER.start, NOON)), (second, Period(NOON, OCTOBER.end))]
    assert governing([first, second], OCTOBER) == expected
    assert governing([second, first], OCTOBER) == expected


def test_a_version_begins_exactly_where_its_predecessor_stops() -> None:
    first = contract(fee())
    second = contract(fee("200"), version=2, effective_from=OCTOBER.start)
    third = contract(fee("300"), version=3, effective_from=OCTOBER.end)

    assert governing([first, second, third], OCTOBER) == [(second, OCTOBER)]


def test_an_end_leaves_time_that_nothing_governs() -> None:
    first = contract(fee(), effective_until=utc("2026-10-10 00:00"))
    second = contract(fee(), version=2, effective_from=utc("2026-10-20 00:00"))

    assert [part for _, part in governing([first, second], OCTOBER)] == [
        Period(OCTOBER.start, utc("2026-10-10 00:00")),
        Period(utc("2026-10-20 00:00"), OCTOBER.end),
    ]


def test_a_version_that_starts_before_its_predecessor_replaces_it() -> None:
    first = contract(fee(), effective_from=NOON)
    second = contract(fee(), version=2, effective_from=utc("2026-10-01 00:00"))

    assert governing([first, second], OCTOBER) == [(second, Period(utc("2026-10-01 00:00"), OCTOBER.end))]


def test_nothing_governs_outside_of_all_versions() -> None:
    later = contract(fee(), effective_from=OCTOBER.end)
    over = contract(fee(), effective_until=OCTOBER.start)

    assert governing([later], OCTOBER) == []
    assert governing([over], OCTOBER) == []


def test_an_asset_is_within_a_window_while_it_is_in_service() -> None:
    asset = covered(since=NOON, until=utc("2026-10-20 00:00"))

    assert asset.within(OCTOBER) == Period(NOON, utc("2026-10-20 00:00"))
    assert asset.within(span("2026-10-01 00:00", "2026-10-15 12:00")) is None
    assert asset.within(span("2026-10-20 00:00", "2026-10-21 00:00")) is None
    assert covered().within(OCTOBER) == OCTOBER


def test_a_month_is_the_contracts_own() -> None:
    assert contract().month(date(2026, 10, 1)) == OCTOBER


def test_a_term_may_have_a_vat_rate_of_its_own() -> None:
    reduced, free, usual = fee(vat="7"), usage((None, "1"), vat="0"), fee()
    agreed = contract(reduced, free, usual, vat="19")

    assert [agreed.vat_of(term) for term in agreed.terms] == [7, 0, 19]


@pytest.mark.parametrize(("text", "month"), [("2026-10", date(2026, 10, 1)), ("2000-01", date(2000, 1, 1))])
def test_a_month_is_written_with_year_and_number(text: str, month: date) -> None:
    assert parse_month(text) == month


@pytest.mark.parametrize(
    "text",
    [
        "2026-+1",
        "2_26-10",
        "２０２６-10",
        "2026-１０",
        "2026-13",
        "2026-00",
        "2026-1",
        "26-10",
        "1999-12",
        "2026-10-01",
        " 2026-10",
        "2026-10\n",
        "2026/10",
        "",
        "October",
    ],
)
def test_no_other_spelling_of_a_month_is_taken(text: str) -> None:
    with pytest.raises(Invalid, match="expected the form 2026-10"):
        parse_month(text)

"""Numbers, money, dates and times as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.builders import BERLIN
from web.formats import duration, hours, last_day, length, local, money, number, percent, price, quantity, utc

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.50", "EUR", "€1,234.50"),
        ("-0.05", "EUR", "−€0.05"),
        ("0.00", "GBP", "£0.00"),
        ("1234567", "JPY", "¥1,234,567"),
        ("1.234", "KWD", "KWD1.234"),
        ("1.234", "IQD", "IQD1.234"),
        ("0.125", "EUR", "€0.125"),
    ],
)
def test_money_shows_exactly_the_decimals_it_has(amount: str, currency: str, text: str) -> None:
    assert money(Decimal(amount), currency).replace(SPACE, "") == text


@pytest.mark.parametrize(("amount", "text"), [("890", "€890.00"), ("0.031", "€0.031"), ("1.50", "€1.50")])
def test_a_price_has_all_its_digits_and_at_least_the_currencys(amount: str, text: str) -> None:
    assert price(Decimal(amount), "EUR") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(1), "100.0000"),
        (Fraction(999_999_999, 1_000_000_000), "99.9999"),
        (Fraction(2, 3), "66.6666"),
        (Fraction(0), "0.0000"),
    ],
)
def test_a_share_is_cut_and_never_rounded_up(share: Fraction, text: str) -> None:
    assert percent(share) == f"{text}{SPACE}%"


def test_no_share_is_not_zero() -> None:
    assert percent(None) == "—"


def test_durations_keep_what_is_shorter_than_a_second() -> None:
    assert duration(745 * 3600 * 10**6) == "745:00:00"
    assert duration(61_500_000) == "0:01:01.5"
    assert duration(0) == "0:00:00"


def test_hours_are_whole_where_they_are() -> None:
    assert hours(745 * 3600 * 10**6) == "745"
    assert hours(12 * 3600 * 10**6 + 900 * 10**6) == "12.25"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(900, "15 minutes"), (3600, "1 hour"), (28800, "8 hours"), (90, "90 seconds"), (60, "1 minute")],
)
def test_lengths_are_in_the_largest_unit_without_a_rest(seconds: int, text: str) -> None:
    assert length(seconds * 10**6) == text.replace(" ", SPACE)


def test_numbers_keep_all_their_digits() -> None:
    assert number("1234567.000100") == "1,234,567.0001"
    assert number(Decimal("1E+3")) == "1,000"
    assert number(Decimal("-0.5")) == "−0.5"
    assert number("123456789012345678.123456789") == "123,456,789,012,345,678.123456789"


def test_one_of_a_unit_is_singular_and_a_count_has_no_unit() -> None:
    assert quantity("1", "MON") == f"1{SPACE}month"
    assert quantity("2", "MON") == f"2{SPACE}months"
    assert quantity("-1", "C62") == "−1"
    assert quantity("12.5", "KMT") == f"12.5{SPACE}km"


def test_times_name_their_zone_so_that_the_hour_that_occurs_twice_is_told_apart() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))

    assert local(first, BERLIN) == "25 Oct 2026, 02:30:00 CEST"
    assert local(second, BERLIN) == "25 Oct 2026, 02:30:00 CET"
    assert local(first.replace(microsecond=500_000), BERLIN) == "25 Oct 2026, 02:30:00.5 CEST"
    assert utc(first) == "2026-10-25 00:30:00Z"


def test_a_span_that_ends_at_midnight_ends_on_the_day_before() -> None:
    assert last_day(datetime(2026, 10, 31, 23, tzinfo=UTC), BERLIN) == date(2026, 10, 31)

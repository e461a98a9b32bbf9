"""Money: exact until it is rounded once, half up, to the currency's own smallest unit."""

from decimal import Decimal
from fractions import Fraction

import pytest

from vouch.errors import Conflict, Invalid
from vouch.money import CurrencyMismatch, Money, minor_digits, round_half_up


@pytest.mark.parametrize(
    ("amount", "digits", "rounded"),
    [
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("0.0049999999999999999999999", 2, "0.00"),
        ("-0.0049999999999999999999999", 2, "0.00"),
        ("0.015", 2, "0.02"),
        ("0.025", 2, "0.03"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("0.0005", 3, "0.001"),
        ("1.00005", 4, "1.0001"),
        ("1/3", 2, "0.33"),
        ("2/3", 2, "0.67"),
        ("-2/3", 2, "-0.67"),
    ],
)
def test_a_half_goes_away_from_zero(amount: str, digits: int, rounded: str) -> None:
    found = round_half_up(Fraction(amount), digits)

    assert str(found) == rounded


@pytest.mark.parametrize(
    ("currency", "amount", "rounded"),
    [
        ("EUR", "12.345", "12.35"),
        ("JPY", "12.5", "13"),
        ("JPY", "-12.5", "-13"),
        ("KWD", "12.3455", "12.346"),
        ("CLF", "12.34565", "12.3457"),
        ("UYW", "0.00005", "0.0001"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(currency: str, amount: str, rounded: str) -> None:
    assert str(Money(Fraction(amount), currency).rounded()) == rounded


@pytest.mark.parametrize("word", ["EUU", "eur", "€", "", "EU", "XXX", "DEM", "BTC"])
def test_what_iso_4217_does_not_list_is_no_currency(word: str) -> None:
    with pytest.raises(Invalid, match="not a currency"):
        minor_digits(word)


def test_amounts_add_within_one_currency_only() -> None:
    euros = Money(Fraction(1, 3), "EUR")

    assert euros + euros + euros == Money(Fraction(1), "EUR")
    with pytest.raises(CurrencyMismatch, match="EUR with USD") as raised:
        euros + Money(Fraction(1), "USD")
    assert isinstance(raised.value, Conflict)


def test_nothing_is_rounded_on_the_way() -> None:
    third = Money(Fraction(1), "EUR").times(Fraction(1, 3))

    assert third.times(3).rounded() == Decimal("1.00")
    assert third.times(Decimal("0.5")).amount == Fraction(1, 6)
    assert (-third).amount == Fraction(-1, 3)

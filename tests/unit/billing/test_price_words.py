"""Numbers as invoice lines say them."""

from fractions import Fraction

from billing.pricing.words import amount


def test_an_amount_has_its_units_symbol_and_a_plain_count_has_none() -> None:
    assert amount(Fraction(745), "KMT") == "745 km"
    assert amount(Fraction(248), "C62") == "248"
    assert amount(Fraction(5, 2), "") == "2.5"

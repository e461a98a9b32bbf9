"""Prices: tiers at their exact bounds, credits at their exact thresholds."""

from decimal import Decimal
from fractions import Fraction

import pytest

from billing.pricing import credit_percent, graduated
from contracts.terms.uptime_guarantee import Credit
from tests.builders import ladder, per_point, tiers

STEPS = tiers(("100", "0.20"), ("250.5", "0.10"), (None, "0.05"))


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [
        ("0", ["0"]),
        ("0.1", ["0.1"]),
        ("100", ["100"]),
        ("100.1", ["100", "0.1"]),
        ("250.5", ["100", "150.5"]),
        ("250.500000000000001", ["100", "150.5", "1E-15"]),
        ("1000", ["100", "150.5", "749.5"]),
    ],
)
def test_the_unit_at_a_bound_belongs_to_the_lower_tier(quantity: str, parts: list[str]) -> None:
    assert [str(part.quantity) for part in graduated(Decimal(quantity), STEPS)] == parts


def test_a_part_names_its_tier() -> None:
    first, second = graduated(Decimal(101), STEPS)

    assert (first.price, first.above, first.up_to) == (Decimal("0.20"), Decimal(0), Decimal(100))
    assert (second.price, second.above, second.up_to) == (Decimal("0.10"), Decimal(100), Decimal("250.5"))


def test_one_price_is_one_tier() -> None:
    (part,) = graduated(Decimal("12.5"), tiers((None, "3")))

    assert (part.quantity, part.price, part.up_to) == (Decimal("12.5"), Decimal(3), None)


LADDER = ladder(("99.9", "10"), ("99", "25"), ("95", "100"))
POINTS = per_point("1", "5", cap="50")


@pytest.mark.parametrize(
    ("reached", "percent"),
    [
        ("100", 0),
        ("99.9", 0),
        ("99.89999999999999999999999999999999", 10),
        ("99", 10),
        ("98.99999999999999999999999999999999", 25),
        ("95", 25),
        ("94.9", 100),
        ("0", 100),
    ],
)
def test_a_step_of_a_ladder_begins_below_its_threshold(reached: str, percent: int) -> None:
    assert credit_percent(Fraction(reached) / 100, Decimal("99.9"), LADDER) == percent


@pytest.mark.parametrize(
    ("reached", "percent"),
    [
        ("100", 0),
        ("98", 0),
        ("97.99999999999999999999999999999999", 5),
        ("97.5", 5),
        ("97.0", 5),
        ("96.99999999999999999999999999999999", 10),
        ("96", 10),
        ("88.5", 50),
        ("88", 50),
        ("87", 50),
        ("0", 50),
    ],
)
def test_a_point_is_started_as_soon_as_availability_is_below_it(reached: str, percent: int) -> None:
    assert credit_percent(Fraction(reached) / 100, Decimal(98), POINTS) == percent


@pytest.mark.parametrize(("reached", "percent"), [("98", "0"), ("97.9", "2.5"), ("97.75", "2.5"), ("97.74", "5.0")])
def test_points_may_be_parts_of_one(reached: str, percent: str) -> None:
    scheme = per_point("0.25", "2.5")

    assert credit_percent(Fraction(reached) / 100, Decimal(98), scheme) == Decimal(percent)


@pytest.mark.parametrize("credit", [ladder(("98", "30"), cap="20"), per_point("1", "30", cap="20")])
def test_a_credit_is_never_above_its_cap(credit: Credit) -> None:
    assert credit_percent(Fraction(0), Decimal(98), credit) == 20
    assert credit_percent(Fraction(979, 1000), Decimal(98), credit) == 20


@pytest.mark.parametrize("credit", [LADDER, POINTS])
def test_nothing_is_owed_where_nothing_counted(credit: Credit) -> None:
    assert credit_percent(None, Decimal("99.9"), credit) == 0


def test_a_share_without_an_end_is_compared_exactly() -> None:
    two_thirds = ladder(("66.6666666667", "10"))

    assert credit_percent(Fraction(2, 3), Decimal("66.6666666667"), two_thirds) == 10
    assert credit_percent(Fraction(2, 3), Decimal("66.6666666666"), ladder(("66.6666666666", "10"))) == 0

"""Rollover: lots by month, used oldest first, and what becomes of them when something changes."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from billing.pricing.rollover import Balance, Lot, Rolled, Use, roll
from contracts.terms.prices.rollover import Rollover

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


def rule(**fields: Any) -> Rollover:
    plain = {
        "cap": "1000",
        "order": "plan_first",
        "expires_after_months": "none",
        "package_rest_rolls": False,
        "on_downgrade": "keep",
        "on_suspension": "keep",
        "on_end": "forfeit",
    }
    return Rollover.model_validate(plain | fields)


def balance(*lots: tuple[date, int], month: date = FEBRUARY, agreed: int = 100) -> Balance:
    return Balance(tuple(Lot(since, Fraction(units)) for since, units in lots), month, Fraction(agreed))


def used(units: int, *, month: date = MARCH, included: int = 100, block: int | None = None, ends: bool = False) -> Use:
    size = None if block is None else Fraction(block)
    return Use(month, Fraction(units), Fraction(included), Fraction(included), size, ends)


def lots(rolled: Rolled) -> list[tuple[int, int]]:
    return [(lot.month.month, int(lot.units)) for lot in rolled.balance.lots]


def whole(*units: Fraction) -> list[int]:
    assert all(one.denominator == 1 for one in units)
    return [int(one) for one in units]


def kinds(rolled: Rolled) -> list[str]:
    return [finding["kind"] for finding in rolled.findings]


def test_a_month_without_a_balance_carries_what_it_did_not_use() -> None:
    rolled = roll(None, rule(), used(30))

    assert (lots(rolled), whole(rolled.billable), rolled.findings) == ([(3, 70)], [0], [])


def test_the_plan_comes_first_and_then_the_oldest_lot() -> None:
    rolled = roll(balance((JANUARY, 20), (FEBRUARY, 50)), rule(), used(130))

    assert lots(rolled) == [(2, 40)]
    assert whole(rolled.from_included, rolled.from_carried, rolled.billable) == [100, 30, 0]


def test_the_carried_units_may_come_first() -> None:
    rolled = roll(balance((JANUARY, 20), (FEBRUARY, 50)), rule(order="carried_first"), used(130))

    assert lots(rolled) == [(3, 40)]
    assert whole(rolled.from_included, rolled.from_carried, rolled.billable) == [60, 70, 0]


@pytest.mark.parametrize("order", ["plan_first", "carried_first"])
def test_what_is_used_beyond_all_of_them_is_billed(order: str) -> None:
    rolled = roll(balance((JANUARY, 20)), rule(order=order), used(125))

    assert (lots(rolled), whole(rolled.billable, rolled.bought)) == ([], [5, 5])


@pytest.mark.parametrize(("months", "kept", "expired"), [("none", 70, 0), (2, 70, 0), (1, 50, 20)])
def test_a_lot_can_be_used_so_many_months_after_its_own(months: str | int, kept: int, expired: int) -> None:
    rolled = roll(balance((JANUARY, 20), (FEBRUARY, 50)), rule(expires_after_months=months), used(100))

    assert whole(rolled.carried_out, rolled.expired) == [kept, expired]
    assert kinds(rolled) == ["carried_units_expired"] * bool(expired)


def test_what_goes_beyond_the_cap_is_forfeited_newest_first() -> None:
    rolled = roll(balance((JANUARY, 20), (FEBRUARY, 50)), rule(cap="90"), used(40))

    assert lots(rolled) == [(1, 20), (2, 50), (3, 20)]
    assert (whole(rolled.forfeited), kinds(rolled)) == ([40], ["carried_units_forfeited"])


@pytest.mark.parametrize(("on_downgrade", "carried"), [("keep", 50), ("forfeit", 0)])
def test_fewer_included_units_keep_or_forfeit_what_was_carried(on_downgrade: str, carried: int) -> None:
    rolled = roll(balance((FEBRUARY, 50), agreed=120), rule(on_downgrade=on_downgrade), used(100))

    assert whole(rolled.carried_out, rolled.forfeited) == [carried, 50 - carried]


def test_a_downgrade_may_forfeit_what_is_above_the_new_cap_before_it_is_used() -> None:
    before = balance((JANUARY, 20), (FEBRUARY, 50), agreed=120)

    excess, kept = (roll(before, rule(on_downgrade=rest, cap="60"), used(170)) for rest in ("forfeit_excess", "keep"))

    # Of the 70 beyond the plan, 60 are covered once ten are forfeited; kept until the month's end, all 70 are.
    assert whole(excess.from_carried, excess.billable, excess.forfeited) == [60, 10, 10]
    assert whole(kept.from_carried, kept.billable, kept.forfeited) == [70, 0, 0]


@pytest.mark.parametrize("agreed", [100, 80])
def test_as_many_or_more_included_units_are_no_downgrade(agreed: int) -> None:
    rolled = roll(balance((FEBRUARY, 50), agreed=agreed), rule(on_downgrade="forfeit"), used(100))

    assert rolled.carried_out == 50


@pytest.mark.parametrize(("month", "carried"), [(MARCH, 50), (APRIL, 0)])
def test_a_whole_month_without_service_forfeits_what_was_carried(month: date, carried: int) -> None:
    rolled = roll(balance((FEBRUARY, 50)), rule(on_suspension="forfeit"), used(100, month=month))

    assert rolled.carried_out == carried


@pytest.mark.parametrize(("rolls", "carried", "forfeited"), [(True, 30, 0), (False, 0, 30)])
def test_the_rest_of_a_block_is_carried_or_forfeited(rolls: bool, carried: int, forfeited: int) -> None:
    rolled = roll(None, rule(package_rest_rolls=rolls), used(170, block=50))

    assert whole(rolled.billable, rolled.bought) == [70, 100]
    assert (whole(rolled.carried_out, rolled.forfeited), rolled.findings) == ([carried, forfeited], [])


def test_at_the_end_what_is_left_is_forfeited() -> None:
    rolled = roll(balance((FEBRUARY, 50)), rule(), used(90, ends=True))

    assert whole(rolled.forfeited, rolled.refunded, rolled.carried_out) == [60, 0, 0]


def test_at_the_end_what_is_left_is_paid_back_where_that_is_agreed() -> None:
    rolled = roll(balance((FEBRUARY, 50)), rule(on_end={"refund_price": "0.1"}), used(90, ends=True))

    assert (whole(rolled.forfeited, rolled.refunded, rolled.carried_out), rolled.findings) == ([0, 60, 0], [])

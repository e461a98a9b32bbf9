"""Laws of prices: sums that are kept, however a quantity, a year or a balance is cut."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from billing.pricing.fixed_fee import month_share, rate_fixed_fee
from billing.pricing.maximum import comes_off
from billing.pricing.minimum import Excess, settle
from billing.pricing.rollover import Balance, Use, roll
from billing.pricing.scheme import Priced, lines, priced, total_price
from billing.pricing.usage_price import billable
from contracts.contract import CoveredAsset
from contracts.terms.prices.fixed_fee import FreeSpan, Proration
from contracts.terms.prices.rollover import Rollover
from contracts.terms.prices.usage_price import Scheme
from tests.price_months import agreed, course, covered
from vouch.period import Period

NOTHING = Fraction(0)
QUANTITIES = st.fractions(min_value=-50, max_value=5000, max_denominator=60)
AMOUNTS = st.fractions(min_value=0, max_value=5000, max_denominator=60)
SHARES = st.fractions(min_value=Fraction(1, 31), max_value=1, max_denominator=31)
PRICES = st.integers(0, 900).map(lambda cents: f"{cents // 100}.{cents % 100:02}")


def scheme(document: dict[str, Any], share: Fraction = Fraction(1)) -> Priced:
    return priced(TypeAdapter[Scheme](Scheme).validate_python(document), Fraction, share)


@st.composite
def tiered(draw: Callable[..., Any], *models: str) -> Priced:
    tops = sorted(draw(st.sets(st.integers(1, 3000), max_size=4)))
    tiers = [{"up_to": str(top), "price": draw(PRICES)} for top in tops]
    document = {"model": draw(st.sampled_from(models)), "tiers": [*tiers, {"price": draw(PRICES)}]}
    return scheme(document, draw(SHARES))


PACKAGES = st.tuples(st.integers(1, 700), PRICES).map(
    lambda of: scheme({"model": "package", "size": str(of[0]), "price": of[1]})
)
FLATS = PRICES.map(lambda one: scheme({"model": "flat", "price": one}))
SCHEMES = st.one_of(tiered("graduated", "volume"), PACKAGES, FLATS)


@given(st.one_of(tiered("graduated"), PACKAGES, FLATS), QUANTITIES, QUANTITIES)
def test_a_graduated_price_never_falls_as_usage_grows(prices: Priced, one: Fraction, other: Fraction) -> None:
    assert total_price(prices, min(one, other)) <= total_price(prices, max(one, other))


@given(SCHEMES, QUANTITIES, QUANTITIES)
def test_lines_come_to_what_the_running_total_adds(prices: Priced, before: Fraction, after: Fraction) -> None:
    made = lines(prices, before, after, "KMT")

    assert made
    assert sum(line.amount for line in made) == total_price(prices, after) - total_price(prices, before)
    assert all(line.unit_price >= 0 for line in made)


@given(tiered("graduated"), QUANTITIES, QUANTITIES)
def test_splitting_a_quantity_over_tiers_keeps_the_sum(prices: Priced, before: Fraction, after: Fraction) -> None:
    assert sum(line.quantity for line in lines(prices, before, after, "KMT")) == after - before


@given(SCHEMES, AMOUNTS, st.lists(QUANTITIES, min_size=1, max_size=12))
def test_months_that_go_on_cost_what_their_year_costs(
    prices: Priced, included: Fraction, months: list[Fraction]
) -> None:
    charged, total = NOTHING, NOTHING
    for used in months:
        made = lines(prices, billable(total, included), billable(total + used, included), "KMT")
        charged += sum(line.amount for line in made)
        total += used

    assert charged == total_price(prices, billable(sum(months, NOTHING), included))


@given(PACKAGES)
def test_a_package_never_charges_for_nothing(prices: Priced) -> None:
    assert total_price(prices, NOTHING) == 0
    assert [line.amount for line in lines(prices, NOTHING, NOTHING, "ZP")] == [0]


RULES = st.fixed_dictionaries(
    {
        "cap": st.integers(0, 300).map(str),
        "order": st.sampled_from(["plan_first", "carried_first"]),
        "expires_after_months": st.one_of(st.just("none"), st.integers(1, 4)),
        "package_rest_rolls": st.booleans(),
        "on_downgrade": st.sampled_from(["keep", "forfeit", "forfeit_excess"]),
        "on_suspension": st.sampled_from(["keep", "forfeit"]),
        "on_end": st.sampled_from(["forfeit", {"refund_price": "0.5"}]),
    }
).map(Rollover.model_validate)
UNITS = st.fractions(min_value=0, max_value=200, max_denominator=12)
# How many months later, units used, units included.
STEPS = st.lists(st.tuples(st.integers(0, 3), UNITS, UNITS), min_size=1, max_size=8)


@given(RULES, STEPS, st.one_of(st.none(), st.integers(1, 60).map(Fraction)))
def test_no_carried_unit_is_lost_or_made(
    rule: Rollover, steps: list[tuple[int, Fraction, Fraction]], block: Any
) -> None:
    balance: Balance | None = None
    number = 2026 * 12
    for n, (later, used, included) in enumerate(steps):
        number += later
        month = date(number // 12, number % 12 + 1, 1)
        rolled = roll(balance, rule, Use(month, used, included, included, block, n == len(steps) - 1))
        came = included + rolled.carried_in + rolled.bought
        gone = rolled.from_included + rolled.from_carried + rolled.billable
        gone += rolled.carried_out + rolled.expired + rolled.forfeited + rolled.refunded

        assert came == gone
        assert used == rolled.from_included + rolled.from_carried + rolled.billable
        assert rolled.carried_in == (sum((lot.units for lot in balance.lots), NOTHING) if balance else 0)
        assert rolled.carried_out <= int(rule.cap)
        assert all(lot.units > 0 for lot in rolled.balance.lots)
        assert [lot.month for lot in rolled.balance.lots] == sorted(lot.month for lot in rolled.balance.lots)
        balance = rolled.balance

    assert rolled.carried_out == 0


@given(AMOUNTS, st.lists(QUANTITIES, min_size=1, max_size=6), st.integers(0, 3))
def test_what_was_reached_and_trued_up_is_never_below_the_minimum(
    minimum: Fraction, windows: list[Fraction], carried: int
) -> None:
    earlier: tuple[Excess, ...] = ()
    paid = NOTHING
    for n, reached in enumerate(windows, start=1):
        settled = settle(minimum, reached, earlier, carried)
        paid += reached + settled.missing
        earlier = settled.left

        assert reached + settled.missing + settled.from_earlier >= minimum
        assert settled.missing == 0 or reached + settled.missing + settled.from_earlier == minimum
        assert paid >= n * minimum


@given(AMOUNTS, st.lists(QUANTITIES, min_size=1, max_size=12))
def test_a_maximum_is_never_exceeded(limit: Fraction, months: list[Fraction]) -> None:
    charged = taken = NOTHING
    for amount in months:
        charged += amount
        taken += comes_off(charged, limit, taken)

        assert charged - taken == min(charged, limit)
        assert taken >= 0


DAYS = st.integers(0, 300).map(lambda n: f"{date(2026, 1, 1) + timedelta(days=n)} {6 * (n % 4):02}:00")
FEES = st.fixed_dictionaries(
    {
        "kind": st.just("fixed_fee"),
        "id": st.just("fee"),
        "text": st.just("Fee"),
        "amount": st.integers(0, 5000).map(str),
        "per": st.just("asset"),
        "interval_months": st.sampled_from([1, 2, 3, 4, 6, 12]),
        "billed": st.sampled_from(["in_arrears", "in_advance"]),
        "proration": st.sampled_from(["none", "days", "seconds"]),
        "free_of_charge": st.lists(st.just({"from": "2026-03-20", "until": "2026-04-10"}), max_size=1),
    }
)


@st.composite
def assets(draw: Callable[..., Any]) -> list[CoveredAsset]:
    spans = [sorted(draw(st.sets(DAYS, min_size=2, max_size=2))) for _ in "ab"]
    covers = [
        covered(name, span[0], draw(st.sampled_from([span[1], None]))) for name, span in zip("ab", spans, strict=True)
    ]
    return covers[: draw(st.integers(1, 2))]


@settings(max_examples=60, deadline=None)
@given(FEES, FEES, assets(), assets(), DAYS, st.lists(st.sampled_from(["1", "11/10"]), min_size=20, max_size=20))
def test_a_fee_bills_what_its_months_bear_whatever_becomes_known(
    one: dict[str, Any], two: dict[str, Any], at_first: Any, later: Any, amended: str, factors: list[str]
) -> None:
    end = "2026-11-15"
    versions = [agreed(one, *at_first, until=end), agreed(two, *later, version=2, since=amended, until=end)]
    came = course(rate_fixed_fee, *versions, last="2026-11", factors=factors)

    billed = sum(charge.money.amount for part in came for charge in part.charges)
    assert billed == sum(amount for part in came for amount in part.accrued.values())


@given(st.sampled_from(Proration), st.lists(st.integers(0, 31 * 24), min_size=1, max_size=5), st.booleans())
def test_a_month_cut_at_any_instants_bears_what_the_whole_month_does(
    proration: Proration, cuts: list[int], some_free: bool
) -> None:
    zone = ZoneInfo("UTC")
    month = Period.month(2026, 1, zone)
    free = [FreeSpan.model_validate({"from": "2026-01-10", "until": "2026-01-13"})] if some_free else []
    bounds = sorted({month.start, month.end, *(month.start + timedelta(hours=cut) for cut in cuts)})
    parts = [Period(start, end) for start, end in pairwise(bounds)]

    shares = [month_share(proration, free, part, part.start > month.start, month, zone) for part in parts]
    assert sum(shares) == month_share(proration, free, month, False, month, zone)

"""Laws of measures and prices: parts make the whole, order and thinning change nothing, more use is never cheaper."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.invoice import compose
from billing.pricing import credit_percent, graduated
from billing.rating import Charge, rate
from contracts.evaluate import evaluate
from contracts.measure.counter import counter_use
from contracts.terms.uptime_guarantee import Credit
from contracts.terms.usage_price import PriceTier, Scope
from ingest.catalogue import Metric, MetricKind, OnFall
from tests.builders import (
    HOUR,
    T0,
    Said,
    by_asset,
    contract,
    covered,
    fee,
    hours,
    ladder,
    metric,
    per_point,
    stream,
    tiers,
    uptime,
    usage,
)
from vouch.money import Money, minor_digits
from vouch.period import Period

lawful = settings(max_examples=100, derandomize=True, deadline=None)

RESET, DIP, STATE = metric(), metric(on_fall=OnFall.DIP), metric(MetricKind.STATE)
MINUTES = 4 * 24 * 60


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


minutes = st.integers(-MINUTES, 2 * MINUTES)
shown = st.dictionaries(minutes, st.integers(0, 60), max_size=25).map(
    lambda found: [(at(minute), float(value)) for minute, value in sorted(found.items())]
)
policies = st.sampled_from([RESET, DIP])
cuts = st.lists(st.integers(0, MINUTES), max_size=4, unique=True)


def used(said: list[Said], of: Metric, window: Period, serves_from: datetime) -> Decimal:
    return counter_use([stream(said, window, of, serves_from=serves_from)]).quantity


@given(shown, policies, cuts, st.sampled_from([0, -MINUTES, -1000 * MINUTES]))
@lawful
def test_use_of_the_parts_is_use_of_the_whole(said: list[Said], of: Metric, divided: list[int], since: int) -> None:
    bounds = [at(minute) for minute in sorted({0, *divided, MINUTES})]
    parts = [Period(*bounds[i : i + 2]) for i in range(len(bounds) - 1)]

    whole = used(said, of, Period(at(0), at(MINUTES)), at(since))
    assert sum(used(said, of, part, at(since)) for part in parts) == whole


@given(shown, policies, st.randoms(use_true_random=False))
@lawful
def test_order_and_repetition_change_nothing(said: list[Said], of: Metric, random: Random) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)
    window = Period(at(0), at(MINUTES))

    assert stream(shuffled, window, of) == stream(said, window, of)


@given(shown, st.lists(st.booleans(), min_size=25, max_size=25))
@lawful
def test_a_thinned_counter_that_only_rises_bills_the_same(said: list[Said], kept: list[bool]) -> None:
    rising = [(moment, float(sum(value for _, value in said[: i + 1]))) for i, (moment, value) in enumerate(said)]
    window = Period(at(0), at(MINUTES))
    before = [reading for reading in rising if reading[0] <= window.start]
    within = [reading for reading in rising if window.start < reading[0] <= window.end]
    edges = {*before[-1:], *within[:1], *within[-1:]}
    thinned = [reading for reading, keep in zip(rising, kept, strict=False) if keep or reading in edges]

    for of in (RESET, DIP):
        assert used(thinned, of, window, at(-9 * MINUTES)) == used(rising, of, window, at(-9 * MINUTES))


@given(shown, policies)
@lawful
def test_use_is_never_negative(said: list[Said], of: Metric) -> None:
    assert used(said, of, Period(at(0), at(MINUTES)), at(-9 * MINUTES)) >= 0


@given(shown, st.sampled_from([60, 3600, 7 * 86_400]))
@lawful
def test_how_runs_are_broken_does_not_change_use(said: list[Said], silence: int) -> None:
    window = Period(at(0), at(MINUTES))
    for fall in OnFall:
        of = metric(on_fall=fall, silence_seconds_max=silence)
        usual = metric(on_fall=fall)
        assert used(said, of, window, at(-9 * MINUTES)) == used(said, usual, window, at(-9 * MINUTES))


spoken = st.dictionaries(minutes, st.sampled_from([1.0, 2.0, 3.0]), max_size=25).map(
    lambda found: [(at(minute), code) for minute, code in sorted(found.items())]
)


@given(spoken, cuts, st.sampled_from([60, 7200, 100_000]))
@lawful
def test_classes_of_the_parts_are_classes_of_the_whole(said: list[Said], divided: list[int], carry: int) -> None:
    held = timedelta(seconds=carry)
    agreed = contract(uptime(carry=held, service=["tuesday 05:00-24:00", "thursday 00:00-08:00"]))
    bounds = [at(minute) for minute in sorted({0, *divided, MINUTES})]

    def classes(window: Period) -> dict[str, int]:
        (found,) = evaluate(agreed, window, by_asset(stream(said, window, STATE, carry=held)))
        return found.result.micros  # type: ignore[union-attr]

    parts = [classes(Period(*bounds[i : i + 2])) for i in range(len(bounds) - 1)]
    whole = classes(Period(at(0), at(MINUTES)))
    assert {name: sum(part[name] for part in parts) for name in whole} == whole
    assert sum(whole.values()) == Period(at(0), at(MINUTES)).micros


prices = st.integers(0, 500).map(lambda cents: str(Decimal(cents).scaleb(-2)))
steps = st.builds(
    lambda bounds, costs: tiers(
        *((str(bound), costs[i]) for i, bound in enumerate(sorted(bounds))), (None, costs[len(bounds)])
    ),
    st.sets(st.integers(1, 60), max_size=4),
    st.lists(prices, min_size=5, max_size=5),
)
quantities = st.integers(0, 800).map(lambda tenths: Decimal(tenths).scaleb(-1))


def cost(quantity: Decimal, of: tuple[PriceTier, ...]) -> Decimal:
    return sum((part.quantity * part.price for part in graduated(quantity, of)), Decimal(0))


@given(steps, quantities)
@lawful
def test_a_graduated_price_is_the_sum_over_its_units(of: tuple[PriceTier, ...], quantity: Decimal) -> None:
    # Tenths of a unit, each at the price of the first tier that reaches it.
    naive = Decimal(0)
    for tenth in range(1, int(quantity * 10) + 1):
        tier = next(tier for tier in of if tier.up_to is None or Decimal(tenth).scaleb(-1) <= tier.up_to)
        naive += tier.price * Decimal("0.1")

    assert cost(quantity, of) == naive
    assert sum(part.quantity for part in graduated(quantity, of)) == quantity


@given(steps, quantities, quantities)
@lawful
def test_more_use_is_never_cheaper(of: tuple[PriceTier, ...], one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))

    assert cost(low, of) <= cost(high, of)


@given(steps, st.lists(quantities, min_size=1, max_size=4))
@lawful
def test_pooling_keeps_the_quantity(of: tuple[PriceTier, ...], each: list[Decimal]) -> None:
    assets = [covered(f"a{i}") for i in range(len(each))]
    streams = [
        stream([(T0, 0.0), (T0 + HOUR, float(quantity))], hours(0, 1), asset=f"a{i}") for i, quantity in enumerate(each)
    ]
    term = usage(*((None if t.up_to is None else str(t.up_to), str(t.price)) for t in of), scope=Scope.POOLED)

    charges = rate(evaluate(contract(term, assets=assets), hours(0, 1), by_asset(*streams)))
    assert sum(charge.quantity for charge in charges) == sum(each)
    assert sum(charge.money.amount for charge in charges) == Fraction(cost(sum(each, Decimal(0)), of))


percents = st.integers(0, 1000).map(lambda tenths: str(Decimal(tenths).scaleb(-1)))
credits_agreed = st.one_of(
    st.builds(
        lambda below, owed, cap: ladder(
            *zip(
                [str(Decimal(b).scaleb(-1)) for b in [980, *sorted(below, reverse=True)]],
                [str(p) for p in sorted(owed)],
                strict=False,
            ),
            cap=cap,
        ),
        st.sets(st.integers(0, 979), max_size=3),
        st.sets(st.integers(1, 100), min_size=4, max_size=4),
        percents,
    ),
    st.builds(per_point, st.sampled_from(["0.1", "0.25", "1", "3"]), percents, percents),
)
shares = st.fractions(0, 1, max_denominator=3000) | st.integers(0, 1000).map(lambda n: Fraction(n, 1000))


@given(credits_agreed, shares, shares)
@lawful
def test_a_credit_stays_below_its_cap_and_never_falls_as_availability_falls(
    credit: Credit, one: Fraction, other: Fraction
) -> None:
    low, high = sorted((one, other))
    target = Decimal(98)

    owed = credit_percent(low, target, credit)
    assert 0 <= credit_percent(high, target, credit) <= owed <= credit.cap_percent
    if low >= Fraction(98, 100):
        assert owed == 0


charges = st.builds(
    lambda amount, vat: Charge(0, "t", None, "T", Decimal(1), "C62", None, Money(amount, ""), Decimal(vat)),
    st.fractions(-1000, 1000, max_denominator=100_000),
    st.sampled_from(["0", "7", "19", "19.0", "7.7"]),
)


@given(st.lists(charges, max_size=12), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
@lawful
def test_totals_are_sums_of_what_the_lines_say(some: list[Charge], currency: str) -> None:
    priced = [
        Charge(
            c.evaluation,
            c.term,
            c.asset,
            c.description,
            c.quantity,
            c.unit,
            None,
            Money(c.money.amount, currency),
            c.vat_percent,
        )
        for c in some
    ]
    half = Fraction(1, 2 * 10 ** minor_digits(currency))

    body = compose(priced, [1], currency)
    assert body.net == sum(line.amount for line in body.lines)
    assert body.net == sum(total.base for total in body.vat_totals)
    assert body.vat == sum(total.amount for total in body.vat_totals)
    assert body.gross == body.net + body.vat
    for line, charge in zip(body.lines, priced, strict=True):
        assert abs(Fraction(line.amount) - charge.money.amount) <= half
    for total in body.vat_totals:
        assert abs(Fraction(total.amount) - Fraction(total.base) * Fraction(total.vat_percent) / 100) <= half
    for number in (body.net, body.vat, body.gross):
        assert -number.as_tuple().exponent == minor_digits(currency)  # type: ignore[operator]


@given(st.lists(st.integers(0, 720), min_size=2, max_size=6, unique=True))
@lawful
def test_a_fee_divided_by_amendments_is_the_whole_fee(divided: list[int]) -> None:
    month = contract().month(T0.date())
    bounds = [month.start, *(month.start + n * HOUR for n in sorted(divided)), month.end]
    agreed = contract(fee("99.99"))

    parts = [rate(evaluate(agreed, Period(*bounds[i : i + 2]), {})) for i in range(len(bounds) - 1)]
    assert sum(charge.money.amount for part in parts for charge in part) == Fraction("99.99")

"""Laws of months: order, thinning and the breaking of runs change nothing, parts make the whole, totals are sums."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from billing.documents.lines import compose
from billing.month import RatedLine, rate_month
from billing.pricing.scheme import Priced, priced, total_price
from billing.scene import Charge
from contracts.measuring.availability import measure_availability
from contracts.measuring.counter import counter_needs, measure_counter
from contracts.terms import Availability, Counter
from contracts.terms.prices.usage_price import Scheme
from ingest.catalogue import MetricKind
from tests.agreements import agreement, availability, covered, rated, usage, used
from tests.builders import HOUR, T0, Said, metric, scene, stream
from tests.offline import knowledge
from vouch.money import Money, minor_digits
from vouch.period import Period, iso

lawful = settings(max_examples=100, derandomize=True, deadline=None)

STATE = metric(MetricKind.STATE, "state")
MINUTES = 4 * 24 * 60
WHOLE = Period(T0, T0 + timedelta(minutes=MINUTES))
LONG_BEFORE = T0 - timedelta(minutes=9 * MINUTES)


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


minutes = st.integers(-MINUTES, 2 * MINUTES)
shown = st.dictionaries(minutes, st.integers(0, 60), max_size=25).map(
    lambda found: [(at(minute), float(value)) for minute, value in sorted(found.items())]
)
rules = st.sampled_from(["reset", "high_water", "refuse"])
cuts = st.lists(st.integers(0, MINUTES), max_size=4, unique=True)


def agreed(on_fall: str, **changes: Any) -> Counter:
    return Counter.model_validate(used() | {"metric": "counter", "unit": "C62", "on_fall": on_fall} | changes)


def use_of(said: list[Said], of: Counter, silence: int = 86_400) -> Fraction:
    (need,) = counter_needs(of, "asset-1")
    one = stream(said, WHOLE, metric(silence_seconds_max=silence), serves_from=LONG_BEFORE, need=need)
    return measure_counter(of, scene([one], WHOLE)).amount


@given(shown, st.randoms(use_true_random=False))
@lawful
def test_order_and_repetition_change_nothing(said: list[Said], random: Random) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)

    assert stream(shuffled, WHOLE) == stream(said, WHOLE)


@given(shown, st.lists(st.booleans(), min_size=25, max_size=25), rules)
@lawful
def test_a_thinned_counter_that_only_rises_bills_the_same(said: list[Said], kept: list[bool], rule: str) -> None:
    rising = [(moment, float(sum(value for _, value in said[: i + 1]))) for i, (moment, value) in enumerate(said)]
    before = [reading for reading in rising if reading[0] <= WHOLE.start]
    within = [reading for reading in rising if WHOLE.start < reading[0] <= WHOLE.end]
    edges = {*before[-1:], *within[:1], *within[-1:]}
    thinned = [reading for reading, keep in zip(rising, kept, strict=False) if keep or reading in edges]

    assert use_of(thinned, agreed(rule)) == use_of(rising, agreed(rule))


@given(shown, st.sampled_from([60, 3600, 7 * 86_400]), rules, st.sampled_from([0, 3]), st.sampled_from(["none", "20"]))
@lawful
def test_how_runs_are_broken_does_not_change_use(
    said: list[Said], silence: int, rule: str, jitter: int, step: str
) -> None:
    # Of what was shown before the first part, a height that counts and a spike cannot be told apart from runs alone.
    of = agreed(rule, jitter=jitter, step_max="none" if rule == "high_water" else step)

    assert use_of(said, of, silence) == use_of(said, of)


spoken = st.dictionaries(minutes, st.sampled_from([1.0, 2.0, 3.0]), max_size=25).map(
    lambda found: [(at(minute), code) for minute, code in sorted(found.items())]
)


@given(spoken, cuts, st.sampled_from([60, 7200, 100_000]))
@lawful
def test_classes_of_the_parts_are_classes_of_the_whole(said: list[Said], divided: list[int], carry: int) -> None:
    held = timedelta(seconds=carry)
    service = {"weekly": {"tuesday": ["05:00-24:00"], "thursday": ["00:00-08:00"]}, "closed_on": []}
    term = Availability.model_validate(availability(held) | {"unknown": ["lost"], "service_hours": service})
    bounds = [at(minute) for minute in sorted({0, *divided, MINUTES})]

    def classes(window: Period) -> dict[str, int]:
        one = stream(said, window, STATE, carry=held)
        return dict(measure_availability(term, scene([one], window)).micros)

    parts = [classes(Period(*bounds[i : i + 2])) for i in range(len(bounds) - 1)]
    whole = classes(WHOLE)
    assert {name: sum(part.get(name, 0) for part in parts) for name in whole} == whole
    assert sum(whole.values()) == WHOLE.micros


PRICES = st.integers(0, 500).map(lambda cents: str(Decimal(cents).scaleb(-2)))
STEPS = st.builds(
    lambda bounds, costs: [
        *((str(bound), costs[i]) for i, bound in enumerate(sorted(bounds))),
        (None, costs[len(bounds)]),
    ],
    st.sets(st.integers(1, 60), max_size=4),
    st.lists(PRICES, min_size=5, max_size=5),
)
QUANTITIES = st.integers(0, 800).map(lambda tenths: Decimal(tenths).scaleb(-1))
Steps = list[tuple[str | None, str]]


def graduated(steps: Steps) -> Priced:
    scheme = TypeAdapter[Scheme](Scheme).validate_python(usage(*steps)["scheme"])
    return priced(scheme, Fraction, Fraction(1))


@given(STEPS, QUANTITIES)
@lawful
def test_a_graduated_price_is_the_sum_over_its_units(steps: Steps, quantity: Decimal) -> None:
    # Tenths of a unit, each at the price of the first tier that reaches it.
    naive = Decimal(0)
    for tenth in range(1, int(quantity * 10) + 1):
        price = next(price for up_to, price in steps if up_to is None or Decimal(tenth).scaleb(-1) <= Decimal(up_to))
        naive += Decimal(price) * Decimal("0.1")

    assert total_price(graduated(steps), Fraction(quantity)) == Fraction(naive)


@given(STEPS, st.lists(QUANTITIES, min_size=1, max_size=4))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_pooling_keeps_the_quantity(steps: Steps, each: list[Decimal]) -> None:
    names = [f"a-{i}" for i in range(len(each))]
    readings = [
        f"{name},odometer,{iso(T0 + n * HOUR)},{value}"
        for name, quantity in zip(names, each, strict=True)
        for n, value in enumerate((0, quantity))
    ]
    text = agreement(used("pooled"), usage(*steps), assets=[covered(name) for name in names])

    charges = [line.charge for line in rated(text, "2026-06", readings).lines]
    assert sum(charge.quantity for charge in charges) == sum(map(Fraction, each))
    assert sum(charge.money.amount for charge in charges) == total_price(
        graduated(steps), Fraction(sum(each, Decimal(0)))
    )


PART = Period(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


def line(amount: Fraction, currency: str, vat: str) -> RatedLine:
    money = Money(amount, currency)
    charge = Charge("t", "*", "T", Fraction(1), "C62", None, money, Decimal(vat), PART)
    return RatedLine(0, charge, money.rounded(), None)


@given(
    st.lists(
        st.tuples(st.fractions(-1000, 1000, max_denominator=100_000), st.sampled_from(["0", "7", "19", "19.0", "7.7"])),
        max_size=12,
    ),
    st.sampled_from(["EUR", "JPY", "KWD", "CLF"]),
)
@lawful
def test_totals_are_sums_of_what_the_lines_say(some: list[tuple[Fraction, str]], currency: str) -> None:
    half = Fraction(1, 2 * 10 ** minor_digits(currency))

    body = compose([line(amount, currency, vat) for amount, vat in some], {(0, "t", "*"): 1}, currency)
    assert body.totals.net == sum(line.amount for line in body.lines)
    assert body.totals.net == sum(total.base for total in body.totals.vat_totals)
    assert body.totals.vat == sum(total.amount for total in body.totals.vat_totals)
    assert body.totals.gross == body.totals.net + body.totals.vat
    for made, (amount, _) in zip(body.lines, some, strict=True):
        assert abs(Fraction(made.amount) - amount) <= half
    for total in body.totals.vat_totals:
        assert abs(Fraction(total.amount) - Fraction(total.base) * Fraction(total.vat_percent) / 100) <= half
    for number in (body.totals.net, body.totals.vat, body.totals.gross):
        assert -number.as_tuple().exponent == minor_digits(currency)  # type: ignore[operator]


@given(st.lists(st.integers(1, 719), min_size=1, max_size=4, unique=True))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_use_divided_by_amendments_is_the_whole_use(divided: list[int]) -> None:
    """Versions take effect at any hour of June; the odometer goes one kilometre an hour."""
    june = datetime(2026, 5, 31, 22, tzinfo=UTC)
    parts = [used(), usage((None, "0.37"))]
    starts = [june, *(june + hour * HOUR for hour in sorted(divided))]
    files = [agreement(*parts, version=n, effective_from=iso(start)) for n, start in enumerate(starts, start=1)]
    readings = [f"odometer,{iso(june + n * HOUR)},{n + 1}" for n in range(-1, 722)]

    found = rate_month(knowledge(files, readings), date(2026, 6, 1))
    assert len(found.parts) == len(files)
    assert sum(line.charge.quantity for line in found.lines) == 720
    assert sum(line.charge.money.amount for line in found.lines) == 720 * Fraction("0.37")

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from billing.pricing.claims import claim_deadline
from billing.pricing.combination import Used, combine, left_by_rule, rate_combination
from contracts.facts.entry import AnyEntry
from contracts.scene import JudgedSpan
from contracts.terms import Combination
from contracts.terms.prices.combination import ClaimDays, ClaimMonths, Rule
from contracts.value import Verdict
from tests.price_world import FEE, JUNE, PROMISE, ZONE, PriceWorld, judge, judged, price
from vouch.period import Period

TRUCK = "truck-1"
YEAR = {"kind": "calendar", "months": 12, "partial": "judge"}
FIRST = date(2026, 6, 1)


def combination(**changes: Any) -> Combination:
    document = {"kind": "combination", "id": "caps", "text": "Credits", "of": ["a", "b", "c"], "rule": "sum"}
    document |= {"cap_per_month": "none", "cap_per_window": "none", "claim": "not_needed"}
    made = price({**document, **changes})
    assert isinstance(made, Combination)
    return made


def yearly(cap: dict[str, Any]) -> dict[str, Any]:
    return {"window": YEAR, "cap": cap}


def world(term: Combination, a: str = "0", b: str = "0", c: str = "0", **changes: Any) -> PriceWorld:
    """Credits of three remedies, given as positive amounts, on a fee of 1000."""
    flat = {"kind": "remedy", "text": "Credit", "of": "promise", "credit": {"form": "flat", "amount": "1"}}
    remedies = [price({**flat, "id": name}) for name in "abc"]
    amounts = {(name, TRUCK): str(-Fraction(amount)) for name, amount in zip("abc", (a, b, c), strict=True)}
    given_world: dict[str, Any] = {
        "judges": [judge(PROMISE)],
        "prices": [price(FEE), *remedies, term],
        "judgments": {("promise", TRUCK): judged(judge(PROMISE), "0.9", Verdict.MISSED)},
        "charges": amounts | {("fee", TRUCK): "1000"},
    }
    return PriceWorld(**given_world | changes)


def used(**changes: str) -> dict[str, Any]:
    return {"*": {TRUCK: Used(date(2026, 5, 1), **{name: Fraction(text) for name, text in changes.items()})}}


def lines(term: Combination, scene: PriceWorld) -> list[tuple[str, str]]:
    return [(charge.description, str(charge.money.amount)) for charge in rate_combination(term, scene)]


def amounts(term: Combination, scene: PriceWorld) -> list[str]:
    return [amount for _, amount in lines(term, scene)]


def test_where_all_are_paid_and_nothing_is_capped_there_is_no_line() -> None:
    term = combination()

    assert lines(term, world(term, "30", "50", "20")) == []


def test_all_but_the_highest_are_taken_back() -> None:
    term = combination(rule="highest")

    assert lines(term, world(term, "30", "50", "20")) == [(": only the highest is paid", "50")]


def test_all_but_the_first_that_is_owed_are_taken_back() -> None:
    term = combination(rule="first")

    assert lines(term, world(term, "0", "30", "50")) == [(": only the first is paid", "50")]


def test_a_month_pays_at_most_its_cap() -> None:
    term = combination(cap_per_month={"amount": "60"})

    assert lines(term, world(term, "30", "50", "20")) == [(": at most 60.00 EUR in a month", "40")]


def test_a_cap_may_be_a_share_of_what_the_subject_was_charged() -> None:
    term = combination(rule="highest", cap_per_month={"percent": "4", "of": ["fee"]})

    # 4 % of 1000 are 40, of credits of 100.
    text = ": only the highest is paid; at most 40.00 EUR in a month"
    assert lines(term, world(term, "30", "50", "20")) == [(text, "60")]


def test_a_month_that_an_amendment_cuts_has_its_cap_once() -> None:
    term = combination(cap_per_month={"amount": "60"})
    first = {"*": {TRUCK: Used(FIRST, in_month=Fraction(45))}}

    assert amounts(term, world(term, "30", state=first)) == ["15"]


def test_a_share_of_a_month_counts_what_was_charged_while_no_asset_was_in_service() -> None:
    term = combination(cap_per_month={"percent": "10", "of": ["fee"]})
    pool = {("promise", "*"): judged(judge(PROMISE), "0.9", Verdict.MISSED)}
    nothing_served = world(term, judgments={}, charges={("fee", "*"): "400"})
    assert amounts(term, nothing_served) == []

    # 10 % of 400 and 600; of 150 the cap takes back 50.
    rest = {("fee", "*"): "600", ("a", "*"): "-150"}
    assert amounts(term, world(term, judgments=pool, charges=rest, state=nothing_served.handed_on)) == ["50"]


def test_a_year_pays_at_most_what_its_cap_has_left() -> None:
    term = combination(cap_per_window=yearly({"amount": "200"}))

    scene = world(term, "30", "50", "20", state=used(in_window="170"), due_now=False)

    assert lines(term, scene) == [(": at most 200.00 EUR in the window so far", "70")]
    assert scene.handed_on["*"][TRUCK].in_window == 200


def test_a_year_that_is_over_leaves_the_next_one_its_whole_cap() -> None:
    term = combination(cap_per_window=yearly({"amount": "200"}))
    scene = world(term, "30", state=used(in_window="100"))

    assert lines(term, scene) == []
    assert scene.handed_on["*"][TRUCK].in_window == 0


def test_what_a_growing_cap_kept_back_is_paid_once_it_allows() -> None:
    term = combination(cap_per_window=yearly({"percent": "2", "of": ["fee"]}))
    first = world(term, "50", due_now=False)

    # January: 2 % of 1000 are 20 of 50. The next month without credits: 2 % of 2000 are 40, of which 20 are paid.
    assert amounts(term, first) == ["30"]
    second = world(term, due_now=False, state=first.handed_on, before={("fee", TRUCK): "1000"})
    assert amounts(term, second) == ["-20"]
    # The third: 2 % of 3000 are 60, and only 10 are still withheld.
    third = world(term, due_now=False, state=second.handed_on, before={("fee", TRUCK): "2000"})
    assert amounts(term, third) == ["-10"]


def test_what_an_amount_kept_back_is_not_paid_later() -> None:
    term = combination(cap_per_window=yearly({"amount": "20"}))
    first = world(term, "50", due_now=False)

    assert amounts(term, first) == ["30"]
    assert amounts(term, world(term, due_now=False, state=first.handed_on)) == []


def test_a_suspended_credit_is_left_to_its_suspension_and_uses_up_no_cap() -> None:
    suspension = price(
        {
            "kind": "obligation_consequence",
            "id": "late",
            "text": "Late service",
            "judge": "service-due",
            "consequence": {"effect": "suspend", "prices": ["b"], "where": "any_overlap"},
        }
    )
    term = combination(rule="highest", cap_per_window=yearly({"amount": "200"}))
    breach = JudgedSpan(Period(JUNE.start, JUNE.end), True, "overdue", "service-due")
    scene = world(term, "30", "50", "20", due_now=False, judged_spans={("service-due", TRUCK): [breach]})
    scene = scene.but(prices=[*scene.prices, suspension])

    # Of a and c the highest is 30; the suspension takes back b.
    assert amounts(term, scene) == ["20"]
    assert scene.handed_on["*"][TRUCK].in_window == 30


def test_a_bonus_in_the_list_is_left_as_it_is() -> None:
    bonus = price(
        {
            "kind": "bonus",
            "id": "bonus",
            "text": "Bonus",
            "of": "promise",
            "dead_band_points": "0",
            "earned": {"form": "flat", "amount": "500"},
        }
    )
    term = combination(of=["a", "b", "bonus"], rule="highest")
    scene = world(term, "30", "50")
    scene = scene.but(prices=[*scene.prices, bonus], charges={**scene.charges, ("bonus", TRUCK): "500"})

    assert amounts(term, scene) == ["30"]


CLAIM = {"within_days": 30}


def claim(name: str = "a", recorded: str = "2026-07-10T08:00:00Z", **changes: Any) -> AnyEntry:
    entry = {
        "fact": f"claim-{name}",
        "recorded_at": recorded,
        "by": "customer",
        "says": "propose",
        "kind": "claim",
        "asset": TRUCK,
        "at": "2026-07-01T08:00:00Z",
        "about": {"price": name, "month": "2026-06"},
    }
    return TypeAdapter[AnyEntry](AnyEntry).validate_python(entry | changes)


def claimed(*entries: AnyEntry, known_at: datetime) -> tuple[list[str], list[str]]:
    term = combination(claim=CLAIM)
    scene = world(term, "30", entries=entries, known_at=known_at)
    return amounts(term, scene), [finding["kind"] for finding in scene.found]


JULY_20 = datetime(2026, 7, 20, tzinfo=UTC)
# 30 local days after June end with 30 July: 22:00 UTC in Berlin's summer.
DEADLINE = datetime(2026, 7, 30, 22, tzinfo=UTC)


def test_the_last_day_of_a_claim_ends_at_local_midnight() -> None:
    assert claim_deadline(JUNE, ClaimDays(within_days=30), ZONE) == DEADLINE


def test_the_last_month_of_a_claim_ends_with_the_month() -> None:
    # Two calendar months after June are July and August.
    assert claim_deadline(JUNE, ClaimMonths(within_months=2), ZONE) == datetime(2026, 8, 31, 22, tzinfo=UTC)


def test_a_credit_claimed_in_time_is_paid() -> None:
    assert claimed(claim(), known_at=JULY_20) == ([], [])
    assert claimed(claim(asset=None), known_at=JULY_20) == ([], [])


def test_before_the_deadline_an_unclaimed_credit_is_pending() -> None:
    assert claimed(known_at=JULY_20) == (["30"], ["claim_pending"])


def test_after_the_deadline_an_unclaimed_credit_is_forfeited() -> None:
    assert claimed(known_at=DEADLINE) == (["30"], ["claim_forfeited"])
    late = claim(recorded="2026-07-30T22:00:00Z")
    assert claimed(late, known_at=datetime(2026, 8, 20, tzinfo=UTC)) == (["30"], ["claim_forfeited"])


@pytest.mark.parametrize(
    "other",
    [
        {"about": {"price": "a", "month": "2026-05"}},
        {"about": {"price": "b", "month": "2026-06"}},
        {"by": "supplier"},
        {"asset": "truck-2"},
    ],
)
def test_a_claim_has_to_be_the_customers_and_about_this_credit(other: dict[str, Any]) -> None:
    assert claimed(claim(**other), known_at=JULY_20) == (["30"], ["claim_pending"])


def test_a_claim_that_was_corrected_after_the_deadline_is_no_later() -> None:
    better = claim("a", fact="claim-2", succeeds="claim-a", recorded="2026-08-02T08:00:00Z")
    accept = {"fact": "claim-2", "recorded_at": "2026-08-03T08:00:00Z", "by": "supplier", "says": "accept"}
    accepted = TypeAdapter[AnyEntry](AnyEntry).validate_python(accept)

    assert claimed(claim(), better, accepted, known_at=datetime(2026, 8, 20, tzinfo=UTC)) == ([], [])


def test_a_credit_that_is_not_claimed_leaves_the_highest_to_the_others() -> None:
    term = combination(rule="highest", claim=CLAIM)
    scene = world(term, "30", "50", "20", entries=[claim("a"), claim("c")], known_at=JULY_20)

    # Of 100 in all, 30 are left.
    assert lines(term, scene) == [(": b is not claimed yet; only the highest is paid", "70")]


CREDITS = st.lists(st.fractions(0, 1000), max_size=6)
ROOMS = st.none() | st.fractions(-100, 1000)


@given(CREDITS)
def test_the_highest_is_exactly_the_largest(owed: list[Fraction]) -> None:
    left = left_by_rule(owed, Rule.HIGHEST)

    assert left in (owed or [Fraction(0)])
    assert all(one <= left for one in owed)


@given(CREDITS, st.sampled_from(Rule), ROOMS, ROOMS)
def test_combining_pays_no_more_than_the_sum_and_never_asks_for_money(
    owed: list[Fraction], rule: Rule, month: Fraction | None, window: Fraction | None
) -> None:
    paid = combine(owed, rule, month, window).paid

    assert 0 <= paid <= sum(owed, Fraction(0))
    for room in (month, window):
        assert room is None or paid <= max(room, Fraction(0))


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=12),
    st.sampled_from(Rule),
    st.integers(0, 100),
    st.integers(0, 400),
    st.booleans(),
)
def test_a_year_never_pays_more_than_its_caps_and_its_credits(
    months: Sequence[tuple[int, int, int]], rule: Rule, percent: int, monthly: int, share: bool
) -> None:
    cap = {"percent": str(percent), "of": ["fee"]} if share else {"amount": str(10 * percent)}
    term = combination(rule=rule.value, cap_per_month={"amount": str(monthly)}, cap_per_window=yearly(cap))
    state: dict[str, Any] = {}
    total = owed = Fraction(0)
    for n, earned in enumerate(months):
        scene = world(term, *map(str, earned), due_now=False, state=state, before={("fee", TRUCK): str(1000 * n)})
        scene = scene.but(first_of_month=date(2026, n + 1, 1))
        paid = sum(earned) - sum(Fraction(amount) for amount in amounts(term, scene))
        state, total, owed = scene.handed_on, total + paid, owed + sum(earned)

        # 1000 a month are charged, so a share of them is ten times the percentage for each month so far.
        assert 0 <= paid <= monthly
        assert total <= owed
        assert total <= 10 * percent * (n + 1 if share else 1)

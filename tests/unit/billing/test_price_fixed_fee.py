"""Fixed fees: what a month bears, and when an interval is billed."""

from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.pricing.fixed_fee import Interval, interval_of, month_share, rate_fixed_fee
from contracts.contract import Contract
from contracts.terms.prices.fixed_fee import FreeSpan, Proration
from tests.price_months import Came, agreed, at, course, covered
from vouch.period import Period

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
JANUARY = Period.month(2026, 1, UTC)


def fee(**fields: Any) -> dict[str, Any]:
    plain = {
        "kind": "fixed_fee",
        "id": "fee",
        "text": "Fee",
        "amount": "310",
        "per": "asset",
        "interval_months": 1,
        "billed": "in_arrears",
        "proration": "seconds",
        "free_of_charge": [],
    }
    return plain | fields


def free(start: str, end: str) -> FreeSpan:
    return FreeSpan.model_validate({"from": start, "until": end})


def span(start: str, end: str) -> Period:
    return Period(at(start), at(end))


def rated(*versions: Contract, last: str, **given: Any) -> list[Came]:
    return course(rate_fixed_fee, *versions, last=last, **given)


def sums(came: list[Came]) -> list[list[str]]:
    return [one.sums for one in came]


@pytest.mark.parametrize(
    ("proration", "served", "share"),
    [
        # From the noon of January 22nd: 9 days and a half of 31, which touch 10 days.
        (Proration.SECONDS, span("2026-01-22 12:00", "2026-02-01"), Fraction(19, 62)),
        (Proration.DAYS, span("2026-01-22 12:00", "2026-02-01"), Fraction(10, 31)),
        (Proration.NONE, span("2026-01-22 12:00", "2026-02-01"), Fraction(1)),
        (Proration.DAYS, span("2026-01-05 23:59", "2026-01-06 00:00"), Fraction(1, 31)),
        (Proration.SECONDS, JANUARY, Fraction(1)),
    ],
)
def test_a_part_of_a_month_bears_its_share(proration: Proration, served: Period, share: Fraction) -> None:
    assert month_share(proration, [], served, False, JANUARY, UTC) == share


def test_a_month_with_a_change_of_clocks_is_as_long_as_it_is() -> None:
    october = Period.month(2026, 10, BERLIN)
    last_day = Period(at("2026-10-30 23:00"), october.end)

    assert october.micros == 745 * 3_600_000_000
    assert month_share(Proration.SECONDS, [], last_day, False, october, BERLIN) == Fraction(24, 745)
    assert month_share(Proration.DAYS, [], last_day, False, october, BERLIN) == Fraction(1, 31)


@pytest.mark.parametrize(
    ("proration", "share"),
    [(Proration.NONE, Fraction(24, 31)), (Proration.DAYS, Fraction(3, 31)), (Proration.SECONDS, Fraction(5, 62))],
)
def test_free_days_are_taken_out(proration: Proration, share: Fraction) -> None:
    # Seven free days, the 22nd to the 28th; in service from the noon of the 27th, so on the 29th to 31st: three days,
    # and by seconds the same; but the service ends at the noon of the 31st.
    served = span("2026-01-27 12:00", "2026-01-31 12:00")

    assert month_share(proration, [free("2026-01-22", "2026-01-29")], served, False, JANUARY, UTC) == share


def test_an_amendment_within_a_month_splits_it_and_charges_nothing_twice() -> None:
    cut = at("2026-01-11 06:00")
    parts = [(Period(JANUARY.start, cut), False), (Period(cut, JANUARY.end), True)]

    shares = {rule: [month_share(rule, [], part, on, JANUARY, UTC) for part, on in parts] for rule in Proration}
    assert shares[Proration.NONE] == [1, 0]
    assert shares[Proration.DAYS] == [Fraction(11, 31), Fraction(20, 31)]
    assert shares[Proration.SECONDS] == [Fraction(41, 124), Fraction(83, 124)]


@pytest.mark.parametrize(
    ("month", "interval"),
    [
        (date(2026, 2, 1), Interval(date(2026, 2, 1), date(2026, 4, 1))),
        (date(2026, 4, 1), Interval(date(2026, 2, 1), date(2026, 4, 1))),
        (date(2027, 1, 1), Interval(date(2026, 11, 1), date(2027, 1, 1))),
    ],
)
def test_intervals_are_counted_from_the_first_month(month: date, interval: Interval) -> None:
    assert interval_of(month, date(2026, 2, 1), 3) == interval


def test_a_monthly_fee_in_arrears_is_on_each_statement() -> None:
    came = rated(agreed(fee(), covered("truck-1", since="2026-01-22 12:00")), last="2026-02")

    assert sums(came) == [["95"], ["310"]]
    assert came[0].texts == [", 228 of 744 h in service"]
    assert came[1].texts == [""]
    assert [one.accrued for one in came] == [{"truck-1": 95}, {"truck-1": 310}]


def test_a_fee_for_the_contract_has_no_asset() -> None:
    came = rated(agreed(fee(per="contract"), covered("a"), covered("b")), last="2026-01")

    assert [(charge.subject, str(charge.money.amount)) for charge in came[0].charges] == [("*", "310")]


def test_a_quarter_in_arrears_is_billed_in_its_last_month() -> None:
    came = rated(agreed(fee(interval_months=3), covered("truck-1", since="2026-02-15")), last="2026-06")

    # A third of 310 a month; half of February, by seconds of its 28 days.
    assert sums(came) == [[], [], [str(Fraction(155))], [], [], ["310"]]
    assert came[2].texts == [", 2026-02 to 2026-03"]
    assert came[2].charges[0].service == span("2026-02-15", "2026-04-01")
    assert [one.accrued.get("truck-1") for one in came] == [None, Fraction(155, 3), *[Fraction(310, 3)] * 4]


def test_a_quarter_in_arrears_is_billed_at_once_when_the_asset_leaves() -> None:
    came = rated(agreed(fee(interval_months=3), covered("truck-1", until="2026-02-15")), last="2026-04")

    assert sums(came) == [[], ["155"], [], []]


def test_a_quarter_in_arrears_is_billed_at_once_when_the_contract_ends() -> None:
    came = rated(agreed(fee(interval_months=3), until="2026-03-01"), last="2026-02")

    assert sums(came) == [[], [str(Fraction(620, 3))]]


def test_an_asset_that_an_amendment_leaves_out_is_billed_then() -> None:
    document = fee(interval_months=3)
    before = agreed(document, covered("a"), covered("b"))
    after = agreed(document, covered("b"), version=2, since="2026-02-01")

    came = rated(before, after, last="2026-03")
    assert [[(charge.subject, str(charge.money.amount)) for charge in one.charges] for one in came] == [
        [],
        [("a", str(Fraction(310, 3)))],
        [("b", "310")],
    ]


def test_a_monthly_fee_in_advance_bills_two_months_at_first_and_none_at_last() -> None:
    came = rated(agreed(fee(billed="in_advance"), until="2026-04-01"), last="2026-03")

    assert sums(came) == [["310", "310"], ["310"], []]
    assert came[0].texts == [", 2026-01", ", 2026-02 in advance"]
    assert came[0].charges[1].service == span("2026-02-01", "2026-03-01")
    assert [one.accrued for one in came] == [{"truck-1": 310}] * 3


def test_a_year_in_advance_is_billed_in_the_first_month_and_in_the_month_before_the_next() -> None:
    came = rated(agreed(fee(amount="1200", interval_months=12, billed="in_advance")), last="2027-01")

    assert sums(came) == [["1200"], *[[]] * 10, ["1200"], []]
    assert came[11].texts == [", 2027-01 to 2027-12 in advance"]


def test_an_asset_that_joins_pays_in_advance_from_then_on() -> None:
    document = fee(amount="1200", interval_months=4, billed="in_advance")
    came = rated(agreed(document, covered("truck-1", since="2026-02-15")), last="2026-04")

    # 300 a month: half of February, March and April; then the four months to come.
    assert sums(came) == [[], ["750"], [], ["1200"]]


def test_what_was_billed_in_advance_comes_back_once_it_is_known_that_the_asset_leaves() -> None:
    document = fee(amount="1200", interval_months=12, billed="in_advance")
    before = agreed(document)
    after = agreed(document, covered("truck-1", until="2026-05-01"), version=2, since="2026-03-01")

    came = rated(before, after, last="2026-06")
    assert sums(came) == [["1200"], [], ["-800"], [], [], []]
    assert came[2].charges[0].quantity == -1
    assert sum(one.accrued.get("truck-1", 0) for one in came) == 400


def test_what_was_billed_in_advance_comes_back_when_an_amendment_leaves_the_asset_out() -> None:
    document = fee(billed="in_advance")
    before = agreed(document, covered("a"), covered("b"))
    after = agreed(document, covered("b"), version=2, since="2026-02-01")

    came = rated(before, after, last="2026-03")
    assert sums(came) == [["310", "310", "310", "310"], ["310", "-310"], ["310"]]
    assert came[1].accrued == {"b": 310, "a": 0}


def test_an_end_that_is_known_is_billed_in_advance_as_it_is() -> None:
    came = rated(agreed(fee(billed="in_advance"), covered("truck-1", until="2026-02-11")), last="2026-03")

    assert sums(came) == [["310", str(Fraction(310 * 10, 28))], [], []]


def test_an_indexed_fee_in_advance_is_settled_when_the_price_is_known() -> None:
    document = fee(amount="1200", interval_months=3, billed="in_advance")

    came = rated(agreed(document), last="2026-03", factors=["1", "11/10", "11/10"])
    # Two months were billed at 400 and cost 440; the next quarter is billed at the price of March.
    assert sums(came) == [["1200"], ["80"], ["1320"]]


def test_a_version_that_goes_on_where_one_ended_bills_the_rest() -> None:
    document = fee(billed="in_advance")
    versions = agreed(document, until="2026-02-01"), agreed(document, version=2, since="2026-02-01")

    # January's version knows nothing of February.
    assert sums(rated(*versions, last="2026-02")) == [["310"], ["310", "310"]]


@pytest.mark.parametrize("proration", ["none", "days", "seconds"])
def test_a_month_looked_at_before_it_is_over_gives_nothing_back(proration: str) -> None:
    contract = agreed(fee(billed="in_advance", proration=proration))

    assert sums(rated(contract, last="2026-02", until="2026-02-10 12:00")) == [["310", "310"], ["310"]]


def test_a_month_that_is_split_is_charged_by_each_version_for_its_part() -> None:
    before = agreed(fee(per="contract"), until=None)
    after = agreed(fee(per="contract", amount="620"), version=2, since="2026-01-11")

    came = rated(before, after, last="2026-01")
    assert sums(came) == [["100"], ["420"]]


def test_without_proration_the_version_of_the_months_first_instant_charges_all_of_it() -> None:
    before = agreed(fee(proration="none"), until=None)
    after = agreed(fee(proration="none", amount="620"), version=2, since="2026-01-11")

    assert sums(rated(before, after, last="2026-02")) == [["310"], [], ["620"]]


def test_without_proration_an_asset_that_joins_with_the_amendment_is_charged_by_it() -> None:
    before = agreed(fee(proration="none"), covered("a"))
    assets = covered("a"), covered("b", since="2026-01-11")
    after = agreed(fee(proration="none"), *assets, version=2, since="2026-01-11")

    came = rated(before, after, last="2026-01")
    assert [[charge.subject for charge in one.charges] for one in came] == [["a"], ["b"]]


def test_a_month_free_of_charge_is_a_line_of_nothing() -> None:
    came = rated(agreed(fee(free_of_charge=[{"from": "2026-01-01", "until": "2026-02-01"}])), last="2026-01")

    assert (came[0].sums, came[0].texts) == (["0"], [", free of charge"])

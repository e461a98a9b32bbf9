"""Rating and invoices: exact charges, lines rounded once, totals of rounded lines, VAT on sums."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billing.invoice import InvoiceBody, compose, invoice_number
from billing.rating import Charge, rate
from contracts.contract import Contract
from contracts.evaluate import evaluate
from contracts.source import Stream
from contracts.terms import Term
from contracts.terms.fixed_fee import FeePer
from contracts.terms.usage_price import Scope
from ingest.catalogue import MetricKind
from tests.builders import (
    BERLIN,
    HOUR,
    LONG_AGO,
    SECOND,
    T0,
    by_asset,
    contract,
    counts,
    covered,
    fee,
    hours,
    ladder,
    metric,
    per_point,
    span,
    states,
    stream,
    uptime,
    usage,
    utc,
)
from vouch.money import Money
from vouch.period import Period

OCTOBER = span("2026-09-30 22:00", "2026-10-31 23:00")
JUNE = Period.month(2026, 6, BERLIN)
STATE = metric(MetricKind.STATE)


def charges(agreed: Contract, window: Period, *streams: Stream) -> list[Charge]:
    return rate(evaluate(agreed, window, by_asset(*streams)))


def invoice(agreed: Contract, window: Period, *streams: Stream) -> InvoiceBody:
    made = charges(agreed, window, *streams)
    return compose(made, range(100, 100 + len(made)), agreed.currency)


def amounts(body: InvoiceBody) -> list[str]:
    return [str(line.amount) for line in body.lines]


def counted(*values: float, asset: str = "asset-1", part: Period = JUNE) -> Stream:
    return stream(counts(*values, start=part.start), part, asset=asset)


def shown(text: str) -> Stream:
    return stream(states(text), hours(0, len(text)), STATE, carry=HOUR)


def test_a_whole_month_is_the_whole_fee() -> None:
    (charge,) = charges(contract(fee("320.00")), OCTOBER)

    assert charge.money == Money(Fraction(320), "EUR")
    assert (charge.description, charge.quantity, charge.unit, charge.unit_price) == (
        "Fee, asset-1",
        Decimal(1),
        "MON",
        None,
    )


@pytest.mark.parametrize(
    ("month", "hours_long", "since", "hours_left", "amount"),
    [
        # From noon UTC of the last day: half a day less an hour or two, of a month of 743, 745 and 720 hours.
        (3, 743, "2026-03-31 12:00", 10, "10.00"),
        (10, 745, "2026-10-31 12:00", 11, "11.00"),
        (4, 720, "2026-04-30 12:00", 10, "10.00"),
    ],
)
def test_a_fee_is_prorated_by_the_months_own_seconds(
    month: int, hours_long: int, since: str, hours_left: int, amount: str
) -> None:
    agreed = contract(fee(str(hours_long)), assets=[covered(since=utc(since))])

    body = invoice(agreed, Period.month(2026, month, BERLIN))
    assert amounts(body) == [amount]
    assert body.lines[0].description == f"Fee, asset-1, {hours_left} of {hours_long} h in service"


def test_a_fee_per_contract_names_no_asset() -> None:
    (charge,) = charges(contract(fee(per=FeePer.CONTRACT), assets=[covered("a"), covered("b")]), OCTOBER)

    assert (charge.asset, charge.description) == (None, "Fee")


def test_each_tier_is_a_charge() -> None:
    agreed = contract(usage(("100", "0.20"), ("250", "0.10"), (None, "0.05"), unit="H87"))
    pieces = metric(unit="H87")
    one = stream(counts(0, 1000, start=JUNE.start), JUNE, pieces)

    found = charges(agreed, JUNE, one)
    assert [(charge.description, str(charge.quantity), str(charge.money.amount)) for charge in found] == [
        ("Use, asset-1, up to 100 pieces", "100", "20"),
        ("Use, asset-1, above 100 to 250 pieces", "150", "15"),
        ("Use, asset-1, above 250 pieces", "750.0", "75/2"),
    ]


def test_pooled_tiers_count_all_assets_together() -> None:
    steps: Any = [("100", "0.20"), (None, "0.10")]
    assets = [covered("a"), covered("b")]
    both = counted(0, 60, asset="a"), counted(0, 60, asset="b")

    assert amounts(invoice(contract(usage(*steps), assets=assets), JUNE, *both)) == ["12.00", "12.00"]
    pooled = contract(usage(*steps, scope=Scope.POOLED), assets=assets)
    assert amounts(invoice(pooled, JUNE, *both)) == ["20.00", "2.00"]


def test_pooled_use_exactly_at_a_bound_stays_in_the_lower_tier() -> None:
    agreed = contract(usage(("100", "0.20"), (None, "0.10"), scope=Scope.POOLED), assets=[covered("a"), covered("b")])

    assert amounts(invoice(agreed, JUNE, counted(0, 60, asset="a"), counted(0, 40, asset="b"))) == ["20.00"]


def test_no_use_is_a_line_of_nothing() -> None:
    body = invoice(contract(usage(("100", "0.20"), (None, "0.10"))), JUNE, counted(5, 5))

    assert amounts(body) == ["0.00"]
    assert (body.lines[0].quantity, body.lines[0].unit_price) == (Decimal(0), Decimal("0.20"))


def guaranteed(*terms: Term, **changes: Any) -> Contract:
    return contract(*(terms or (fee("100"), uptime(credit=per_point("1", "5", cap="50")))), **changes)


@pytest.mark.parametrize(
    ("text", "amount", "says"),
    [
        ("U" * 50, "0.00", "availability 100.0000 %, guarantee of 98 % kept"),
        ("U" * 49 + "D", "0.00", "availability 98.0000 %, guarantee of 98 % kept"),
        ("U" * 48 + "DD", "-10.00", "availability 96.0000 %, below the guaranteed 98 %, credit 10 % of the fee"),
        ("D" * 50, "-50.00", "availability 0.0000 %, below the guaranteed 98 %, credit 50 % of the fee"),
        ("?" * 50, "0.00", "no time counted, nothing owed"),
    ],
)
def test_a_credit_is_a_share_of_the_fee(text: str, amount: str, says: str) -> None:
    window = hours(0, 50)
    agreed = guaranteed(fee("1440"), uptime(credit=per_point("1", "5", cap="50")))

    body = invoice(agreed, window, shown(text))
    # 50 of June's 720 hours.
    assert amounts(body) == ["100.00", amount]
    assert body.lines[1].description == f"Uptime, asset-1: {says}"


def test_availability_just_below_the_target_does_not_read_as_the_target() -> None:
    # 49 hours up and a second more than an hour down.
    one = stream([(T0, 1.0), (T0 + 49 * HOUR, 2.0)], Period(T0, T0 + 50 * HOUR + SECOND), STATE, carry=99 * HOUR)
    term = uptime(carry=99 * HOUR, credit=ladder(("98", "5")))

    body = invoice(guaranteed(fee(), term), one.part, one)
    assert "availability 97.9994 %, below the guaranteed 98 %, credit 5 %" in body.lines[1].description


@pytest.mark.parametrize(
    ("currency", "amount", "percent", "lines"),
    [
        # 30 % of the line's 0.02 would be 0.006 and a cent; of 0.015 it is 0.0045 and none.
        ("EUR", "0.015", "30", ["0.02", "0.00"]),
        # 40 % of the line's 1 would be nothing; of 1.4 it is 0.56 and a yen.
        ("JPY", "1.4", "40", ["1", "-1"]),
    ],
)
def test_a_credit_is_of_the_exact_fee_and_not_of_the_rounded_line(
    currency: str, amount: str, percent: str, lines: list[str]
) -> None:
    term = uptime(carry=999 * HOUR, credit=ladder(("98", percent)))
    down = stream([(JUNE.start, 2.0)], JUNE, STATE, carry=999 * HOUR)

    assert amounts(invoice(guaranteed(fee(amount), term, currency=currency), JUNE, down)) == lines


def test_a_credit_is_of_the_assets_own_fee() -> None:
    window = hours(0, 72)
    assets = [covered("a"), covered("b", since=T0 + 36 * HOUR)]
    agreed = guaranteed(fee("1000"), uptime(credit=ladder(("98", "50"))), assets=assets)
    down = [
        stream(states("D" * 72), part, STATE, carry=HOUR, asset=asset, serves_from=LONG_AGO)
        for asset, part in (("a", window), ("b", hours(36, 72)))
    ]

    assert amounts(invoice(agreed, window, *down)) == ["100.00", "50.00", "-50.00", "-25.00"]


def test_a_guarantee_may_stand_before_its_fee() -> None:
    agreed = guaranteed(uptime(credit=ladder(("98", "50"))), fee("720"))

    assert amounts(invoice(agreed, hours(0, 2), shown("DD"))) == ["-1.00", "2.00"]


def test_a_line_is_rounded_half_up_with_its_sign() -> None:
    # 1 of 720 hours of 3.6 is 0.005; half of it back is 0.0025.
    agreed = guaranteed(fee("3.6"), uptime(credit=ladder(("98", "100"))))

    assert amounts(invoice(agreed, hours(0, 1), shown("D"))) == ["0.01", "-0.01"]


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "1.01"), ("JPY", "1"), ("KWD", "1.005"), ("CLF", "1.0050")])
def test_a_line_has_the_decimals_of_its_currency(currency: str, amount: str) -> None:
    body = invoice(contract(fee("1.005"), currency=currency, vat="0"), OCTOBER)

    assert amounts(body) == [amount]
    assert [str(total) for total in (body.net, body.gross)] == [amount, amount]


def test_vat_is_on_the_sum_of_a_rate_and_not_on_each_line() -> None:
    # 19 % of 0.13 is 0.0247, a line's 0.02 each; on three lines together 0.0741 and 0.07, not 0.06.
    agreed = contract(fee("0.13"), assets=[covered("a"), covered("b"), covered("c")])

    body = invoice(agreed, OCTOBER)
    assert (str(body.net), str(body.vat), str(body.gross)) == ("0.39", "0.07", "0.46")


def test_each_rate_has_its_own_sum() -> None:
    agreed = contract(fee("100"), usage((None, "2"), vat="7"), vat="19")

    body = invoice(agreed, JUNE, counted(0, 5))
    assert [(str(total.vat_percent), str(total.base), str(total.amount)) for total in body.vat_totals] == [
        ("7", "10.00", "0.70"),
        ("19", "100.00", "19.00"),
    ]
    assert [str(total) for total in (body.net, body.vat, body.gross)] == ["110.00", "19.70", "129.70"]


def test_rates_written_differently_are_one_rate() -> None:
    body = invoice(contract(fee("100"), usage((None, "2"), vat="19.0"), vat="19"), JUNE, counted(0, 5))

    assert [(str(total.base), str(total.amount)) for total in body.vat_totals] == [("110.00", "20.90")]


def test_a_credit_takes_its_vat_with_it() -> None:
    agreed = guaranteed(fee("720"), uptime(credit=ladder(("98", "100"))))

    body = invoice(agreed, hours(0, 1), shown("D"))
    assert (str(body.net), str(body.vat), str(body.gross)) == ("0.00", "0.00", "0.00")


def test_totals_are_sums_of_rounded_lines() -> None:
    agreed = contract(fee("0.125"), assets=[covered(f"a{n}") for n in range(8)], vat="0")

    body = invoice(agreed, OCTOBER)
    assert str(body.net) == "1.04"


def test_lines_are_numbered_and_name_their_evaluation() -> None:
    body = invoice(contract(usage(("2", "1"), (None, "2"))), JUNE, counted(0, 5))

    assert [(line.position, line.evaluation, line.term, line.asset) for line in body.lines] == [
        (1, 100, "use", "asset-1"),
        (2, 100, "use", "asset-1"),
    ]


def test_a_credits_unit_price_is_its_amount_without_sign() -> None:
    body = invoice(guaranteed(fee("720"), uptime(credit=ladder(("98", "50")))), hours(0, 2), shown("DD"))

    line = body.lines[1]
    assert [str(number) for number in (line.quantity, line.unit_price, line.amount)] == ["-1", "1.00", "-1.00"]


def test_an_invoice_of_nothing_is_zero() -> None:
    body = compose([], [], "JPY")

    assert (body.lines, body.vat_totals) == ((), ())
    assert (str(body.net), str(body.vat), str(body.gross)) == ("0", "0", "0")


def test_numbers_count_per_year() -> None:
    assert invoice_number(2026, 1) == "INV-2026-000001"
    assert invoice_number(2027, 1_234_567) == "INV-2027-1234567"


def test_a_fee_of_no_fee_owes_no_credit() -> None:
    body = invoice(guaranteed(fee("0"), uptime(credit=ladder(("98", "100")))), hours(0, 1), shown("D"))

    assert amounts(body) == ["0.00", "0.00"]

"""Rating and invoices: exact charges, lines rounded once, totals of rounded lines, VAT on sums."""

import gc
import weakref
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billing.documents.lines import compose
from billing.invoice import InvoiceBody, invoice_number
from tests.agreements import (
    EVERY_HOUR,
    Part,
    agreement,
    amounts,
    counted,
    covered,
    fee,
    guarantee,
    invoice,
    ladder,
    per_point,
    rated,
    stated,
    usage,
    used,
)
from tests.builders import HOUR, T0
from vouch.money import Money
from vouch.period import iso

# June begins in Berlin two hours before T0.
JUNE_STARTS = datetime(2026, 5, 31, 22, tzinfo=UTC)
JUNE_HOURS = 720


def hours_of_june(count: float, *parts: Part, **changes: Any) -> str:
    """A contract that is in force for the first so many hours after T0."""
    until = T0 + timedelta(hours=count)
    return agreement(*parts, **{"effective_from": iso(T0), "effective_until": iso(until)} | changes)


def guaranteed(amount: str, credit: Part, carry: timedelta = EVERY_HOUR) -> list[Part]:
    return [fee(amount), *guarantee(credit, carry)]


def test_a_whole_month_is_the_whole_fee() -> None:
    (line,) = rated(agreement(fee("320.00")), "2026-10").lines

    assert line.charge.money == Money(Fraction(320), "EUR")
    charge = line.charge
    assert (charge.description, charge.unit, charge.unit_price) == ("Fee, a-1", "MON", None)
    assert charge.quantity == 1


@pytest.mark.parametrize(
    ("month", "hours_long", "since", "hours_left", "amount"),
    [
        # From noon UTC of the last day: half a day less an hour or two, of a month of 743, 745 and 720 hours.
        ("2026-03", 743, "2026-03-31T12:00:00Z", 10, "10.00"),
        ("2026-10", 745, "2026-10-31T12:00:00Z", 11, "11.00"),
        ("2026-04", 720, "2026-04-30T12:00:00Z", 10, "10.00"),
    ],
)
def test_a_fee_is_prorated_by_the_months_own_seconds(
    month: str, hours_long: int, since: str, hours_left: int, amount: str
) -> None:
    body = invoice(agreement(fee(str(hours_long)), assets=[covered(since=since)]), month)

    assert amounts(body) == [amount]
    assert body.lines[0].description == f"Fee, a-1, {hours_left} of {hours_long} h in service"


def test_a_fee_per_contract_names_no_asset() -> None:
    agreed = agreement(fee(per="contract"), assets=[covered("a-1"), covered("b-1")])

    (line,) = invoice(agreed, "2026-10").lines
    assert (line.asset, line.description) == (None, "Fee")


def test_each_tier_is_a_charge() -> None:
    agreed = agreement(used(), usage(("100", "0.20"), ("250", "0.10"), (None, "0.05")))

    found = [line.charge for line in rated(agreed, "2026-06", counted(0, 1000, start=T0)).lines]
    assert [(charge.description, str(charge.quantity), str(charge.money.amount)) for charge in found] == [
        ("Use, a-1, up to 100 km", "100", "20"),
        ("Use, a-1, above 100 to 250 km", "150", "15"),
        ("Use, a-1, above 250 km", "750", "75/2"),
    ]


BOTH = [covered("a-1"), covered("b-1")]
STEPS: Any = [("100", "0.20"), (None, "0.10")]


def both(a: float, b: float) -> list[str]:
    return counted(0, a, start=T0) + counted(0, b, start=T0, asset="b-1")


def test_pooled_tiers_count_all_assets_together() -> None:
    each = agreement(used(), usage(*STEPS), assets=BOTH)
    pooled = agreement(used("pooled"), usage(*STEPS), assets=BOTH)

    assert amounts(invoice(each, "2026-06", both(60, 60))) == ["12.00", "12.00"]
    assert amounts(invoice(pooled, "2026-06", both(60, 60))) == ["20.00", "2.00"]


def test_pooled_use_exactly_at_a_bound_stays_in_the_lower_tier() -> None:
    pooled = agreement(used("pooled"), usage(*STEPS), assets=BOTH)

    assert amounts(invoice(pooled, "2026-06", both(60, 40))) == ["20.00"]


def test_no_use_is_a_line_of_nothing() -> None:
    body = invoice(agreement(used(), usage(*STEPS)), "2026-06", counted(5, 5, start=T0))

    assert amounts(body) == ["0.00"]
    assert (body.lines[0].quantity, body.lines[0].unit_price) == (Decimal(0), Decimal("0.20"))


@pytest.mark.parametrize(
    ("text", "amount", "says"),
    [
        ("U" * 50, "0.00", "availability 100.0000 %, guarantee of 98 % kept"),
        ("U" * 49 + "D", "0.00", "availability 98.0000 %, guarantee of 98 % kept"),
        ("U" * 48 + "DD", "-10.00", "availability 96.0000 %, below the guaranteed 98 %, credit 10 % of the fee"),
        ("D" * 50, "-50.00", "availability 0.0000 %, below the guaranteed 98 %, credit 50 % of the fee"),
        ("?" * 50, "0.00", "nothing to measure, nothing owed"),
    ],
)
def test_a_credit_is_a_share_of_the_fee(text: str, amount: str, says: str) -> None:
    agreed = hours_of_june(50, *guaranteed("1440", per_point("1", "5", cap="50")))

    body = invoice(agreed, "2026-06", stated(text))
    # 50 of June's 720 hours.
    assert amounts(body) == ["100.00", amount]
    assert body.lines[1].description == f"Uptime, a-1: {says}"


def test_availability_just_below_the_target_does_not_read_as_the_target() -> None:
    # 49 hours up and a second more than an hour down.
    agreed = hours_of_june(50 + 1 / 3600, *guaranteed("100", ladder(("98", "5")), 99 * HOUR))

    body = invoice(agreed, "2026-06", stated("U" + "." * 48 + "D"))
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
    agreed = agreement(*guaranteed(amount, ladder(("98", percent)), 999 * HOUR), currency=currency)

    assert amounts(invoice(agreed, "2026-06", stated("D", JUNE_STARTS))) == lines


def test_a_credit_is_of_the_assets_own_fee() -> None:
    assets = [covered("a-1"), covered("b-1", since=iso(T0 + 36 * HOUR))]
    agreed = hours_of_june(72, *guaranteed("1000", ladder(("98", "50"))), assets=assets)
    down = stated("D" * 72) + stated("D" * 72, asset="b-1")

    # 72 and 36 of 720 hours; half of each back.
    assert amounts(invoice(agreed, "2026-06", down)) == ["100.00", "50.00", "-50.00", "-25.00"]


def test_a_line_is_rounded_half_up_with_its_sign() -> None:
    # 1 of 720 hours of 3.6 is 0.005; all of it back is as much.
    agreed = hours_of_june(1, *guaranteed("3.6", ladder(("98", "100"))))

    assert amounts(invoice(agreed, "2026-06", stated("D"))) == ["0.01", "-0.01"]


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "1.01"), ("JPY", "1"), ("KWD", "1.005"), ("CLF", "1.0050")])
def test_a_line_has_the_decimals_of_its_currency(currency: str, amount: str) -> None:
    body = invoice(agreement(fee("1.005"), currency=currency, vat_percent=0), "2026-10")

    assert amounts(body) == [amount]
    assert [str(total) for total in (body.totals.net, body.totals.gross)] == [amount, amount]


def test_vat_is_on_the_sum_of_a_rate_and_not_on_each_line() -> None:
    # 19 % of 0.13 is 0.0247, a line's 0.02 each; on three lines together 0.0741 and 0.07, not 0.06.
    body = invoice(agreement(fee("0.13"), assets=[covered("a-1"), covered("b-1"), covered("c-1")]), "2026-10")

    assert (str(body.totals.net), str(body.totals.vat), str(body.totals.gross)) == ("0.39", "0.07", "0.46")


def used_five(vat: str) -> InvoiceBody:
    agreed = agreement(fee("100"), used(), usage((None, "2"), vat_percent=vat))
    return invoice(agreed, "2026-06", counted(0, 5, start=T0))


def test_each_rate_has_its_own_sum() -> None:
    body = used_five("7")

    assert [(str(total.vat_percent), str(total.base), str(total.amount)) for total in body.totals.vat_totals] == [
        ("7", "10.00", "0.70"),
        ("19", "100.00", "19.00"),
    ]
    assert [str(total) for total in (body.totals.net, body.totals.vat, body.totals.gross)] == [
        "110.00",
        "19.70",
        "129.70",
    ]


def test_rates_written_differently_are_one_rate() -> None:
    assert [(str(total.base), str(total.amount)) for total in used_five("19.0").totals.vat_totals] == [
        ("110.00", "20.90")
    ]


def test_a_credit_takes_its_vat_with_it() -> None:
    body = invoice(hours_of_june(1, *guaranteed("720", ladder(("98", "100")))), "2026-06", stated("D"))

    assert (str(body.totals.net), str(body.totals.vat), str(body.totals.gross)) == ("0.00", "0.00", "0.00")


def test_totals_are_sums_of_rounded_lines() -> None:
    agreed = agreement(fee("0.125"), assets=[covered(f"a-{n}") for n in range(8)], vat_percent=0)

    assert str(invoice(agreed, "2026-10").totals.net) == "1.04"


def test_lines_are_numbered_and_name_their_evaluation() -> None:
    body = invoice(agreement(used(), usage(("2", "1"), (None, "2"))), "2026-06", counted(0, 5, start=T0))

    assert [(line.position, line.evaluation, line.price, line.asset) for line in body.lines] == [
        (1, 100, "use", "a-1"),
        (2, 100, "use", "a-1"),
    ]


def test_a_credits_unit_price_is_its_amount_without_sign() -> None:
    body = invoice(hours_of_june(2, *guaranteed("720", ladder(("98", "50")))), "2026-06", stated("DD"))

    line = body.lines[1]
    assert [str(number) for number in (line.quantity, line.unit_price, line.amount)] == ["-1", "1.00", "-1.00"]


def test_an_invoice_of_nothing_is_zero() -> None:
    body = compose([], {}, "JPY")

    assert (body.lines, body.totals.vat_totals) == ((), ())
    assert (str(body.totals.net), str(body.totals.vat), str(body.totals.gross)) == ("0", "0", "0")


def test_numbers_count_per_year() -> None:
    assert invoice_number(2026, 1) == "INV-2026-000001"
    assert invoice_number(2027, 1_234_567) == "INV-2027-1234567"


def test_a_fee_of_no_fee_owes_no_credit() -> None:
    body = invoice(hours_of_june(1, *guaranteed("0", ladder(("98", "100")))), "2026-06", stated("D"))

    assert amounts(body) == ["0.00", "0.00"]


def test_a_rated_month_is_forgotten_at_once() -> None:
    # Closing pauses the collector of cycles: whatever is one would pile up, contract after contract.
    gc.disable()
    try:
        found = rated(agreement(fee("720"), *guarantee(ladder(("98", "50")))), "2026-06", stated("DD"))
        assert found.evaluations()
        evaluator = weakref.ref(found.evaluator)
        del found
        assert evaluator() is None
    finally:
        gc.enable()

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.gain_share import rate_gain_share, refund
from contracts.terms import GainShare
from contracts.terms.prices.gain_share import Guarantee
from contracts.value import State, Value
from tests.price_world import JUNE, PriceWorld, price

GUARANTEE = {"quantity": "200", "refund_max": "none"}


def gain_share(**changes: Any) -> GainShare:
    document = {"kind": "gain_share", "id": "gain", "text": "Saving", "measure": "saving", "price": "0.25"}
    made = price({**document, "percent": "40", "paid_by": "customer", "guarantee": "none", **changes})
    assert isinstance(made, GainShare)
    return made


def lines(term: GainShare, saving: str | None, state: State = State.DEFINED) -> list[tuple[str, str, str | None, str]]:
    value = Value(state, None if saving is None else Fraction(saving), "KWH", JUNE)
    scene = PriceWorld(prices=[term], values={("saving", "*"): value})
    return [
        (c.description, str(c.quantity), None if c.unit_price is None else str(c.unit_price), str(c.money.amount))
        for c in rate_gain_share(term, scene)
    ]


def test_the_customer_pays_the_agreed_share_of_what_was_saved() -> None:
    # 1200 kWh at 0.25 are worth 300, 40 % of it 120: a unit is 0.10.
    text = ": 1200 kWh saved, 40 % of their worth"
    assert lines(gain_share(), "1200") == [(text, "1200", "1/10", "120")]


def test_a_share_that_the_supplier_pays_is_a_credit() -> None:
    assert [line[1:] for line in lines(gain_share(paid_by="supplier"), "1200")] == [("-1200", "1/10", "-120")]


def test_a_negative_saving_pays_nothing_by_itself() -> None:
    text = ": nothing saved, 30 kWh above the baseline"
    assert lines(gain_share(), "-30") == [(text, "0", "1/10", "0")]


def test_what_is_missing_of_a_guaranteed_saving_is_paid_back() -> None:
    # 200 - 120 = 80 units of 0.25; what was saved is shared all the same: 120 × 0.10.
    assert lines(gain_share(guarantee=GUARANTEE), "120") == [
        (": 120 kWh saved, 40 % of their worth", "120", "1/10", "12"),
        (": 80 kWh short of the 200 kWh guaranteed, refund", "-80", "1/4", "-20"),
    ]


def test_use_above_the_baseline_is_missing_as_well() -> None:
    # 200 + 30 = 230 units of 0.25.
    assert [line[3] for line in lines(gain_share(guarantee=GUARANTEE), "-30")] == ["0", "-115/2"]


def test_a_refund_stops_at_its_maximum() -> None:
    capped = gain_share(guarantee={**GUARANTEE, "refund_max": "15"})

    text = ": 80 kWh short of the 200 kWh guaranteed, refund at its cap"
    assert lines(capped, "120")[1] == (text, "-1", None, "-15")


def test_a_guarantee_that_was_kept_refunds_nothing() -> None:
    assert len(lines(gain_share(guarantee=GUARANTEE), "200")) == 1


@pytest.mark.parametrize("state", [State.UNDEFINED, State.INSUFFICIENT])
def test_without_a_value_nothing_is_shared_and_nothing_refunded(state: State) -> None:
    assert [line[1:] for line in lines(gain_share(guarantee=GUARANTEE), None, state)] == [("0", None, "0")]


def test_before_the_window_is_over_there_is_no_line() -> None:
    assert lines(gain_share(guarantee=GUARANTEE), None, State.NOT_DUE) == []


@given(st.fractions(-1000, 1000), st.integers(0, 500), st.integers(0, 500))
def test_a_refund_is_never_below_zero_nor_above_its_maximum(saving: Fraction, quantity: int, most: int) -> None:
    guarantee = Guarantee.model_validate({"quantity": str(quantity), "refund_max": str(most)})

    _, worth = refund(saving, gain_share().price, guarantee)

    assert 0 <= worth <= most

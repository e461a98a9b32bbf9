"""Versions of a contract and which of them governs when."""

from datetime import date, datetime
from typing import Any

import pytest

from contracts.contract import Contract, CoveredAsset, governing, linked, parse_month
from contracts.document import contract_of, parse_contract
from contracts.terms.base import PricePart
from tests.agreements import agreement, fee, usage, used
from tests.builders import LONG_AGO, span, utc
from vouch.errors import Invalid
from vouch.period import Period, iso

OCTOBER = span("2026-09-30 22:00", "2026-10-31 23:00")
NOON = utc("2026-10-15 12:00")


def contract(amount: str = "100", effective_from: datetime = LONG_AGO, **head: Any) -> Contract:
    """A version with one fee."""
    instants = {"effective_from": effective_from} | head
    written: dict[str, Any] = {key: iso(at) if isinstance(at, datetime) else at for key, at in instants.items()}
    return contract_of(parse_contract(agreement(fee(amount), **written), "contract.yaml")[1])


def parts(*versions: Contract) -> list[tuple[int, Period]]:
    """Which version governs which part of October."""
    return [(version.version, period) for version, period in governing(versions, OCTOBER)]


def test_one_version_governs_the_whole_window() -> None:
    assert parts(contract()) == [(1, OCTOBER)]


def test_a_later_version_ends_the_earlier_one() -> None:
    first = contract()
    second = contract("200", version=2, effective_from=NOON)

    expected = [(1, Period(OCTOBER.start, NOON)), (2, Period(NOON, OCTOBER.end))]
    assert parts(first, second) == expected
    assert parts(second, first) == expected


def test_a_version_begins_exactly_where_its_predecessor_stops() -> None:
    first = contract()
    second = contract("200", version=2, effective_from=OCTOBER.start)
    third = contract("300", version=3, effective_from=OCTOBER.end)

    assert parts(first, second, third) == [(2, OCTOBER)]


def test_an_end_leaves_time_that_nothing_governs() -> None:
    first = contract(effective_until=utc("2026-10-10 00:00"))
    second = contract(version=2, effective_from=utc("2026-10-20 00:00"))

    assert [period for _, period in parts(first, second)] == [
        Period(OCTOBER.start, utc("2026-10-10 00:00")),
        Period(utc("2026-10-20 00:00"), OCTOBER.end),
    ]


def test_a_version_that_starts_before_its_predecessor_replaces_it() -> None:
    first = contract(effective_from=NOON)
    second = contract(version=2, effective_from=utc("2026-10-01 00:00"))

    assert parts(first, second) == [(2, Period(utc("2026-10-01 00:00"), OCTOBER.end))]


def test_nothing_governs_outside_of_all_versions() -> None:
    assert parts(contract(effective_from=OCTOBER.end)) == []
    assert parts(contract(effective_until=OCTOBER.start)) == []


def test_versions_that_are_linked_know_when_the_first_took_effect() -> None:
    first = contract(effective_from=utc("2026-03-09 12:00"))
    second = contract("200", version=2, effective_from=NOON)

    assert [version.first_month for version in linked([second, first])] == [date(2026, 3, 1)] * 2


def test_an_asset_is_within_a_window_while_it_is_in_service() -> None:
    asset = CoveredAsset("asset-1", NOON, utc("2026-10-20 00:00"))

    assert asset.within(OCTOBER) == Period(NOON, utc("2026-10-20 00:00"))
    assert asset.within(span("2026-10-01 00:00", "2026-10-15 12:00")) is None
    assert asset.within(span("2026-10-20 00:00", "2026-10-21 00:00")) is None
    assert CoveredAsset("asset-1", LONG_AGO, None).within(OCTOBER) == OCTOBER


def test_a_month_is_the_contracts_own() -> None:
    assert contract().month(date(2026, 10, 1)) == OCTOBER


def test_a_price_may_have_a_vat_rate_of_its_own() -> None:
    prices = [fee(id="reduced", vat_percent=7), usage((None, "1"), vat_percent=0), fee()]
    text = agreement(used(), *prices, vat_percent=19)
    agreed = contract_of(parse_contract(text, "contract.yaml")[1])

    assert [agreed.vat_of(price) for price in agreed.prices if isinstance(price, PricePart)] == [7, 0, 19]


@pytest.mark.parametrize(("text", "month"), [("2026-10", date(2026, 10, 1)), ("2000-01", date(2000, 1, 1))])
def test_a_month_is_written_with_year_and_number(text: str, month: date) -> None:
    assert parse_month(text) == month


@pytest.mark.parametrize(
    "text",
    [
        "2026-+1",
        "2_26-10",
        "２０２６-10",
        "2026-１０",
        "2026-13",
        "2026-00",
        "2026-1",
        "26-10",
        "1999-12",
        "2026-10-01",
        " 2026-10",
        "2026-10\n",
        "2026/10",
        "",
        "October",
    ],
)
def test_no_other_spelling_of_a_month_is_taken(text: str) -> None:
    with pytest.raises(Invalid, match="expected the form 2026-10"):
        parse_month(text)

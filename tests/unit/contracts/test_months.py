"""Months and windows: which parts a window holds, when it is due, whether the contract ran all through it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from contracts.contract import Contract, CoveredAsset, linked
from contracts.months import MonthPart, Reach, month_parts, reach
from contracts.terms.window import Months

BERLIN = ZoneInfo("Europe/Berlin")


def version(number: int, since: str, until: str | None = None) -> Contract:
    """A version in effect from one local midnight to another."""
    begins = _midnight(since)
    return Contract(
        id="c",
        version=number,
        issuer="s",
        customer="b",
        currency="EUR",
        zone=BERLIN,
        effective_from=begins,
        effective_until=_midnight(until) if until else None,
        vat_percent=Decimal(0),
        assets=(CoveredAsset("a", begins, None),),
        measures=(),
        judges=(),
        prices=(),
        views=(),
        digest="",
        begins_at=begins,
    )


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)


def parts(last: str, *versions: Contract) -> list[MonthPart]:
    """All parts from the contract's first month to `last`."""
    found = linked(versions)
    return month_parts(found, found[0].first_month, date.fromisoformat(f"{last}-01"), None)


def window(kind: str, months: int | None = None, partial: str = "judge") -> Months:
    return Months.model_validate({"kind": kind, "months": months, "partial": partial})


def test_an_amendment_cuts_its_month_in_two() -> None:
    found = parts("2026-03", version(1, "2026-01-01"), version(2, "2026-02-10"))

    assert [(p.first.month, p.contract.version, p.ends_month) for p in found] == [
        (1, 1, True),
        (2, 1, False),
        (2, 2, True),
        (3, 2, True),
    ]
    assert found[1].period.end == found[2].period.start == datetime(2026, 2, 9, 23, tzinfo=UTC)


def test_the_last_part_of_a_contract_that_ends_is_known_as_such() -> None:
    found = parts("2026-04", version(1, "2026-01-15", "2026-03-10"))

    assert [(p.first.month, p.ends_contract) for p in found] == [(1, False), (2, False), (3, True)]


def test_a_month_is_each_of_its_parts_by_itself() -> None:
    found = parts("2026-02", version(1, "2026-01-01"), version(2, "2026-02-10"))

    assert [reach(found, n, "month") for n in range(3)] == [Reach(n, True, True) for n in range(3)]


@pytest.mark.parametrize(("months", "due_in"), [(3, [3, 6, 9, 12]), (4, [4, 8, 12]), (6, [6, 12]), (12, [12])])
def test_calendar_windows_end_with_their_last_month(months: int, due_in: list[int]) -> None:
    found = parts("2026-12", version(1, "2026-01-01"))

    assert [p.first.month for n, p in enumerate(found) if reach(found, n, window("calendar", months)).due] == due_in


def test_contract_windows_are_counted_from_the_contracts_first_month() -> None:
    found = parts("2026-12", version(1, "2026-02-01"))

    due = [reach(found, n, window("contract", 4)).due for n in range(len(found))]

    assert [p.first.month for p, is_due in zip(found, due, strict=True) if is_due] == [5, 9]


def test_a_rolling_window_is_due_every_month_and_complete_once_it_is_full() -> None:
    found = parts("2026-05", version(1, "2026-01-01"))

    assert [reach(found, n, window("rolling", 3)) for n in range(5)] == [
        Reach(0, True, False),
        Reach(0, True, False),
        Reach(0, True, True),
        Reach(1, True, True),
        Reach(2, True, True),
    ]


def test_a_window_begun_in_the_middle_of_its_first_month_is_not_complete() -> None:
    found = parts("2026-03", version(1, "2026-01-02"))

    assert reach(found, 2, window("calendar", 3)) == Reach(0, True, False)


def test_a_contract_that_ends_ends_its_windows() -> None:
    found = parts("2026-05", version(1, "2026-01-01", "2026-05-20"))

    assert [reach(found, n, window("calendar", 12)).due for n in range(5)] == [False] * 4 + [True]
    assert not reach(found, 4, window("calendar", 12)).complete
    assert [reach(found, n, window("life")).due for n in range(5)] == [False] * 4 + [True]


def test_a_window_that_the_contracts_end_cuts_short_is_not_complete_though_its_last_month_is() -> None:
    found = parts("2026-04", version(1, "2026-01-01", "2026-05-01"))

    assert [reach(found, 3, window("calendar", months)) for months in (12, 4)] == [
        Reach(0, True, False),
        Reach(0, True, True),
    ]


def test_only_the_last_part_of_a_month_ends_a_longer_window() -> None:
    found = parts("2026-03", version(1, "2026-01-01"), version(2, "2026-03-10"))

    assert [reach(found, n, window("calendar", 3)) for n in (2, 3)] == [Reach(0, False, True), Reach(0, True, True)]


def test_until_an_instant_the_month_is_what_it_has_come_to() -> None:
    first = version(1, "2026-01-01")
    until = datetime(2026, 2, 5, tzinfo=UTC)

    found = month_parts([first], date(2026, 1, 1), date(2026, 2, 1), until)

    assert [part.period.end for part in found] == [datetime(2026, 1, 31, 23, tzinfo=UTC), until]
    assert found[1].month.micros == timedelta(days=28).total_seconds() * 1_000_000

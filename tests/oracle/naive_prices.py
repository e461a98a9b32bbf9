"""The oracle's prices: the exact amounts of each price's lines, by price and subject."""

import itertools
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Protocol

from tests.oracle.naive import Oracle
from tests.oracle.naive_facts import Span, days_of, moment, wall

# The exact amounts of the lines of one price for one subject.
Lines = dict[tuple[str, str], list[Fraction]]
NONE: Fraction = Fraction(0)


class Bill(Protocol):
    """What a price may look at; naive_bill.py has it."""

    oracle: Oracle
    lines: list[Lines]
    borne: list[dict[tuple[str, str], Fraction]]
    carried: dict[tuple[int, str, str, str], Any]

    def charged(self, index: int, prices: list[str], subject: str, window: Any = "month") -> Fraction:
        """What the prices came to in the window so far; for `*` for all subjects."""


def money(value: Any) -> Fraction:
    """An agreed number, exact."""
    return Fraction(str(value))


def rounded(amount: Fraction, digits: int) -> Fraction:
    """Half away from zero."""
    whole = (abs(amount) * 10**digits * 2 + 1) // 2
    return Fraction(whole if amount >= 0 else -whole, 10**digits)


# Fixed fees.


def fixed_fee(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction] | None:
    """An interval's fee is the sum of what its months bear."""
    oracle = bill.oracle
    oracle.parts[index]
    bears = borne_by(oracle, index, term, subject)
    bill.borne[index][term["id"], subject] = bears
    months, here = term["interval_months"], months_apart(oracle, index)
    last_month = here % months == months - 1
    if not last_month and not is_over(oracle, index, subject):
        return None
    inside = [i for i in range(index + 1) if months_apart(oracle, i) // months == here // months]
    borne = sum((bill.borne[i].get((term["id"], subject), NONE) for i in inside), NONE)
    billed = sum((one for i in inside for one in bill.lines[i].get((term["id"], subject), [])), NONE)
    return [borne - billed]


def is_over(oracle: Oracle, index: int, subject: str) -> bool:
    """Whether the subject is not in service after the part, as far as its version knows."""
    part = oracle.parts[index]
    if part.ends_contract or subject == "*":
        return part.ends_contract
    asset = next(
        (one for one in part.contract["assets"] if one["asset"] == subject), {"in_service_until": "2000-01-01"}
    )
    until = asset.get("in_service_until")
    return until is not None and moment(oracle.zone, until) <= part.span[1]


def months_apart(oracle: Oracle, index: int) -> int:
    """Months since the contract's first."""
    first, here = oracle.parts[0].first, oracle.parts[index].first
    return (here.year - first.year) * 12 + here.month - first.month


def borne_by(oracle: Oracle, index: int, term: dict[str, Any], subject: str) -> Fraction:
    """What the part bears of the fee."""
    part = oracle.parts[index]
    served = part.span if subject == "*" else oracle.served(index)[subject]
    share = money(term["amount"]) / int(term["interval_months"])
    free = [
        (wall(oracle.zone, day(f["from"]), 0), wall(oracle.zone, day(f["until"]), 0)) for f in term["free_of_charge"]
    ]
    if term["proration"] == "seconds":
        return share * paid_seconds(served, free) / Fraction(part.month[1] - part.month[0])
    days = paid_days(oracle, served, free)
    if index and oracle.parts[index - 1].first == part.first:
        days -= earlier_days(oracle, index, term, subject)
    if term["proration"] == "days":
        return share * len(days) / len(days_of(oracle.zone, *part.month))
    if index and earlier_days(oracle, index, term, subject):
        return NONE
    whole = paid_days(oracle, part.month, free)
    return share * len(whole) / len(days_of(oracle.zone, *part.month))


def earlier_days(oracle: Oracle, index: int, term: dict[str, Any], subject: str) -> set[date]:
    """The days of the month in which the same price was in force before."""
    found: set[date] = set()
    for i in range(index):
        if oracle.parts[i].first == oracle.parts[index].first and oracle.find(i, term["id"]):
            served = oracle.parts[i].span if subject == "*" else oracle.served(i).get(subject)
            if served:
                found |= set(days_of(oracle.zone, *served))
    return found


def day(text: str) -> date:
    """A local date."""
    return date.fromisoformat(text)


def paid_seconds(served: Span, free: list[Span]) -> Fraction:
    """Seconds of service outside the free spans; they may overlap."""
    edges = sorted({*served, *(edge for span in free for edge in span if served[0] < edge < served[1])})
    return sum((Fraction(b - a) for a, b in itertools.pairwise(edges) if not any(s <= a < e for s, e in free)), NONE)


def paid_days(oracle: Oracle, served: Span, free: list[Span]) -> set[date]:
    """Local days that service touches, those free of charge left out."""
    return {
        one
        for one in days_of(oracle.zone, *served)
        if not any(
            s <= wall(oracle.zone, one, 0) and wall(oracle.zone, one + timedelta(days=1), 0) <= e for s, e in free
        )
    }


# Credits.


def share_of(oracle: Oracle, index: int, subject: str) -> Fraction:
    """How much of the month the subject was there for."""
    part = oracle.parts[index]
    served = part.span if subject == "*" else oracle.served(index)[subject]
    return Fraction(served[1] - served[0]) / Fraction(part.month[1] - part.month[0])


def remedy(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction] | None:
    """What is owed for a missed promise, as a negative amount."""
    oracle = bill.oracle
    if "free_hours" in term["credit"] or "over_hours" in term["credit"]:
        return late_stops(bill, index, term, subject)
    verdict, beyond = oracle.verdict(index, term["of"], subject)
    if verdict == "not_due":
        return None
    if verdict != "missed":
        return [NONE]
    credit = term["credit"]
    if credit["form"] == "flat":
        return [-money(credit["amount"])]
    judge = oracle.term(index, term["of"])
    window = oracle.term(index, judge["measure"])["window"]
    base = bill.charged(index, credit["base"], subject, window)
    if base <= 0:
        return [NONE]
    return [-base * credit_percent(oracle, judge, credit, index, subject, -beyond) / 100]


def late_stops(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction]:
    """What each incident that ended in the part earns."""
    credit, lines = term["credit"], []
    for asset in bill.oracle.served(index):
        for stop in bill.oracle.incidents(index, term["of"], asset) if subject in ("*", asset) else []:
            if stop.closed is None:
                continue
            if "over_hours" in credit:
                waited = stop.response if credit["limit_of"] == "response" and stop.response is not None else stop.time
                lines.append(-money(credit["amount"]) if waited > money(credit["over_hours"]) * 3600 else NONE)
                continue
            hours = max(NONE, stop.time / 3600 - money(credit["free_hours"]))
            units = hours if credit["form"] == "per_hour" else Fraction(-(-hours // 24))
            worth = units * money(credit["amount"])
            lines.append(-worth if credit["cap_amount"] == "none" else -min(worth, money(credit["cap_amount"])))
    return lines


def credit_percent(
    oracle: Oracle, judge: dict[str, Any], credit: dict[str, Any], index: int, subject: str, short: Fraction
) -> Fraction:
    """Percent of the base for a shortfall, the cap minded."""
    number = oracle.value(index, judge["measure"], subject).value
    assert number is not None
    cap = None if credit["cap_percent"] == "none" else money(credit["cap_percent"])
    match credit["form"]:
        case "ladder":
            reached = [t for t in credit["tiers"] if number * 100 < money(t["below"])]
            percent = money(reached[-1]["percent"]) if reached else NONE
        case "ratio":
            target = oracle.target(judge)
            upwards = judge["comparison"] in ("at_least", "more_than")
            over, under = (target, number) if upwards else (number, target)
            if under <= 0:
                assert cap is not None
                return cap
            percent = (over / under - 1) * 100
        case _:
            points = short * 100 if judge.get("percent") is not None else short
            steps = points / money(credit["points"])
            if credit["form"] == "per_started_point":
                steps = Fraction(-(-steps // 1))
            percent = steps * money(credit["percent"])
    return percent if cap is None else min(percent, cap)

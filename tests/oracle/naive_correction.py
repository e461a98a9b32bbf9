"""The oracle's corrections: each month as it was billed at its own cutoff, and what later statements changed."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.naive import Oracle
from tests.oracle.naive_bill import Bill
from tests.oracle.naive_facts import next_month, wall
from tests.oracle.naive_prices import NONE, money, rounded

# By price and subject, in whole cents.
Amounts = dict[tuple[str, str], Fraction]


def corrections(case: dict[str, Any], oracle: Oracle, bill: Bill) -> dict[tuple[str, str, str], Fraction]:
    """By month, price and subject: what the case's month corrects of earlier ones."""
    rule = next((one for one in oracle.parts[-1].contract["prices"] if one["kind"] == "correction"), None)
    if rule is None:
        return {}
    billed: dict[date, Amounts] = {}
    month = max(oracle.parts[0].first, next_month(case["month"], -rule["look_back_months"]))
    while month < case["month"]:
        cutoff = wall(oracle.zone, next_month(month) + timedelta(days=rule["cutoff_days"]), 0)
        if cutoff >= oracle.known_at:
            break
        then = Oracle(case, cutoff, month)
        rated = by_month(then, Bill(then))
        for earlier in [*billed, month]:
            if earlier == month or worth_it(billed[earlier], rated.get(earlier, {}), rule):
                billed[earlier] = rated.get(earlier, {})
        month = next_month(month)
    now = by_month(oracle, bill)
    found = {}
    for earlier, amounts in billed.items():
        current = now.get(earlier, {})
        if worth_it(amounts, current, rule):
            for price, subject in amounts.keys() | current.keys():
                difference = current.get((price, subject), NONE) - amounts.get((price, subject), NONE)
                found[f"{earlier:%Y-%m}", price, subject] = difference
    return found


def by_month(oracle: Oracle, bill: Bill) -> dict[date, Amounts]:
    """What each month's lines come to, each rounded."""
    found: dict[date, Amounts] = {}
    for part, lines in zip(oracle.parts, bill.lines, strict=True):
        amounts = found.setdefault(part.first, {})
        for key, exact in lines.items():
            amounts[key] = amounts.get(key, NONE) + sum((rounded(one, 2) for one in exact), NONE)
    return found


def worth_it(before: Amounts, now: Amounts, rule: dict[str, Any]) -> bool:
    """Whether a month differs, and by no less than agreed."""
    if all(before.get(key, NONE) == now.get(key, NONE) for key in before.keys() | now.keys()):
        return False
    return abs(sum(now.values(), NONE) - sum(before.values(), NONE)) >= money(rule["minimum_amount"])

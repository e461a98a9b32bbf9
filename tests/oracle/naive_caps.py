"""The oracle's other prices: what stands in relation to prices listed above."""

from fractions import Fraction
from typing import Any

from tests.oracle.naive_facts import moment
from tests.oracle.naive_judges import apart
from tests.oracle.naive_prices import NONE, Bill, money, share_of


def bonus(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction] | None:
    """What more than was promised earns beyond the dead band."""
    oracle = bill.oracle
    verdict, beyond = oracle.verdict(index, term["of"], subject)
    if verdict == "not_due":
        return None
    judge, earned = oracle.term(index, term["of"]), term["earned"]
    points = beyond * 100 if judge.get("percent") is not None else beyond
    points -= money(term["dead_band_points"])
    if verdict != "met" or points <= 0:
        return [NONE]
    if earned["form"] == "flat":
        return [money(earned["amount"])]
    steps = points / money(earned["points"])
    if earned["form"] == "per_full_point":
        steps = Fraction(steps // 1)
    percent = steps * money(earned["percent"])
    if earned["cap_percent"] != "none":
        percent = min(percent, money(earned["cap_percent"]))
    base = bill.charged(index, earned["base"], subject, oracle.term(index, judge["measure"])["window"])
    return [max(NONE, base) * percent / 100]


def combination(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction]:
    """What the rule and the cap of a month take off the credits."""
    owed = [
        -sum(bill.lines[index].get((name, subject), []), NONE) for name in term["of"] if not is_bonus(bill, index, name)
    ]
    match term["rule"]:
        case "sum":
            paid = sum(owed, NONE)
        case "highest":
            paid = max([*owed, NONE])
        case _:
            paid = next((one for one in owed if one > 0), NONE)
    cap = term["cap_per_month"]
    if cap != "none":
        earlier = month_so_far(bill, index, term)[:-1]
        if "amount" in cap:
            most = money(cap["amount"])
        else:
            most = (
                sum((bill.charged(i, cap["of"], subject) for i in [*earlier, index]), NONE)
                * money(cap["percent"])
                / 100
            )
        already = sum((paid_in(bill, i, term, subject) for i in earlier), NONE)
        paid = min(paid, max(NONE, most - already))
    return [sum(owed, NONE) - paid]


def is_bonus(bill: Bill, index: int, name: str) -> bool:
    """Whether the price is a bonus."""
    return bool(bill.oracle.term(index, name)["kind"] == "bonus")


def paid_in(bill: Bill, index: int, term: dict[str, Any], subject: str) -> Fraction:
    """What was paid of the credits in an earlier part."""
    names = [name for name in term["of"] if not is_bonus(bill, index, name)]
    return -sum((sum(bill.lines[index].get((name, subject), []), NONE) for name in [*names, term["id"]]), NONE)


def maximum(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction]:
    """What goes beyond, in the month so far, comes off."""
    oracle, part = bill.oracle, bill.oracle.parts[index]
    inside = month_so_far(bill, index, term)
    limit = money(term["amount"])
    if term["partial_period"] == "prorate":
        until = part.contract.get("effective_until")
        end = part.month[1] if until is None else min(part.month[1], moment(oracle.zone, until))
        shares = sum((share_of(oracle, i, "*") * money(oracle.term(i, term["id"])["amount"]) for i in inside), NONE)
        limit = shares + limit * (max(end, part.span[1]) - part.span[1]) / (part.month[1] - part.month[0])
    charged = sum((bill.charged(i, oracle.term(i, term["id"])["of"], "*") for i in inside), NONE)
    taken = sum((-sum(bill.lines[i].get((term["id"], "*"), []), NONE) for i in inside), NONE)
    return [taken - max(charged - limit, NONE)]


def minimum(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction] | None:
    """What is missing of the agreed amount at the month's end."""
    oracle = bill.oracle
    if not oracle.parts[index].ends_month:
        return None
    inside = [(i, oracle.term(i, term["id"])["commitment"]) for i in month_so_far(bill, index, term)]
    least = money(term["commitment"]["amount"])
    if term["partial_period"] == "prorate":
        least = sum((share_of(oracle, i, "*") * money(agreed["amount"]) for i, agreed in inside), NONE)
    return [max(NONE, least - sum((bill.charged(i, agreed["of"], "*") for i, agreed in inside), NONE))]


def month_so_far(bill: Bill, index: int, term: dict[str, Any]) -> list[int]:
    """The parts of the month up to this one that have the price."""
    oracle, first = bill.oracle, bill.oracle.parts[index].first
    return [i for i in range(index + 1) if oracle.parts[i].first == first and oracle.find(i, term["id"])]


def obligation_consequence(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction]:
    """The surcharge for breaches: for each that began, for each of its days that started, or for hours."""
    part = bill.oracle.served(index)[subject]
    amount, per = money(term["consequence"]["amount"]), term["consequence"]["per"]
    if per == "hour":
        spans = apart(bill.oracle.granted(index, term["judge"], subject))
        return [sum((Fraction(end - start) for start, end in spans), NONE) / 3600 * amount]
    count = 0
    for start, end in breaches_so_far(bill, index, term, subject):
        days = range(1 if per == "span" else int(-(-(end - start) // 86_400)))
        count += sum(part[0] <= start + n * 86_400 < part[1] for n in days)
    return [count * amount]


def breaches_so_far(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Any]:
    """The spans of all parts so far, those that go on from part to part as one."""
    found: list[Any] = []
    for i in range(index + 1):
        if bill.oracle.find(i, term["id"]) and subject in bill.oracle.served(i):
            part = bill.oracle.served(i)[subject]
            for start, end in apart(bill.oracle.granted(i, term["judge"], subject)):
                if found and start == part[0] == found[-1][1]:
                    found[-1] = (found[-1][0], end)
                else:
                    found.append((start, end))
    return found

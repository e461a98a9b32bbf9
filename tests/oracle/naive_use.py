"""The oracle's usage price: tiers that go on, units included, carried over, set off and multiplied."""

from fractions import Fraction
from typing import Any

from tests.oracle.naive_facts import clip, in_unit, moment, month_span, next_month
from tests.oracle.naive_prices import NONE, Bill, is_over, money

ONE = Fraction(1)


def usage_price(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction]:
    """The lines of one subject's use in one part."""
    quantity, negative = use_of(bill, index, term, subject)
    share = window_share(bill, index, term, subject) if term["partial_period"] == "prorate" else ONE
    times = multiplied(bill, index, term, subject)
    included = money(term["included"]) * share
    keep(bill, index, term, subject, used=quantity, negative=negative)
    if term["rollover"] != "none":
        return rolled(bill, index, term, subject, quantity, included, share, times)
    start = sum((kept(bill, i, term, subject, "used") for i in gone_on(bill, index, term)), NONE)
    return priced(term["scheme"], beyond(start, included), beyond(start + quantity, included), share, times)


def beyond(quantity: Fraction, included: Fraction) -> Fraction:
    """What is left of a quantity without the included units."""
    return quantity if quantity < 0 else max(NONE, quantity - included)


def keep(bill: Bill, index: int, term: dict[str, Any], subject: str, **what: Any) -> None:
    """Remember something of a part."""
    for name, value in what.items():
        bill.carried[index, term["id"], subject, name] = value


def kept(bill: Bill, index: int, term: dict[str, Any], subject: str, name: str) -> Any:
    """What was remembered of a part; nothing is 0."""
    return bill.carried.get((index, term["id"], subject, name), NONE)


def use_of(bill: Bill, index: int, term: dict[str, Any], subject: str) -> tuple[Fraction, Fraction]:
    """The quantity charged now, and the negative one that goes to the next part."""
    oracle, total = bill.oracle, NONE
    if term["negative"] == "carry":
        before = [i for i in range(index) if (i, term["id"], subject, "negative") in bill.carried]
        total = kept(bill, before[-1], term, subject, "negative") if before else NONE
    for one in term["of"]:
        number = oracle.value(index, one["measure"], subject, "month")
        if number.value is not None:
            unit = oracle.term(index, one["measure"])["unit"]
            total += in_unit(number.value, unit, term["unit"]) * money(one["weight"])
    if total >= 0 or term["negative"] == "credit":
        return total, NONE
    return NONE, total if term["negative"] == "carry" else NONE


def gone_on(bill: Bill, index: int, term: dict[str, Any]) -> list[int]:
    """The parts before, whose use counts for the tiers as well."""
    if term["tiers_over"] != "month":
        return bill.oracle.window(index, term["tiers_over"])[0][:-1]
    if term["partial_period"] != "continue":
        return []
    return [i for i in range(index) if bill.oracle.parts[i].first == bill.oracle.parts[index].first]


def window_share(bill: Bill, index: int, term: dict[str, Any], subject: str) -> Fraction:
    """How much of the window the subject is there for, as is known by the end of the part; months count the same."""
    oracle, window = bill.oracle, term["tiers_over"]
    if window == "month" or window["kind"] == "life":
        return share_in(oracle, index, subject) if window == "month" else ONE
    inside = oracle.window(index, window)[0]
    total = sum((share_in(oracle, i, subject) for i in inside), NONE)
    here = oracle.parts[index]
    if not here.ends_contract:
        start = here.first.year * 12 + here.first.month - 1
        origin = (
            0 if window["kind"] == "calendar" else oracle.parts[0].first.year * 12 + oracle.parts[0].first.month - 1
        )
        left = window["months"] - 1 - (start - origin) % window["months"]
        total += share_to_come(oracle, index, subject, (here.span[1], here.month[1]), here.month)
        for n in range(left):
            month = month_span(oracle.zone, next_month(here.first, n + 1))
            total += share_to_come(oracle, index, subject, month, month)
    return min(ONE, total / int(window["months"]))


def share_in(oracle: Any, index: int, subject: str) -> Fraction:
    """A part's share of its month."""
    part = oracle.parts[index]
    served = part.span if subject == "*" else oracle.served(index).get(subject)
    return Fraction(served[1] - served[0]) / (part.month[1] - part.month[0]) if served else NONE


def share_to_come(oracle: Any, index: int, subject: str, span: Any, month: Any) -> Fraction:
    """A later span's share of its month, as the part's version knows it."""
    contract = oracle.parts[index].contract
    until = contract.get("effective_until")
    known = [(moment(oracle.zone, contract["effective_from"]), moment(oracle.zone, until) if until else 1 << 40)]
    for asset in contract["assets"]:
        if asset["asset"] == subject:
            end = asset.get("in_service_until")
            known.append((moment(oracle.zone, asset["in_service_from"]), moment(oracle.zone, end) if end else 1 << 40))
    for one in known:
        span = clip(span, one) if span and span[0] < span[1] else None
    return Fraction(span[1] - span[0]) / (month[1] - month[0]) if span else NONE


def multiplied(bill: Bill, index: int, term: dict[str, Any], subject: str) -> Fraction:
    """The factor of all prices."""
    table = term["multiplier"]
    if table == "none":
        return ONE
    oracle = bill.oracle
    number = oracle.value(index, table["measure"], subject).value
    if number is None:
        return money(table["undefined"])
    return next(
        money(step["factor"]) for step in table["table"] if step.get("up_to") is None or number <= money(step["up_to"])
    )


def priced(
    scheme: dict[str, Any], before: Fraction, after: Fraction, share: Fraction, times: Fraction
) -> list[Fraction]:
    """The lines for going on from one total to another."""
    match scheme["model"]:
        case "flat":
            return [(after - before) * money(scheme["price"]) * times]
        case "package":
            size = money(scheme["size"])
            return [(-(-after // size) + (-before // size)) * money(scheme["price"]) * times]
    bounds = [None if t.get("up_to") is None else money(t["up_to"]) * share for t in scheme["tiers"]]
    prices = [money(t["price"]) * times for t in scheme["tiers"]]
    if scheme["model"] == "volume":
        old, new = (price_reached(bounds, prices, total) for total in (before, after))
        return [(after - before) * new, before * (new - old)]
    below, lines = NONE, []
    for bound, price in zip(bounds, prices, strict=True):
        lines.append((in_tier(after, below, bound) - in_tier(before, below, bound)) * price)
        below = below if bound is None else bound
    return lines


def price_reached(bounds: list[Fraction | None], prices: list[Fraction], total: Fraction) -> Fraction:
    """The price of the tier that a total reaches."""
    return next(price for bound, price in zip(bounds, prices, strict=True) if bound is None or total <= bound)


def in_tier(total: Fraction, below: Fraction, bound: Fraction | None) -> Fraction:
    """How much of a total lies in a tier; the first one has what is below zero as well."""
    if total < 0:
        return total if not below else NONE
    top = total if bound is None else min(total, bound)
    return max(NONE, top - below)


def rolled(
    bill: Bill, index: int, term: dict[str, Any], subject: str, use: Fraction, included: Fraction, share: Fraction,
    times: Fraction,
) -> list[Fraction]:  # fmt: skip
    """Included units first or last, lots of units carried over, oldest first; what is missing is bought."""
    oracle, rule = bill.oracle, term["rollover"]
    number = oracle.parts[index].first.year * 12 + oracle.parts[index].first.month
    before = [i for i in range(index) if (i, term["id"], subject, "lots") in bill.carried]
    lots = [list(lot) for lot in kept(bill, before[-1], term, subject, "lots")] if before else []
    same = [i for i in before if oracle.parts[i].first == oracle.parts[index].first]
    if term["partial_period"] == "continue":
        included = max(NONE, included - sum((kept(bill, i, term, subject, "given") for i in same), NONE))
    if rule["expires_after_months"] != "none":
        lots = [lot for lot in lots if number - lot[0] <= rule["expires_after_months"]]
    own: list[Any] = [number, included]
    needed = max(NONE, use)
    for lot in [own, *lots] if rule["order"] == "plan_first" else [*lots, own]:
        taken = min(needed, lot[1])
        lot[1] -= taken
        needed -= taken
    if term["scheme"]["model"] == "package" and rule["package_rest_rolls"]:
        size = money(term["scheme"]["size"])
        own[1] += -(-needed // size) * size - needed
    room = money(rule["cap"])
    left: list[tuple[Any, Fraction]] = []
    for lot in [*lots, own]:
        fitting = min(room, lot[1])
        room -= fitting
        left.append((lot[0], fitting))
    lines = []
    if is_over(oracle, index, subject):
        if rule["on_end"] != "forfeit":
            lines = [-sum((units for _, units in left), NONE) * money(rule["on_end"]["refund_price"])]
        left = []
    keep(bill, index, term, subject, lots=left, given=included, billed=needed + min(NONE, use))
    start = NONE
    if term["partial_period"] == "continue" and term["scheme"]["model"] != "package":
        start = sum((kept(bill, i, term, subject, "billed") for i in same), NONE)
    return [*priced(term["scheme"], start, start + needed + min(NONE, use), share, times), *lines]


def paid_back(bill: Bill, index: int, term: dict[str, Any], subject: str) -> list[Fraction]:
    """What is left of units carried over by a subject that is gone."""
    before = [i for i in range(index) if (i, term["id"], subject, "lots") in bill.carried]
    lots = kept(bill, before[-1], term, subject, "lots") if before else []
    keep(bill, index, term, subject, lots=[])
    if term["rollover"] == "none" or term["rollover"]["on_end"] == "forfeit":
        return [NONE]
    first, expires = bill.oracle.parts[index].first, term["rollover"]["expires_after_months"]
    if expires != "none":
        lots = [lot for lot in lots if first.year * 12 + first.month - lot[0] <= expires]
    return [-sum((units for _, units in lots), NONE) * money(term["rollover"]["on_end"]["refund_price"])]

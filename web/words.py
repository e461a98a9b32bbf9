"""Terms, findings and refusals in plain words, as both sides of a contract read them.

Pure. Says what the agreed data says and nothing else; docs/terms.md explains the rules behind it.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Final, assert_never

from contracts.calendar import WEEKDAYS, WallSpan
from contracts.contract import Contract
from contracts.terms import FixedFee, Term, UptimeGuarantee, UsagePrice
from contracts.terms.fixed_fee import FeePer
from contracts.terms.uptime_guarantee import CreditLadder, CreditPerStartedPoint, UnknownAs
from contracts.terms.usage_price import Scope
from vouch.canonical import plain
from vouch.period import MICROSECOND
from vouch.units import unit_of
from web.formats import length, number, tidy, unit_word

KINDS: Final = {FixedFee: "Fixed fee", UsagePrice: "Usage price", UptimeGuarantee: "Uptime guarantee"}

CLASSES: Final = {
    "up": "up",
    "down": "down",
    "unknown": "unknown",
    "planned": "planned work, left out",
    "outside": "outside service hours",
    "metered": "metered",
    "in_service": "in service",
    "none": "not covered, or still to come",
}

VERDICTS: Final = {"met": "kept", "missed": "missed", "undefined": "no time counted"}

SO_FAR: Final = {"met": "kept so far", "missed": "below so far", "undefined": "no time counted yet"}

REFUSALS: Final = {
    "not_in_service_hours": "lies outside service hours, so there was nothing to leave out",
    "allowance_used_up": "refused: the month's allowance for planned work was used up",
}

FINDINGS: Final = {
    "no_device": "No device",
    "no_readings": "No reading",
    "counted_from_first": "Counting began within the window",
    "reset": "The counter started again",
    "dip": "The counter fell and came back",
    "device_changed": "The device was changed",
}

ROLES: Final = {"account_manager": "Account manager", "finance": "Finance", "customer": "Customer"}

_UNKNOWN: Final = {
    UnknownAs.UP: "counts as up",
    UnknownAs.DOWN: "counts as down",
    UnknownAs.EXCLUDE: "is left out of the reckoning altogether",
}


def term_kind(term: Term) -> str:
    """What kind of promise or price it is."""
    return KINDS[type(term)]


def term_words(term: Term, contract: Contract) -> list[str]:
    """A term in sentences."""
    match term:
        case FixedFee():
            words = _fee_words(term, contract)
        case UsagePrice():
            words = _usage_words(term, contract)
        case UptimeGuarantee():
            words = _uptime_words(term, contract)
        case _:
            assert_never(term)
    return [tidy(sentence) for sentence in words]


def _fee_words(term: FixedFee, contract: Contract) -> list[str]:
    for_what = "each covered asset" if term.per is FeePer.ASSET else "the contract as a whole"
    return [
        f"{contract.currency} {plain(term.amount)} a calendar month for {for_what}.",
        "Where something is in service for a part of the month only, its share is reckoned by the second.",
    ]


def _usage_words(term: UsagePrice, contract: Contract) -> list[str]:
    symbol = unit_of(term.unit).symbol
    if len(term.tiers) == 1:
        prices = f"{contract.currency} {plain(term.tiers[0].price)} for each {unit_word(term.unit)} used in the month."
    else:
        prices = "Graduated: " + "; ".join(_tier_words(term, contract)) + f" (per {unit_word(term.unit)})."
    scope = "together" if term.scope is Scope.POOLED else "each by itself"
    return [
        prices,
        f"Use is what the counter “{term.metric}” rose by, in {symbol}; the assets are counted {scope}.",
    ]


def _tier_words(term: UsagePrice, contract: Contract) -> Iterable[str]:
    above = None
    for tier in term.tiers:
        price = f"{contract.currency} {plain(tier.price)}"
        if tier.up_to is None:
            yield f"{price} beyond {number(above or 0)}"
        elif above is None:
            yield f"{price} up to {number(tier.up_to)}"
        else:
            yield f"{price} from there up to {number(tier.up_to)}"
        above = tier.up_to


def _uptime_words(term: UptimeGuarantee, contract: Contract) -> list[str]:
    words = [
        f"Each asset is up for at least {plain(term.target_percent)} % of the time that counts in a month.",
        f"Time counts {_hours_words(term.service_hours)}, {contract.zone.key} time.",
    ]
    if term.planned_windows:
        allowance = length(term.planned_allowance // MICROSECOND)
        words.append(
            f"Planned work {_hours_words(term.planned_windows)} is left out, up to {allowance} a month, in time order."
        )
    words.append(_states_words(term))
    carry = length(term.carry // MICROSECOND)
    words.append(
        f"A state holds until the next reading, at most {carry}; time beyond that is unknown "
        f"and {_UNKNOWN[term.unknown_as]}."
    )
    words.append(_credit_words(term, contract))
    return words


def _states_words(term: UptimeGuarantee) -> str:
    parts = [
        f"{what} is {', '.join(f'“{state}”' for state in sorted(states))}"
        for what, states in (("Up", term.up), ("down", term.down), ("unknown", term.unknown))
        if states
    ]
    return f"{'; '.join(parts)} of the state “{term.metric}”."


def _credit_words(term: UptimeGuarantee, contract: Contract) -> str:
    fee = next((other.text for other in contract.terms if other.id == term.credit.of), term.credit.of)
    cap = f"at most {plain(term.credit.cap_percent)} % of it"
    match term.credit.scheme:
        case CreditLadder(tiers):
            steps = ", ".join(f"{plain(tier.percent)} % below {plain(tier.below)} %" for tier in tiers)
            return f"Credit in percent of the fee “{fee}”: {steps}; {cap}."
        case CreditPerStartedPoint(points, percent):
            step = "percentage point" if points == 1 else f"{plain(points)} percentage points"
            return f"Credit: {plain(percent)} % of the fee “{fee}” for each started {step} of shortfall; {cap}."


def _hours_words(spans: Sequence[WallSpan]) -> str:
    """Weekly hours, days of the same hours joined: `Monday to Friday 06:00–22:00, Saturday 08:00–14:00`."""
    ordered = sorted(spans, key=lambda span: span.start)
    by_day = {n: tuple((span.start, span.end) for span in ordered if span.weekday == n) for n in range(7)}
    if all(hours == ((0, 24 * 60),) for hours in by_day.values()):
        return "around the clock"
    parts = []
    for hours, days in groupby(range(7), key=lambda n: by_day[n]):
        if hours:
            named = [WEEKDAYS[n].capitalize() for n in days]
            which = named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}"
            parts.append(f"{which} {' and '.join(f'{_wall(a)}–{_wall(b)}' for a, b in hours)}")
    return ", ".join(parts)


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def class_words(name: str) -> str:
    """What a class of time is called."""
    return CLASSES.get(name, name)


def verdict_words(verdict: str, is_open: bool = False) -> str:
    """How a promise stands; in a running month, how it stands so far."""
    return (SO_FAR if is_open else VERDICTS).get(verdict, verdict)


def refusal_words(refusal: str | None) -> str:
    """Whether a planned window was left out, and if not, why."""
    return "left out" if refusal is None else REFUSALS.get(refusal, refusal)


def finding_words(finding: dict[str, Any]) -> str:
    """An inference that the measure made on the way."""
    title = FINDINGS.get(finding["kind"], finding["kind"])
    return f"{title}: {finding['text']}."


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "term_kind": term_kind,
    "term_words": term_words,
    "class_words": class_words,
    "verdict_words": verdict_words,
    "refusal_words": refusal_words,
    "finding_words": finding_words,
    "role_words": lambda role: ROLES.get(role, role),
}

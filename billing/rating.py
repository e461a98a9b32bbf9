"""Rating: evaluations become charges, in the contract's currency and in the terms' order.

Pure. One function a kind of term; a charge keeps its exact amount and names the evaluation it came from. Every
evaluation becomes at least one charge, so that a guarantee that was kept is seen on the invoice as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from billing.pricing import credit_percent, graduated
from contracts.evaluate import ALL_ASSETS, Evaluation, Uptime, Usage
from contracts.judge.threshold import Verdict
from contracts.measure.availability import percent_cut
from contracts.measure.fee_share import FeeShare
from contracts.terms import FixedFee, UptimeGuarantee, UsagePrice
from vouch.canonical import plain
from vouch.exact import exact
from vouch.money import Money, round_half_up
from vouch.period import Period
from vouch.units import unit_of

# Exact fees by term, subject and window: what a credit is a percentage of.
Fees = Mapping[tuple[str, str, Period], Money]

_HOUR_MICROS: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Charge:
    """The rated amount of one service period. `quantity` is negative for a credit; `unit_price` never is.

    `unit_price` is None where the price of one unit is the amount itself (fees and credits).
    """

    evaluation: int
    term: str
    asset: str | None
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    money: Money
    vat_percent: Decimal


def rate(evaluations: Sequence[Evaluation]) -> list[Charge]:
    """Charges of one month's evaluations; `Charge.evaluation` is an index into them."""
    fees = {
        (evaluation.term.id, evaluation.subject, evaluation.window): _fee(evaluation)
        for evaluation in evaluations
        if isinstance(evaluation.term, FixedFee)
    }
    charges: list[Charge] = []
    with exact():
        for index, evaluation in enumerate(evaluations):
            charges += _RATE[type(evaluation.term)](index, evaluation, fees)
    return charges


def _fee(evaluation: Evaluation) -> Money:
    """The exact fee of one subject and window, before rounding."""
    term, result = evaluation.term, evaluation.result
    assert isinstance(term, FixedFee)
    assert isinstance(result, FeeShare)
    return Money(Fraction(term.amount), evaluation.contract.currency).times(result.share)


def _rate_fee(index: int, evaluation: Evaluation, fees: Fees) -> Iterable[Charge]:
    result = evaluation.result
    assert isinstance(result, FeeShare)
    text = _text(evaluation)
    if result.share != 1:
        text += f", {_hours(result.in_service_micros)} of {_hours(result.month_micros)} h in service"
    yield _charge(index, evaluation, text, Decimal(1), "MON", None, _fee(evaluation))


def _rate_usage(index: int, evaluation: Evaluation, _: Fees) -> Iterable[Charge]:
    term, result = evaluation.term, evaluation.result
    assert isinstance(term, UsagePrice)
    assert isinstance(result, Usage)
    symbol = unit_of(term.unit).symbol
    for part in graduated(result.quantity, term.tiers):
        text = _text(evaluation)
        if len(term.tiers) > 1:
            upper = f" to {plain(part.up_to)}" if part.up_to is not None else ""
            text += f", above {plain(part.above)}{upper} {symbol}" if part.above else f", up{upper} {symbol}"
        money = Money(Fraction(part.price) * Fraction(part.quantity), evaluation.contract.currency)
        yield _charge(index, evaluation, text, part.quantity, term.unit, part.price, money)


def _rate_uptime(index: int, evaluation: Evaluation, fees: Fees) -> Iterable[Charge]:
    term, result = evaluation.term, evaluation.result
    assert isinstance(term, UptimeGuarantee)
    assert isinstance(result, Uptime)
    owed = credit_percent(result.availability, term.target_percent, term.credit)
    fee = fees[term.credit.of, evaluation.subject, evaluation.window]
    text = f"{_text(evaluation)}: {_standing(result, term.target_percent)}"
    if owed:
        text += f", credit {plain(owed)} % of the fee"
    quantity = Decimal(-1) if owed else Decimal(0)
    yield _charge(index, evaluation, text, quantity, "C62", None, -fee.times(Fraction(owed) / 100))


def _standing(result: Uptime, target: Decimal) -> str:
    if result.availability is None:
        return "no time counted, nothing owed"
    reached = percent_cut(result.availability)
    if result.judgment.verdict is Verdict.MISSED:
        return f"availability {reached} %, below the guaranteed {plain(target)} %"
    return f"availability {reached} %, guarantee of {plain(target)} % kept"


def _charge(
    index: int,
    evaluation: Evaluation,
    text: str,
    quantity: Decimal,
    unit: str,
    unit_price: Decimal | None,
    money: Money,
) -> Charge:
    return Charge(
        evaluation=index,
        term=evaluation.term.id,
        asset=None if evaluation.subject == ALL_ASSETS else evaluation.subject,
        description=text,
        quantity=quantity,
        unit=unit,
        unit_price=unit_price,
        money=money,
        vat_percent=evaluation.contract.vat_of(evaluation.term),
    )


def _text(evaluation: Evaluation) -> str:
    subject = "" if evaluation.subject == ALL_ASSETS else f", {evaluation.subject}"
    return f"{evaluation.term.text}{subject}"


def _hours(micros: int) -> str:
    return plain(round_half_up(Fraction(micros, _HOUR_MICROS), 2))


_RATE: Final[Mapping[type, Callable[[int, Evaluation, Fees], Iterable[Charge]]]] = {
    FixedFee: _rate_fee,
    UsagePrice: _rate_usage,
    UptimeGuarantee: _rate_uptime,
}

"""A contract's month in money: its lines, rounded once, and the evaluations they rest on.

Pure. Statements, invoices and whoever verifies them all begin here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.corrections import Knowledge, corrections
from billing.evaluation import Evaluation, evaluation
from billing.rating import RatedPart, rate
from billing.scene import Charge
from contracts.evaluate import Evaluator
from vouch.errors import NotFound
from vouch.exact import exact


class NothingInPeriod(NotFound):
    """No version of the contract governs any of the month."""

    def __init__(self, month: date) -> None:
        super().__init__(f"the contract is not in effect in {month:%Y-%m}")


@dataclass(frozen=True, slots=True)
class RatedLine:
    """One charge as it is printed: `amount` in whole minor units. `index` is the part of a month that it is about,
    `correction_of` the earlier month that it corrects."""

    index: int
    charge: Charge
    amount: Decimal
    correction_of: date | None

    @property
    def key(self) -> tuple[int, str, str]:
        """The evaluation it rests on."""
        return self.index, self.charge.price, self.charge.subject


@dataclass(frozen=True, slots=True)
class RatedMonth:
    """`parts` are those of the month itself, `rated` those of all months gone through."""

    evaluator: Evaluator
    rated: Sequence[RatedPart]
    parts: Sequence[RatedPart]
    lines: tuple[RatedLine, ...]

    def evaluations(self) -> Mapping[tuple[int, str, str], Evaluation]:
        """What each line rests on, in the lines' order."""
        by_index = {part.index: part for part in self.rated}
        keys = dict.fromkeys(line.key for line in self.lines)
        return {key: evaluation(self.evaluator, by_index[key[0]], key[1], key[2]) for key in keys}


def rate_month(at: Knowledge, month: date) -> RatedMonth:
    """All lines of `month`: its own in the order of the prices, then corrections. Raises NothingInPeriod."""
    evaluator = at.evaluator(month)
    if not evaluator.parts or evaluator.parts[-1].first != month:
        raise NothingInPeriod(month)
    rated = rate(evaluator)
    own = [one for one in rated if evaluator.parts[one.index].first == month]
    with exact():
        lines = [RatedLine(one.index, charge, charge.money.rounded(), None) for one in own for charge in one.charges]
        last_of = {part.first: index for index, part in enumerate(evaluator.parts)}
        for of, charge in corrections(at, month, rated, evaluator):
            lines.append(RatedLine(last_of[of], charge, charge.money.rounded(), of))
    return RatedMonth(evaluator, rated, own, tuple(lines))
